"""One project of Azure DevOps over its REST API 7.1: requests, queries, and what its types of work items can be."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import batched
from typing import Any
from urllib.parse import quote

from shared.http import Answer, Http
from shared.ports.channel import Tokens
from shared.ports.errors import NotThere
from shared.tickets.devops.items import (
    FIELDS,
    Batch,
    Binned,
    Project,
    QueryResult,
    State,
    States,
    WorkItem,
    understood,
)
from shared.tickets.devops.refusals import STATE, Asked, blamed, not_shown, refused

type Patch = list[dict[str, Any]]

SCOPE = "499b84ac-1321-427f-aa17-267ca6975798/.default"  # Azure DevOps in every organization.
STABLE, PREVIEW = "api-version=7.1", "api-version=7.1-preview.4"
JSON, JSON_PATCH = "application/json", "application/json-patch+json"
ALL = "SELECT [System.Id] FROM WorkItems WHERE [System.TeamProject] = @project"
MOST_IN_BATCH = 200
MOST_FOUND = 5_000


@dataclass(frozen=True, slots=True)
class DevOpsProject:
    """`organization` is its address; `kind` is the type of work items that are made.

    Which states a type has is asked once for each, and again when a work item has one that was not among them.
    """

    http: Http = field(repr=False)
    tokens: Tokens = field(repr=False)
    organization: str
    name: str
    kind: str = "Issue"
    found_at_once: int = MOST_FOUND
    _states: dict[str, tuple[State, ...]] = field(default_factory=dict, repr=False, compare=False)
    _names: set[str] = field(default_factory=set, repr=False, compare=False)

    async def create(self, patch: Patch) -> Answer:
        """Whatever was answered."""
        return await self._ask("POST", f"workitems/${quote(self.kind, safe='')}?{STABLE}", patch, JSON_PATCH)

    async def read(self, reference: str) -> WorkItem:
        """Raises NotThere, for one that lies in another project by now too; all others do where it was deleted."""
        path = f"workitems/{_number(reference)}?fields={','.join(FIELDS)}&{STABLE}"
        item = understood(WorkItem, await self._of(reference, "GET", path))
        if item.fields.project and not await self._is_here(item.fields.project):
            raise _gone(reference)
        return item

    async def change(self, reference: str, patch: Patch) -> WorkItem:
        """As it is then. Raises NotThere."""
        return self._changed(await self._patched(reference, patch), patch)

    async def move(self, item: WorkItem, state: str) -> WorkItem | None:
        """As it is then; None where a rule of its process keeps it from that state. Raises NotThere."""
        patch = patch_of({STATE: state}, item)
        answer = await self._patched(str(item.id), patch)
        return None if answer.status == 400 and blamed(answer) else self._changed(answer, patch)

    async def post_comment(self, reference: str, html: str) -> Answer:
        """Raises NotThere."""
        path = f"workItems/{_number(reference)}/comments?format=html&{PREVIEW}"
        return await self._of(reference, "POST", path, {"text": html}, creates=True)

    async def comments(self, reference: str, most: int, token: str = "") -> Answer:
        """One page, the newest first. Raises NotThere."""
        path = f"workItems/{_number(reference)}/comments?$top={most}&order=desc&{PREVIEW}"
        behind = f"&continuationToken={quote(token, safe='')}" if token else ""
        return await self._of(reference, "GET", path + behind)

    async def search(self, tag: str, moment: str, since: datetime) -> tuple[list[WorkItem], list[int]]:
        """Whatever has such a tag, and the numbers of what was found and is not shown.

        Its moment is compared by the second, so there may be a little more.
        """
        after = f"{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        sought = f"[{moment}] >= {_quoted(after)} AND [System.Tags] CONTAINS {_quoted(tag)}"
        found: list[WorkItem] = []
        numbers = await self._ids(sought)
        for ids in batched(numbers, MOST_IN_BATCH, strict=False):
            body = {"ids": list(ids), "fields": list(FIELDS), "errorPolicy": "omit"}
            batch = understood(Batch, await self._asked_for(f"workitemsbatch?{STABLE}", body))
            found += [item for item in batch.value if item]
        return found, sorted(set(numbers) - {item.id for item in found})

    async def check_deleted(self, reference: str) -> None:
        """Raises DeliveryError unless it lies in the recycle bin: it may be there, where we may not look."""
        answer = await self._ask("GET", f"recyclebin/{reference}?{STABLE}")
        if answer.status == 404:
            raise not_shown(reference, self.asked())
        if error := refused(answer, self.asked()):
            raise error
        understood(Binned, answer)

    async def states(self, kind: str, *, anew: bool = False) -> tuple[State, ...]:
        """Of a type, in their order."""
        if anew or kind not in self._states:
            answer = await self._ask("GET", f"workitemtypes/{quote(kind, safe='')}/states?{STABLE}")
            if error := refused(answer, Asked(self.name, kind)):
                raise error
            self._states[kind] = understood(States, answer).value
        return self._states[kind]

    def page_of(self, number: int) -> str:
        """Where people see a work item."""
        return f"{self._address}/_workitems/edit/{number}"

    def asked(self, *, creates: bool = False, changes: bool = False) -> Asked:
        """For sentences about a refusal."""
        return Asked(self.name, self.kind, creates=creates, changes=changes)

    async def _ids(self, sought: str) -> list[int]:
        """All of them: a query gives so many at once, so the next one begins behind the last."""
        found: list[int] = []
        while True:
            behind = f"{sought} AND [System.Id] > {found[-1] if found else 0}"
            path = f"wiql?timePrecision=true&$top={self.found_at_once}&{STABLE}"
            answer = await self._asked_for(path, {"query": f"{ALL} AND {behind} ORDER BY [System.Id]"})
            page = understood(QueryResult, answer)
            found += [one.id for one in page.found]
            if len(page.found) < self.found_at_once:
                return found

    async def _is_here(self, project: str) -> bool:
        """The setting may be the project's id, or a name that it had: then it is asked for the one of today."""
        if project.lower() in (self.name.lower(), *self._names):
            return True
        answer = await self._send("GET", f"{self._base}/_apis/projects/{quote(self.name, safe='')}?{STABLE}")
        if error := refused(answer, self.asked()):
            raise error
        today = understood(Project, answer).name.lower()
        self._names.add(today)
        return project.lower() == today

    async def _of(self, reference: str, method: str, path: str, body: Any = None, *, creates: bool = False) -> Answer:
        answer = await self._answer_of(reference, method, path, body, JSON)
        if error := refused(answer, self.asked(creates=creates)):
            raise error
        return answer

    async def _answer_of(self, reference: str, method: str, path: str, body: Any, content: str) -> Answer:
        """Any but 404, which may mean the project, or that the work item is only hidden from us."""
        answer = await self._ask(method, path, body, content)
        if answer.status == 404:
            await self.states(self.kind, anew=True)
            await self.check_deleted(reference)
            raise _gone(reference)
        return answer

    async def _patched(self, reference: str, patch: Patch) -> Answer:
        path = f"workitems/{_number(reference)}?{STABLE}"
        return await self._answer_of(reference, "PATCH", path, patch, JSON_PATCH)

    def _changed(self, answer: Answer, patch: Patch) -> WorkItem:
        if error := refused(answer, self.asked(changes=any(one["op"] == "test" for one in patch))):
            raise error
        return understood(WorkItem, answer)

    async def _asked_for(self, path: str, body: Mapping[str, Any]) -> Answer:
        answer = await self._ask("POST", path, body)
        if error := refused(answer, self.asked()):
            raise error
        return answer

    async def _ask(self, method: str, path: str, body: Any = None, content: str = JSON) -> Answer:
        return await self._send(method, f"{self._address}/_apis/wit/{path}", body, content)

    async def _send(self, method: str, url: str, body: Any = None, content: str = JSON) -> Answer:
        """Without the header about redirects it would send whom it does not know to a page for signing in."""
        headers = {
            "Authorization": f"Bearer {await self.tokens.token(SCOPE)}",
            "Accept": JSON,
            "X-TFS-FedAuthRedirect": "Suppress",
        }
        if body is None:
            return await self.http.ask(method, url, headers)
        return await self.http.ask(method, url, headers | {"Content-Type": content}, json.dumps(body).encode())

    @property
    def _base(self) -> str:
        return self.organization.rstrip("/")

    @property
    def _address(self) -> str:
        return f"{self._base}/{quote(self.name, safe='')}"


def patch_of(fields: Mapping[str, Any], item: WorkItem | None = None) -> Patch:
    """`item`: only if it is still as it was read."""
    unchanged = [{"op": "test", "path": "/rev", "value": item.rev}] if item else []
    return [*unchanged, *({"op": "add", "path": f"/fields/{name}", "value": said} for name, said in fields.items())]


def _number(reference: str) -> str:
    """Raises NotThere for what names no work item."""
    if not re.fullmatch(r"[1-9][0-9]{0,9}", reference):
        raise _gone(reference)
    return reference


def _gone(reference: str) -> NotThere:
    return NotThere(f"The work item {reference} is gone, or out of reach.")


def _quoted(value: str) -> str:
    """As a string of a query."""
    return "'" + value.replace("'", "''") + "'"
