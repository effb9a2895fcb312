"""An account's way out: the steps that the audit keeps, and where the walk stands by them, and by nothing else."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum


class StepKind(StrEnum):
    """What may happen on the walk."""

    CANDIDATE = "candidate"
    ANNOUNCED = "announced"
    PROVEN = "notice proven"
    APPROVED = "approved"
    SENDING = "sending the delete"
    ACCEPTED = "delete accepted"
    THROTTLED = "delete put off"
    UNKNOWN = "outcome of the delete unknown"
    BLOCKED = "blocked"
    FAILED = "failed"
    GONE = "gone"
    SETTLED = "billing stopped"
    HEALED = "healed"
    EXCUSED = "excused"
    READMITTED = "no longer excused"
    PRETENDED = "would have been deleted"


class Stage(StrEnum):
    """Where a walk stands, as people read it."""

    NONE = "none"
    CANDIDATE = "candidate"
    ANNOUNCED = "announced"
    DELETING = "deleting"
    DELETED = "deleted"
    SETTLED = "billing stopped"
    BLOCKED = "blocked"
    FAILED = "failed"
    HEALED = "healed"
    EXCUSED = "excused"
    PRETENDED = "would have been deleted"

    @property
    def open(self) -> bool:
        """It may still lead to a deletion."""
        return self in (Stage.CANDIDATE, Stage.ANNOUNCED, Stage.BLOCKED)

    @property
    def sent(self) -> bool:
        """A delete is on its way, or was done."""
        return self in (Stage.DELETING, Stage.DELETED, Stage.SETTLED, Stage.FAILED)


COUNTERSIGN = "countersign"


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the audit. `by` is a person or Countersign itself; `evidence` the fingerprint of what was seen.

    `pretended` steps were made where nothing may be deleted, and count there only. `until`: not before then.
    """

    at: datetime
    kind: StepKind
    why: str = ""
    by: str = COUNTERSIGN
    pretended: bool = False
    evidence: str = ""
    until: datetime | None = None
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Approval:
    """Somebody with the right to do so wants the account deleted, having seen this `evidence`."""

    by: str
    at: datetime
    evidence: str


@dataclass(frozen=True, slots=True)
class Walk:
    """The walk of one incarnation of an account (`created` in Azure), as its steps tell it.

    `since`: when the conditions were first seen to hold, without an interruption since. `proven`: when a channel that
    counts as proof (`proof`) had the notice. `sending`: a delete is begun whose outcome nobody has written down.
    `accepted`: Azure took it. `blocked`: since when only a person can set it going again. `why` is the last reason.
    """

    account_id: str
    created: datetime | None
    stage: Stage = Stage.NONE
    pretended: bool = False
    since: datetime | None = None
    announced: datetime | None = None
    proven: datetime | None = None
    proof: str = ""
    approvals: tuple[Approval, ...] = ()
    not_before: datetime | None = None
    sending: datetime | None = None
    accepted: datetime | None = None
    blocked: datetime | None = None
    ended: datetime | None = None
    why: str = ""
    by: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def released(self) -> bool:
        """It is not blocked, or somebody approved it since."""
        return self.blocked is None or any(one.at > self.blocked for one in self.approvals)


def walk_of(account_id: str, created: datetime | None, steps: Iterable[Step], *, pretending: bool) -> Walk:
    """In the order in which they were written; a step that is there twice counts once, for it changes nothing more."""
    walk = Walk(account_id, created, pretended=pretending)
    for step in steps:
        if step.pretended == pretending or step.kind in (StepKind.EXCUSED, StepKind.READMITTED):
            walk = _after(walk, step)
    return walk


