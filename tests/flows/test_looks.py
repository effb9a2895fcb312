"""A look, its shards and its end: one summary at first, later each thing in its time; patience; twice and at once."""

import asyncio
import json
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from shared.domain.blind import About
from shared.domain.look import Shard
from shared.domain.memory import Tell
from shared.store.in_memory import InMemoryRows
from shared.store.keys import parts
from shared.store.messages import LOOK_QUEUE, TELL_QUEUE, Unreadable
from shared.store.rows import Operation, key_of
from tests.flows.crashes import FusedChannel, fused
from tests.flows.fakes import START, Profile, subscription
from tests.flows.world import MINUTE, Fuse, Waiting, World, days, interleaved

DEAD = START - timedelta(days=9)
MONTH = datetime.fromisoformat("2026-11-01T00:00Z")


def fleet(world: World, subscriptions: int = 3) -> list[str]:
    """In each subscription one account with a profile suspended and one disabled."""
    both = Profile(status="Suspended"), Profile("nightly", status="Disabled")
    return [world.azure.add(f"games{number}", *both, number=number) for number in range(1, subscriptions + 1)]


@pytest.mark.parametrize("seed", range(6))
async def test_the_first_look_tells_one_summary_when_it_closes_in_whatever_order(seed: int) -> None:
    world = World()
    fleet(world)
    world.order = random.Random(seed).choice  # noqa: S311
    look = await world.plan()
    for _ in range(3):
        assert [] == world.receiver.parts
        now = [message for message in world.waiting if message.due <= world.clock.now()]
        await world.handle(pop(world, world.order(now)))
    closed = await world.house().looks.get(look.id)
    assert closed
    assert closed.closed
    await world.settle(world.clock.now())

    [part] = world.receiver.sent
    assert json.loads(part.body)["data"]["summary"].startswith("Countersign's first check: 3 critical, 3 warnings: ")
    assert "critical" == world.receiver.items()[0]["severity"]


def pop(world: World, message: Waiting) -> Waiting:
    world.waiting.remove(message)
    return message


