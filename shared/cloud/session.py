"""What all readers share: one pool of connections, one token an audience, one gate, one count of calls."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, Self

import aiohttp
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.pipeline import AsyncPipeline
from azure.core.pipeline.policies import (
    AsyncBearerTokenCredentialPolicy,
    AsyncHTTPPolicy,
    HeadersPolicy,
    RequestIdPolicy,
    SansIOHTTPPolicy,
    UserAgentPolicy,
)
from azure.core.pipeline.transport import AioHttpTransport, AsyncHttpTransport
from azure.core.rest import AsyncHttpResponse, HttpRequest

from shared.cloud.counting import CallCount, CountingPolicy
from shared.cloud.endpoints import Endpoints
from shared.cloud.gate import Gate
from shared.cloud.home import HomePolicy
from shared.cloud.retry import PatiencePolicy, Tolerance
from shared.cloud.target import Target
from shared.cloud.wire import Malformed, mapping, text
from shared.ports.clock import Clock

_MOST_PAGES = 200
# A TLS connection holds 256 kB of buffers: what several subscriptions ask at once shares these.
_MOST_CONNECTIONS = 12

type Pipeline = AsyncPipeline[HttpRequest, AsyncHttpResponse]


class Session:
    """Owns the transport and the credential: close it, and no client built upon it.

    The SDK's clients are given a finished pipeline, so that none of their own policies (retries, redirects,
    registration of providers, logging of headers) takes part. Trust comes from SSL_CERT_FILE, never from
    `connection_verify`.
    """

    def __init__(
        self,
        endpoints: Endpoints,
        credential: AsyncTokenCredential,
        clock: Clock,
        *,
        calls: CallCount | None = None,
        tolerance: Tolerance | None = None,
        transport: AsyncHttpTransport[HttpRequest, AsyncHttpResponse] | None = None,
    ) -> None:
        self.endpoints = endpoints
        self.credential = credential
        self.calls = calls or CallCount()
        self._clock = clock
        self._tolerance = tolerance or Tolerance()
        self._gate = Gate(clock, self._tolerance.longest_wait)
        self._transport = transport or _pool(self._tolerance)
        self.resource_manager = self._pipeline(
            endpoints.resource_manager_audience, HomePolicy(endpoints.resource_manager.rstrip("/"))
        )
        self.metrics = self._pipeline(endpoints.metrics_audience, HomePolicy(endpoints.metrics.rstrip("/")))
        self.once = self._pipeline(
            endpoints.resource_manager_audience, HomePolicy(endpoints.resource_manager.rstrip("/")), patient=False
        )
        """Without patience: each request is sent at most once, and every answer is given back as it is."""
        self.public: Pipeline = AsyncPipeline(self._transport, [CountingPolicy(self.calls)])
        """To services that everybody may ask: no token goes there, and nothing is asked twice."""

    async def ask(self, request: HttpRequest, target: Target) -> Any:
        """The decoded body of a request to the resource manager, by path or by link. Raises what the policies raise."""
        return (await self.send(request, target)).json()

    async def send(self, request: HttpRequest, target: Target) -> AsyncHttpResponse:
        """The answer itself."""
        if request.url.startswith("/"):
            request.url = f"{self.endpoints.resource_manager.rstrip('/')}{request.url}"
        response = await self.resource_manager.run(request, target=target)
        return response.http_response

    async def listed(self, path: str, target: Target) -> AsyncIterator[Mapping[str, Any]]:
        """What a path lists, page by page. Raises Malformed where the links lead in a circle."""
        for _ in range(_MOST_PAGES):
            page = mapping(await self.ask(HttpRequest("GET", path), target))
            for row in page["value"]:
                yield mapping(row)
            path = text(page, "nextLink")
            if not path:
                return
        raise Malformed("pages without end")

    async def close(self) -> None:
        """Let go of connections and of the credential's own."""
        await self._transport.close()
        await self.credential.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def _pipeline(self, audience: str, home: HomePolicy, *, patient: bool = True) -> Pipeline:
        patience = PatiencePolicy(self._clock, self._gate, self._tolerance)
        scope = f"{audience.rstrip('/')}/.default"
        policies: list[AsyncHTTPPolicy[Any, Any] | SansIOHTTPPolicy[Any, Any]] = [
            home,
            RequestIdPolicy(),
            HeadersPolicy({"Accept": "application/json"}),
            UserAgentPolicy(base_user_agent="countersign"),
            *([patience] if patient else []),
            (AsyncBearerTokenCredentialPolicy if patient else _TokenOnce)(self.credential, scope),
            CountingPolicy(self.calls),
        ]
        return AsyncPipeline(self._transport, policies)


class _TokenOnce(AsyncBearerTokenCredentialPolicy[HttpRequest, AsyncHttpResponse]):
    """The SDK's policy, that does not send again when Azure asks for another token: its 401 is the answer."""

    async def on_challenge(self, *_: Any) -> bool:
        """Never again."""
        return False


def _pool(tolerance: Tolerance) -> AsyncHttpTransport[HttpRequest, AsyncHttpResponse]:
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=_MOST_CONNECTIONS),
        trust_env=True,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
    )
    pool: AsyncHttpTransport[HttpRequest, AsyncHttpResponse] = AioHttpTransport(
        session=session,
        connection_timeout=tolerance.connect.total_seconds(),
        read_timeout=tolerance.whole_call.total_seconds(),
    )
    return pool
