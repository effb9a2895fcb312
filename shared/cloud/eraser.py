"""The only hand that deletes: one request an account, with an identity of its own, and nobody repeats it."""

import asyncio
import zlib
from collections.abc import Awaitable, Callable
from datetime import timedelta

import aiohttp
from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError, ServiceRequestError
from azure.core.pipeline.transport import AioHttpTransport, AsyncHttpTransport
from azure.core.rest import AsyncHttpResponse, HttpRequest

from shared.cloud.blindness import code_of, gone
from shared.cloud.session import Session
from shared.cloud.target import Target
from shared.cloud.waiting import asked_wait
from shared.domain.account import SigningAccount
from shared.domain.kept import CallKind
from shared.ports.clock import Clock
from shared.ports.retiring import Erased, Fate

API = "api-version=2025-10-13"
WHOLE_CALL = timedelta(seconds=30)
CONNECT = timedelta(seconds=10)
WHEN_NOT_TOLD = timedelta(hours=1)
AT_MOST = timedelta(days=1)
NOT_REACHED = timedelta(minutes=10)
TAKEN = (Fate.ACCEPTED, "Azure took the delete ({told})")
REFUSED = (Fate.REFUSED, "Azure refused it ({told})")
TROUBLE = (Fate.UNKNOWN, "Azure is having trouble of its own ({told})")
NOT_ALLOWED = (
    Fate.REFUSED,
    "Azure does not allow it ({told}): its identity lacks Microsoft.CodeSigning/codeSigningAccounts/delete",
)
BY_STATUS = {200: TAKEN, 202: TAKEN, 403: NOT_ALLOWED, 408: TROUBLE}
NO_ANSWER = (AzureError, TimeoutError, OSError, ValueError, zlib.error)
"""`zlib.error`: a body that is not packed as its headers say."""
REQUEST_ID = "x-ms-client-request-id"


class ArmEraser:
    """`session` is the deleter's own, over `transport_of_one`."""

    def __init__(self, session: Session, clock: Clock, whole_call: timedelta = WHOLE_CALL) -> None:
        self._session = session
        self._clock = clock
        self._whole_call = whole_call

    async def erase(self, account: SigningAccount) -> Erased:
        """DELETE, and the answer to it; what happens then is seen by reading the account."""
        path = f"{self._session.endpoints.resource_manager.rstrip('/')}{account.id}?{API}"
        target = Target(CallKind.DELETES, account.id)
        try:
            async with asyncio.timeout(self._whole_call.total_seconds()):
                run = await self._session.once.run(HttpRequest("DELETE", path), target=target)
        except ClientAuthenticationError:
            return Erased(Fate.REFUSED, "signing in as the identity that deletes failed, so nothing was sent")
        except NO_ANSWER as error:
            return self._without_answer(error)
        return self._answered(run.http_response)

    def _without_answer(self, error: Exception) -> Erased:
        """The SDK calls a lost connection a failed request, too: only where none was made is it certain."""
        if isinstance(error, ServiceRequestError) and isinstance(error.inner_exception, aiohttp.ClientConnectorError):
            until = self._clock.now() + NOT_REACHED
            return Erased(Fate.THROTTLED, "Azure could not be reached, so nothing was sent", until)
        return Erased(Fate.UNKNOWN, f"no answer came back ({type(error).__name__})")

    def _answered(self, answer: AsyncHttpResponse) -> Erased:
        error = HttpResponseError(response=answer)
        code, status = code_of(error), answer.status_code
        told = f"{status} {code}".strip()
        if status == 429:
            wait = min(asked_wait(answer.headers, self._clock.now()) or WHEN_NOT_TOLD, AT_MOST)
            return Erased(Fate.THROTTLED, f"Azure asked for patience ({told})", self._clock.now() + wait)
        if status == 204 or (status == 404 and gone(error)):
            return Erased(Fate.NOT_THERE, f"Azure has no such account ({told})")
        if status == 409 and code.lower() == "scopelocked":
            return Erased(Fate.LOCKED, f"a lock holds it ({told})")
        fate, words = BY_STATUS.get(status, REFUSED if 400 <= status < 500 else TROUBLE)
        return Erased(fate, words.format(told=told))

    async def close(self) -> None:
        """Let go of connections."""
        await self._session.close()


def transport_of_one(
    connector: aiohttp.BaseConnector | None = None,
) -> AsyncHttpTransport[HttpRequest, AsyncHttpResponse]:
    """Sends each request once: aiohttp by itself sends a DELETE again where the connection is lost.

    Connections are not kept, for one that was closed meanwhile looks as if the request had been lost on it.
    """
    session = aiohttp.ClientSession(
        connector=connector or aiohttp.TCPConnector(force_close=True),
        trust_env=True,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        middlewares=(Once(),),
    )
    transport: AsyncHttpTransport[HttpRequest, AsyncHttpResponse] = AioHttpTransport(
        session=session, connection_timeout=CONNECT.total_seconds(), read_timeout=WHOLE_CALL.total_seconds()
    )
    return transport


class Once:
    """Refuses what has been sent before, by the id that every request carries."""

    def __init__(self) -> None:
        self._sent: set[str] = set()

    async def __call__(
        self,
        request: aiohttp.ClientRequest,
        handler: Callable[[aiohttp.ClientRequest], Awaitable[aiohttp.ClientResponse]],
    ) -> aiohttp.ClientResponse:
        """Raises ClientPayloadError for a second time: nobody knows what became of the first."""
        name = request.headers.get(REQUEST_ID, "")
        if not name or name in self._sent:
            raise aiohttp.ClientPayloadError("sent already, and the connection was lost")
        self._sent.add(name)
        return await handler(request)
