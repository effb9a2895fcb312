"""Our own queue messages."""

from datetime import timedelta
from typing import Protocol

from shared.domain.cost import BillReading
from shared.domain.look import Shard
from shared.domain.memory import Tell
from shared.domain.refresh import Refresh


class Messages(Protocol):
    """Our own queue messages."""

    async def look(self, shard: Shard, delay: timedelta = timedelta()) -> None:
        """Ask for a look at one subscription."""
        ...

    async def bill(self, reading: BillReading, delay: timedelta = timedelta()) -> None:
        """Ask for one bill to be read on."""
        ...

    async def refresh(self, refresh: Refresh, delay: timedelta = timedelta()) -> None:
        """Ask for one account to be read again."""
        ...

    async def tell(self, tell: Tell, delay: timedelta = timedelta()) -> None:
        """Ask for what waits for one receiver to be delivered."""
        ...
