"""Jira Cloud as the conformance suite sees it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from pydantic import SecretStr

from sandbox.receivers.jira.seen import SeenJira
from sandbox.receivers.jira.site import Site
from sandbox.receivers.jira.stand_in import API, ROOT
from shared.desk_settings import DISMISSED
from shared.domain.finding import Severity
from shared.http import Http
from shared.ports.desk import Desk
from shared.tickets.jira.desk import JiraDesk
from shared.tickets.terms import Terms
from tests.contract.desks.case import ASSIGNEE, OWNER, SECRET, STRANGER, DeskCase

USER, TOKEN, PROJECT = "countersign@contoso.example", f"ATATT3x-{SECRET}", "OPS"
PRIORITIES = {Severity.CRITICAL: "Highest", Severity.WARNING: "Medium", Severity.INFO: "Low"}
SITE = Site(USER, TOKEN, PROJECT, people={ASSIGNEE: "Ana Example"})
TERMS = Terms(
    labels=("signing",),
    priorities=PRIORITIES,
    assignees={OWNER: ASSIGNEE, STRANGER: "nobody-at-the-desk"},
    fields={"customfield_10010": "Signing team"},
)
# What people wrote is no name of a field, and is never repeated: it may be anything.
ERRORS: dict[int, dict[str, str]] = {400: {"customfield_10011": SECRET, f"<{SECRET}>": "x"}}


def desk(http: Http, address: str, terms: Terms) -> Desk:
    site, token = f"{address}{ROOT}/", SecretStr(TOKEN)
    return JiraDesk(http, site, USER, token, PROJECT, terms, component="Signing", dismissed=DISMISSED)


def stand_in(now: Callable[[], datetime], lag: timedelta) -> SeenJira:
    return SeenJira(now, lag, SITE)


def error(status: int) -> Any:
    """An error collection, as all of Jira's operations give it."""
    return {"errorMessages": [f"Something about {SECRET}"], "errors": ERRORS.get(status, {})}


CASE = DeskCase(
    name="jira",
    desk=desk,
    stand_in=stand_in,
    creating=("POST", f"{API}/issue"),
    commenting=("POST", rf"{API}/issue/[^/]+/comment"),
    error=error,
    terms=TERMS,
    priorities=PRIORITIES,
    project=PROJECT,
)
