"""The time, and waiting."""

from datetime import datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """The time, and waiting."""

    def now(self) -> datetime:
        """The time, aware, in UTC."""
        ...

    async def sleep(self, span: timedelta) -> None:
        """Wait."""
        ...
