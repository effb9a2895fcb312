"""What the conformance suite needs to know of a ticket desk."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from sandbox.receivers.stand_in import StandIn
from shared.domain.finding import Severity
from shared.http import Http
from shared.ports.desk import Desk
from shared.tickets.terms import Terms

# In every key, token and password that a case uses; it must never be seen in a log, an error or a span.
SECRET = "s3cr3t-0f-th3-d3sk"
LAG = timedelta(seconds=5)
OWNER, ASSIGNEE = "ana@contoso.example", "ana-at-the-desk"
STRANGER = "gone@contoso.example"  # Has an assignee in `TERMS` that the desk does not know.


@dataclass(frozen=True, slots=True)
class Seen:
    """A ticket as a person sees it, with markup undone. `priority`, `assignee`, `labels` as the desk has them."""

    reference: str
    title: str
    text: str
    comments: tuple[str, ...]
    is_open: bool
    priority: str
    assignee: str
    labels: tuple[str, ...] = ()


class DeskStandIn(StandIn, Protocol):
    """A stand-in that keeps tickets, and what people do with them behind our back."""

    def seen(self) -> Sequence[Seen]:
        """Every ticket, the first made first."""
        ...

    def person_closes(self, reference: str, *, dismissed: bool = False) -> None:
        """As done, or as not to be done."""
        ...

    def person_reopens(self, reference: str) -> None:
        """It is open again."""
        ...

    def person_assigns(self, reference: str, who: str) -> None:
        """`who` is one of those that the stand-in knows."""
        ...

    def person_deletes(self, reference: str) -> None:
        """It is gone."""
        ...

    def throttle(self, seconds: int) -> None:
        """The next request is answered as the desk answers when it was asked too often, with so long to wait."""
        ...


@dataclass(slots=True)
class Hands:
    """A clock that the test moves; stand-ins ask it for the time."""

    at: datetime

    def __call__(self) -> datetime:
        return self.at

    def pass_by(self, span: timedelta) -> None:
        """Time goes on."""
        self.at += span


@dataclass(frozen=True, slots=True)
class DeskCase:
    """One desk.

    `desk` gives the adapter for a stand-in that listens at an address; every secret in it contains SECRET. `stand_in`
    is new and empty, by a clock and with a search that lags behind by so much. `creating` and `commenting` are the
    calls that do so: method, and a pattern that matches the whole path. `error` is the body that the real desk gives
    with a status. `priorities` are the desk's words as `Seen.priority` shows them. `project` is what a sentence about
    a 404 of the project names.
    """

    name: str
    desk: Callable[[Http, str, Terms], Desk]
    stand_in: Callable[[Callable[[], datetime], timedelta], DeskStandIn]
    creating: tuple[str, str]
    commenting: tuple[str, str]
    error: Callable[[int], Any]
    terms: Terms
    priorities: dict[Severity, str]
    project: str
    headers: Callable[[int], dict[str, str]] = field(default=lambda _: {})
