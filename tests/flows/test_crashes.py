"""A process may die before or after any operation: nothing is lost, and at most one message is repeated."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from shared.ports.channel import Part
from shared.ports.errors import DeliveryError
from tests.flows.crashes import FusedChannel, FusedRows, fused
from tests.flows.fakes import START, Profile, Receiver
from tests.flows.world import Fuse, World

HOUR = timedelta(hours=1)
TRUTHS = sorted((reason, f"games/{name}") for reason in ("first", "resolved") for name in ("release", "nightly"))


async def story(fuse: Fuse) -> World:
    """A look an hour, and more of them for a second crash, which may kill a second one.

    Two profiles are in trouble; Azure asks for patience once; then they are well again.
    """
    world = World(fuse=fuse)
    world.storage = fused(world.storage, fuse)
    world.receivers = {"webhook": FusedChannel(world.receiver, fuse)}
    account = world.azure.add("games", Profile("release", status="Suspended"), Profile("nightly", status="Disabled"))
    world.receiver.refusals = [DeliveryError("busy", permanent=False, retry_after=timedelta(minutes=6))]
    more = bool(fuse.again)
    hours = 4 + 2 * more
    for hour in range(hours):
        await world.run(START + hour * HOUR)
        if hour == 1:
            world.azure.throttled = {"profiles": {account: 1}}
        if hour == 2 + more:
            world.azure.change(account, status="Active")
        await world.timer(lambda: world.house().watch.run(world.clock.now()))
        await world.settle(world.clock.now() + timedelta(minutes=4))
        await world.timers()
    await world.run(START + (hours + 1) * HOUR)
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
    """The story with its crashes: at most one repeat for each."""
    world = await story(fuse)
    when = "after" if fuse.after else "before"
    fuse_blows = (fuse.at, fuse.again)
    fuse.at = fuse.again = 0
    parts, where = world.receiver.sent, f"operations {fuse_blows}, {when} they took effect"
    assert TRUTHS == truths(parts, world), where
    assert len(parts) - len({part.key for part in parts}) <= fuse.crashes, where
    assert all(look.closed for look in await world.house().looks.recent(30)), where
    assert ([], [], []) == (world.poison, world.waiting, await world.house().shelves.marked()), where
    assert fuse.crashes >= 1, where


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


@dataclass(frozen=True, slots=True)
class Two:
    """A world with a second receiver, which is told by its threads."""

    world: World
    boss: Receiver


async def missed(fuse: Fuse) -> Two:
    """One receiver is away twice and then refuses a message for good; the other is its fallback. Then all is well."""
    world = World(fuse=fuse)
    world.storage = fused(world.storage, fuse)
    world.settings = {
        **world.settings,
        "ALERT__WEBHOOK_URL__BOSS": "https://receiver.example/boss",
        "ALERT__CRITICAL": "webhook:boss",
        "ALERT__FALLBACK": "webhook",
        "RULES__RECEIVER_REFUSES": "off",
    }
    boss, away = Receiver(world.clock), DeliveryError("away", permanent=False)
    boss.refusals = [away, away, DeliveryError("refused", permanent=True)]
    world.receivers = {
        "webhook": FusedChannel(world.receiver, fuse),
        "webhook:boss": FusedChannel(boss, fuse, remembers=True),
    }
    account = world.azure.add("games", Profile("release", status="Suspended"))
    for hour in range(6):
        await world.run(START + hour * HOUR)
        if hour == 3:
            world.azure.change(account, status="Active")
        await world.timer(lambda: world.house().watch.run(world.clock.now()))
        await world.settle(world.clock.now() + timedelta(minutes=4))
        await world.timers()
    await world.run(START + 7 * HOUR)
    return Two(world, boss)


def once(receiver: Receiver) -> list[tuple[str, str]]:
    """What was heard, a repeated part once, and never under another key."""
    unique = {part.key: part for part in receiver.sent}
    return [(item["reason"], item["rule"]) for item in receiver.items(unique.values())]


async def test_what_one_receiver_refuses_reaches_the_other_whatever_a_process_dies_at() -> None:
    whole = Fuse()
    two = await missed(whole)
    first, over = ("first", "profile-suspended"), ("resolved", "profile-suspended")
    assert ([first], [over]) == (once(two.world.receiver), once(two.boss))
    for at, writes in enumerate(whole.writes, 1):
        for after in (False, True) if writes else (False,):
            fuse = Fuse(at, after=after)
            two = await missed(fuse)
            where = f"operation {at}, {'after' if after else 'before'} it took effect"
            heard, lost = (once(two.world.receiver), once(two.boss)), await two.world.house().undelivered.list()
            # Where the refusal itself was lost with the process, the second try is taken.
            assert (([first], [over]), 1) == (heard, len(lost)) or (([], [first, over]), 0) == (heard, len(lost)), where
            assert [] == two.world.waiting == two.world.poison, where
            for batch in lost:
                came = await two.world.house().outbox.replay(batch, two.world.clock.now())
                assert (0, 1) == (came.again, came.overtaken), where
