"""Incidents of ServiceNow as the conformance suite sees them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

from pydantic import SecretStr

from sandbox.receivers.servicenow.activity import activity
from sandbox.receivers.servicenow.records import CANCELED, CLOSED, PRIORITIES, RESOLVED, Incident
from sandbox.receivers.servicenow.stand_in import TABLES, ServiceNowStandIn
from shared.domain.finding import Severity
from shared.http import Http
from shared.ports.desk import Desk
from shared.tickets.servicenow.desk import ServiceNow
from shared.tickets.servicenow.session import Session
from shared.tickets.terms import Terms
from tests.contract.desks.case import ASSIGNEE, OWNER, SECRET, STRANGER, DeskCase, Seen

GROUP = "Signing Operations"
CLIENT, CLIENT_SECRET = "countersign", f"{SECRET}+/&="
FOR_EVER = 80_000  # The desk's clock stands still in the suite, and the stand-in's does not.


@dataclass(slots=True)
class Standing:
    """A clock for the desk."""

    at: datetime = field(default=datetime(2026, 11, 20, 9, 7, tzinfo=UTC))

    def now(self) -> datetime:
        return self.at

    async def sleep(self, span: timedelta) -> None:
        self.at += span


class Reader(HTMLParser):
    """What a browser makes of HTML: text, elements, addresses and mentions."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.elements: list[str] = []
        self.addresses: list[str] = []
        self.mentions: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.text += "\n" if tag == "br" else ""
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src")]
        self.mentions += [value or "" for name, value in attrs if name == "data-mention"]

    def handle_data(self, data: str) -> None:
        """A space of no width is not seen."""
        self.text += data.replace("\u200b", "")


class ReadByPeople(ServiceNowStandIn):
    """The stand-in, and what people see in it."""

    def seen(self) -> Sequence[Seen]:
        return [self._seen(reference, incident) for reference, incident in self.instance.incidents.items()]

    def _seen(self, reference: str, incident: Incident) -> Seen:
        row = incident.row
        notes = tuple(text for _, _, element, text in incident.journal if element == "work_notes")
        return Seen(
            reference=reference,
            title=row["short_description"],
            text=row["description"].replace("\u200b", ""),
            comments=tuple(Reader(activity(note)).text for note in notes),
            is_open=row["state"] not in (RESOLVED, CLOSED, CANCELED),
            priority=PRIORITIES[row["priority"]],
            assignee=self.instance.users.get(row["assigned_to"], ""),
        )


def stand_in(now: Callable[[], datetime], lag: timedelta) -> ReadByPeople:
    client = (CLIENT, CLIENT_SECRET)
    return ReadByPeople(now, lag, client, groups=(GROUP,), users=(ASSIGNEE,), token_seconds=FOR_EVER)


def desk(http: Http, address: str, terms: Terms) -> Desk:
    session = Session(http, Standing(), f"{address}/servicenow", CLIENT, SecretStr(CLIENT_SECRET))
    return ServiceNow(session, GROUP, terms)


def error(status: int) -> Any:
    """As an instance words it, and as its load balancer does."""
    if status >= 500:
        return "<html><body><h1>Service Unavailable</h1></body></html>"
    message, detail = {
        401: ("User Not Authenticated", "Required to provide Auth information"),
        403: ("Operation Failed", "ACL Exception Insert Failed due to security constraints"),
        404: ("Requested URI does not represent any resource", None),
        429: ("Rate limit exceeded", "Rate limit of 10 requests per hour for Table API exceeded"),
    }.get(status, ("Exception while reading request", None))
    return {"error": {"message": message, "detail": detail}, "status": "failure"}


CASE = DeskCase(
    name="servicenow",
    desk=desk,
    stand_in=stand_in,
    creating=("POST", f"{TABLES}/incident"),
    commenting=("PATCH", rf"{TABLES}/incident/[0-9a-f]{{32}}"),
    error=error,
    terms=Terms(assignees={OWNER: ASSIGNEE, STRANGER: "nobody-at-the-desk"}),
    priorities={
        Severity.CRITICAL: "1 - Critical",
        Severity.WARNING: "3 - Moderate",
        Severity.INFO: "5 - Planning",
    },
    project="TICKETS__SERVICENOW_SITE",
)
