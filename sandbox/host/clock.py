"""The wall clock of the process, which a story may set; sleeps, timeouts and leases stay real."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import time_machine

# A laptop that slept is noticed after this time at the latest.
_LONGEST_WAIT_SECONDS = 60


class Clock:
    """At most one traveller is on the road; event loops and timeouts use the monotonic clock, which stays as it is."""

    def __init__(self) -> None:
        self._travel: time_machine.travel | None = None
        self._traveller: time_machine.Traveller | None = None
        self._moved = asyncio.Event()
        self.moves = 0
        self.last_set = self.now()

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
        self.moves += 1
        self.last_set = now
        self._moved.set()
        self._moved = asyncio.Event()

    async def wait_until(self, moment: datetime, moves: int) -> bool:
        """True once it is `moment`; False when it is not, and the clock was set after it stood at `moves`."""
        while (remaining := (moment - self.now()).total_seconds()) > 0:
            if self.moves != moves:
                return False
            with suppress(TimeoutError):
                async with asyncio.timeout(min(remaining, _LONGEST_WAIT_SECONDS)):
                    await self._moved.wait()
        return True

    def close(self) -> None:
        if self._travel:
            self._travel.stop()
            self._travel = self._traveller = None


def parse_moment(text: str) -> datetime:
    """An ISO 8601 moment; without a zone it is UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
