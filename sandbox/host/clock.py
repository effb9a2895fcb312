"""The wall clock of the process, which a story may set; sleeps, timeouts and leases stay real."""

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import time_machine


class Clock:
    """At most one traveller is on the road; event loops and timeouts use the monotonic clock, which stays as it is."""

    def __init__(self) -> None:
        self._travel: time_machine.travel | None = None
        self._traveller: time_machine.Traveller | None = None
        self._moved = asyncio.Event()

    def now(self) -> datetime:
        return datetime.now(UTC)

    @property
    def is_shifted(self) -> bool:
        return self._traveller is not None

    def set(self, now: datetime) -> None:
        """From here on it is `now`, and time goes on from there."""
        import time_machine  # It brings pytest along, which a clock left alone need not pay for.

        if self._traveller is None:
            self._travel = time_machine.travel(now.timestamp(), tick=True)
            self._traveller = self._travel.start()
        else:
            self._traveller.move_to(now.timestamp())
        self._traveller.time_ns()  # Time goes on from the first question.
        self._moved.set()
        self._moved = asyncio.Event()

    async def wait_until(self, moment: datetime) -> bool:
        """True once it is `moment`; False when the clock was set and it is not, so that one can look again."""
        remaining = (moment - self.now()).total_seconds()
        while remaining > 0:
            try:
                async with asyncio.timeout(min(remaining, 3600)):
                    await self._moved.wait()
                return self.now() >= moment
            except TimeoutError:
                remaining = (moment - self.now()).total_seconds()
        return True

    def close(self) -> None:
        if self._travel:
            self._travel.stop()
            self._travel = self._traveller = None


def parse_moment(text: str) -> datetime:
    """An ISO 8601 moment; without a zone it is UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
