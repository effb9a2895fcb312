"""What waits for each receiver."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.domain.memory import Intent
from shared.ports.channel import Part


@dataclass(frozen=True, slots=True)
class Batch:
    """A frozen sending: which intents, in which parts, and which parts the receiver took."""

    id: str
    receiver: str
    members: tuple[str, ...]
    parts: tuple[Part, ...]
    frozen: datetime
    sent: frozenset[int] = frozenset()
    attempts: int = 0
    not_before: datetime | None = None
    failure: str = ""
    etag: str = ""


class Outbox(Protocol):
    """What waits for each receiver. Everything survives a crash at any point."""

    async def accept(self, intents: Sequence[Intent]) -> None:
        """Take intents; a copy of one that was taken before is refused in silence, also after delivery."""
        ...

    async def receivers(self) -> Sequence[str]:
        """Receivers for which something may wait: a short list."""
        ...

    async def claim(self, receiver: str, holder: str, now: datetime, until: datetime) -> bool:
        """Whether `holder` may deliver to this receiver until `until`."""
        ...

    async def release(self, receiver: str, holder: str) -> None:
        """Give the claim back, if it is still ours."""
        ...

    async def waiting(self, receiver: str, limit: int) -> Sequence[tuple[str, Intent]]:
        """Key and intent, oldest first."""
        ...

    async def frozen(self, receiver: str) -> Batch | None:
        """The batch that was frozen and not finished."""
        ...

    async def freeze(self, batch: Batch) -> Batch:
        """Write a batch down before any of it is sent."""
        ...

    async def mark(self, batch: Batch) -> Batch:
        """Write down what was sent, tried and failed. Raises Conflict when the claim was lost."""
        ...

    async def finish(self, batch: Batch, now: datetime) -> None:
        """All parts are with the receiver, or never will be (`failure`): keep the record, forget the intents."""
        ...

    async def undelivered(self, receiver: str) -> Sequence[Batch]:
        """Batches that were given up."""
        ...
