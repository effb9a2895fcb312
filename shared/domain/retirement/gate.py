"""The one gate: every condition under which an account may be deleted, and every breaker that keeps all of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from shared.domain.account import SigningAccount
from shared.domain.business_days import business_days_between
from shared.domain.policy import RetireMode, RetirePolicy
from shared.domain.retirement.choice import chosen
from shared.domain.retirement.conditions import Condition
from shared.domain.subscription import Subscription
from shared.domain.walk import Approval, Stage, Walk
from shared.domain.words import count, day, moment

# Documented constants (docs/retirement.md). The settings say what an installation wants; these say what is careful.
LOOKS = 5
SEEN_FOR = timedelta(days=7)
APPROVAL_LASTS = timedelta(days=14)
FRESH_FOR = timedelta(seconds=60)
WAITING_PERIOD = timedelta(days=14)
NEW_WITHIN = timedelta(days=2)
NEVER_HELD = 3  # So few candidates are never a share or a jump: a fleet of one account must be able to retire it.
MOST_SHARE = 5  # One account in so many of those in view.
PREMIUM_APPROVALS = 2
LAST_WEEKDAY, FIRST_HOUR, LAST_HOUR = 3, 9, 16  # Monday to Thursday, 09 to 16.


@dataclass(frozen=True, slots=True)
class Yes:
    """It may be deleted now."""


@dataclass(frozen=True, slots=True)
class No:
    """Not now. `reason` is a sentence for people; `breaker`: nothing at all may be deleted, and people are told."""

    reason: str
    breaker: bool = False


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What holds for all accounts at once: `accounts` in view, and `candidates` among them, `new` ones of late.

    `partial`: the last check did not see everything, or there was none. `began` is when this installation first knew
    of retirement, `changed` when its settings were changed last. `last_deleted` names whom today's one place went to.
    `halted` is why nothing may be deleted: by a person, or by the setting.
    """

    accounts: int
    candidates: int
    new: int
    partial: bool
    began: datetime | None
    changed: datetime | None
    last_deleted: str = ""
    halted: str = ""
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))


@dataclass(frozen=True, slots=True)
class Case:
    """One account before the gate, as it was read at `read_at`.

    `evidence` is the fingerprint of what an approval must have seen. `speakers` are those who said how it is with its
    validations: none of them approves. `unheard` is in what the list and the audit of it differ.
    """

    account: SigningAccount
    subscription: Subscription
    policy: RetirePolicy
    conditions: Sequence[Condition]
    walk: Walk
    evidence: str
    speakers: frozenset[str]
    unheard: str
    around: Circumstances
    read_at: datetime
    now: datetime

    @property
    def pretended(self) -> bool:
        """Nothing would be deleted."""
        return not self.policy.mode.deletes


type Check = Callable[[Case], str]
"""Why not, in a sentence; "" where it stands in no one's way."""


def may_retire(case: Case) -> Yes | No:
    """Every condition, in the order in which a person would ask; the first that does not hold is the reason."""
    for breaker, checks in ((False, CHECKS), (True, BREAKERS), (False, HOURS)):
        for check in checks:
            if reason := check(case):
                return No(reason, breaker)
    return Yes()


def needed(account: SigningAccount, policy: RetirePolicy) -> int:
    """By how many people; none where the mode asks nobody."""
    if policy.mode is not RetireMode.APPROVE:
        return 0
    least = PREMIUM_APPROVALS if account.sku.lower() == "premium" else 1
    return max(policy.approvals, least)


def standing_approvals(case: Case) -> Sequence[Approval]:
    """One a person: of the evidence as it is now, not too old, and of nobody who said how it is with a validation."""
    found = {
        one.by.lower(): one
        for one in case.walk.approvals
        if one.evidence == case.evidence
        and timedelta() <= case.now - one.at <= APPROVAL_LASTS
        and one.by.lower() not in case.speakers
    }
    return tuple(found.values())


def grace_ends(proven: date, workdays: int) -> date:
    """The first day on which so many business days have passed."""
    last = proven
    while business_days_between(proven, last) < workdays:
        last += timedelta(days=1)
    return last


def _mode(case: Case) -> str:
    return "retiring is switched off (RETIRE__MODE)" if not case.policy.on else ""


def _opted_in(case: Case) -> str:
    return "" if chosen(case.policy.only, case.account, case.subscription) else "RETIRE__ONLY does not name it"


def _never(case: Case) -> str:
    found = chosen(case.policy.never, case.account, case.subscription)
    return f"RETIRE__NEVER names it ({found})" if found else ""


def _conditions(case: Case) -> str:
    lacking = [one for one in case.conditions if one.holds is not True]
    if not case.conditions:
        return "it was not judged"
    return f"not so, or not known: {lacking[0].words} ({lacking[0].why})" if lacking else ""


