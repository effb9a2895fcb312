"""Events: the first is looked at now, the others together, and whatever comes twice or late changes nothing."""

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

import pytest

from shared.domain.subscription import Subscription
from shared.domain.survey import AccountFacts
from shared.domain.validation import FailureReason, RegisterEntry, ValidationStatus, Way
from tests.flows.crashes import fused
from tests.flows.fakes import START, Profile, subscription
from tests.flows.world import MINUTE, Fuse, World, interleaved

SECOND = timedelta(seconds=1)
VALIDATION = Profile().validation
OVER = ("resolved", "critical", "profile-suspended")


async def suspended() -> tuple[World, str]:
    """A suspension was told, and is over: no look has seen that."""
    world = World()
    account = world.azure.add("games", Profile(status="Suspended"))
    world.azure.add("other", Profile())
    await world.hear()
    world.azure.reads.clear()
    world.azure.change(account, status="Active")
    return world, account


async def heard_of(world: World, until: timedelta = 5 * MINUTE) -> list[tuple[str, str, str]]:
    """What is heard in the next minutes, no look between."""
    before = len(world.receiver.heard())
    await world.settle(world.clock.now() + until)
    return world.receiver.heard()[before:]


async def facts(world: World) -> Mapping[str, AccountFacts]:
    """What is known of every account."""
    return (await world.house().shelves.read(subscription(), world.clock.now())).facts


async def test_what_an_event_is_about_is_read_at_once_and_nothing_else() -> None:
    world, account = await suspended()
    await world.event(account)

    assert [OVER] == await heard_of(world)
    assert {("account", account): 1, ("profiles", account): 1} == dict(world.azure.reads)
    assert [] == await world.hear()


async def test_a_new_suspension_is_told_within_seconds() -> None:
    world, account = await suspended()
    await world.hear()
    world.azure.change(account, status="Suspended")
    await world.event(account)

    assert [("first", "critical", "profile-suspended")] == await heard_of(world, SECOND)


@pytest.mark.parametrize("seed", range(20))
async def test_five_deliveries_in_any_order_are_two_looks_at_most_and_the_same_state(seed: int) -> None:
    world, account = await suspended()
    chance = random.Random(seed)  # noqa: S311
    happened = [world.clock.now() + number * SECOND for number in (0, 0, 0, 0, 1)]
    chance.shuffle(happened)
    for at in happened:
        await world.event(account, at)
        await world.settle(world.clock.now() + chance.random() * 2 * SECOND)

    await heard_of(world)
    assert 1 == world.receiver.heard().count(OVER)
    assert 1 <= world.azure.reads["profiles", account] <= 2
    quiet, same = await suspended()
    await quiet.event(same)
    await heard_of(quiet)
    assert await facts(quiet) == await facts(world)


async def test_deliveries_to_instances_at_once_are_two_looks_at_most() -> None:
    world, account = await suspended()
    world.fuse.takes_turns = True
    world.storage = fused(world.storage, world.fuse)
    world.restart()
    await interleaved(*(world.event(account) for _ in range(5)))

    assert [OVER] == await heard_of(world)
    assert 2 == world.azure.reads["profiles", account]


async def test_an_event_that_is_delivered_again_hours_later_was_seen_long_ago() -> None:
    world, account = await suspended()
    happened = world.clock.now() - 6 * SECOND
    await world.event(account, happened)
    await world.settle(world.clock.now() + 60 * MINUTE)
    await world.event(account, happened)
    await heard_of(world)

    assert 1 == world.azure.reads["profiles", account]


async def test_what_changes_during_a_burst_is_seen_when_it_is_over() -> None:
    world, account = await suspended()
    await world.event(account)
    assert [OVER] == await heard_of(world)
    world.azure.change(account, status="Suspended")
    await world.event(account)
    await world.settle(world.clock.now() + SECOND)
    world.azure.change(account, status="Active")
    await world.event(account)
    world.azure.change(account, status="Suspended")
    await world.event(account)

    await heard_of(world)
    [profile] = (await facts(world))[account].profiles or ()
    assert "Suspended" == profile.status


async def test_an_account_comes_and_goes_by_events() -> None:
    world, account = await suspended()
    new = world.azure.add("new", Profile(status="Suspended"))
    await world.event(new)
    assert [("first", "critical", "profile-suspended")] == await heard_of(world)

    world.azure.delete(account)
    world.azure.delete(new)
    await world.event(account)
    await world.event(new)
    deleted = ("first", "warning", "account-deleted")
    assert Counter(2 * [OVER, deleted]) == Counter(await heard_of(world))
    assert ["other"] == [known.account.name for known in (await facts(world)).values()]


async def test_what_cannot_be_read_again_is_neither_over_nor_gone() -> None:
    world, account = await suspended()
    world.azure.forbidden.add(account)
    await world.event(account)

    assert [] == await heard_of(world)
    assert ["games", "other"] == [known.account.name for known in (await facts(world)).values()]
    world.azure.forbidden.clear()
    await world.event(account)
    assert [OVER] == await heard_of(world)


async def test_azure_is_given_the_time_that_it_asks_for() -> None:
    world, account = await suspended()
    world.azure.throttled = {"profiles": {account: 2}}
    await world.event(account)

    assert [] == await heard_of(world)
    assert [OVER] == await heard_of(world)


async def test_after_some_attempts_the_next_look_has_to_do() -> None:
    world, account = await suspended()
    world.azure.throttled = {"profiles": {account: 99}}
    await world.event(account)
    await world.settle(world.clock.now() + 60 * MINUTE)

    assert [] == world.waiting
    assert 93 == world.azure.throttled["profiles"][account]


