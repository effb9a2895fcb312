"""An account's way out: the steps that the audit keeps, and where the walk stands by them, and by nothing else."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum


class StepKind(StrEnum):
    """What may happen on the walk."""

    CANDIDATE = "candidate"
    STILL = "still a candidate"
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
    HALTED = "every retirement held"
    LIFTED = "retirements go on"


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

    `since`: when the conditions were first seen to hold, without an interruption since, and at which `looks`, the first
    few of them. `proven`: when a channel that counts as proof (`proof`) had the notice. `sending`: a delete is begun
    whose outcome nobody has written down, by the run that is named `claim`. `accepted`: Azure took it. `blocked`: since
    when only a person can set it going again. `why` is the last reason.
    """

    account_id: str
    created: datetime | None
    stage: Stage = Stage.NONE
    pretended: bool = False
    since: datetime | None = None
    looks: tuple[str, ...] = ()
    announced: datetime | None = None
    proven: datetime | None = None
    proof: str = ""
    approvals: tuple[Approval, ...] = ()
    not_before: datetime | None = None
    sending: datetime | None = None
    accepted: datetime | None = None
    claim: str = ""
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
    """What a step does not fit changes nothing."""
    change = _CHANGES.get((walk.stage, step.kind))
    return change(walk, step) if change else walk


def _begun(walk: Walk, step: Step) -> Walk:
    """Nothing of what was announced, proven or approved before is left."""
    return replace(_blank(walk), stage=Stage.CANDIDATE, since=step.at, looks=_look(step), why=step.why)


def _still(walk: Walk, step: Step) -> Walk:
    """A look counts once, however often it is written down."""
    return replace(walk, looks=tuple(dict.fromkeys((*walk.looks, *_look(step)))))


def _look(step: Step) -> tuple[str, ...]:
    return (step.facts["look"],) if "look" in step.facts else ()


def _announced(walk: Walk, step: Step) -> Walk:
    return replace(walk, stage=Stage.ANNOUNCED, announced=step.at, why=step.why, facts=step.facts)


def _proven(walk: Walk, step: Step) -> Walk:
    return walk if walk.proven else replace(walk, proven=step.at, proof=step.why)


def _approved(walk: Walk, step: Step) -> Walk:
    return replace(walk, approvals=(*walk.approvals, Approval(step.by, step.at, step.evidence)))


def _sending(walk: Walk, step: Step) -> Walk:
    claim = step.facts.get("claim", "")
    return replace(walk, stage=Stage.DELETING, sending=step.at, claim=claim, blocked=None, why=step.why)


def _accepted(walk: Walk, step: Step) -> Walk:
    return replace(walk, sending=None, accepted=walk.accepted or step.at, why=step.why)


def _put_off(walk: Walk, step: Step) -> Walk:
    """It was certainly not sent, or certainly not taken."""
    if walk.accepted:
        return walk
    return replace(walk, stage=Stage.ANNOUNCED, sending=None, claim="", not_before=step.until, why=step.why)


def _blocked(walk: Walk, step: Step) -> Walk:
    if walk.accepted:
        return walk
    return replace(walk, stage=Stage.BLOCKED, sending=None, claim="", blocked=step.at, why=step.why)


def _why(walk: Walk, step: Step) -> Walk:
    return replace(walk, why=step.why)


def _over(stage: Stage) -> Callable[[Walk, Step], Walk]:
    """A delete has come to its end."""
    return lambda walk, step: replace(walk, stage=stage, sending=None, ended=step.at, why=step.why)


def _off(stage: Stage) -> Callable[[Walk, Step], Walk]:
    """The walk has ended before anything was deleted, and begins anew if at all."""
    return lambda walk, step: replace(_blank(walk), stage=stage, ended=step.at, why=step.why, by=step.by)


def _blank(walk: Walk, _step: Step | None = None) -> Walk:
    return Walk(walk.account_id, walk.created, pretended=walk.pretended)


_OPEN = frozenset(stage for stage in Stage if stage.open)
_RESTING = frozenset({Stage.NONE, Stage.HEALED})
_ON_ITS_WAY = frozenset({Stage.DELETING})
_BY_STAGES: tuple[tuple[frozenset[Stage], StepKind, Callable[[Walk, Step], Walk]], ...] = (
    (_RESTING, StepKind.CANDIDATE, _begun),
    (frozenset({Stage.CANDIDATE}), StepKind.STILL, _still),
    (frozenset({Stage.CANDIDATE}), StepKind.ANNOUNCED, _announced),
    (frozenset({Stage.ANNOUNCED}), StepKind.PROVEN, _proven),
    (_OPEN, StepKind.APPROVED, _approved),
    (_OPEN, StepKind.SENDING, _sending),
    (_ON_ITS_WAY, StepKind.ACCEPTED, _accepted),
    (_ON_ITS_WAY, StepKind.THROTTLED, _put_off),
    (_ON_ITS_WAY, StepKind.UNKNOWN, _why),
    (_ON_ITS_WAY, StepKind.BLOCKED, _blocked),
    (_ON_ITS_WAY, StepKind.FAILED, _over(Stage.FAILED)),
    (_ON_ITS_WAY | {Stage.FAILED}, StepKind.GONE, _over(Stage.DELETED)),
    (_ON_ITS_WAY, StepKind.PRETENDED, _over(Stage.PRETENDED)),
    (frozenset({Stage.DELETED}), StepKind.SETTLED, _over(Stage.SETTLED)),
    (_OPEN | {Stage.PRETENDED}, StepKind.HEALED, _off(Stage.HEALED)),
    (_OPEN | _RESTING | {Stage.PRETENDED}, StepKind.EXCUSED, _off(Stage.EXCUSED)),
    (frozenset({Stage.EXCUSED}), StepKind.READMITTED, _blank),
)
_CHANGES = {(stage, kind): change for stages, kind, change in _BY_STAGES for stage in stages}


@dataclass(frozen=True, slots=True)
class WalkRow:
    """What is kept beside the audit: a copy of the walk for showing and telling, and a claim.

    `claim` names the run that is about to delete, since `claimed`. A row decides nothing by itself: what is deleted is
    decided by the audit.
    """

    walk: Walk
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
    since `changed`, and `before` how it was set before; `began` is when this installation first knew of it. `ran`: when
    that was. `reach`: how many of the accounts in view each part of RETIRE__ONLY and RETIRE__NEVER names.
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
    ran: datetime | None = None
    reach: Mapping[str, int] = field(default_factory=dict)

    @property
    def idle(self) -> tuple[str, ...]:
        """What of the settings names no account in view: a wrong name, or none of that name yet."""
        return tuple(one for one, accounts in self.reach.items() if not accounts) if self.accounts else ()
