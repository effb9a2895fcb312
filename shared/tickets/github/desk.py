"""GitHub Issues: one repository of github.com, of GitHub Enterprise Cloud or of GitHub Enterprise Server."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from pydantic import SecretStr

from shared.domain.finding import Severity
from shared.domain.ticket import Status, Ticket
from shared.domain.ticket_text import Text
from shared.http import Http
from shared.ports.desk import Draft
from shared.ports.errors import DeliveryError
from shared.tickets.github.api import GitHubApi, issue_path
from shared.tickets.github.issues import Comment, Issue, Label, keyed, keys_in, marked, ticket_of
from shared.tickets.github.markdown import split, written
from shared.tickets.github.refusals import ARCHIVED, will_not_assign
from shared.tickets.terms import OURS, Terms
from shared.tickets.titles import titled

MOST_IN_TITLE = 256
# GitHub speaks of 65,536 characters where there are more; who measured (objectstack-ai/objectstack issue 18826) found
# 262,144 bytes. This is within both, with room for what is hidden.
MOST_IN_BODY = 65_000
LEAST = timedelta(seconds=1)  # GitHub's times are whole seconds.
PEOPLE = ("assignee", "assignees")
PRIORITIES = {severity: f"severity: {severity.word.lower()}" for severity in Severity}


@dataclass(frozen=True, slots=True)
class GitHubDesk:
    """`repository` is owner/name. The token needs Issues: read and write.

    Its owner needs the role Triage to set labels and assignees, and Write where a label does not exist yet.

    Priorities are labels. What makes a ticket ours is the marker, hidden in its body; the label `countersign` is for
    people, who may take it off, and GitHub drops labels silently where the token's owner may not set them.
    """

    http: Http
    token: SecretStr
    repository: str
    terms: Terms
    address: str = "https://api.github.com"

    async def open(self, draft: Draft) -> Ticket:
        """Asks again without assignees where GitHub takes everything but them."""
        wanted = self._wanted(draft)
        answer = await self._api.ask("POST", "/issues", wanted)
        if will_not_assign(answer):
            wanted = {name: value for name, value in wanted.items() if name != "assignees"}
            answer = await self._api.ask("POST", "/issues", wanted)
        return ticket_of(self._api.understood(Issue, answer, creating=True))

    async def find(self, marker: str, since: datetime) -> Sequence[Ticket]:
        """Among all that were made or changed since, whatever labels they have."""
        listed = await self._listed(since)
        return [one for one in listed if one.marker == marker and one.created >= _whole(since)]

    async def changed(self, since: datetime) -> Sequence[Ticket]:
        """All that have a marker, whatever labels they have. Lists do not say who closed one."""
        return await self._listed(since)

    async def read(self, reference: str) -> Ticket:
        """Raises NotThere where it was deleted or transferred."""
        return ticket_of(await self._api.issue(reference))

    async def comment(self, reference: str, text: Text, key: str) -> None:
        """The key is hidden in it."""
        wanted = {"body": keyed(written(text), key)}
        await self._api.change(Comment, "POST", "/comments", reference, wanted, creating=True)

    async def said(self, reference: str, key: str, since: datetime) -> bool:
        """Looks through all comments since then."""
        path, query = f"{issue_path(reference)}/comments", {"since": _text(since - LEAST)}
        comments = await self._api.every(Comment, path, query, reference)
        return any(key in keys_in(comment) for comment in comments)

    async def set_severity(self, reference: str, severity: Severity) -> None:
        """Adds one label and takes ours of other severities off; GitHub heeds no case in their names."""
        new = self._priority(severity)
        there = await self._api.change(list[Label], "POST", "/labels", reference, {"labels": [new]})
        others = {self._priority(one).lower() for one in Severity} - {new.lower()}
        for name in (label.name for label in there if label.name.lower() in others):
            answer = await self._api.ask("DELETE", f"{issue_path(reference)}/labels/{quote(name, safe='')}")
            if answer.status != 404:  # Somebody else was faster.
                self._api.understood(list[Label], answer)

    async def close(self, reference: str) -> None:
        """Looks first: GitHub changes the reason of an issue that is closed already (cli/cli issue 14364)."""
        if (await self.read(reference)).status is Status.OPEN:
            wanted = {"state": "closed", "state_reason": "completed"}
            await self._api.change(Issue, "PATCH", "", reference, wanted)

    async def reopen(self, reference: str) -> bool:
        """GitHub always can."""
        await self._api.change(Issue, "PATCH", "", reference, {"state": "open"})
        return True

    async def check(self) -> None:
        """The repository, that it takes issues, and that the token may see them."""
        if (await self._api.repository_there()).archived:
            raise DeliveryError(ARCHIVED.format(repository=self.repository), permanent=True)
        await self._api.issues_there()

    def pieces(self, text: Text) -> Sequence[Text]:
        """By characters, as they are written."""
        return split(text, MOST_IN_BODY)

    @property
    def _api(self) -> GitHubApi:
        return GitHubApi(self.http, self.token, self.repository, self.address)

    def _wanted(self, draft: Draft) -> dict[str, Any]:
        people = self._people(draft.owners)
        return {
            **{name: value for name, value in self.terms.fields.items() if name not in PEOPLE},
            "title": titled(draft.title, MOST_IN_TITLE),
            "body": marked(written(draft.text), draft.marker),
            "labels": self._labels(draft.severity),
            **({"assignees": people} if people else {}),
        }

    def _labels(self, severity: Severity) -> list[Any]:
        """Ours first, none twice. The fields have names, or objects with a name; GitHub refuses what is neither."""
        more = self.terms.fields.get("labels") or []
        found: dict[str, Any] = {}
        for label in (
            OURS,
            self._priority(severity),
            *self.terms.labels,
            *(more if isinstance(more, list) else [more]),
        ):
            name = label.get("name") if isinstance(label, dict) else label
            found.setdefault(str(name).lower(), label)
        return list(found.values())

    def _people(self, owners: Sequence[str]) -> Any:
        """An owner's assignee, or whom the fields name. `assignee` is closing down, and never goes along with it."""
        if assignee := self.terms.assigned(owners):
            return [assignee]
        one = self.terms.fields.get("assignee")
        return self.terms.fields.get("assignees") or (one and [one])

    def _priority(self, severity: Severity) -> str:
        return self.terms.priorities.get(severity) or PRIORITIES[severity]

    async def _listed(self, since: datetime) -> list[Ticket]:
        """Ours, the first made first: in this order nothing is passed over when something changes between two pages."""
        query = {"state": "all", "since": _text(since - LEAST), "sort": "created", "direction": "asc"}
        issues = await self._api.every(Issue, "/issues", query)
        tickets = {one.number: ticket_of(one) for one in issues if one.pull_request is None}
        return [one for one in tickets.values() if one.marker and one.changed >= _whole(since)]


def _whole(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)


def _text(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