async def test_a_slow_subscription_does_not_break_the_first_summary() -> None:
    world = World()
    slow = fleet(world)[0]
    world.azure.throttled = {"profiles": {slow: 3}}
    world.azure.patience = timedelta(minutes=12)

    await world.look()

    assert [36] == [(at - START) // MINUTE for at, _ in world.receiver.parts]
    assert 6 == len(world.receiver.items())


async def test_a_first_look_that_never_closes_is_told_all_the_same() -> None:
    world = World()
    fleet(world)
    await world.plan()
    lost = next(message for message in world.waiting if message.queue == LOOK_QUEUE)
    world.waiting.remove(lost)

    await world.settle(START + timedelta(hours=2))

    assert 4 == len(world.receiver.items())


async def test_a_first_look_that_saw_nothing_leaves_the_summary_to_the_next() -> None:
    world = World()
    fleet(world)
    world.azure.index_fails = True
    await world.look()
    world.azure.index_fails = False

    assert 6 == len(await world.hear())
    assert 1 == len(world.receiver.parts)


async def test_later_a_critical_problem_is_told_at_once_and_a_warning_waits_for_company() -> None:
    world = World()
    grave, mild, slow = (world.azure.add(f"games{number}", Profile(), number=number) for number in (1, 2, 3))
    await world.look()
    await world.settle(START + timedelta(hours=1))
    world.azure.change(grave, status="Suspended")
    world.azure.change(mild, status="Disabled")
    world.azure.throttled = {"profiles": {slow: 1}}
    world.azure.patience = timedelta(minutes=20)
    world.order = lambda ready: max(ready, key=lambda message: (message.queue == TELL_QUEUE, -message.number))
    began = world.clock.now()

    await world.look()

    told = [
        ((at - began) // MINUTE, item["severity"])
        for at, part in world.receiver.parts
        for item in world.receiver.items([part])
    ]
    assert [(0, "critical"), (2, "warning")] == told


async def test_a_warning_is_told_when_the_look_closes_if_that_is_sooner() -> None:
    world = World()
    account = world.azure.add("games", Profile())
    await world.look()
    world.azure.change(account, status="Disabled")
    await world.settle(START + timedelta(hours=1))
    began = world.clock.now()

    await world.look()

    assert [began] == [at for at, _ in world.receiver.parts]


async def test_patience_is_kept_by_all_and_nothing_is_read_twice() -> None:
    world = World()
    accounts = [world.azure.add(f"games{number:02}", Profile(f"profile{number}")) for number in range(20)]
    world.azure.throttled = {"profiles": {accounts[11]: 2}}
    world.azure.patience = 2 * MINUTE
    look = await world.plan()
    await world.settle(world.clock.now())

    [message] = world.waiting
    kept = await world.house().shelves.read(subscription(), MONTH)
    assert START + world.azure.patience == message.due
    assert [message.due] == [row.until for row in kept.patience]
    assert 15 == len([facts for facts in kept.facts.values() if facts.profiles])

    before = world.azure.reads.total()
    await world.handle(Waiting(world.clock.now(), 0, LOOK_QUEUE, message.body))
    assert before == world.azure.reads.total()

    world.waiting = [message]
    await world.settle(world.clock.now() + timedelta(minutes=10))
    closed = await world.house().looks.get(look.id)
    assert closed
    assert (False, 20) == (closed.partial, closed.accounts)
    assert {1} == {world.azure.reads["profiles", account] for account in accounts}
    assert {2} == {world.azure.reads["usage", account] for account in accounts}


async def test_patience_ends_at_a_limit_and_the_rest_is_blind() -> None:
    world = World()
    good, bad = (
        world.azure.add("a-good", Profile(status="Suspended")),
        world.azure.add("b-bad", Profile(status="Suspended")),
    )
    other = world.azure.add("c-other", Profile(status="Suspended"), number=2)
    await world.look()
    await world.settle(START + timedelta(hours=1))
    for account in (good, bad, other):
        world.azure.change(account, status="Active")
    world.azure.throttled = {"profiles": {bad: 99}}

    look = await world.look()

    assert (True, 3) == (look.partial, look.accounts)
    spots = [(spot.about, spot.scope) for spot in (await world.view()).blind]
    assert [(About.PROFILES, bad)] == spots
    ended = [item["title"] for item in world.receiver.items()[3:]]
    assert ["Over: suspension of a-good/release", "Over: suspension of c-other/release"] == sorted(ended)


async def test_an_account_that_could_not_be_asked_for_in_time_is_neither_gone_nor_well() -> None:
    """The index lost it, and Azure asks for patience: until it answers, its problems stay."""
    world = World()
    lost = world.azure.add("lost", Profile(status="Suspended"))
    world.azure.add("seen", Profile())
    await world.look()
    await world.settle(START + timedelta(hours=1))
    world.azure.unlisted.add(lost)
    world.azure.throttled = {"account": {lost: 99}}

    look = await world.look()

    assert (True, 2) == (look.partial, look.accounts)
    assert 1 == len(world.receiver.items())
    world.azure.throttled = {"account": {lost: 1}}
    await world.later()
    assert False is (await world.later()).partial
    assert 1 == len(world.receiver.items())


@pytest.mark.parametrize("gone_for", [1, 2])
async def test_running_a_shard_twice_ends_in_the_same_state_and_tells_once(gone_for: int) -> None:
    once, twice = World(), World()
    for world in (once, twice):
        account = world.azure.add(
            "games", Profile(status="Suspended"), Profile("old", renews_until=START - timedelta(9))
        )
        await look(world, times=1 if world is once else 2)
        world.azure.change(account, status="Active", renews_until=None)
        for _ in range(gone_for):
            await look(world, times=1 if world is once else 2)

    assert once.receiver.heard() == twice.receiver.heard()
    [left, right] = [await world.house().shelves.read(subscription(), MONTH) for world in (once, twice)]
    assert (left.facts, left.memory) == (right.facts, right.memory)
    assert [usage.hours for months in left.usage.values() for usage in months.values()] == [
        usage.hours for months in right.usage.values() for usage in months.values()
    ]


async def look(world: World, times: int) -> None:
    """A look, each message of which is delivered so many times."""
    await world.settle(world.clock.now() + timedelta(hours=1))
    await world.plan()
    shards = [message for message in world.waiting if message.queue == LOOK_QUEUE]
    world.waiting += [Waiting(one.due, one.number, one.queue, one.body) for one in shards] * (times - 1)
    await world.settle(world.clock.now() + 5 * MINUTE)


async def test_two_at_once_end_in_the_same_state_and_tell_once() -> None:
    fuse = Fuse(takes_turns=True)
    world = World(fuse=fuse)
    world.storage = fused(world.storage, fuse)
    world.azure.add("games", Profile(status="Suspended"), Profile("old", renews_until=DEAD))
    await world.plan()
    shards = [await world.house().messages.read_look(message.body) for message in world.waiting]
    world.waiting.clear()

    await interleaved(*(world.house().look_at.run(shard, START) for shard in shards * 5))
    world.collect()
    deliveries = [message for message in world.waiting if message.queue == TELL_QUEUE]
    assert len(deliveries) > 1
    await interleaved(*(world.handle(pop(world, message)) for message in deliveries))
    await world.settle(START + timedelta(hours=2))

    assert [("first", "critical", "profile-suspended"), ("first", "critical", "signing-down")] == sorted(
        world.receiver.heard()
    )
    assert [True] == [found.closed is not None for found in await world.house().looks.recent(9)]


async def test_two_deliverers_at_once_send_once() -> None:
    fuse = Fuse(takes_turns=True)
    world = World(fuse=fuse)
    world.storage = fused(world.storage, fuse)
    world.receivers = {"webhook": FusedChannel(world.receiver, fuse)}
    world.azure.add("games", Profile(status="Suspended"))
    await world.plan()
    await world.handle(pop(world, world.waiting[0]))

    await interleaved(*(world.house().deliver.run(Tell("webhook")) for _ in range(5)))

    assert 1 == len(world.receiver.parts)


async def test_while_one_is_sending_another_leaves_the_receiver_to_it() -> None:
    world = World()
    world.azure.add("games", Profile(status="Suspended"))
    await world.plan()
    await world.handle(pop(world, world.waiting[0]))
    world.receiver.gate = asyncio.Event()

    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        first = group.create_task(world.house().deliver.run(Tell("webhook")))
        for _ in range(100):
            await asyncio.sleep(0)
        assert 0 == await world.house().deliver.run(Tell("webhook"))
        world.receiver.gate.set()

    assert (1, 1) == (first.result(), len(world.receiver.parts))


async def test_a_wake_up_for_an_earlier_look_does_not_tear_apart_what_a_later_one_has_to_say() -> None:
    world = World()
    fleet(world, 2)
    await world.look()
    await world.settle(START + timedelta(hours=1))
    late = Tell("webhook", START)
    world.receiver.parts.clear()
    for account in world.azure.accounts:
        world.azure.change(account, status="Active")
    await world.plan()
    sent = []
    while world.waiting:
        await world.handle(pop(world, min(world.waiting)))
        sent.append(await world.house().deliver.run(late))

    assert {0} == set(sent)
    assert (1, 4) == (len(world.receiver.parts), len(world.receiver.items()))


async def test_a_look_is_closed_once_when_its_last_shards_end_at_once() -> None:
    fuse = Fuse(takes_turns=True)
    world = World(fuse=fuse)
    world.storage = fused(world.storage, fuse)
    fleet(world, 5)
    await world.plan()
    messages: Sequence[Waiting] = list(world.waiting)
    world.waiting.clear()

    await interleaved(*(world.handle(message) for message in messages))
    await world.settle(START)

    [closed] = await world.house().looks.recent(9)
    assert (START, 5) == (closed.closed, closed.accounts)
    assert ([10], 1) == ([len(world.receiver.items())], len(world.receiver.parts))


@pytest.mark.parametrize(
    "body",
    [
        "",
        "not json",
        "[" * 100_000,
        "[]",
        "{}",
        '{"schema": "1"}',
        '{"schema": 99, "packed": "x"}',
        '{"schema": 1}',
        '{"schema": 1, "packed": 5}',
        '{"schema": 1, "packed": "####"}',
        '{"schema": 1, "packed": "£"}',
        '{"schema": 1, "blob": "nowhere"}',
        '{"schema": 1, "receiver": ""}',
        '{"schema": 1, "receiver": 5}',
        '{"schema": 1, "receiver": "webhook", "decided_by": "soon"}',
    ],
)
async def test_a_message_that_is_not_ours_cannot_be_read(body: str) -> None:
    messages = World().house().messages
    with pytest.raises(Unreadable):
        await messages.read_look(body)
    with pytest.raises(Unreadable):
        await messages.read_tell(body)


async def test_a_large_subscription_travels_through_a_blob() -> None:
    world = World()
    ids = [world.azure.add(f"a{random.Random(number).getrandbits(80):020x}"[:24]) for number in range(4_000)]  # noqa: S311
    house = world.house()
    shard = Shard("20261120T070700000Z", subscription(), tuple(world.azure.accounts[id_] for id_ in ids))

    await house.messages.look(shard)

    [sent] = world.queues.take(LOOK_QUEUE)
    assert "blob" in json.loads(sent.body)
    assert shard == await house.messages.read_look(sent.body)


async def test_many_changes_in_one_subscription_are_all_told_in_parts_that_fit() -> None:
    world = World()
    world.azure.add("games", *(Profile(f"profile-{number:03}", status="Suspended") for number in range(300)))

    await world.look()

    titles = {item["title"] for item in world.receiver.items()}
    assert (300, 300) == (len(titles), len(world.receiver.items()))
    assert max(len(part.body.encode()) for part in world.receiver.sent) <= 200_000
    assert 2 == len(world.receiver.parts)
    assert len({part.key for part in world.receiver.sent}) == len(world.receiver.parts)


class NotedRows(InMemoryRows):
    """Rows that note the keys of each transaction."""

    def __init__(self) -> None:
        super().__init__()
        self.transactions: list[list[str]] = []

    async def transact(self, partition: str, operations: Sequence[Operation]) -> Sequence[str]:
        """As `Rows.transact`."""
        self.transactions.append([parts(key_of(operation))[0] for operation in operations])
        return await super().transact(partition, operations)


async def test_a_memory_is_never_parted_from_what_it_tells() -> None:
    world = World()
    rows = NotedRows()
    world.storage = replace(world.storage, subscriptions=rows)
    world.azure.add("games", *(Profile(f"profile-{number:03}", status="Suspended") for number in range(120)))
    await world.enter(Profile().validation, days(400))

    await world.look()

    told = [(kinds.count("told"), kinds.count("intent")) for kinds in rows.transactions if "told" in kinds]
    assert [(50, 50), (50, 50), (20, 20)] == told
    assert 120 == len(world.receiver.items())


async def test_one_account_that_azure_holds_back_does_not_hold_back_the_others() -> None:
    world = World()
    held, *others = [world.azure.add(f"games{number:02}", Profile(status="Suspended")) for number in range(30)]
    await world.plan()
    world.azure.throttled, world.azure.narrow = {"profiles": {held: 99}}, True

    await world.settle(world.clock.now())

    assert [1] * 29 == [world.azure.reads["profiles", id_] for id_ in others]
    await world.settle(world.clock.now() + timedelta(hours=2))
    [look] = await world.house().looks.recent(1)
    assert look.partial
    assert 29 == len(world.receiver.items())
    assert [1] * 29 == [world.azure.reads["profiles", id_] for id_ in others], "and they are read once"
