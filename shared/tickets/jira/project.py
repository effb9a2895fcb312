"""One project of Jira's as it is read: its tickets, what was said in them, and where they can go from there."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.domain.ticket import Ticket
from shared.http import Answer
from shared.ports.errors import NotThere
from shared.tickets.jira.api import PAGE, JiraApi, path_of
from shared.tickets.jira.issue import FIELDS, Home, Unreadable, moment_of, project_of, ticket_of
from shared.tickets.jira.refusals import unreadable
from shared.tickets.jira.workflow import Move, moves_of
from shared.tickets.terms import OURS

# Times in a search are in the time zone of the account, which nobody here knows, and to the minute. No zone is further
# behind than this, so nothing is missed; what is too old is left out by the times in the answer.
FARTHEST_BEHIND = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class JiraProject:
    """Everything raises DeliveryError, and NotThere where a ticket is gone and the project is not."""

    api: JiraApi
    home: Home

    async def ticket(self, reference: str) -> Ticket:
        """One that was moved into another project is gone. A project's key may have been changed, its id never.

        With its changelog, which alone says who closed it.
        """
        asked = path_of("issue", reference, fields=",".join(FIELDS), expand="changelog")
        answer = await self.api.call("GET", asked)
        issue = await self.there(answer)
        try:
            found, (number, key) = ticket_of(issue, self.home), project_of(issue)
        except Unreadable as error:
            raise unreadable(answer) from error
        if key.casefold() != self.api.project.casefold() and number != await self.number():
            raise NotThere(f"the ticket was moved out of project {self.api.project}")
        return found

    async def tickets(self, label: str, field: str, since: datetime) -> list[Ticket]:
        """Those with this label whose `field` (created, updated) is no older.

        Where nothing is found, the project may be out of reach: Jira answers just the same then ("JQL search REST API
        returns 200 OK without API token", support.atlassian.com/jira/kb).
        """
        begin = since.astimezone(UTC) - FARTHEST_BEHIND
        where = f"project = {_quoted(self.api.project)} AND labels = {_quoted(label)}"
        jql = f'{where} AND {field} >= "{begin:%Y-%m-%d %H:%M}" ORDER BY created ASC'
        issues = [issue async for issue in self.api.search(jql, FIELDS)]
        if not issues:
            await self.number()
        try:
            return [ticket_of(issue, self.home, label) for issue in issues]
        except Unreadable as error:
            raise unreadable(Answer(200)) from error

    async def moves(self, reference: str) -> list[Move]:
        """Where it can go from where it is."""
        answer = await self.api.call("GET", path_of("issue", reference, "transitions", expand="transitions.fields"))
        found = await self.there(answer)
        try:
            return moves_of(found)
        except Unreadable as error:
            raise unreadable(answer) from error

    async def said(self, reference: str, key: str, since: datetime) -> bool:
        """The latest comments first, until they are older than that."""
        begin, total = 0, 1
        while begin < total:
            asked = {"startAt": str(begin), "maxResults": str(PAGE), "orderBy": "-created", "expand": "properties"}
            answer = await self.api.call("GET", path_of("issue", reference, "comment", **asked))
            found = await self.there(answer)
            try:
                comments, total = list(found["comments"]), int(found["total"])
                young = [one for one in comments if moment_of(one["created"]) >= since]
                if key in _keys(await self._with_properties(young)):
                    return True
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                raise unreadable(answer) from error
            if len(young) < len(comments) or not comments:
                return False
            begin += len(comments)
        return False

    async def there(self, answer: Answer, *, creates: bool = False) -> Mapping[str, Any]:
        """What was said of a ticket."""
        if answer.status == 404:
            await self.number()
            raise NotThere("the ticket was deleted, or is out of reach")
        return self.api.taken(answer, creates=creates)

    async def number(self) -> str:
        """The project's id. Raises DeliveryError where it is out of reach."""
        answer = await self.api.call("GET", path_of("project", self.api.project))
        found = self.api.taken(answer).get("id")
        if not isinstance(found, str):
            raise unreadable(answer)
        return found

    async def _with_properties(self, comments: Sequence[Any]) -> Sequence[Any]:
        """That a list of comments shows their properties is nowhere promised; "Get comments by IDs" does."""
        if all("properties" in one for one in comments):
            return comments
        asked = {"ids": [int(one["id"]) for one in comments]}
        answer = await self.api.call("POST", path_of("comment", "list", expand="properties"), asked)
        return list(self.api.taken(answer)["values"])


def _keys(comments: Iterable[Any]) -> set[str]:
    """Ours, in properties of comments."""
    ours = [found["value"] for one in comments for found in one.get("properties") or () if found["key"] == OURS]
    return {value["key"] for value in ours if isinstance(value, dict) and isinstance(value.get("key"), str)}


def _quoted(value: str) -> str:
    """A value in a search."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
