"""What the conformance suite needs to know of a ticket desk."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sandbox.receivers.tickets import DeskStandIn
from shared.domain.finding import Severity
from shared.http import Http
from shared.ports.desk import Desk
from shared.tickets.terms import Terms

# In every key, token and password that a case uses; it must never be seen in a log, an error or a span.
SECRET = "s3cr3t-0f-th3-d3sk"
LAG = timedelta(seconds=5)
OWNER, ASSIGNEE = "ana@contoso.example", "ana-at-the-desk"
STRANGER = "gone@contoso.example"  # Has an assignee in `TERMS` that the desk does not know.


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
