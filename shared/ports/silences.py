"""What people do not want to be told, for a while."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from shared.domain.silence import Silence


class Silences(Protocol):
    """Silences and acknowledgements, for all subscriptions."""

    async def active(self, now: datetime) -> Sequence[Silence]:
        """Those that have not ended; also those that begin later."""
        ...

    async def add(self, silence: Silence) -> None:
        """Insert-only."""
        ...

    async def end(self, silence_id: str, now: datetime) -> Silence | None:
        """End one now; None where there is none that lasts. Raises Conflict."""
        ...
