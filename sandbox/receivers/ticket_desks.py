"""The four ticket systems side by side, with the life of every ticket that they keep."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from sandbox.receivers.devops.seen import SeenDevOps
from sandbox.receivers.github.seen import SeenGitHub
from sandbox.receivers.jira.seen import SeenJira
from sandbox.receivers.jira.site import Site
from sandbox.receivers.servicenow.seen import SeenServiceNow
from sandbox.receivers.settings import DEVOPS_PROJECT, GITHUB_REPOSITORY, GITHUB_TOKEN, JIRA, OWNERS, SERVICENOW_CLIENT
from sandbox.receivers.stand_in import Arrival, Reply
from sandbox.receivers.tickets import DeskStandIn, Lives

LAG = timedelta(seconds=1)  # Of search: what was just made is not found yet.


class TicketDesks:
    """By kind; `lives` shows what became of each ticket."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        people = [f"{name}@contoso.example" for name in OWNERS]
        self.stand_ins: tuple[DeskStandIn, ...] = (
            SeenGitHub(now, LAG, GITHUB_TOKEN, GITHUB_REPOSITORY, OWNERS),
            SeenJira(now, LAG, Site(*JIRA, people={name: name.title() for name in OWNERS})),
            SeenServiceNow(now, LAG, SERVICENOW_CLIENT, users=OWNERS),
            SeenDevOps(now, LAG, project=DEVOPS_PROJECT, people=people),
        )
        self.lives = Lives(now)

    def answered(self, stand_in: DeskStandIn, arrival: Arrival, reply: Reply) -> web.Response:
        """As the desk answers; what it means for tickets is noted."""
        if arrival.method != "GET" and reply.status < 300:
            self.lives.look(stand_in)
        if reply.status == 204:
            return web.Response(status=204, headers=reply.headers)
        if isinstance(reply.body, str):
            return web.Response(text=reply.body, status=reply.status, headers=reply.headers)
        return web.json_response(reply.body, status=reply.status, headers=reply.headers)

    def person(self, kind: str, reference: str, told: Mapping[str, Any]) -> None:
        """Raises KeyError and ValueError."""
        [stand_in] = [one for one in self.stand_ins if one.kind == kind]
        doing: Mapping[str, Callable[[], None]] = {
            "close": lambda: stand_in.person_closes(reference),
            "dismiss": lambda: stand_in.person_closes(reference, dismissed=True),
            "reopen": lambda: stand_in.person_reopens(reference),
            "assign": lambda: stand_in.person_assigns(reference, told["who"]),
            "delete": lambda: stand_in.person_deletes(reference),
        }
        doing[told["does"]]()
        self.lives.look(stand_in, str(told.get("by", "somebody")))


DESKS = web.AppKey("desks", TicketDesks)
