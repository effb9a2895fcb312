"""Retirement as stories: the whole walk, everything that ends it, and what follows from each answer of Azure."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.policy import RetireMode
from shared.domain.walk import Halt, Stage, StepKind
from shared.flows.retirements import NotNow
from shared.reports.retirement import listed
from tests.flows.fakes import START
from tests.flows.retirement_truth import TrueProfile, Word
from tests.flows.retiring_days import ANNOUNCED, DAY, DUE, MORNING, SEEN, Days
from tests.flows.retiring_world import key_of

HOUR = timedelta(hours=1)


async def test_an_account_that_can_never_sign_is_deleted_once_and_told() -> None:
    days = await Days().until(DUE)
    assert (1, Stage.DELETING, []) == (days.sent, await days.stage(), days.world.truth.complaints)
    await days.until(DUE + 2)
    assert (1, Stage.DELETED) == (days.sent, await days.stage())
    assert ["first", "resolved"] == days.heard("retirement-announced")
    assert ["first"] == days.heard("account-retired")
    assert [] == days.heard("account-deleted")
    assert ["first"] == days.heard("retirement-set-up")[:1]


async def test_with_people_it_takes_an_approval_of_somebody_else() -> None:
    days = await Days("approve").until(DUE)
    assert (0, Stage.ANNOUNCED) == (days.sent, await days.stage())
    assert not await days.world.approve(days.old, by="Kim")
    assert await days.world.approve(days.old, by="ben")
    await days.step()
    assert (1, Stage.DELETING, []) == (days.sent, await days.stage(), days.world.truth.complaints)


async def test_whoever_said_it_first_does_not_approve_though_another_confirmed_it() -> None:
    days = Days("approve")
    days.also = {10: lambda: days.world.gave_up(days.old, by="lena")}
    await days.until(DUE)
    assert [False, False, True] == [await days.world.approve(days.old, by=name) for name in ("kim", "lena", "ben")]


async def test_an_approval_is_of_what_was_seen() -> None:
    days = await Days("approve").until(DUE)
    assert await days.world.approve(days.old, by="ben")
    days.old.sku = "Premium"
    await days.world.check()
    await days.step()
    assert (0, ()) == (days.sent, (await days.planned()).approvals)


async def test_a_premium_account_takes_two_people() -> None:
    days = Days("approve")
    days.old.sku = "Premium"
    await days.until(DUE)
    for name, sent in (("ben", 0), ("ben", 0), ("lena", 1)):
        assert await days.world.approve(days.old, by=name)
        await days.step()
        assert sent == days.sent


async def test_without_proof_that_somebody_had_the_notice_the_clock_does_not_begin() -> None:
    days = Days()
    days.old.seen = []
    await days.until(SEEN - 1)
    for day in range(SEEN, 60):
        days.today = day
        days.world.clock.at = MORNING + day * DAY
        if day % 10 == 0:
            await days.world.gave_up(days.old)
        await days.world.check()
        await days.step()
    assert (0, Stage.ANNOUNCED) == (days.sent, await days.stage())
    assert "nobody is known to have had the notice" in (await days.planned()).next


async def a_tag(days: Days) -> None:
    days.old.kept = True


async def a_lock(days: Days) -> None:
    days.old.locked = True


async def a_signature(days: Days) -> None:
    days.old.signed.append(days.world.clock.now() - HOUR)


async def a_profile(days: Days) -> None:
    now = days.world.clock.now()
    days.old.profiles.append(TrueProfile("release", "f0000000-0000-4000-8000-000000000001", first=now - HOUR))


async def another_request(days: Days) -> None:
    now, old = days.world.clock.now(), days.old
    await days.world.say(Word(old.subscription, key_of(old), old.name, "In Progress", "kim", now))


async def a_no(days: Days) -> None:
    assert await days.world.excuse(days.old)


async def a_setting(days: Days) -> None:
    days.world.set(NEVER="account:old")


async def a_suspension(days: Days) -> None:
    days.old.state = "Suspended"


@pytest.mark.parametrize("day", [3, ANNOUNCED + 3, DUE])
@pytest.mark.parametrize(
    "happens", [a_tag, a_lock, a_signature, a_profile, another_request, a_no, a_setting, a_suspension]
)
async def test_any_of_these_keeps_it(happens: Callable[[Days], Awaitable[None]], day: int) -> None:
    """At any time, also on the day itself."""
    days = Days()
    days.also = {day: lambda: happens(days)}
    await days.until(day)
    if day % 10 == 0:
        await happens(days)
    await days.until(DUE + 1)
    assert (0, False) == (days.sent, (await days.stage()).sent)


async def test_a_lock_that_comes_between_the_check_and_the_delete_is_seen() -> None:
    days = await Days().until(DUE - 1)
    days.world.clock.at = MORNING + DUE * DAY
    await days.world.check()
    days.old.locked = True
    await days.step()
    assert (0, Stage.HEALED) == (days.sent, await days.stage())


async def test_a_halt_that_comes_while_it_is_read_anew_is_heeded() -> None:
    """It is read again right before the call, and that nothing was sent is written down."""
    days = await Days().until(DUE - 1)
    days.world.clock.at = MORNING + DUE * DAY
    await days.world.check()
    await days.world.settle(days.world.clock.now() + timedelta(minutes=5))
    book = days.world.house().retire.cases.book
    halt = Halt("ana", days.world.clock.now(), "wait")
    days.world.shown.before_locks = lambda: asyncio.ensure_future(book.set_halt(halt))
    await days.world.retire()
    assert (0, False) == (days.sent, (await days.stage()).sent)
    days.world.shown.before_locks = None
    await days.world.lift()
    await days.step()
    assert 1 == days.sent


async def test_not_being_able_to_see_neither_counts_nor_begins_anew() -> None:
    days = Days()

    async def blind() -> None:
        days.world.azure.forbidden.add(days.old.id)

    async def seeing() -> None:
        days.world.azure.forbidden.clear()

    days.also = {2: blind, 6: seeing}
    await days.until(5)
    assert (Stage.CANDIDATE, 2) == (await days.stage(), (await days.planned()).looks)
    await days.until(7)
    assert (Stage.CANDIDATE, 4) == (await days.stage(), (await days.planned()).looks)
    await days.until(8)
    assert Stage.ANNOUNCED is await days.stage()


@pytest.mark.parametrize("way", [{"person": False}, {"person": False, "event": True}])
async def test_a_status_that_no_person_confirmed_makes_no_candidate(way: dict[str, bool]) -> None:
    days = Days()
    now, old = MORNING, days.old
    await days.world.say(Word(old.subscription, key_of(old), old.name, "Failed", "file", now, given_up_by="kim", **way))
    for day in range(1, 9):
        days.world.clock.at = MORNING + day * DAY
        await days.world.check()
        await days.step()
    assert Stage.NONE is await days.stage()


async def test_a_confirmation_that_lapsed_makes_it_wait_and_loses_nothing() -> None:
    days = await Days().until(SEEN)
    for day in range(SEEN + 1, DUE + 1):
        days.world.clock.at = MORNING + day * DAY
        await days.world.check()
        await days.step()
    assert (0, Stage.ANNOUNCED) == (days.sent, await days.stage())
    await days.world.gave_up(days.old)
    await days.step()
    assert 1 == days.sent


async def test_to_report_is_to_pretend() -> None:
    days = await Days("report").until(DUE)
    assert (0, Stage.NONE) == (days.sent, await real_stage(days))
    assert Stage.PRETENDED is (await days.planned()).walk.stage
    assert [] == days.heard("retirement-announced")


async def real_stage(days: Days) -> Stage:
    cases = days.world.house().retire.cases
    meant = replace(cases.policy, retire=replace(cases.policy.retire, mode=RetireMode.AUTO))
    return (await replace(cases, policy=meant).walk(days.old.id, days.old.created)).stage


async def test_what_was_pretended_counts_for_nothing_once_it_is_meant() -> None:
    days = await Days("report").until(DUE - 1)
    days.world.set(MODE="auto")
    await days.until(DUE + 6)
    assert (0, Stage.CANDIDATE) == (days.sent, await days.stage())


async def test_a_changed_setting_begins_anew_and_is_told() -> None:
    days = await Days().until(DUE - 1)
    days.world.set(GRACE_WORKDAYS="1")
    await days.until(DUE + 2)
    assert (0, Stage.CANDIDATE) == (days.sent, await days.stage())
    assert MORNING + DUE * DAY + timedelta(minutes=5) == (await days.planned()).walk.since
    assert 2 == days.heard("retirement-set-up").count("first")


@pytest.mark.parametrize(
    ("answer", "stage", "rule"),
    [
        ("refused", Stage.BLOCKED, "retirement-blocked"),
        ("throttled", Stage.ANNOUNCED, "retirement-announced"),
        ("unknown", Stage.DELETING, "retirement-announced"),
        ("unknown, but done", Stage.DELETING, "retirement-announced"),
    ],
)
async def test_whatever_azure_answers_is_kept_and_told_and_not_tried_again_blindly(
    answer: str, stage: Stage, rule: str
) -> None:
    days = Days()
    days.world.eraser.answers = {"old": [answer]}
    await days.until(DUE)
    assert (1, stage) == (days.sent, await days.stage())
    assert "first" in days.heard(rule)
    await days.step(timedelta(minutes=1))
    assert 1 == days.sent


async def test_after_a_refusal_a_person_sets_it_going_again() -> None:
    days = Days()
    days.world.eraser.answers = {"old": ["refused"]}
    await days.until(DUE + 1)
    assert (1, Stage.BLOCKED) == (days.sent, await days.stage())
    assert await days.world.approve(days.old, by="ben")
    await days.step()
    assert (2, Stage.DELETING, []) == (days.sent, await days.stage(), days.world.truth.complaints)


async def test_azure_is_asked_again_when_its_patience_ends() -> None:
    days = Days()
    days.world.eraser.answers = {"old": ["throttled"]}
    await days.until(DUE)
    await days.step(timedelta(minutes=10))
    assert (2, Stage.DELETING) == (days.sent, await days.stage())


@pytest.mark.parametrize(
    ("answer", "stage", "sent"), [("unknown", Stage.BLOCKED, 1), ("unknown, but done", Stage.DELETED, 1)]
)
async def test_what_nobody_knows_is_looked_up_after_ten_minutes(answer: str, stage: Stage, sent: int) -> None:
    """Gone means that it was sent; unchanged means that a person decides."""
    days = Days()
    days.world.eraser.answers = {"old": [answer]}
    await days.until(DUE)
    await days.step(timedelta(minutes=11))
    assert (sent, stage) == (days.sent, await days.stage())


@pytest.mark.parametrize("end", ["failed", "again", "never"])
async def test_a_delete_that_does_not_come_to_its_end_is_told_and_never_sent_again(end: str) -> None:
    days = Days()
    days.old.ends = end
    await days.until(DUE)
    await days.step(timedelta(hours=3))
    assert (1, Stage.FAILED) == (days.sent, await days.stage())
    await days.until(DUE + 3)
    assert (1, Stage.FAILED, ["first"]) == (days.sent, await days.stage(), days.heard("retirement-blocked"))
    with pytest.raises(NotNow):
        await days.world.house().retirements.approve("old", "", "x", "ben", days.world.clock.now())


async def test_one_a_day() -> None:
    days = Days()
    other = days.world.add_account("older")
    days.also = {day: lambda: days.world.gave_up(other) for day in (0, 10, 20)}
    days.also |= {SEEN + 1: lambda: days.world.seen(other)}
    await days.until(DUE)
    assert 1 == days.sent
    await days.until(DUE + 1)
    assert {"old", "older"} == set(days.world.eraser.requests)
    assert [] == days.world.truth.complaints


async def test_an_account_of_the_same_name_is_another_one() -> None:
    """What was announced and read was another incarnation."""
    days = await Days().until(DUE - 1)
    days.old.removed = days.world.clock.now()
    again = days.world.add_account("old", created=days.world.clock.now() + timedelta(minutes=1))
    days.old = again
    await days.until(DUE + 4)
    assert 0 == days.sent


async def test_every_step_is_in_the_audit_with_who_and_why() -> None:
    days = await Days("approve").until(DUE)
    await days.world.approve(days.old, by="ben")
    await days.step()
    await days.step(timedelta(minutes=10))
    house = days.world.house()
    steps = await house.retire.cases.audit.steps(days.old.id, days.old.created)
    assert [
        (StepKind.CANDIDATE, "countersign"),
        *[(StepKind.STILL, "countersign")] * 4,
        (StepKind.ANNOUNCED, "countersign"),
        (StepKind.PROVEN, "ana"),
        (StepKind.APPROVED, "ben"),
        (StepKind.SENDING, "countersign"),
        (StepKind.ACCEPTED, "countersign"),
        (StepKind.GONE, "countersign"),
    ] == [(step.kind, step.by) for step in steps]
    assert START < steps[0].at


async def test_where_checks_are_made_once_a_day_it_becomes_due_all_the_same() -> None:
    """What was known in the early morning is asked by day; what is deleted is read anew."""
    days = await Days().until(DUE - 1)
    days.world.clock.at = (MORNING + DUE * DAY).replace(hour=5)
    await days.world.check()
    days.world.clock.at = (MORNING + DUE * DAY).replace(hour=12)
    await days.world.retire()
    assert (1, []) == (days.sent, days.world.truth.complaints)


async def test_health_says_when_retiring_does_not_run_any_more() -> None:
    days = await Days().until(1)
    health, ran = days.world.house().health, days.world.clock.now() - timedelta(minutes=3)
    in_time, late = [await health.run(ran + timedelta(minutes=after)) for after in (60, 61)]
    assert not [one for one in in_time.problems if "Retiring" in one]
    assert "Retiring has not run since Sat 21 Nov 2026 10:05 UTC." in late.problems


async def test_a_setting_that_names_nothing_is_said() -> None:
    days = await Days(settings={"NEVER": "account:gmaes"}).until(1)
    house = days.world.house()
    overview, health = await house.retirements.overview(MORNING), await house.health.run(days.world.clock.now())
    assert {"RETIRE__ONLY subscription:sub1": 2, "RETIRE__NEVER account:gmaes": 0} == dict(overview.state.reach)
    assert "RETIRE__NEVER account:gmaes names no account in view." in health.problems
    assert "RETIRE__NEVER account:gmaes names NO account in view." in list(listed(overview))
    [told] = [item for item in days.world.receiver.items() if item["rule"] == "retirement-set-up"]
    assert "RETIRE__NEVER account:gmaes: 0 accounts" in told["facts"]["Names"]
