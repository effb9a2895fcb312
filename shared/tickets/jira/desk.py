"""Jira Cloud as a ticket desk: one project, with the sign-in of one account."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import SecretStr

from shared.domain.finding import Severity
from shared.domain.ticket import Ticket
from shared.domain.ticket_text import Text
from shared.http import Answer, Http
from shared.ports.desk import Draft
from shared.ports.errors import DeliveryError, NotThere
from shared.tickets.jira.adf import document, encoded
from shared.tickets.jira.api import JiraApi, path_of
from shared.tickets.jira.issue import Home, date_of, unseen
from shared.tickets.jira.passage import Passage
from shared.tickets.jira.project import JiraProject
from shared.tickets.jira.refusals import errors_of, off_screen, unreadable
from shared.tickets.pieces import pieces
from shared.tickets.terms import OURS, Terms
from shared.tickets.titles import titled

# Jira refuses more than 32,767 characters in a description or a comment. Whether it counts what is read or the JSON it
# is sent in is not documented, so it is the JSON that has to fit, in bytes, which are never fewer.
MOST_BYTES = 32_767
MOST_IN_TITLE = 255  # Of a summary.
PRIORITIES = {Severity.CRITICAL: "Highest", Severity.WARNING: "Medium", Severity.INFO: "Low"}
# A service project shows comments to its customers unless this property says otherwise, which means nothing elsewhere
# (issue 313 of pycontribs/jira; "Comment", jsdPublic, in rest/v3/api-group-issue-comments).
INTERNAL = {"key": "sd.public.comment", "value": {"internal": True}}

NEEDED = {
    "BROWSE_PROJECTS": "Browse projects",
    "CREATE_ISSUES": "Create issues",
    "EDIT_ISSUES": "Edit issues",
    "TRANSITION_ISSUES": "Transition issues",
    "ADD_COMMENTS": "Add comments",
}


@dataclass(frozen=True, slots=True)
class JiraDesk:
    """`site` is where people read tickets: https://acme.atlassian.net; `api` is where the API is, if elsewhere.

    Of a token with scopes that is https://api.atlassian.com/ex/jira/<cloud id>. `dismissed` are resolutions, or
    statuses, that mean "not to be done". A ticket's marker is a label, a comment's key a property of the comment.
    """

    http: Http
    site: str
    user: str
    token: SecretStr
    project: str
    terms: Terms
    issue_type: str = "Task"
    component: str = ""
    dismissed: tuple[str, ...] = ()
    api: str = ""

    async def open(self, draft: Draft) -> Ticket:
        """Jira's answer only names the ticket, so that it is read as well. Where that fails, it was made all the same.

        A security level, or a rule that moves it, may hide it for good.
        """
        answer = await self._made(self._fields(draft))
        made = self._jira.taken(answer, creates=True)
        number = made.get("id")
        if not isinstance(number, str) or not number:
            raise unreadable(answer, creates=True)
        try:
            return await self._project.ticket(number)
        except (NotThere, DeliveryError):
            return unseen(made, self._home, draft.marker, date_of((answer.headers or {}).get("date", "")))

    async def find(self, marker: str, since: datetime) -> Sequence[Ticket]:
        """By a label of its own."""
        began = _floor(since)
        found = await self._project.tickets(marker, "created", began)
        mine = [ticket for ticket in found if ticket.marker == marker and ticket.created >= began]
        return sorted(mine, key=lambda ticket: (ticket.created, len(ticket.reference), ticket.reference))

    async def changed(self, since: datetime) -> Sequence[Ticket]:
        """One that comes twice, because it was changed between two pages, is told once."""
        began = _floor(since)
        found = await self._project.tickets(OURS, "updated", began)
        mine = {ticket.reference: ticket for ticket in found if ticket.marker and ticket.changed >= began}
        return list(mine.values())

    async def read(self, reference: str) -> Ticket:
        """By its id, which stays when its key changes."""
        return await self._project.ticket(reference)

    async def comment(self, reference: str, text: Text, key: str) -> None:
        """The key is a property of the comment, which nobody reads. Not for customers of a service project."""
        said = {"body": document(text), "properties": [{"key": OURS, "value": {"key": key}}, INTERNAL]}
        answer = await self._jira.call("POST", path_of("issue", reference, "comment"), said)
        if "id" not in await self._project.there(answer, creates=True):
            raise unreadable(answer, creates=True)

    async def said(self, reference: str, key: str, since: datetime) -> bool:
        """Comments are read, not searched."""
        return await self._project.said(reference, key, _floor(since))

    async def set_severity(self, reference: str, severity: Severity) -> None:
        """Nothing, where the project has no priorities."""
        changed = {"fields": {"priority": self._priority(severity)}}
        answer = await self._jira.call("PUT", path_of("issue", reference), changed)
        if not off_screen(answer, "priority"):
            await self._project.there(answer)

    async def close(self, reference: str) -> None:
        """Where no transition from where it is does so, by way of work that has begun."""
        await Passage(self._project).close(reference)

    async def reopen(self, reference: str) -> bool:
        """Best to where work has not begun."""
        return await Passage(self._project).reopen(reference)

    async def check(self) -> None:
        """What the account may do in the project, in one call."""
        asked = path_of("mypermissions", projectKey=self.project, permissions=",".join(NEEDED))
        answer = await self._jira.call("GET", asked)
        found = self._jira.taken(answer).get("permissions")
        if not isinstance(found, dict) or not all(isinstance(one, dict) for one in found.values()):
            raise unreadable(answer)
        lacking = [name for key, name in NEEDED.items() if found.get(key, {}).get("havePermission") is not True]
        if lacking:
            raise DeliveryError(
                f"The account of TICKETS__JIRA_USER lacks permissions in project {self.project} "
                f"(TICKETS__JIRA_PROJECT): {', '.join(lacking)}.",
                permanent=True,
            )

    def pieces(self, text: Text) -> Sequence[Text]:
        """Descriptions and comments have the same limit."""
        return pieces(text, MOST_BYTES, lambda part: len(encoded(document(part))))

    @property
    def _jira(self) -> JiraApi:
        return JiraApi(self.http, (self.api or self.site).rstrip("/"), self.user, self.token, self.project)

    @property
    def _home(self) -> Home:
        return Home(self.site.rstrip("/"), self._labels, self.dismissed)

    @property
    def _project(self) -> JiraProject:
        return JiraProject(self._jira, self._home)

    @property
    def _labels(self) -> tuple[str, ...]:
        """Jira takes none with a space in it, other desks do: two words -> two-words."""
        return tuple("-".join(label.split()) for label in self.terms.labels)

    def _priority(self, severity: Severity) -> dict[str, str]:
        return {"name": {**PRIORITIES, **self.terms.priorities}[severity]}

    def _fields(self, draft: Draft) -> dict[str, Any]:
        fields = dict(self.terms.fields) | {
            "project": {"key": self.project},
            "issuetype": {"name": self.issue_type},
            "summary": titled(draft.title, MOST_IN_TITLE),
            "description": document(draft.text),
            "labels": list(dict.fromkeys((OURS, draft.marker, *self._labels))),
            "priority": self._priority(draft.severity),
        }
        if assignee := self.terms.assigned(draft.owners):
            fields["assignee"] = {"id": assignee}
        if self.component:
            fields["components"] = [{"name": self.component}]
        return fields

    async def _made(self, fields: dict[str, Any]) -> Answer:
        """Without an assignee who is refused, and without a priority where the project has none."""
        while True:
            answer = await self._jira.call("POST", "issue", {"fields": fields})
            left_out = {"assignee"} & errors_of(answer).keys()
            if off_screen(answer, "priority"):
                left_out.add("priority")
            if not left_out & fields.keys():
                return answer
            fields = {name: value for name, value in fields.items() if name not in left_out}


def _floor(since: datetime) -> datetime:
    """Jira keeps milliseconds."""
    return since.replace(microsecond=since.microsecond // 1_000 * 1_000)
