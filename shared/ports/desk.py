"""A ticket desk: where problems become tickets."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.domain.finding import Severity
from shared.domain.ticket import Ticket
from shared.domain.ticket_text import Text


@dataclass(frozen=True, slots=True)
class Draft:
    """A ticket to be made. `marker` goes into it so that it can be found by it: `countersign-` and 22 of [0-9a-z-].

    `text` fits into one body (`Desk.pieces`); `title` may be of any length, and is cut off with … where the desk has
    less room, for it stands in the text as well. `owners` are as tags name them: addresses, names.
    """

    marker: str
    title: str
    text: Text
    severity: Severity
    owners: tuple[str, ...] = ()


class Desk(Protocol):
    """One project of a ticket system.

    Everything raises DeliveryError, with a sentence that a person can act on, and asks only once: whoever calls tries
    again. What names a ticket raises NotThere where that ticket is gone, or out of reach, and the desk itself is not.
    """

    async def open(self, draft: Draft) -> Ticket:
        """Make a ticket. An assignee whom the desk refuses is left out, and so is nothing else.

        DeliveryError.maybe_taken where nobody knows whether it was made; otherwise it was not.
        """
        ...

    async def find(self, marker: str, since: datetime) -> Sequence[Ticket]:
        """Every ticket with exactly this marker that was made since then, the first made first.

        What the desk's search does not know yet is not among them.
        """
        ...

    async def changed(self, since: datetime) -> Sequence[Ticket]:
        """Every ticket of ours (with any marker) that was made or changed since then, all pages of them."""
        ...

    async def read(self, reference: str) -> Ticket:
        """One ticket as it stands."""
        ...

    async def comment(self, reference: str, text: Text, key: str) -> None:
        """Say something in it. `key` ([0-9a-z.-], at most 60) travels in the comment, so that `said` finds it."""
        ...

    async def said(self, reference: str, key: str, since: datetime) -> bool:
        """Whether a comment with this key was made since then; knows at once of what was said."""
        ...

    async def set_severity(self, reference: str, severity: Severity) -> None:
        """Whatever this desk calls priority."""
        ...

    async def close(self, reference: str) -> None:
        """As done. One that is closed already is left as it is, however it was closed."""
        ...

    async def reopen(self, reference: str) -> bool:
        """Whether it is open now; False where the desk has no way back. One that is open is left as it is."""
        ...

    async def check(self) -> None:
        """Raises DeliveryError where the project cannot be reached with this sign-in."""
        ...

    def pieces(self, text: Text) -> Sequence[Text]:
        """In as few pieces as fit into one body or one comment each, nothing cut off."""
        ...
