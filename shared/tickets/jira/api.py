"""Asking Jira Cloud's REST API, version 3, with the API token of one account."""

from base64 import b64encode
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, urlencode

from pydantic import SecretStr

from shared.http import Answer, Http
from shared.ports.errors import DeliveryError
from shared.tickets.jira.adf import encoded
from shared.tickets.jira.refusals import no_project, refused, unreadable

PAGE = 100
# Who fails to sign in is treated as anybody, and gets empty lists and 404: this header alone says so ("Basic auth for
# REST APIs", and issue 418 of MrRefactoring/jira.js).
LOGIN = "x-seraph-loginreason"
FAILED_LOGIN = ("AUTHENTICATED_FAILED", "AUTHENTICATION_DENIED")
AS_ANYBODY = (200, 400, 403, 404)


@dataclass(frozen=True, slots=True)
class JiraApi:
    """`address` is the site's, or the gateway's for tokens with scopes."""

    http: Http
    address: str
    user: str
    token: SecretStr
    project: str

    async def call(self, method: str, path: str, payload: Any = None) -> Answer:
        """One try, whatever comes of it."""
        body = None if payload is None else encoded(payload)
        answer = await self.http.ask(method, f"{self.address}/rest/api/3/{path}", self._headers(body), body)
        login = (answer.headers or {}).get(LOGIN, "")
        anybody = answer.status in AS_ANYBODY and any(reason in login for reason in FAILED_LOGIN)
        return replace(answer, status=401) if anybody else answer

    async def search(self, jql: str, fields: Iterable[str]) -> AsyncIterator[Any]:
        """Issues of all pages. Raises DeliveryError."""
        asked = {"jql": jql, "fields": ",".join(fields), "maxResults": str(PAGE)}
        tokens: list[str] = []
        while True:
            answer = await self.call("GET", path_of("search", "jql", **asked))
            if answer.status == 400:
                raise refused(answer, self.project, detail=no_project(self.project))
            found = self.taken(answer)
            if not isinstance(found.get("issues"), list):
                raise unreadable(answer)
            for issue in found["issues"]:
                yield issue
            token = found.get("nextPageToken")
            if found.get("isLast") is True or not token:
                return
            if not isinstance(token, str) or token in tokens:
                raise DeliveryError("Jira's search did not come to its end: it is asked again later.", permanent=False)
            tokens.append(token)
            asked["nextPageToken"] = token

    def taken(self, answer: Answer, *, creates: bool = False) -> Mapping[str, Any]:
        """What it says; nothing where it has nothing to say. Raises DeliveryError."""
        if not 200 <= answer.status < 300:
            raise refused(answer, self.project, creates=creates)
        found = answer.json()
        if not found and answer.status != 204:
            raise unreadable(answer, creates=creates)
        return found

    def _headers(self, body: bytes | None) -> dict[str, str]:
        """Names and messages in English, whatever language the account reads."""
        signed = b64encode(f"{self.user}:{self.token.get_secret_value()}".encode()).decode()
        headers = {"Authorization": f"Basic {signed}", "Accept": "application/json"}
        headers |= {"Accept-Language": "en-US", "X-Force-Accept-Language": "true"}
        return headers if body is None else headers | {"Content-Type": "application/json"}


def path_of(*parts: str, **query: str) -> str:
    """Below the API's address."""
    path = "/".join(quote(part, safe="") for part in parts)
    return f"{path}?{urlencode(query)}" if query else path