def _after(walk: Walk, step: Step) -> Walk:
    stage, kind = walk.stage, step.kind
    if kind in _ENDS and not stage.sent:
        return _ended(walk, step)
    if stage.sent or kind in _OF_A_DELETE:
        return _deleting(walk, step)
    match kind:
        case StepKind.READMITTED if stage is Stage.EXCUSED:
            return Walk(walk.account_id, walk.created, pretended=walk.pretended)
        case StepKind.CANDIDATE if not stage.open and stage is not Stage.EXCUSED:
            fresh = Walk(walk.account_id, walk.created, pretended=walk.pretended)
            return replace(fresh, stage=Stage.CANDIDATE, since=step.at, why=step.why)
        case StepKind.ANNOUNCED if stage is Stage.CANDIDATE:
            return replace(walk, stage=Stage.ANNOUNCED, announced=step.at, why=step.why, facts=step.facts)
        case StepKind.PROVEN if walk.announced and walk.proven is None:
            return replace(walk, proven=step.at, proof=step.why)
        case StepKind.APPROVED if stage.open:
            return replace(walk, approvals=(*walk.approvals, Approval(step.by, step.at, step.evidence)))
    return walk


_ENDS = {
    StepKind.HEALED: Stage.HEALED,
    StepKind.EXCUSED: Stage.EXCUSED,
    StepKind.PRETENDED: Stage.PRETENDED,
}
_OF_A_DELETE = (
    *(StepKind.SENDING, StepKind.ACCEPTED, StepKind.THROTTLED, StepKind.UNKNOWN),
    *(StepKind.BLOCKED, StepKind.FAILED, StepKind.GONE, StepKind.SETTLED),
)


def _ended(walk: Walk, step: Step) -> Walk:
    """Nothing of what was announced, proven or approved is left; an account that was excused stays so."""
    if walk.stage is Stage.EXCUSED or (step.kind is not StepKind.EXCUSED and not walk.stage.open):
        return walk
    ended = Walk(walk.account_id, walk.created, pretended=walk.pretended)
    return replace(ended, stage=_ENDS[step.kind], ended=step.at, why=step.why, by=step.by)


def _deleting(walk: Walk, step: Step) -> Walk:
    match step.kind:
        case StepKind.SENDING:
            return replace(walk, stage=Stage.DELETING, sending=step.at, blocked=None, why=step.why)
        case StepKind.ACCEPTED:
            return replace(walk, stage=Stage.DELETING, sending=None, accepted=walk.accepted or step.at, why=step.why)
        case StepKind.THROTTLED:
            return replace(walk, stage=Stage.ANNOUNCED, sending=None, not_before=step.until, why=step.why)
        case StepKind.UNKNOWN:
            return replace(walk, why=step.why)
        case StepKind.BLOCKED if walk.accepted is None:
            return replace(walk, stage=Stage.BLOCKED, sending=None, blocked=step.at, why=step.why)
        case StepKind.FAILED if walk.stage is Stage.DELETING:
            return replace(walk, stage=Stage.FAILED, sending=None, ended=step.at, why=step.why)
        case StepKind.GONE if walk.stage is Stage.DELETING:
            return replace(walk, stage=Stage.DELETED, sending=None, ended=step.at, why=step.why)
        case StepKind.SETTLED if walk.stage is Stage.DELETED:
            return replace(walk, stage=Stage.SETTLED, why=step.why)
    return walk


@dataclass(frozen=True, slots=True)
class WalkRow:
    """What is kept beside the audit: a copy of the walk for showing, and the count of checks in a row.

    `counted` is the look that was counted last. `claim` names the run that is about to delete, since `claimed`. A row
    decides nothing by itself: what is deleted is decided by the audit.
    """

    walk: Walk
    looks: int = 0
    counted: str = ""
    claim: str = ""
    claimed: datetime | None = None
    etag: str = ""


@dataclass(frozen=True, slots=True)
class Halt:
    """Nobody's account is deleted until somebody lifts it."""

    by: str
    at: datetime
    why: str


@dataclass(frozen=True, slots=True)
class RetireState:
    """How it stands with retiring as a whole, as the last run saw it.

    `held` is the breaker that tripped ("" for none) since `held_since`; `policy` how it is set (`RetirePolicy.said`)
    since `changed`, and `before` how it was set before; `began` is when this installation first knew of it.
    """

    policy: str = ""
    before: str = ""
    changed: datetime | None = None
    began: datetime | None = None
    held: str = ""
    held_since: datetime | None = None
    accounts: int = 0
    candidates: int = 0
    halt: Halt | None = None