def _incarnation(case: Case) -> str:
    if case.account.created is None:
        return "Azure does not say when it was created, so that it cannot be told from a later one of its name"
    same = case.walk.created == case.account.created and case.walk.account_id == case.account.id
    return "" if same else "it is another account than the one that was announced"


def _excused(case: Case) -> str:
    walk = case.walk
    return f"{walk.by} said no on {day(walk.ended.date())}" if walk.stage is Stage.EXCUSED and walk.ended else ""


def _once(case: Case) -> str:
    """At most one accepted delete."""
    walk = case.walk
    if walk.accepted or walk.stage.sent:
        return "a delete was sent already"
    return "it would have been deleted already" if walk.stage is Stage.PRETENDED else ""


def _seen_long_enough(case: Case) -> str:
    since, looks = case.walk.since, len(case.walk.looks)
    if since is None:
        return "it has only now become a candidate"
    if looks < LOOKS:
        return f"it was a candidate at {count(looks, 'check')} in a row, of {LOOKS}"
    if case.now - since < SEEN_FOR:
        return f"it has been a candidate since {moment(since)}, and {SEEN_FOR.days} days are asked for"
    return ""


def _announced(case: Case) -> str:
    return "" if case.walk.announced else "it was not announced"


def _proven(case: Case) -> str:
    """No proof, no clock."""
    if case.walk.proven or not case.walk.announced:
        return ""
    proof = "a pager or ticket desk that took it, mail that was delivered, or somebody who says so would prove it"
    return f"nobody is known to have had the notice: {proof}"


def _grace(case: Case) -> str:
    proven = case.walk.proven
    if proven is None:
        return "" if case.walk.announced else "no grace has begun"
    last = grace_ends(proven.date(), case.policy.grace_workdays)
    return "" if case.now.date() > last else f"the time to say no ends with {day(last)}"


def _heard(case: Case) -> str:
    """The list is rows; whoever may write them could put words into somebody's mouth."""
    return f"list and audit differ: {case.unheard}" if case.unheard else ""


def _not_blocked(case: Case) -> str:
    return "" if case.walk.released else f"it is blocked until somebody approves it anew: {case.walk.why}"


def _put_off(case: Case) -> str:
    until = case.walk.not_before
    return f"Azure asked for patience until {moment(until)}" if until and case.now < until else ""


def _approved(case: Case) -> str:
    wanted, given = needed(case.account, case.policy), len(standing_approvals(case))
    return "" if given >= wanted else f"{count(wanted, 'approval')} of what is seen now, and there are {given}"


def _fresh(case: Case) -> str:
    old = case.now - case.read_at
    return "" if timedelta() <= old <= FRESH_FOR else f"it was read {int(old.total_seconds())} seconds ago"


def _halted(case: Case) -> str:
    return case.around.halted


def _partial(case: Case) -> str:
    return "the last check did not see everything" if case.around.partial else ""


def _share(case: Case) -> str:
    around = case.around
    if around.candidates <= NEVER_HELD or around.candidates * MOST_SHARE <= around.accounts:
        return ""
    return f"{around.candidates} of {around.accounts} accounts would go: more than one in {MOST_SHARE}"


def _jump(case: Case) -> str:
    around = case.around
    if around.candidates <= NEVER_HELD or around.new * 2 <= around.candidates:
        return ""
    return f"{around.new} of {around.candidates} candidates came up within {NEW_WITHIN.days} days"


def _settled_in(case: Case) -> str:
    """After installing, and after any change of RETIRE__*."""
    around = case.around
    if around.began is None or around.changed is None:
        return "nobody knows how long retiring has been set up like this"
    since = max(around.began, around.changed)
    until = since + WAITING_PERIOD
    how = "installed" if around.changed <= around.began else "set up like this"
    return f"retiring was {how} on {day(since.date())}: not before {moment(until)}" if case.now < until else ""


def _one_a_day(case: Case) -> str:
    taken = case.around.last_deleted
    return f"{taken} was deleted today, and one a day is enough" if taken and taken != case.account.id else ""


def _hours(case: Case) -> str:
    local = case.now.astimezone(case.around.zone)
    if local.weekday() > LAST_WEEKDAY or not FIRST_HOUR <= local.hour < LAST_HOUR:
        return f"accounts are deleted Monday to Thursday, {FIRST_HOUR:02} to {LAST_HOUR} o'clock ({case.around.zone})"
    return ""


CHECKS: tuple[Check, ...] = (
    _mode,
    _opted_in,
    _never,
    _incarnation,
    _excused,
    _once,
    _conditions,
    _heard,
    _not_blocked,
    _seen_long_enough,
    _announced,
    _proven,
    _grace,
    _approved,
    _put_off,
    _fresh,
)
"""About this account."""

BREAKERS: tuple[Check, ...] = (_halted, _partial, _share, _jump)
"""About all of them: one that trips is told."""

HOURS: tuple[Check, ...] = (_settled_in, _one_a_day, _hours)
"""When."""
