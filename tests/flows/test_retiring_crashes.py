"""A process may die before or after any operation of a walk's step: it goes on, and Azure took one delete."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from shared.domain.account import SigningAccount
from shared.domain.walk import Stage
from shared.ports.retiring import Erased, Eraser
from shared.wiring import House
from tests.flows.crashes import fused
from tests.flows.retiring_days import ANNOUNCED, DAY, DUE, MORNING, Days
from tests.flows.world import Fuse

A_WHILE = timedelta(minutes=11)  # Longer than an outcome that nobody knows is left alone.
STEPS = 4


@dataclass(frozen=True, slots=True)
class FusedEraser:
    """`Eraser` behind a fuse."""

    eraser: Eraser
    fuse: Fuse

    async def erase(self, account: SigningAccount) -> Erased:
        """As `Eraser.erase`."""
        return await self.fuse.run(lambda: self.eraser.erase(account), writes=True)


async def before_the_step(day: int) -> Days:
    """The morning of that day, after its check."""
    days = await Days().until(day - 1)
    days.today, days.world.clock.at = day, MORNING + day * DAY
    await days.world.check()
    await days.world.settle(days.world.clock.now() + timedelta(minutes=5))
    days.world.restart()
    return days


async def steps(day: int, fuse: Fuse) -> Days:
    """The step of that day with a crash, and what follows with none."""
    days = await before_the_step(day)
    world = days.world
    world.fuse, world.storage = fuse, fused(world.storage, fuse)
    world.sources = replace(world.sources, eraser=FusedEraser(world.eraser, fuse)) if world.sources else None
    await world.timer(world.retire)
    fuse.at = 0
    for _ in range(STEPS):
        await days.step(A_WHILE)
        await world.timers()
        await world.settle(world.clock.now() + timedelta(minutes=5))
    await world.look()  # What was not told because the process died, the next check tells.
    await world.settle(world.clock.now() + timedelta(minutes=5))
    return days


def fuses(writes: Sequence[bool]) -> list[Fuse]:
    """Before each operation, and after each that writes."""
    before = [Fuse(at) for at in range(1, len(writes) + 1)]
    return before + [Fuse(at, after=True) for at, writing in enumerate(writes, 1) if writing]


async def operations(day: int) -> Sequence[bool]:
    """Of the step alone."""
    days, fuse = await before_the_step(day), Fuse()
    days.world.fuse, days.world.storage = fuse, fused(days.world.storage, fuse)
    assert days.world.sources
    days.world.sources = replace(days.world.sources, eraser=FusedEraser(days.world.eraser, fuse))
    await days.world.retire()
    return list(fuse.writes)


async def test_whatever_operation_it_dies_at_one_delete_was_taken() -> None:
    """Where nobody can know whether it was sent, a person decides; then too it is taken once."""
    writes, blocked = await operations(DUE), 0
    assert sum(writes) > 5
    for fuse in fuses(writes):
        at, when = fuse.at, "after" if fuse.after else "before"
        days = await steps(DUE, fuse)
        where = f"operation {at} of {len(writes)}, {when} it took effect"
        if await days.stage() is Stage.BLOCKED:
            blocked += 1
            assert 0 == len([one for one in days.old.requests if one.accepted]), where
            assert await days.world.approve(days.old, by="ben"), where
            await days.step(A_WHILE)
            await days.step(A_WHILE)
        assert (Stage.DELETED, 1) == (await days.stage(), len(days.old.requests)), where
        assert [] == days.world.truth.complaints, where
    # Before the delete was sent, after it was written down that it would be; and before that was read again.
    assert 1 <= blocked <= 4


async def test_whatever_operation_it_dies_at_it_is_announced_once() -> None:
    writes = await operations(ANNOUNCED)
    assert sum(writes) > 2
    for fuse in fuses(writes):
        at, when = fuse.at, "after" if fuse.after else "before"
        days = await steps(ANNOUNCED, fuse)
        where = f"operation {at} of {len(writes)}, {when} it took effect"
        assert Stage.ANNOUNCED is await days.stage(), where
        assert ["first"] == days.heard("retirement-announced"), where


async def later(ticks: int, house: House, days: Days) -> None:
    """So many operations after the other one began."""
    for _ in range(ticks):
        await asyncio.sleep(0)
    await house.retire.run(days.world.clock.now())


async def test_two_runs_at_once_send_one_delete() -> None:
    """In many of the orders in which their operations may take turns."""
    for ticks in range(40):
        days = await before_the_step(DUE)
        days.world.storage = fused(days.world.storage, Fuse(takes_turns=True))
        one = days.world.house()
        days.world.restart()
        await asyncio.gather(later(0, one, days), later(ticks, days.world.house(), days))
        assert 1 == days.sent, f"{ticks} operations later"
