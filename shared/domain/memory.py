"""What was said before, per finding and receiver, and what is to be said now."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from shared.domain.finding import Finding, Severity


class Reason(StrEnum):
    """Why something is told, or why not."""

    FIRST = "first"
    WORSE = "worse"
    REPEAT = "repeat"
    RESOLVED = "resolved"
    ALREADY_TOLD = "already told"
    TOO_FEW_LOOKS = "waiting for a second check before it is told"
    GONE_TOO_SHORT = "waiting for a second check before it is called over"
    INHIBITED = "part of a larger problem"
    COULD_NOT_SEE = "could not be read"
    ENDED_QUIETLY = "ended by itself"
    OBSERVING = "shown only: the rule observes"
    SWITCHED_OFF = "the rule was switched off"
    NO_RECEIVER = "shown only: no receiver for this severity"
    NEWER = "kept by a newer release"

    @property
    def tells(self) -> bool:
        """Something is said."""
        return self in (Reason.FIRST, Reason.WORSE, Reason.REPEAT, Reason.RESOLVED)


@dataclass(frozen=True, slots=True)
class Told:
    """What one receiver heard last of a finding. `version` counts the times; `repeats` those without news."""

    reason: Reason
    severity: Severity
    level: int
    at: datetime
    version: int = 1
    repeats: int = 0


@dataclass(frozen=True, slots=True)
class FindingMemory:
    """What is remembered of a finding: since when, as it was told last, and who heard what.

    `since` is when the problem began, `noticed` when it was first seen: that sets one life of a finding apart from the
    next. `looks` counts sightings until the rule may speak, `missing` looks that saw it gone, and `counted` is the look
    that was counted last: one that is run twice counts once. A row that a newer release wrote is `read_only` to this
    one.
    """

    finding: Finding
    since: datetime
    noticed: datetime
    looks: int = 1
    missing: int = 0
    counted: str = ""
    told: Mapping[str, Told] = field(default_factory=dict)
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class Intent:
    """Something to tell one receiver. The key names finding, receiver, the finding's life and the memory's version."""

    receiver: str
    reason: Reason
    finding: Finding
    since: datetime
    noticed: datetime
    decided: datetime
    version: int
    subscription: str
    next_word: str = ""
    also: tuple[str, ...] = ()
    first_look: bool = False

    @property
    def key(self) -> tuple[str, ...]:
        """Parts of a key that no other intent has."""
        life = f"{self.noticed:%Y%m%dT%H%M%S%f}"
        return (self.subscription, self.finding.rule, self.finding.subject, self.receiver, life, str(self.version))


@dataclass(frozen=True, slots=True)
class Tell:
    """Asks for what waits for one receiver, where something does that was decided by then (None: whatever waits).

    So a wake-up that comes late does not tear apart what a check is still deciding.
    """

    receiver: str
    decided_by: datetime | None = None

    def covers(self, intent: Intent) -> bool:
        """Whether it was sent for this one, or for an older one."""
        return self.decided_by is None or intent.decided <= self.decided_by


@dataclass(frozen=True, slots=True)
class Decision:
    """One answer to: is this told to this receiver now, and why."""

    finding: Finding
    receiver: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class Change:
    """A memory that changes together with what is to be told. `after` is None when the finding is over."""

    key: str
    before: FindingMemory | None
    after: FindingMemory | None
    intents: tuple[Intent, ...] = ()
