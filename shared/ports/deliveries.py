"""Letters that a mail server is known to have taken, as a report of delivery says."""

from datetime import datetime
from typing import Protocol


class Deliveries(Protocol):
    """By Message-ID. What is not known here may have arrived all the same."""

    async def note(self, message_id: str, at: datetime) -> None:
        """It was delivered to somebody; a later report of the same letter changes nothing."""
        ...

    async def at(self, message_id: str) -> datetime | None:
        """When; None where no report says so."""
        ...
