"""A process may die before or after any operation: nothing is lost, and at most one message is repeated."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from shared.ports import DeliveryError, Part
from tests.flows.crashes import FusedChannel, FusedRows, fused
from tests.flows.fakes import START, Profile
from tests.flows.world import Fuse, World

HOUR = timedelta(hours=1)
TRUTHS = sorted((reason, f"games/{name}") for reason in ("first", "resolved") for name in ("release", "nightly"))


async def story(fuse: Fuse) -> World:
    """A look an hour: two profiles are in trouble; Azure asks for patience once; then they are well again."""
    world = World(fuse=fuse)
    world.storage = fused(world.storage, fuse)
    world.receivers = {"webhook": FusedChannel(world.receiver, fuse)}
    account = world.azure.add("games", Profile("release", status="Suspended"), Profile("nightly", status="Disabled"))
    world.receiver.refusals = [DeliveryError("busy", permanent=False, retry_after=timedelta(minutes=6))]
    for hour in range(4):
        await world.run(START + hour * HOUR)
        if hour == 1:
            world.azure.throttled = {"profiles": {account: 1}}
        if hour == 2:
            world.azure.change(account, status="Active")
        await world.timer(lambda: world.house().watch.run(world.clock.now()))
        await world.settle(world.clock.now() + timedelta(minutes=4))
        await world.timers()
    await world.run(START + 5 * HOUR)
    return world


def truths(parts: Sequence[Part], world: World) -> list[tuple[str, str]]:
    """What was heard, a repeated part once."""
    unique = {part.key: part for part in parts}
    assert len({(part.key, part.body) for part in parts}) == len(unique)
    titles = [(item["reason"], item["title"]) for item in world.receiver.items(unique.values())]
    return sorted(
        (reason, name) for reason, title in titles for name in ("games/release", "games/nightly") if name in title
    )


async def test_whatever_operation_a_process_dies_at_everything_is_told() -> None:
    whole = Fuse()
    world = await story(whole)
    assert TRUTHS == truths(world.receiver.sent, world)
    for at, writes in enumerate(whole.writes, 1):
        await dies(Fuse(at))
        if writes:
            await dies(Fuse(at, after=True))


async def dies(fuse: Fuse) -> None:
    """The story with one crash."""
    world = await story(fuse)
    parts, where = world.receiver.sent, f"operation {fuse.at}, {'after' if fuse.after else 'before'} it took effect"
    assert TRUTHS == truths(parts, world), where
    assert len(parts) - len({part.key for part in parts}) <= 1, where
    assert all(look.closed for look in await world.house().looks.recent(30)), where
    assert ([], [], []) == (world.poison, world.waiting, await world.house().shelves.marked()), where
    assert 1 == fuse.crashes, where


async def test_parts_that_arrived_before_a_crash_are_not_sent_again() -> None:
    fuse = Fuse()
    world = World(fuse=fuse)
    world.receivers = {"webhook": FusedChannel(world.receiver, fuse)}
    world.azure.add("games", *(Profile(f"profile-{number:03}", status="Suspended") for number in range(300)))
    await world.plan()
    fuse.at = 2

    await world.settle(START + HOUR)

    assert (1, 300) == (fuse.crashes, len(world.receiver.items()))
    assert 2 == len({part.key for part in world.receiver.sent}) == len(world.receiver.sent)


async def test_what_was_decided_is_told_though_the_message_that_decided_it_was_lost() -> None:
    world = World()
    whole = Fuse()
    world.storage = replace(world.storage, outbox=FusedRows(world.storage.outbox, whole))
    world.fuse = whole
    world.azure.add("games", Profile(status="Suspended"))
    await world.plan()
    whole.at = 1
    await world.handle(world.waiting.pop())
    assert (1, []) == (whole.crashes, world.receiver.parts)
    world.waiting.clear()

    await world.timers()
    await world.settle(START + 2 * HOUR)

    assert [("first", "critical", "profile-suspended")] == world.receiver.heard()
