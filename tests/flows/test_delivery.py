"""Telling: tried again, given up, shown; and rows of a newer release left alone."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.memory import Tell
from shared.domain.rules.validation import EXPIRING
from shared.ports.errors import DeliveryError
from shared.store.keys import key
from shared.store.rows import Merge, Row
from tests.flows.fakes import DAY, START, Profile, subscription
from tests.flows.world import MINUTE, World, days

BUSY = DeliveryError("The webhook answered 503.", permanent=False, retry_after=timedelta(minutes=7))
AWAY = DeliveryError("The webhook could not be reached.", permanent=False)
REFUSED = DeliveryError("The webhook answered 400.", permanent=True)


def troubled() -> World:
    world = World()
    world.azure.add("games", Profile(status="Suspended"))
    return world


async def test_a_receiver_that_is_busy_is_asked_again_when_it_said() -> None:
    world = troubled()
    world.receiver.refusals = [BUSY, BUSY]
    await world.look()
    await world.settle(START + timedelta(hours=1))

    assert [14] == [(at - START) // MINUTE for at, _ in world.receiver.parts]
    assert [("first", "critical", "profile-suspended")] == world.receiver.heard()


async def test_a_receiver_that_is_away_is_asked_ever_more_slowly_and_nothing_is_lost() -> None:
    world = troubled()
    world.receiver.refusals = [AWAY] * 20
    await world.look()
    world.azure.change(next(iter(world.azure.accounts)), status="Active")
    await world.later()
    for _ in range(24 * 60):
        await world.settle(world.clock.now() + MINUTE)
        await world.timers()

    assert ["first", "resolved"] == [reason for reason, _, _ in world.receiver.heard()]
    assert [] == world.waiting


async def test_while_a_receiver_waits_messages_do_not_pile_up() -> None:
    world = troubled()
    world.receiver.refusals = [AWAY] * 99
    await world.look()
    most = 0
    for _ in range(6 * 60):
        await world.settle(world.clock.now() + MINUTE)
        await world.timers()
        most = max(most, len(world.waiting))

    assert most <= 3


async def test_a_receiver_whose_wake_up_was_lost_is_found_by_the_sweep() -> None:
    world = troubled()
    world.receiver.refusals = [BUSY]
    await world.look()
    world.waiting.clear()
    for _ in range(12):
        await world.settle(world.clock.now() + MINUTE)
        await world.timers()

    assert [("first", "critical", "profile-suspended")] == world.receiver.heard()


async def test_what_can_never_be_delivered_is_kept_aside_and_shown() -> None:
    world = troubled()
    world.receiver.refusals = [REFUSED]
    await world.look()

    [given_up] = await world.house().outbox.undelivered("webhook")
    report = await world.house().health.run(world.clock.now())

    assert "The webhook answered 400." == given_up.why
    assert "profile-suspended" in given_up.parts[0].body
    assert (True, ("1 message could not be delivered.",)) == (report.wakes, report.problems)
    world.azure.change(next(iter(world.azure.accounts)), status="Active")
    assert [("first", "warning", "receiver-refuses"), ("resolved", "critical", "profile-suspended")] == sorted(
        await world.hear()
    )
    assert [("resolved", "warning", "receiver-refuses")] == await world.hear()


async def test_after_three_days_a_message_is_given_up() -> None:
    world = troubled()
    world.receiver.refusals = [AWAY] * 200
    await world.look()
    await world.settle(START + 4 * DAY)

    assert 1 == len(await world.house().outbox.undelivered("webhook"))
    assert [] == world.receiver.parts


async def test_a_receiver_that_was_removed_blocks_nothing() -> None:
    world = troubled()
    world.receiver.refusals = [AWAY]
    await world.look()
    world.receivers = {}
    world.restart()
    await world.settle(START + timedelta(hours=1))

    [given_up] = await world.house().outbox.undelivered("webhook")
    assert "No receiver named webhook is set up any more." == given_up.failure


async def test_parts_that_arrived_are_not_sent_again_when_a_later_one_is_refused() -> None:
    world = World()
    world.azure.add("games", *(Profile(f"profile-{number:03}", status="Suspended") for number in range(300)))
    await world.plan()
    await world.settle(START)
    await world.later()
    assert 2 == len(world.receiver.parts)
    world.azure.change(next(iter(world.azure.accounts)), status="Active")
    world.receiver.refusals = [None, BUSY]
    await world.later()
    await world.settle(world.clock.now() + timedelta(hours=1))

    keys = [part.key for part in world.receiver.sent]
    assert (len(set(keys)), 600) == (len(keys), len(world.receiver.items()))


async def test_an_early_wake_does_not_hurry_a_receiver_that_asked_for_time() -> None:
    world = troubled()
    world.receiver.refusals = [BUSY]
    await world.look()

    await world.house().deliver.run(Tell("webhook"))

    assert [] == world.receiver.parts


async def test_a_message_says_what_where_what_next_and_when_again() -> None:
    world = World()
    world.azure.add("payments", Profile())
    await world.enter(Profile().validation, days(6))
    await world.look()

    [part] = world.receiver.sent
    event = json.loads(part.body)

    problem = "expiry of identity validation aaaaaaaa, 1 account (payments)"
    step = (
        "Renew it in the portal now: the account, then Identity validations. Renewal opens 60 days before the end; "
        "when it is completed, the new date belongs into the validation list."
    )
    assert f"Countersign's first check: 1 critical: {problem}" == event["data"]["summary"]
    [item] = event["data"]["items"]
    assert [
        "Critical: Identity validation aaaaaaaa expires on 26 Nov 2026, in 6 days: 1 account (payments)",
        "If nothing is done: Signing stops for 1 profile: payments/release (westeurope).",
        f"Next step: {step}",
        "First seen: Fri 20 Nov 2026 07:07 UTC",
        "You will hear again: when 3 days are left, and when it is over.",
        f"What this is: {EXPIRING.meaning}",
    ] == item["text"].splitlines()[:6]


async def test_health_is_well_when_all_is_well() -> None:
    world = World()
    world.azure.add("games", Profile())
    look = await world.look()

    report = await world.house().health.run(world.clock.now())

    assert (False, (), look.closed, False) == (
        report.wakes,
        report.problems,
        report.last_check,
        report.last_check_partial,
    )


@pytest.mark.parametrize(("hours", "late"), [(2.25, False), (2.26, True)])
async def test_health_is_late_when_no_check_has_ended_for_too_long(hours: float, *, late: bool) -> None:
    world = World()
    world.azure.add("games", Profile())
    await world.look()

    report = await world.house().health.run(START + timedelta(hours=hours))

    assert late is report.wakes


async def test_a_slow_schedule_is_not_a_late_one() -> None:
    world = World()
    world.azure.add("games", Profile())
    for _ in range(4):
        await world.later(hours=24)
    await world.look()

    reports = [await world.house().health.run(world.clock.now() + timedelta(hours=hours)) for hours in (48, 49)]

    assert [False, True] == [report.wakes for report in reports]


async def test_health_says_that_nothing_was_checked_yet() -> None:
    report = await World().house().health.run(START)

    assert (True, ("No check has been finished yet.",)) == (report.wakes, report.problems)


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({}, "Nobody is told: no receiver is set up."),
        ({"RENEWAL__SLACK_HOURS": "many"}, "RENEWAL__SLACK_HOURS: must be a whole number."),
    ],
)
async def test_health_shows_what_is_wrong_and_wakes_nobody(settings: Mapping[str, str], problem: str) -> None:
    world = World()
    world.settings = settings
    world.azure.add("games", Profile())
    await world.look()

    report = await world.house().health.run(START)

    assert (False, True) == (report.wakes, problem in report.problems)


async def newer(world: World, row_key: str, *, damaged: bool) -> Row:
    """A newer release writes over a row, so that this one can or cannot read it."""
    rows, partition = world.storage.subscriptions, key(subscription().id)
    row = await rows.get(partition, row_key)
    assert row
    body = {"body0": b"not for us"} if damaged else {}
    await rows.transact(partition, [Merge(replace(row, values={"schema": 99, "theirs": "kept", **body}))])
    written = await rows.get(partition, row_key)
    assert written
    return written


@pytest.mark.parametrize("damaged", [False, True])
async def test_a_memory_of_a_newer_release_is_left_alone_and_nothing_is_told_twice(*, damaged: bool) -> None:
    world = troubled()
    account = next(iter(world.azure.accounts))
    await world.look()
    row_key = key("told", "profile-suspended", "rg/games/release")
    written = await newer(world, row_key, damaged=damaged)

    assert [] == await world.hear()
    assert [] == await world.hear(24 * 3)
    world.azure.change(account, status="Active")
    assert [] == await world.hear()
    assert written == await world.storage.subscriptions.get(key(subscription().id), row_key)


@pytest.mark.parametrize("damaged", [False, True])
async def test_facts_of_a_newer_release_are_left_alone_and_the_look_goes_on(*, damaged: bool) -> None:
    world = troubled()
    account = next(iter(world.azure.accounts))
    await world.look()
    row_key = key("account", "rg", "games")
    written = await newer(world, row_key, damaged=damaged)
    world.azure.change(account, status="Active")

    assert [("resolved", "critical", "profile-suspended")] == await world.hear()
    assert written == await world.storage.subscriptions.get(key(subscription().id), row_key)


async def test_an_entry_that_only_a_newer_release_can_read_is_not_taken_for_deleted() -> None:
    world = World()
    world.azure.add("payments", Profile())
    await world.enter(Profile().validation, days(10))
    await world.look()
    await newer(world, key("register", Profile().validation), damaged=True)

    heard = [said for _ in range(3) for said in await world.hear()]

    assert [("first", "warning", "subscription-unreadable")] == heard


async def test_health_says_that_a_part_could_not_be_read_and_wakes_nobody() -> None:
    world = World()
    games = world.azure.add("games", Profile())
    await world.look()
    world.azure.forbidden.add(games)
    await world.later()

    report = await world.house().health.run(world.clock.now())

    assert (False, ("The last check could not read everything.",)) == (report.wakes, report.problems)
