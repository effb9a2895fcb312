"""One HTTP client for all channels and ticket desks: an answer or a plain reason, never a secret."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

import aiohttp
from opentelemetry import context

from shared.ports.errors import DeliveryError

TIMEOUT_SECONDS = 30  # Shorter than the lease of a delivery.
MOST_BYTES = 65_536
MOST_OF_A_PAGE = 16_000_000  # Of a list that was asked for.
UNSEEN = "suppress_instrumentation"  # What OpenTelemetry's instrumentations of HTTP clients heed.


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` is 0 when there was none; then `problem` says why in a few words.

    `left`: the request may have reached the other side. `body` is its beginning, for the channel's eyes only;
    `headers` by name in lower case.
    """

    status: int
    problem: str = ""
    retry_after_seconds: int = 0
    left: bool = True
    body: bytes = b""
    headers: Mapping[str, str] | None = None

    def json(self) -> dict[str, Any]:
        """The body as a JSON object; empty where it is none."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}


class Http(Protocol):
    """Asking once. Never raises for what the other side does."""

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Post a body."""
        ...

    async def get(self, url: str, headers: Mapping[str, str]) -> Answer:
        """Read."""
        ...

    async def ask(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None) -> Answer:
        """By any method, for a body of many pages."""
        ...


class AiohttpHttp:
    """On aiohttp. Redirects are not followed: an address that moved is the admin's business."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """One try."""
        return await self._ask("POST", url, headers, body)

    async def get(self, url: str, headers: Mapping[str, str]) -> Answer:
        """One try."""
        return await self._ask("GET", url, headers)

    async def ask(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None) -> Answer:
        """One try."""
        return await self._ask(method, url, headers, body, MOST_OF_A_PAGE)

    async def close(self) -> None:
        """Let go of connections."""
        if self._session:
            await self._session.close()

    async def _ask(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None, most: int = MOST_BYTES
    ) -> Answer:
        try:
            with unseen():
                return await self._answer(method, url, headers, body, most)
        except aiohttp.InvalidURL:
            return Answer(400, "the address is not valid", left=False)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            return Answer(0, _words(error), left=False)
        except TimeoutError:
            return Answer(0, "no answer in time")
        except (aiohttp.ClientError, OSError) as error:
            return Answer(0, _words(error))

    async def _answer(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, most: int) -> Answer:
        async with self._open().request(method, url, data=body, headers=headers, allow_redirects=False) as response:
            return Answer(
                response.status,
                retry_after_seconds=seconds_of(response.headers.get("Retry-After", "")),
                body=await _beginning(response, most),
                headers={name.lower(): value for name, value in response.headers.items()},
            )

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS, sock_connect=TIMEOUT_SECONDS / 3)
            # Each request signs in by itself; a session kept in a cookie would speak for somebody else.
            self._session = aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar())
        return self._session


@contextmanager
def unseen() -> Iterator[None]:
    """Addresses of webhooks are secrets, and instrumentation would write them into spans."""
    token = context.attach(context.set_value(UNSEEN, value=True))
    try:
        yield
    finally:
        context.detach(token)


async def _beginning(response: aiohttp.ClientResponse, most: int) -> bytes:
    """As much of the body as is of use; where it breaks off, what the status says holds all the same."""
    body = b""
    try:
        async for piece in response.content.iter_chunked(MOST_BYTES):
            body += piece
            if len(body) >= most:
                break
    except (aiohttp.ClientError, OSError, TimeoutError):
        return body
    return body[:most]


def refusal(who: str, answer: Answer, detail: str = "") -> DeliveryError | None:
    """What an HTTP answer means for a delivery; None when it was taken. Never shows an address or a body.

    `detail` is what the channel made of the body: words of its own, never the service's.
    """
    if 200 <= answer.status < 300:
        return None
    more = f" ({detail})" if detail else ""
    answered = f"{who} answered {answer.status}{more}."
    reason = answered if answer.status else f"{who} could not be reached: {answer.problem}."
    transient = answer.status in (0, 408, 425, 429) or answer.status >= 500
    wait = timedelta(seconds=answer.retry_after_seconds) if answer.retry_after_seconds else None
    maybe = answer.left and (answer.status == 0 or (answer.status >= 500 and answer.status != 503))
    return DeliveryError(reason, permanent=not transient, retry_after=wait, maybe_taken=maybe)


def _words(error: Exception) -> str:
    """The kind of error only: its text may hold an address."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientConnectorSSLError):
        return "its certificate is not trusted"
    if isinstance(error, aiohttp.ClientConnectorError):
        return "no connection"
    return "no connection in time" if isinstance(error, TimeoutError) else type(error).__name__


def seconds_of(value: str) -> int:
    """What `Retry-After` says; a date is not heeded, nor what is longer than a day."""
    return min(int(value), 86_400) if re.fullmatch(r"[0-9]{1,9}", value) else 0
