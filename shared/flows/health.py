"""Health: whether the watch does its work, without a word about the fleet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from shared.domain.look import Look
from shared.domain.routing import Routes
from shared.domain.words import count, moment
from shared.flows.close import RECENT_LOOKS
from shared.ports.looks import Looks
from shared.ports.outbox import Outbox
from shared.ports.retiring import RetireBook

LATE_AFTER = timedelta(hours=2, minutes=15)  # Two periods of the default schedule, and some.
RESTS_AFTER = timedelta(hours=1)  # It runs every ten minutes.
PERIODS = 5  # The middle one of so many tells how often is usual here.
GRIEVES = timedelta(days=7)  # So long a message that was given up keeps health red.


@dataclass(frozen=True, slots=True)
class Report:
    """`wakes`: somebody should be woken. `problems` in plain sentences."""

    wakes: bool
    problems: tuple[str, ...]
    last_check: datetime | None
    last_check_partial: bool = False


@dataclass(frozen=True, slots=True)
class Health:
    """Reads the looks and the outbox; mistakes in settings are known from the start."""

    looks: Looks
    outbox: Outbox
    routes: Routes
    mistakes: tuple[str, ...]
    retiring: RetireBook
    retires: bool

    async def run(self, now: datetime) -> Report:
        """Late looks and undelivered messages wake people; the rest only degrades, for it is told by alerts."""
        closed = [look for look in await self.looks.recent(RECENT_LOOKS) if look.closed]
        last = closed[0] if closed else None
        late = last is None or now - last.started > _patience(closed)
        never = "No check has been finished yet." if last is None else ""
        grave = [never or f"No check has been finished since {moment(closed[0].started)}."] if late else []
        lost = await self._lost(now)
        grave += [f"{count(lost, 'message')} could not be delivered."] if lost else []
        grave += await self._stuck(now)
        blind = ["The last check could not read everything."] if last and last.partial else []
        mild = [*blind, *self.mistakes, *([] if self.routes.everyone else ["Nobody is told: no receiver is set up."])]
        mild += await self._retiring(now)
        return Report(bool(grave), (*grave, *mild), last.closed if last else None, bool(last and last.partial))

    async def _retiring(self, now: datetime) -> Sequence[str]:
        """Where it is set up: its timer does not fire, or a setting protects or gives away nothing."""
        if not self.retires:
            return ()
        state = await self.retiring.state()
        rests = state.ran is not None and now - state.ran > RESTS_AFTER
        idle = [f"{one} names no account in view." for one in state.idle]
        return [*([f"Retiring has not run since {moment(state.ran)}."] if rests and state.ran else []), *idle]

    async def _lost(self, now: datetime) -> int:
        """Messages given up lately."""
        names = await self.outbox.receivers()
        given_up = [batch for name in names for batch in await self.outbox.undelivered(name, now - GRIEVES)]
        return sum(1 for batch in given_up if not batch.replayed)

    async def _stuck(self, now: datetime) -> Sequence[str]:
        """What waits for hours, though no receiver refuses it."""
        found = [(name, await self.outbox.stuck(name, now)) for name in await self.outbox.receivers()]
        return [f"Messages to {name} have waited since {moment(since)}." for name, since in found if since]


def _patience(closed: Sequence[Look]) -> timedelta:
    """Two of the periods that looks have come in lately, and some; a slow schedule is not a late one."""
    starts = [look.started for look in closed[: PERIODS + 1]]
    periods = sorted(later - earlier for later, earlier in pairwise(starts))
    usual = periods[len(periods) // 2] if periods else timedelta()
    return max(LATE_AFTER, 2 * usual + timedelta(minutes=15))
