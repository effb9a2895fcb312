"""Timer triggers: due by the wall clock, one at a time, made up for once when they were missed."""

import asyncio
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sandbox.host.clock import Clock
from sandbox.host.functions import Function
from sandbox.host.invocations import Invocations
from sandbox.host.lease import Lease
from sandbox.host.runtime import Datum
from sandbox.host.schedule import Schedule, parse_schedule
from sandbox.host.schedule_status import ScheduleStatus
from sandbox.host.settings import resolve

logger = logging.getLogger(__name__)

PAST_DUE_AFTER = timedelta(seconds=5)
_MONITORED_FROM = timedelta(minutes=1)


def schedule_of(function: Function, environment: Mapping[str, str]) -> Schedule:
    """Raises SettingsError."""
    return parse_schedule(resolve(str(function.trigger.properties["schedule"]), environment))


async def call_timer(function: Function, invocations: Invocations, *, past_due: bool = False) -> None:
    """Call a timer function, and again as its own retry policy wants it."""
    datum = Datum(json.dumps({"IsPastDue": past_due, "Schedule": {"AdjustForDST": True}}), "json")
    retry = 0
    while not (await invocations.call(function, datum, retry=retry)).succeeded:
        if function.retry is None or 0 <= function.retry.attempts <= retry:
            return
        retry += 1
        delay = function.retry.delay(retry)
        logger.warning("'Functions.%s' will be tried again in %g s", function.name, delay.total_seconds())
        await asyncio.sleep(delay.total_seconds())


@dataclass(frozen=True, slots=True)
class TimerListener:
    """Without a lease, which needs storage, it takes itself for the only host."""

    function: Function
    schedule: Schedule
    clock: Clock
    invocations: Invocations
    lease: Lease | None = None
    status: ScheduleStatus | None = None

    async def run(self) -> None:
        work = partial(self._listen, self.clock.now())
        await (self.lease.hold(work) if self.lease else work())

    async def _listen(self, begun: datetime) -> None:
        if self.function.trigger.properties.get("runOnStartup"):
            await self._fire(past_due=False)
        moves, due = self.clock.moves, await self._first_due(begun)
        logger.info("'Functions.%s' is due next at %s", self.function.name, due.isoformat())
        while True:
            if not await self.clock.wait_until(due, moves):
                moves, due = self.clock.moves, self.schedule.after(self.clock.last_set)
                continue
            moves, fired = self.clock.moves, self.clock.now()
            await self._fire(past_due=fired - due > PAST_DUE_AFTER)
            moves, due = self.clock.moves, self._following(due, fired, moves)
            await self._record(due)

    def _following(self, due: datetime, fired: datetime, moves: int) -> datetime:
        """What came due during the call is left out, unless it did because the clock was set meanwhile."""
        if self.clock.moves == moves:
            return self.schedule.after(max(self.clock.now(), due))
        return self.schedule.after(min(self.clock.last_set, fired))

    async def _first_due(self, begun: datetime) -> datetime:
        """What another host should have seen and did not is due at once, and what came due while the lease came."""
        now = self.clock.now()
        monitored = self.status is not None and self._is_monitored(now)
        following = await self.status.next() if self.status and monitored else None
        if following and following < now:
            return following
        due = self.schedule.after(begun if monitored and not following else now)
        await self._record(due)
        return due

    async def _record(self, due: datetime) -> None:
        now = self.clock.now()
        if self.status and self._is_monitored(now):
            await self.status.record(now, due)

    def _is_monitored(self, now: datetime) -> bool:
        wanted = self.function.trigger.properties.get("useMonitor", True)
        return bool(wanted) and self.schedule.interval(now) >= _MONITORED_FROM

    async def _fire(self, *, past_due: bool) -> None:
        """Ends only when the call has, so that the lease is not given away under it."""
        call = self.invocations.start(call_timer(self.function, self.invocations, past_due=past_due))
        try:
            await asyncio.shield(call)
        except asyncio.CancelledError:
            await asyncio.wait({call})
            raise
