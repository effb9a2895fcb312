"""What was said before, per finding and receiver, and what is to be said now."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from shared.domain.finding import Finding, Severity
from shared.domain.ticket import Status, Ticket


class Reason(StrEnum):
    """Why something is told, or why not."""

    FIRST = "first"
    WORSE = "worse"
    REPEAT = "repeat"
    RESOLVED = "resolved"
    ESCALATED = "escalated"
    ACKNOWLEDGED = "acknowledged"
    REOPENED = "reopened"
    ALREADY_TOLD = "already told"
    TOO_FEW_LOOKS = "waiting for a second check before it is told"
    GONE_TOO_SHORT = "waiting for a second check before it is called over"
    INHIBITED = "part of a larger problem"
    SILENCED = "silenced"
    QUIET_HOURS = "quiet hours"
    COULD_NOT_SEE = "could not be read"
    ENDED_QUIETLY = "ended by itself"
    OBSERVING = "shown only: the rule observes"
    SWITCHED_OFF = "the rule was switched off"
    NO_RECEIVER = "shown only: no receiver for this severity"
    NEWER = "kept by a newer release"

    @property
    def tells(self) -> bool:
        """Something is said."""
        return self in TELLING


TELLING = frozenset(
    {
        Reason.FIRST,
        Reason.WORSE,
        Reason.REPEAT,
        Reason.RESOLVED,
        Reason.ESCALATED,
        Reason.ACKNOWLEDGED,
        Reason.REOPENED,
    }
)


MOST_REOPENINGS = 3  # Who closes a ticket again and again means it.


@dataclass(frozen=True, slots=True)
class Told:
    """What one receiver heard last of a finding. `version` counts the times; `repeats` those without news.

    `since`: from when on it has known that it is as grave as this; an escalation counts from there. `group` is the
    route's. One that heard the end (`RESOLVED`) is kept while others have yet to hear it. `held`: a silence has kept
    things from it since. `ticket` is the receiver's ticket as it was last read there, `reopening`: it was asked to open
    that again since, and `reopened` counts how often it was in this life.
    """

    reason: Reason
    severity: Severity
    level: int
    at: datetime
    version: int = 1
    repeats: int = 0
    since: datetime | None = None
    group: str = ""
    held: bool = False
    ticket: Ticket | None = None
    reopening: bool = False
    reopened: int = 0

    @property
    def closed_too_early(self) -> bool:
        """Somebody closed the ticket as done, and was not told often enough that it is not."""
        return self.open and self.closed and not self.reopening and self.reopened < MOST_REOPENINGS

    @property
    def closed(self) -> bool:
        """Somebody closed the ticket as done."""
        return self.ticket is not None and self.ticket.status is Status.DONE

    @property
    def dismissed(self) -> bool:
        """Somebody closed the ticket because nothing is to be done."""
        return self.ticket is not None and self.ticket.status is Status.DISMISSED

    @property
    def open(self) -> bool:
        """It has not heard the end."""
        return self.reason is not Reason.RESOLVED

    def knows(self, severity: Severity) -> bool:
        """It knows that it is open, and as grave as this."""
        return self.open and self.severity >= severity

    @property
    def rings(self) -> bool:
        """It knows that it is open, and not that somebody has it in hand."""
        return self.open and self.reason is not Reason.ACKNOWLEDGED and not self.dismissed


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
    """Something to tell one receiver. The key names finding, receiver, the finding's life and the memory's version.

    `group` is what a pager puts together, "" for the problem alone; `wait` how long it waits for company, None for as
    long as is set; `note` a sentence that only this receiver needs.
    `instead_of` is the receiver that did not take it, where it was decided for another one. `owners` are whose it is,
    as tags and the validation list name them.
    """

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
    group: str = ""
    wait: timedelta | None = None
    note: str = ""
    instead_of: str = ""
    owners: tuple[str, ...] = ()

    @property
    def problem(self) -> str:
        """What it is about, the same until it is over and when it comes back."""
        return f"{self.subscription}|{self.finding.rule}|{self.finding.subject}"

    @property
    def over(self) -> bool:
        """It says that something is over."""
        return self.reason is Reason.RESOLVED

    @property
    def key(self) -> tuple[str, ...]:
        """Parts of a key that no other intent has."""
        life = f"{self.noticed:%Y%m%dT%H%M%S%f}"
        whose = (self.receiver, self.instead_of) if self.instead_of else (self.receiver,)
        return (self.subscription, self.finding.rule, self.finding.subject, *whose, life, str(self.version))


NOT_LOOKED_FOR = "The rule was switched off: nobody looks for this any more."
CAME_AND_WENT = "It came and went before it could be told here."


def final_truth(intents: Iterable[Intent]) -> Sequence[Intent]:
    """Of each problem only how it stands now, in the order in which they were decided.

    What was never heard is told as new, however often it was decided meanwhile.
    """
    newest: dict[str, Intent] = {}
    unheard: set[str] = set()
    for intent in sorted(intents, key=lambda one: (one.decided, one.version)):
        if intent.version == 1 and intent.problem not in newest:
            unheard.add(intent.problem)
        newest[intent.problem] = intent
    return [_as_heard(intent, unheard=intent.problem in unheard) for intent in newest.values()]


def _as_heard(intent: Intent, *, unheard: bool) -> Intent:
    if unheard and intent.over:
        return replace(intent, note=intent.note or CAME_AND_WENT)
    new = unheard and intent.reason in (Reason.WORSE, Reason.REPEAT)
    return replace(intent, reason=Reason.FIRST) if new else intent


@dataclass(frozen=True, slots=True)
class Tell:
    """Asks for what waits for one receiver, where something does that was decided by then (None: whatever waits).

    So a wake-up that comes late does not tear apart what a check is still deciding. `reads_back`: also for what people
    did with its tickets.
    """

    receiver: str
    decided_by: datetime | None = None
    reads_back: bool = False

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
