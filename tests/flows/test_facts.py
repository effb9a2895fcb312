"""What is read once a day, what is remembered of Azure's refusals, and whether what signing needs is there."""

from datetime import timedelta

import pytest

from shared.domain.blind import About
from shared.domain.kept import Standing
from shared.domain.subscription import DailyFacts, Lock
from shared.domain.usage import HOUR, month_of
from tests.flows.fakes import START, Profile, subscription
from tests.flows.world import World

SCOPE = subscription().scope
LOCK = Lock(SCOPE, "keep", "CanNotDelete")


def world_of_one() -> World:
    world = World()
    world.azure.add("games", Profile())
    return world


def daily_reads(world: World) -> tuple[int, int]:
    return world.azure.reads["providers", SCOPE], world.azure.reads["locks", SCOPE]


async def standing(world: World) -> Standing:
    return (await world.house().shelves.read(subscription(), month_of(world.clock.now()))).standing


async def test_registrations_and_locks_are_read_once_a_day_and_kept() -> None:
    world = world_of_one()
    world.azure.locked = (LOCK,)
    for _ in range(24):
        await world.later()
    assert (1, 1) == daily_reads(world)
    assert DailyFacts(world.azure.registered, (LOCK,), START + HOUR) == (await standing(world)).daily

    world.azure.locked = ()
    await world.later()
    assert (2, 2) == daily_reads(world)
    assert () == (await standing(world)).daily.locks


async def test_what_could_not_be_read_is_not_known_and_tried_at_the_next_look() -> None:
    world = world_of_one()
    world.azure.locked = (LOCK,)
    await world.look()
    world.azure.forbidden.add(SCOPE)
    await world.later(24)
    world.azure.forbidden.clear()
    world.azure.throttled = {"locks": {SCOPE: 9}}
    await world.later()

    daily = (await standing(world)).daily
    assert (world.azure.registered, None, None) == (daily.registrations, daily.locks, daily.read_at)
    assert [About.LOCKS] == [blind.about for blind in (await world.view()).blind]

    world.azure.throttled = {}
    await world.later()
    assert (LOCK,) == (await standing(world)).daily.locks


async def test_locks_that_are_throttled_hold_nothing_else_up() -> None:
    world = world_of_one()
    world.azure.throttled = {"locks": {SCOPE: 99}}
    world.azure.change(next(iter(world.azure.accounts)), status="Suspended")
    await world.look()

    assert ["profile-suspended"] == [item["rule"] for item in world.receiver.items()]


async def test_a_way_that_was_refused_is_remembered_by_other_processes_for_a_week() -> None:
    world = world_of_one()
    world.azure.refused = frozenset({"hours"})
    await world.look()
    remembered = []
    for days in (1, 5, 1):
        world.azure.refused = frozenset()
        world.restart()
        await world.later(days * 24)
        remembered.append((await standing(world)).refused)

    assert [{"hours": START}, {"hours": START}, {}] == remembered


async def test_whether_what_signing_needs_is_there_is_in_the_record_of_the_look() -> None:
    world = world_of_one()
    assert [("timestamp", True), ("", True)] == [(one.service, one.answered) for one in (await world.look()).reached]

    world.azure.unreached.add("timestamp")
    assert [("timestamp", False), ("", True)] == [(one.service, one.answered) for one in (await world.later()).reached]


@pytest.mark.parametrize(
    ("profile", "counted"), [(Profile(), set()), (Profile(renews_until=START - timedelta(days=20)), {0})]
)
async def test_where_azure_says_nothing_that_is_no_signature_only_if_nothing_could_be_signed(
    profile: Profile, counted: set[int]
) -> None:
    world = World()
    account = world.azure.add("games", profile)
    await world.look()
    for _ in range(3):
        await world.later()
    month = month_of(START)
    kept = await world.house().shelves.read(subscription(), month)

    usage = kept.usage[account][month]
    assert (0, world.clock.now()) == (usage.total, usage.read_until)
    assert counted == set(usage.hours.values())
    assert usage.unknown_within(usage.whole) > 0, (
        "what was before the first look, when nobody knows which certificates there were"
    )
