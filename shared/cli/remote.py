"""Asking a Countersign that runs somewhere, over its API."""

from collections.abc import AsyncIterator, Mapping
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

    async def ask(self, method: str, *path: str, body: Any = None, csv: bytes | None = None, **more: Any) -> Reply:
        """`more`: `params`, and `headers`. Raises Refusal with what the API says is wrong, but for 404, 412 and 422."""
        headers = {**more.pop("headers", {}), **({"Authorization": f"Bearer {self.token}"} if self.token else {})}
        if csv is not None:
            headers["Content-Type"] = "text/csv"
        sent: Mapping[str, Any] = {"data": csv} if csv is not None else {"json": body} if body is not None else {}
        address = "/".join([self.url.rstrip("/"), "api", *(quote(part, safe=":") for part in path)])
        try:
            async with self.http.request(
                method, address, headers=headers, allow_redirects=False, **sent, **more
            ) as answer:
                return _reply(answer.status, answer.headers.get("ETag", ""), await _body(answer))
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Refusal(f"Countersign could not be asked at {self.url}: {error or 'no answer in time'}.") from error


async def _body(answer: aiohttp.ClientResponse) -> Any:
    if answer.content_type == "application/json":
        return await answer.json()
    return await answer.text()


def _reply(status: int, etag: str, body: Any) -> Reply:
    if 300 <= status < 400 or status == 401:
        raise Refusal(SIGN_IN)
    if status >= 400 and status not in (404, 412, 422):
        said = body.get("error") if isinstance(body, dict) else ""
        raise Refusal(str(said) if said else f"It answered {status}, without saying why.")
    return Reply(status, body, etag)


@asynccontextmanager
async def remote(url: str, audience: str) -> AsyncIterator[Remote]:
    """Raises Refusal for an address that a token must not go to."""
    if not url:
        raise Refusal(WHERE, code=2)
    split = urlsplit(url)
    if split.scheme != "https" and not (split.scheme == "http" and split.hostname in LOCAL):
        raise Refusal(f"{url} must begin with https://, or be on this machine.", code=2)
    token = await token_for(audience) if audience and split.scheme == "https" else ""
    if token is None:
        raise Refusal("Nobody is signed in to Azure here: az login.")
    async with aiohttp.ClientSession(timeout=PATIENCE) as http:
        yield Remote(url, http, token)
