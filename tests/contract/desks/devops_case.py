"""Azure DevOps as the conformance suite sees it. Markup is undone by a parser that reads HTML as browsers do."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from xml.etree.ElementTree import Element

import html5lib

from sandbox.receivers.devops.items import Item
from sandbox.receivers.devops.stand_in import DevOpsStandIn
from shared.domain.finding import Severity
from shared.http import Http
from shared.ports.desk import Desk
from shared.tickets.devops.desk import DevOps
from shared.tickets.devops.project import SCOPE, DevOpsProject
from shared.tickets.terms import Terms
from tests.contract.desks.case import ASSIGNEE, OWNER, SECRET, STRANGER, DeskCase, Seen

TOKEN = f"eyJ.{SECRET}"
PROJECT = "Release signing"
PEOPLE = (OWNER, f"{ASSIGNEE}@contoso.example")
TERMS = Terms(
    labels=("release", "on call"),
    assignees={OWNER: f"{ASSIGNEE}@contoso.example", STRANGER: "gone@fabrikam.example"},
    fields={"Custom.Team": "Games"},
)
SPACED = {"br", "h3", "li", "p", "td", "tr"}


class OwnTokens:
    """One token, for Azure DevOps only."""

    async def token(self, scope: str) -> str:
        return TOKEN if scope == SCOPE else ""


def elements(html: str) -> list[Element]:
    """Every element of it, as a browser would find them."""
    found = html5lib.parseFragment(html, treebuilder="etree", namespaceHTMLElements=False)
    return [element for element in found.iter() if isinstance(element.tag, str)]


def read(html: str) -> str:
    """What a person reads, and nothing of what is markup."""
    found = html5lib.parseFragment(html, treebuilder="etree", namespaceHTMLElements=False)
    return " ".join("".join(_texts(found)).split())


def _texts(element: Element) -> Iterator[str]:
    if callable(element.tag):  # A comment.
        return
    yield element.text or ""
    for child in element:
        yield " " if child.tag in SPACED else ""
        yield from _texts(child)
        yield child.tail or ""


class SeenDevOps(DevOpsStandIn):
    """With what a person sees."""

    def seen(self) -> Sequence[Seen]:
        return [_seen(item) for item in self.items.values() if not item.deleted]


def _seen(item: Item) -> Seen:
    fields = item.fields
    return Seen(
        str(item.number),
        fields["System.Title"],
        read(fields.get("Microsoft.VSTS.TCM.ReproSteps" if item.kind.name == "Bug" else "System.Description", "")),
        tuple(read(remark.html) for remark in item.remarks),
        item.kind.states[fields["System.State"]] in ("Proposed", "InProgress"),
        str(fields["Microsoft.VSTS.Common.Priority"]),
        fields.get("System.AssignedTo", {}).get("displayName", ""),
        tuple(fields["System.Tags"].split("; ")),
    )


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
