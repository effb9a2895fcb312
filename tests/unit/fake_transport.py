"""A transport that answers from a list, and a clock that sleeps in no time: for what lies above the wire."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from azure.core.credentials import AccessToken
from azure.core.pipeline.transport import AsyncHttpTransport
from azure.core.rest import AsyncHttpResponse, HttpRequest

from shared.cloud.endpoints import Endpoints

ENDPOINTS = Endpoints(
    resource_manager="https://arm.example",
    resource_manager_audience="https://arm.example",
    metrics="https://{region}.metrics.example",
    metrics_audience="https://metrics.example",
    timestamp="http://timestamp.example",
    signing="https://{region}.signing.example",
)


@dataclass(slots=True)
class FakeClock:
    """Sleeping moves it on, and is noted."""

    time: datetime = datetime(2026, 11, 20, 9, 7, tzinfo=UTC)
    slept: list[timedelta] = field(default_factory=list)

    def now(self) -> datetime:
        return self.time

    async def sleep(self, span: timedelta) -> None:
        self.slept.append(span)
        self.time += span


class FakeCredential:
    """A token for everything."""

    async def get_token(self, *_: str, **__: Any) -> AccessToken:
        return AccessToken("token", 4_000_000_000)

    async def close(self) -> None:
        """Nothing is open."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Nothing is open."""


@dataclass(slots=True)
class Reply:
    """As much of a response as our policies and the SDK's operations look at."""

    status_code: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    reason: str = "told by the test"
    request: Any = None

    def text(self, _encoding: str | None = None) -> str:
        return self.body if isinstance(self.body, str) else json.dumps(self.body)

    def json(self) -> Any:
        return json.loads(self.text())


type Script = Sequence[Reply | Exception] | Callable[[HttpRequest], Reply]


class FakeTransport(AsyncHttpTransport[HttpRequest, AsyncHttpResponse]):
    """Plays a script: replies in order, or what a function makes of a request. Keeps what was sent, and when."""

    def __init__(self, script: Script, clock: FakeClock | None = None) -> None:
        self._script = script
        self._clock = clock or FakeClock()
        self.sent: list[HttpRequest] = []
        self.sent_at: list[datetime] = []

    async def send(self, request: HttpRequest, **_: Any) -> AsyncHttpResponse:
        self.sent.append(request)
        self.sent_at.append(self._clock.now())
        made = self._script(request) if callable(self._script) else self._script[len(self.sent) - 1]
        if isinstance(made, Exception):
            raise made
        return made  # type: ignore[return-value]

    async def open(self) -> None:
        """Nothing is open."""

    async def close(self) -> None:
        """Nothing is open."""

    async def __aexit__(self, *_: object) -> None:
        """Nothing is open."""
