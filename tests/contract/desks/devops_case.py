"""Azure DevOps as the conformance suite sees it. Markup is undone by a parser that reads HTML as browsers do."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sandbox.receivers.devops.seen import SeenDevOps
from shared.domain.finding import Severity
from shared.http import Http
from shared.ports.desk import Desk
from shared.tickets.devops.desk import DevOps
from shared.tickets.devops.project import SCOPE, DevOpsProject
from shared.tickets.terms import Terms
from tests.contract.desks.case import ASSIGNEE, OWNER, SECRET, STRANGER, DeskCase

TOKEN = f"eyJ.{SECRET}"
PROJECT = "Release signing"
PEOPLE = (OWNER, f"{ASSIGNEE}@contoso.example")
TERMS = Terms(
    labels=("release", "on call"),
    assignees={OWNER: f"{ASSIGNEE}@contoso.example", STRANGER: "gone@fabrikam.example"},
    fields={"Custom.Team": "Games"},
)


class OwnTokens:
    """One token, for Azure DevOps only."""

    async def token(self, scope: str) -> str:
        return TOKEN if scope == SCOPE else ""


def stand_in(now: Callable[[], datetime], lag: timedelta) -> SeenDevOps:
    return SeenDevOps(now, lag, TOKEN, PROJECT, PEOPLE)


def desk(http: Http, address: str, terms: Terms) -> Desk:
    return DevOps(DevOpsProject(http, OwnTokens(), f"{address}/devops/contoso", PROJECT), terms)


def error(status: int) -> Any:
    """As every service of it words it."""
    kind = "Microsoft.TeamFoundation.WorkItemTracking.Server.WorkItemTrackingException"
    named = {"typeName": kind, "typeKey": kind.rpartition(".")[2], "errorCode": 0, "eventId": 3200}
    return {"$id": "1", "innerException": None, "message": f"TF400898: An Internal Error ({status}).", **named}


CASE = DeskCase(
    name="devops",
    desk=desk,
    stand_in=stand_in,
    creating=("POST", r"/devops/contoso/[^/]+/_apis/wit/workitems/\$[^/]+"),
    commenting=("POST", r"/devops/contoso/[^/]+/_apis/wit/workItems/[0-9]+/comments"),
    error=error,
    terms=TERMS,
    priorities={Severity.CRITICAL: "1", Severity.WARNING: "2", Severity.INFO: "3"},
    project=PROJECT,
)
