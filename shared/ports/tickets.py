"""What is remembered of every ticket."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.domain.finding import Severity
from shared.domain.ticket import Ticket


@dataclass(frozen=True, slots=True)
class TicketRecord:
    """One problem's ticket at one desk, or one group's. `key` names the problem or group.

    `number` counts the tickets that it has had; `marker` names this one of them. `tried` is when making it was begun
    without a known end, and `asked` when that was done first; both None once it is certain. `opened_by` names the news
    that it was made for, `place` the project. `ticket` is how it was last seen, and `former` the one before it.

    `saying` names the news that was last said in it as comments: `began` is when, `begun` and `said` count its
    comments. `ended` is when the problem was over; None while it lasts. `worse_since`: it got worse after somebody
    closed the ticket as not to be done.
    """

    key: str
    marker: str
    title: str
    severity: Severity
    number: int = 1
    asked: datetime | None = None
    tried: datetime | None = None
    opened_by: str = ""
    place: str = ""
    ticket: Ticket | None = None
    former: Ticket | None = None
    saying: str = ""
    began: datetime | None = None
    begun: int = 0
    said: int = 0
    ended: datetime | None = None
    worse_since: bool = False
    etag: str = ""


@dataclass(frozen=True, slots=True)
class ReadBack:
    """Until when changes at a desk were read; `trouble` is why they could not be read `since` then, if that is so."""

    until: datetime | None = None
    trouble: str = ""
    since: datetime | None = None
    etag: str = ""


class Tickets(Protocol):
    """Records of tickets, by receiver. Each `put` raises Conflict where somebody else was faster."""

    async def marker(self, receiver: str, key: str, number: int) -> str:
        """Of the number-th ticket of a problem: the same for ever, and of no other receiver or installation."""
        ...

    async def get(self, receiver: str, key: str) -> TicketRecord | None:
        """By the problem or group."""
        ...

    async def marked(self, receiver: str, marker: str) -> TicketRecord | None:
        """By the marker of its present ticket."""
        ...

    async def put(self, receiver: str, record: TicketRecord, opened_in: str = "", given_back: str = "") -> TicketRecord:
        """Insert or change by ETag. With a look it counts as a new ticket of that look, in the same transaction.

        One that was not made after all is `given_back` to the look that it was counted in.
        """
        ...

    async def opened_in(self, receiver: str, look: str) -> int:
        """How many were begun in a look; 0 for all but the latest one."""
        ...

    async def all(self, receiver: str) -> Sequence[TicketRecord]:
        """Every one that there is or was a ticket for."""
        ...

    async def read_back(self, receiver: str) -> ReadBack:
        """How far changes were read."""
        ...

    async def put_read_back(self, receiver: str, read: ReadBack) -> None:
        """Whoever is late changes nothing."""
        ...
