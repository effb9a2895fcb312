"""Silences: what is known and not to be told, from when to when, by whom and why."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.domain.finding import Finding
from shared.domain.matching import Concern, Match
from shared.domain.words import moment

LONG = timedelta(days=7)
SILENCE_ENDS = "silence-ends"  # No silence holds back that one ends.
BEFORE_THE_END = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Silence:
    """What it matches is shown and not told. An acknowledgement is one of a single problem, until that gets worse.

    `severity` and `level` are those that were acknowledged; None for a silence that holds back what is worse, too.
    """

    id: str
    match: Match
    starts: datetime
    ends: datetime
    author: str
    reason: str
    made: datetime
    severity: int | None = None
    level: int = 0

    @property
    def acknowledges(self) -> bool:
        """Somebody has one problem in hand."""
        return self.severity is not None

    @property
    def in_hand(self) -> str:
        """By whom, until when, and why."""
        why = f": {self.reason}" if self.reason else "."
        return f"{self.author} has it in hand until {moment(self.ends)}{why}"

    def active(self, now: datetime) -> bool:
        """From its start until just before its end."""
        return self.starts <= now < self.ends

    def holds(self, finding: Finding, concern: Concern, now: datetime) -> bool:
        """Whether it keeps this problem from being told."""
        if self.match.problem and self.match.problem != concern.key:  # Of many acknowledgements most are of others.
            return False
        known = self.severity is None or (finding.severity, finding.level) <= (self.severity, self.level)
        return known and self.active(now) and finding.rule != SILENCE_ENDS and self._is_all_about(concern)

    def _is_all_about(self, concern: Concern) -> bool:
        """A problem of many accounts is held back only where all of them are meant."""
        if not self.match.placed or len(concern.places) < 2:
            return self.match.fits(concern)
        return all(self.match.fits(replace(concern, places=(place,))) for place in concern.places)

    def ends_soon(self, now: datetime) -> bool:
        """A long one of which people should hear before it ends."""
        long = self.ends - self.starts > LONG
        return long and self.active(now) and self.ends - now <= BEFORE_THE_END
