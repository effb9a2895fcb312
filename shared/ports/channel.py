"""A way to tell a receiver."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.domain.memory import Intent


@dataclass(frozen=True, slots=True)
class Part:
    """One sending to a receiver, frozen: the same bytes go out with the same key however often it is tried."""

    key: str
    content_type: str
    body: str


class Channel(Protocol):
    """A way to tell a receiver per message. Raises DeliveryError."""

    async def send(self, part: Part) -> None:
        """Returns after the receiver took it, and only then."""
        ...

    def compose(self, batch_id: str, intents: Sequence[Intent]) -> Sequence[Part]:
        """All of these in as few parts as the receiver's limits allow, the worst first, nothing cut off."""
        ...
