"""One HTTP client for all channels: an answer or a plain reason, never a secret."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import aiohttp

TIMEOUT_SECONDS = 30  # Shorter than the lease of a delivery.


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` is 0 when there was none; then `problem` says why in a few words."""

    status: int
    problem: str = ""
    retry_after_seconds: int = 0


class Http(Protocol):
    """Posting."""

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Never raises for what the other side does."""
        ...


class AiohttpHttp:
    """On aiohttp. Redirects are not followed: an address that moved is the admin's business."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """One try."""
        try:
            async with self._open().post(url, data=body, headers=headers, allow_redirects=False) as response:
                await response.content.read(65_536)
                return Answer(response.status, retry_after_seconds=_seconds(response.headers.get("Retry-After", "")))
        except TimeoutError:
            return Answer(0, "no answer in time")
        except aiohttp.InvalidURL:
            return Answer(400, "the address is not valid")
        except (aiohttp.ClientError, OSError) as error:
            return Answer(0, type(error).__name__)

    async def close(self) -> None:
        """Let go of connections."""
        if self._session:
            await self._session.close()

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT_SECONDS))
        return self._session


def _seconds(value: str) -> int:
    """A date is not heeded, nor what is longer than a day."""
    return min(int(value), 86_400) if re.fullmatch(r"[0-9]{1,9}", value) else 0
