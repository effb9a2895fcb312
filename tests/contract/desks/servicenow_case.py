"""Incidents of ServiceNow as the conformance suite sees them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import SecretStr

from sandbox.receivers.servicenow.seen import SeenServiceNow
from sandbox.receivers.servicenow.stand_in import TABLES
from shared.domain.finding import Severity
from shared.http import Http
from shared.ports.desk import Desk
from shared.tickets.servicenow.desk import ServiceNow
from shared.tickets.servicenow.session import Session
from shared.tickets.terms import Terms
from tests.contract.desks.case import ASSIGNEE, OWNER, SECRET, STRANGER, DeskCase

GROUP = "Signing Operations"
CLIENT, CLIENT_SECRET = "countersign", f"{SECRET}+/&="
CLOSE_CODE = "Solution provided"
FOR_EVER = 80_000  # The desk's clock stands still in the suite, and the stand-in's does not.


@dataclass(slots=True)
class Standing:
    """A clock for the desk."""

    at: datetime = field(default=datetime(2026, 11, 20, 9, 7, tzinfo=UTC))

    def now(self) -> datetime:
        return self.at

    async def sleep(self, span: timedelta) -> None:
        self.at += span


def stand_in(now: Callable[[], datetime], lag: timedelta) -> SeenServiceNow:
    client = (CLIENT, CLIENT_SECRET)
    return SeenServiceNow(now, lag, client, groups=(GROUP,), users=(ASSIGNEE,), token_seconds=FOR_EVER)


def desk(http: Http, address: str, terms: Terms) -> Desk:
    session = Session(http, Standing(), f"{address}/servicenow", CLIENT, SecretStr(CLIENT_SECRET))
    return ServiceNow(session, GROUP, terms, CLOSE_CODE)


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