async def test_a_subscription_that_no_look_has_seen_is_left_to_the_next_one() -> None:
    world, _ = await suspended()
    stranger = world.azure.add("stranger", Profile(status="Suspended"), number=7)
    await world.event(stranger)
    assert [] == await heard_of(world)
    assert {} == dict(world.azure.reads)

    world = World()
    await world.event(world.azure.add("early", Profile(status="Suspended")))
    assert [] == await heard_of(world)


async def test_nothing_goes_ahead_of_the_very_first_look() -> None:
    world = World()
    account = world.azure.add("games", Profile(status="Suspended"))
    world.azure.throttled = {"profiles": {account: 1}}
    look = await world.plan()
    await world.settle(world.clock.now() + SECOND)
    await world.event(account)
    assert [] == await heard_of(world, 2 * MINUTE)

    assert [("first", "critical", "profile-suspended")] == await heard_of(world)
    assert await world.house().looks.get(look.id)
    assert 2 == world.azure.reads["profiles", account]


async def test_a_subscription_that_is_not_to_be_watched_is_not_read() -> None:
    world, account = await suspended()
    world.settings = {**world.settings, "WATCH__SCOPES": subscription(5).id}
    await world.event(account)

    assert [] == await heard_of(world)
    assert {} == dict(world.azure.reads)


async def test_a_look_under_way_does_not_put_back_what_it_read_before_the_event() -> None:
    world, account = await suspended()
    world.azure.change(account, status="Suspended")
    house, now = world.house(), world.clock.now()
    planned = await world.plan()
    [message] = [message for message in world.waiting if message.queue == "countersign-look"]
    shard = await house.messages.read_look(message.body)
    kept = await house.shelves.read(shard.subscription, now)
    found = await house.look_at.collect.run(shard, kept, now)

    world.azure.change(account, status="Active")
    world.clock.at += SECOND
    await world.event(account)
    world.waiting.remove(message)
    await world.settle(world.clock.now() + SECOND)
    await house.look_at.conclude.run(shard, kept, found, now)

    assert planned.id == shard.look
    assert ["Active"] == [profile.status for profile in (await facts(world))[account].profiles or ()]


@pytest.mark.parametrize("after", [False, True])
async def test_a_crash_at_any_point_delays_and_loses_nothing(after: bool) -> None:
    for at in range(1, 40):
        world, account = await suspended()
        world.fuse = Fuse(at, after=after)
        world.storage = fused(world.storage, world.fuse)
        world.restart()
        await world.event(account)
        await world.run(world.clock.now() + 30 * MINUTE)

        assert OVER in world.receiver.heard(), at
        assert world.receiver.heard().count(OVER) <= 2


# Testimony ------------------------------------------------------------------------------------------------------------


def said(minutes: int, **parts: object) -> RegisterEntry:
    """By event, so many minutes after the beginning."""
    entry = RegisterEntry(
        subscription().id, VALIDATION, ValidationStatus.COMPLETED, "a mail rule", START + minutes * MINUTE, Way.EVENT
    )
    return replace(entry, **parts)  # type: ignore[arg-type]


async def listed() -> World:
    """One look was made."""
    world = World()
    world.azure.add("games", Profile())
    await world.hear()
    return world


async def known(world: World) -> RegisterEntry:
    kept = await world.house().shelves.read(subscription(), world.clock.now())
    return kept.register[VALIDATION]


async def test_a_report_is_judged_at_once_without_asking_azure() -> None:
    world = await listed()
    world.azure.reads.clear()
    await world.house().events.reported(said(61, expires=date(2026, 11, 28)))

    assert [("first", "warning", "validation-expiring")] == await heard_of(world)
    assert {} == dict(world.azure.reads)


async def test_what_was_said_later_stands_in_whatever_order_it_comes() -> None:
    world = await listed()
    later = said(62, status=ValidationStatus.FAILED, failure=FailureReason.DOCUMENTS_EXHAUSTED)
    for entry in (later, said(61), later):
        await world.house().events.reported(entry)

    assert later == await known(world)


async def test_a_report_says_what_it_says_and_leaves_the_rest() -> None:
    world = await listed()
    ana = replace(said(61, expires=date(2028, 1, 1), organisation="Contoso", owner="ana"), way=Way.PERSON)
    await world.house().register.say(ana)
    await world.house().events.reported(said(62, status=ValidationStatus.ACTION_REQUIRED, note="documents"))

    entry = await known(world)
    assert (ValidationStatus.ACTION_REQUIRED, "documents", Way.EVENT) == (entry.status, entry.note, entry.way)
    assert (date(2028, 1, 1), "Contoso", "ana") == (entry.expires, entry.organisation, entry.owner)


async def test_a_report_about_a_subscription_never_seen_is_kept() -> None:
    world = await listed()
    stranger = Subscription("00000000-0000-4000-8000-00000000000e", "")
    await world.house().events.reported(said(61, subscription_id=stranger.id))
    await heard_of(world)

    assert VALIDATION in (await world.house().shelves.read(stranger, world.clock.now())).register


async def test_after_an_outage_old_facts_of_others_are_not_judged() -> None:
    """Fifty hours without a check, and an event comes before the next one: nobody is woken for what is not known."""
    world = await listed()
    await world.look()
    world.clock.at += timedelta(hours=50)
    await world.house().events.reported(said(61))
    assert [] == await heard_of(world)

    await world.look()
    assert [] == world.receiver.heard()
