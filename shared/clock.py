"""The real clock."""

import asyncio
from datetime import UTC, datetime, timedelta


class SystemClock:
    """Wall time in UTC, and real waiting."""

    def now(self) -> datetime:
        """The time."""
        return datetime.now(UTC)

    async def sleep(self, span: timedelta) -> None:
        """Wait."""
        await asyncio.sleep(span.total_seconds())
