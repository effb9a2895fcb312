"""A process may die at any operation of a ticket's life: still one ticket, nothing lost, nothing said twice."""

from collections import Counter
from datetime import timedelta

from shared.domain.finding import Severity
from shared.domain.ticket import Status
from shared.flows.filing import Filing
from shared.flows.ticketing import Ticketing
from shared.store.looks import TableLooks
from shared.store.tickets import TableTickets
from tests.flows.crashes import FusedDesk, fused
from tests.flows.fake_desk import LAG, FakeDesk
from tests.flows.fakes import DAY, START, Profile
from tests.flows.world import MINUTE, Fuse, World

HOUR = timedelta(hours=1)
# What Azure says of the profile at each check, any of which may be lost. At one somebody closed the ticket as done.
STATES = (*["Disabled"] * 2, *["Suspended"] * 6, *["Active"] * 3)
CLOSED_AT = 4
EACH = 9  # Of the operations of the storage; all of them in tests/torture.


async def story(fuse: Fuse) -> tuple[World, FakeDesk]:
    """A warning, its ticket; it gets worse; somebody closes it too early; it is opened again; it is over."""
    world = World(fuse=fuse)
    desk = FakeDesk(world.clock.now)
    world.storage = fused(world.storage, fuse)
    world.settings = {
        "RULES__WATCH_LATE": "off",
        "RULES__COST_IDLE": "off",
        "TICKETS__GITHUB_REPOSITORY": "contoso/signing",
        "TICKETS__GITHUB_TOKEN": "t",
    }
    account = world.azure.add("payments", Profile())
    kept, looks = TableTickets(world.storage.outbox), TableLooks(world.storage.looks)
    filing = Filing("github", "contoso/signing", FusedDesk(desk, fuse), kept, looks, world.clock, LAG)
    world.receivers = {"github": Ticketing(filing, "https://portal.example", 20, 14 * DAY)}
    for hour, state in enumerate(STATES):
        await world.run(START + hour * HOUR)
        world.azure.change(account, status=state)
        if hour == CLOSED_AT:
            for ticket in desk.tickets():
                desk.person(ticket.ticket.reference, Status.DONE)
        await world.timer(lambda: world.house().watch.run(world.clock.now()))
        for _ in range(3):
            await world.settle(world.clock.now() + 8 * MINUTE)
            await world.timers()
    await world.run(START + (len(STATES) + 1) * HOUR)
    return world, desk


def check(desk: FakeDesk, crashes: int, where: str) -> None:
    [kept] = desk.tickets()
    assert (Status.DONE, Severity.CRITICAL) == (kept.ticket.status, kept.severity), where
    said = [text.partition(":")[0] for text in kept.texts[1:]]
    assert {"Critical (worse)", "Critical (closed, and still there)", "Over"} == set(said), where
    # A comment is looked for before it is said again.
    assert max(Counter(said).values()) == 1, (where, said)


async def test_whatever_operation_a_process_dies_at_there_is_one_ticket_with_its_whole_life() -> None:
    await dies_anywhere(EACH)


async def dies_anywhere(each: int) -> None:
    """At every operation of which the number is a multiple, before and after it took effect."""
    whole = Fuse()
    world, desk = await story(whole)
    check(desk, 0, "without a crash")
    assert ([], []) == (world.poison, world.waiting)
    for at, writes in list(enumerate(whole.writes, 1))[each // 2 :: each]:
        for after in (False, True) if writes else (False,):
            fuse = Fuse(at, after=after)
            world, desk = await story(fuse)
            where = f"operation {at}, {'after' if after else 'before'} it took effect"
            assert 1 <= fuse.crashes, where
            check(desk, fuse.crashes, where)
            assert ([], []) == (world.poison, world.waiting), where
            assert 1 == len(desk.kept), where
