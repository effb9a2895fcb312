"""Asking GitHub's REST API about one repository: an answer of the kind that was asked for, or a plain reason."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from pydantic import SecretStr

from shared.http import Answer, Http
from shared.ports.errors import DeliveryError, NotThere
from shared.tickets.github.issues import Issue, Repository, next_query, read_as
from shared.tickets.github.refusals import MAY_NOT, MOVED, SWITCHED_OFF, as_meant, not_github, refused

type Wanted = Mapping[str, Any]

PER_PAGE = 50  # GitHub gives 100; so many of the longest still fit into what is read of one answer.
AWAY = (*MOVED, 404, 410)  # "Get an issue": transferred, out of reach, deleted.


@dataclass(frozen=True, slots=True)
class GitHubApi:
    """Paths go on from the repository. Everything raises DeliveryError."""

    http: Http
    token: SecretStr
    repository: str
    address: str

    async def ask(self, method: str, path: str, wanted: Wanted | None = None) -> Answer:
        """Once; a refusal is an answer."""
        address = self.address.rstrip("/")
        headers = {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {self.token.get_secret_value()}",
            "User-Agent": "Countersign",
            "X-GitHub-Api-Version": _version(address),
        }
        body = None
        if wanted is not None:
            body, headers["Content-Type"] = json.dumps(wanted).encode(), "application/json"
        return as_meant(await self.http.ask(method, f"{address}/repos/{self.repository}{path}", headers, body))

    async def repository_there(self) -> Repository:
        """It can be reached, and takes issues."""
        found = self.understood(Repository, await self.ask("GET", ""))
        if not found.has_issues:
            raise DeliveryError(SWITCHED_OFF.format(repository=self.repository), permanent=True)
        return found

    async def issues_there(self) -> None:
        """The token may see them; a repository is there for many a token that may not."""
        self.understood(list[Issue], await self.ask("GET", "/issues?per_page=1"))

    async def issue(self, reference: str) -> Issue:
        """Raises NotThere where it was deleted or transferred, and the issues of the repository can be seen."""
        answer = await self.ask("GET", issue_path(reference))
        if answer.status in AWAY:
            await self.issues_there()
            raise NotThere(reference)
        return self.understood(Issue, answer)

    async def every[T](self, kind: type[T], path: str, query: Mapping[str, Any], reference: str = "") -> list[T]:
        """All pages. Raises NotThere where it is about an issue that is away."""
        found: list[T] = []
        asked, before = urlencode({**query, "per_page": PER_PAGE}), set[str]()
        while asked and asked not in before:
            before.add(asked)
            answer = await self.ask("GET", f"{path}?{asked}")
            if reference and answer.status in AWAY:
                await self.issue(reference)
            found += self.understood(list[kind], answer)  # type: ignore[valid-type]
            asked = next_query(answer)
        return found

    async def change[T](
        self, kind: type[T], method: str, path: str, reference: str, wanted: Wanted, *, creating: bool = False
    ) -> T:
        """Of an issue; `path` goes on from there.

        Raises NotThere where the issue is away. GitHub says the same where only this token may not change it.
        """
        answer = await self.ask(method, f"{issue_path(reference)}{path}", wanted)
        if answer.status in AWAY:
            await self.issue(reference)
            raise DeliveryError(MAY_NOT.format(status=answer.status, repository=self.repository), permanent=True)
        return self.understood(kind, answer, creating=creating)

    def understood[T](self, kind: type[T], answer: Answer, *, creating: bool = False) -> T:
        """What was asked for."""
        self.raise_for(answer, creating=creating)
        found = read_as(kind, answer)
        if found is None:
            raise not_github(answer, creating=creating)
        return found

    def raise_for(self, answer: Answer, *, creating: bool = False) -> None:
        """Nothing, where GitHub did as it was asked."""
        if error := refused(answer, self.repository, creating=creating):
            raise error


def issue_path(reference: str) -> str:
    return f"/issues/{quote(reference, safe='')}"


def _version(address: str) -> str:
    """Of the API. GitHub Enterprise Server has the newer one from 3.21 on only; what is asked here is in both."""
    return "2022-11-28" if address.endswith("/api/v3") else "2026-03-10"
