"""Asking a Countersign that runs somewhere, over its API."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

import aiohttp

from shared.cli.refusal import Refusal
from shared.cli.running import AUDIENCE, URL
from shared.cloud.credential import token_for

LOCAL = ("localhost", "127.0.0.1", "::1")
WHERE = f"Say where Countersign runs: --url https://NAME.azurewebsites.net, or {URL}."
SIGN_IN = f"It wants you to sign in: az login, and give --audience api://CLIENT-ID or {AUDIENCE}."
PATIENCE = aiohttp.ClientTimeout(total=240)


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: JSON, or text where it is none."""

    status: int
    body: Any
    etag: str = ""


@dataclass(frozen=True, slots=True)
class Remote:
    """`token` goes out over TLS only."""

    url: str
    http: aiohttp.ClientSession
    token: str = ""

    async def ask(self, method: str, *path: str, wants: Sequence[int] = (200,), **more: Any) -> Reply:
        """JSON, or the text of a file. `more`: `body` or `csv` to send, `params`, `headers`.

        Raises Refusal for every other status than it `wants`, with what the API says is wrong.
        """
        headers = {**more.pop("headers", {}), **({"Authorization": f"Bearer {self.token}"} if self.token else {})}
        body, csv = more.pop("body", None), more.pop("csv", None)
        if csv is not None:
            headers["Content-Type"] = "text/csv"
        sent: Mapping[str, Any] = {"data": csv} if csv is not None else {"json": body} if body is not None else {}
        address = "/".join([self.url.rstrip("/"), "api", *(quote(part, safe=":") for part in path)])
        try:
            async with self.http.request(
                method, address, headers=headers, allow_redirects=False, **sent, **more
            ) as answer:
                return self._reply(answer, await self._body(answer), wants)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Refusal(f"Countersign could not be asked at {self.url}: {error or 'no answer in time'}.") from error

    async def _body(self, answer: aiohttp.ClientResponse) -> Any:
        if answer.content_type == "text/csv" or answer.status == 204:
            return await answer.text()
        try:
            return await answer.json()
        except (ValueError, aiohttp.ContentTypeError):
            return None

    def _reply(self, answer: aiohttp.ClientResponse, body: Any, wants: Sequence[int]) -> Reply:
        said = str(body["error"]) if isinstance(body, dict) and body.get("error") else ""
        ours = said or answer.status < 400 or (isinstance(body, dict) and "faults" in body)
        if answer.status in wants and body is not None and ours:
            return Reply(answer.status, body, answer.headers.get("ETag", ""))
        if not said and (300 <= answer.status < 400 or answer.status in (401, 403)):
            raise Refusal(SIGN_IN)
        if not said:
            raise Refusal(f"What answers at {self.url} is not Countersign's API (it said {answer.status}).")
        faults = [f"{fault['field']}: {fault['words']}" for fault in body.get("faults", ()) if "field" in fault]
        raise Refusal(*(faults or [said]))


@asynccontextmanager
async def remote(url: str, audience: str) -> AsyncIterator[Remote]:
    """Raises Refusal for an address that a token must not go to."""
    if not url:
        raise Refusal(WHERE, code=2)
    try:
        split = urlsplit(url)
    except ValueError as error:
        raise Refusal(f"{url} is not an address.", code=2) from error
    if split.scheme != "https" and not (split.scheme == "http" and split.hostname in LOCAL):
        raise Refusal(f"{url} must begin with https://, or be on this machine.", code=2)
    token, problem = await token_for(audience) if audience and split.scheme == "https" else ("", "")
    if problem:
        raise Refusal(f"No token for {audience} was given (az login?): {problem}")
    async with aiohttp.ClientSession(timeout=PATIENCE, trust_env=True) as http:
        yield Remote(url, http, token)
