"""The story's clock: it ticks with real time and can be put anywhere."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta


class Clock:
    def __init__(self, now: datetime, ticks: Callable[[], float] = time.monotonic) -> None:
        self._ticks = ticks
        self.put(now)

    def now(self) -> datetime:
        return self._put_to + timedelta(seconds=self._ticks() - self._put_at)

    def put(self, now: datetime) -> None:
        """It is `now`, and time goes on from there."""
        self._put_to, self._put_at = now, self._ticks()
