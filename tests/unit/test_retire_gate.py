"""The gate: a case that passes, and for each condition and breaker one that only this one stops."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from shared.domain.policy import RetireMode, RetirePolicy, Selector
from shared.domain.retirement import gate
from shared.domain.retirement.conditions import Condition
from shared.domain.retirement.gate import BREAKERS, CHECKS, HOURS, Case, Check, Circumstances, No, Yes, may_retire
from shared.domain.subscription import Subscription
from shared.domain.walk import Approval, Stage, Walk
from tests.unit.rules.samples import account

NOW = datetime.fromisoformat("2026-12-01T10:00:00+00:00")  # A Tuesday.
DAY = timedelta(days=1)
LONG_AGO = NOW - 60 * DAY
OLD = account("old-onboarding", created=LONG_AGO)
SEEN = "what was seen"
WALK = Walk(
    OLD.id,
    OLD.created,
    Stage.ANNOUNCED,
    since=NOW - 40 * DAY,
    looks=("1", "2", "3", "4", "5"),
    announced=NOW - 30 * DAY,
    proven=NOW - 29 * DAY,
    proof="github took the notice",
    approvals=(Approval("ana@contoso.example", NOW - DAY, SEEN),),
)
AROUND = Circumstances(10, 1, 0, partial=False, began=NOW - 50 * DAY, changed=NOW - 45 * DAY)
CASE = Case(
    account=OLD,
    subscription=Subscription("1f3a6c1e-9d52-4b0e-8a77-0c2b5d8e4f10", "Games"),
    policy=RetirePolicy(RetireMode.APPROVE, only=(Selector("subscription", "games"),)),
    conditions=(Condition("it has failed", holds=True, why="it has"),),
    walk=WALK,
    evidence=SEEN,
    speakers=frozenset({"kim"}),
    unheard="",
    around=AROUND,
    read_at=NOW - timedelta(seconds=20),
    now=NOW,
)


def around(**changes: object) -> Case:
    return replace(CASE, around=replace(AROUND, **changes))  # type: ignore[arg-type]


def walking(**changes: object) -> Case:
    return replace(CASE, walk=replace(WALK, **changes))  # type: ignore[arg-type]


def set_to(**changes: object) -> Case:
    return replace(CASE, policy=replace(CASE.policy, **changes))  # type: ignore[arg-type]


FAILED = Condition("it has failed", holds=False, why="it is Completed")
UNKNOWN = Condition("it has failed", holds=None, why="nobody knows")
APPROVAL = WALK.approvals[0]
TWICE = replace(WALK, approvals=(APPROVAL, replace(APPROVAL, by="Ana@contoso.example")))

STOPPED: Mapping[str, tuple[Case, ...]] = {
    "_mode": (replace(set_to(mode=RetireMode.OFF), walk=replace(WALK, approvals=())),),
    "_opted_in": (set_to(only=()), set_to(only=(Selector("subscription", "labs"), Selector("tag", "retire")))),
    "_never": (set_to(never=(Selector("account", "old-onboarding"),)), set_to(never=(Selector("group", "rg"),))),
    "_incarnation": (walking(created=LONG_AGO - DAY), replace(CASE, account=replace(OLD, created=None))),
    "_excused": (walking(stage=Stage.EXCUSED, ended=NOW - DAY, by="kim"),),
    "_once": (
        walking(accepted=NOW - DAY),
        *(walking(stage=stage) for stage in (Stage.DELETING, Stage.DELETED, Stage.SETTLED, Stage.FAILED)),
        walking(stage=Stage.PRETENDED),
    ),
    "_conditions": tuple(replace(CASE, conditions=found) for found in ((FAILED,), (UNKNOWN,), ())),
    "_heard": (replace(CASE, unheard="kim said so of identity validation for old"),),
    "_not_blocked": (walking(stage=Stage.BLOCKED, blocked=NOW - timedelta(hours=1)),),
    "_seen_long_enough": (walking(looks=("1", "2", "3", "4")), walking(since=NOW - 6 * DAY), walking(since=None)),
    "_announced": (walking(announced=None),),
    "_proven": (walking(proven=None),),
    "_grace": (walking(proven=NOW - 13 * DAY), walking(proven=NOW), walking(proven=None, announced=None)),
    "_approved": (
        walking(approvals=()),
        walking(approvals=(replace(APPROVAL, evidence="something else"),)),
        walking(approvals=(replace(APPROVAL, at=NOW - 15 * DAY),)),
        walking(approvals=(replace(APPROVAL, at=NOW + DAY),)),
        walking(approvals=(replace(APPROVAL, by="KIM"),)),
        set_to(approvals=2),
        replace(
            set_to(approvals=2), walk=replace(WALK, approvals=(APPROVAL, replace(APPROVAL, by="Ana@contoso.example")))
        ),
        replace(CASE, account=replace(OLD, sku="Premium")),
    ),
    "_put_off": (walking(not_before=NOW + timedelta(minutes=5)),),
    "_fresh": (replace(CASE, read_at=NOW - timedelta(seconds=61)), replace(CASE, read_at=NOW + DAY)),
    "_halted": (around(halted="kim holds every retirement: wait"),),
    "_partial": (around(partial=True),),
    "_share": (around(candidates=4, accounts=19),),
    "_jump": (around(candidates=4, new=3, accounts=100),),
    "_settled_in": (
        around(began=NOW - 13 * DAY, changed=NOW - 13 * DAY),
        around(changed=NOW - 13 * DAY),
        around(changed=None),
    ),
    "_one_a_day": (around(last_deleted="/subscriptions/x/another"),),
    "_hours": (
        *(replace(CASE, now=NOW + lasting, read_at=NOW + lasting) for lasting in (3 * DAY, timedelta(hours=6))),
        replace(CASE, now=NOW - timedelta(hours=2), read_at=NOW - timedelta(hours=2)),
        around(zone=ZoneInfo("Australia/Sydney")),
    ),
}
EVERY: tuple[Check, ...] = (*CHECKS, *BREAKERS, *HOURS)
CASES = [(name, case) for name, cases in STOPPED.items() for case in cases]


def name_of(check: Callable[..., object]) -> str:
    return check.__name__


def test_what_meets_every_condition_may_be_deleted() -> None:
    assert Yes() == may_retire(CASE)


def test_each_condition_and_breaker_has_a_case() -> None:
    assert [name_of(check) for check in EVERY] == list(STOPPED)


@pytest.mark.parametrize(("name", "case"), CASES, ids=[name for name, _ in CASES])
def test_one_reason_alone_stops_it(name: str, case: Case) -> None:
    """No other condition would: whoever takes this one away lets the account be deleted."""
    stopping = {name_of(check) for check in EVERY if check(case)}
    assert name in stopping
    assert stopping <= {name, *BESIDE.get(name, ())}
    answer = may_retire(case)
    assert isinstance(answer, No)
    assert (name in {name_of(one) for one in BREAKERS}) is answer.breaker
    assert answer.reason


# Where one thing cannot be so without the other: a walk without a notice has no proof of it either.
BESIDE: Mapping[str, tuple[str, ...]] = {"_grace": ("_announced",)}


@pytest.mark.parametrize(
    "case",
    [
        around(candidates=3, accounts=3, new=3),
        around(candidates=1, accounts=1, new=1),
        around(candidates=4, accounts=20, new=2),
        around(last_deleted=OLD.id),
        set_to(mode=RetireMode.AUTO),
        replace(set_to(mode=RetireMode.AUTO), walk=replace(WALK, approvals=())),
        walking(stage=Stage.BLOCKED, blocked=NOW - 2 * DAY),
        walking(not_before=NOW - DAY),
        walking(proven=NOW - 15 * DAY),
        set_to(only=(Selector("account", "old-onboarding"),)),
        replace(CASE, now=NOW.replace(hour=15, minute=59), read_at=NOW.replace(hour=15, minute=59)),
    ],
)
def test_what_is_allowed(case: Case) -> None:
    """A fleet of one account; today's place given to this very one; a block that somebody lifted by a new approval."""
    assert Yes() == may_retire(case)


def test_a_premium_account_takes_two_people() -> None:
    premium = replace(CASE, account=replace(OLD, sku="Premium"))
    two = replace(WALK, approvals=(APPROVAL, replace(APPROVAL, by="ben@contoso.example")))
    assert Yes() == may_retire(replace(premium, walk=two))


def test_grace_counts_monday_to_friday() -> None:
    assert "2026-12-15" == f"{gate.grace_ends(NOW.date(), 10)}"
    assert all(later >= earlier for earlier, later in pairwise(gate.grace_ends(NOW.date(), n) for n in range(1, 30)))
