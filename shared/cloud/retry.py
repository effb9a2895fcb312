"""One policy for patience: short waits are waited, long ones are told as Throttled, and a call never hangs."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from azure.core.exceptions import (
    DecodeError,
    HttpResponseError,
    IncompleteReadError,
    ServiceRequestError,
    ServiceResponseError,
)
from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import AsyncHTTPPolicy
from azure.core.rest import AsyncHttpResponse, HttpRequest

from shared.cloud.gate import Gate
from shared.cloud.target import TARGET, Target
from shared.cloud.waiting import asked_wait, bucket_empty, quota_wait, tenant_slowed
from shared.ports.clock import Clock
from shared.ports.errors import Throttled

type Request = PipelineRequest[HttpRequest]
type Response = PipelineResponse[HttpRequest, AsyncHttpResponse]

_BROKEN_CONNECTION = (ServiceRequestError, ServiceResponseError, IncompleteReadError)
_TOO_MANY = 429
_UNAVAILABLE = 503
_PASSING = (500, 502, 503, 504)


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How long to wait for what. `whole_call` bounds a call with all its tries, waits and sign-in."""

    tries: int = 3
    longest_wait: timedelta = timedelta(seconds=6)
    first_pause: timedelta = timedelta(milliseconds=400)
    when_not_told: timedelta = timedelta(seconds=20)
    empty_bucket: timedelta = timedelta(seconds=1)
    connect: timedelta = timedelta(seconds=10)
    whole_call: timedelta = timedelta(seconds=30)


class PatiencePolicy(AsyncHTTPPolicy[HttpRequest, AsyncHttpResponse]):
    """Stands where the SDK's retry policy stood. Every request carries the option `target`.

    Raises Throttled, HttpResponseError for every answer that is not a 2xx, DecodeError or ValueError for a body that is
    not what the target holds, TimeoutError, and the transport's own errors.
    """

    def __init__(
        self, clock: Clock, gate: Gate, tolerance: Tolerance, jitter: Callable[[], float] = random.random
    ) -> None:
        super().__init__()
        self._clock = clock
        self._gate = gate
        self._tolerance = tolerance
        self._jitter = jitter

    async def send(self, request: Request) -> Response:
        """Ask until there is an answer, or until patience ends."""
        target: Target = request.context.options.pop(TARGET)
        request.context[TARGET] = target
        async with asyncio.timeout(self._tolerance.whole_call.total_seconds()):
            response = await self._persist(request, target)
        return _checked(response, target)

    async def _persist(self, request: Request, target: Target) -> Response:
        repeatable = target.repeatable or request.http_request.method == "GET"
        for tried in range(1, self._tolerance.tries):
            await self._gate.enter(target)
            try:
                response = await self.next.send(request)
            except _BROKEN_CONNECTION:
                if not repeatable:
                    raise
                await self._clock.sleep(self._pause(tried))
                continue
            if self._holds_off(response, target, tried):
                continue
            if not repeatable or response.http_response.status_code not in _PASSING:
                return response
            await self._clock.sleep(self._pause(tried))
        return await self._last_try(request, target)

    async def _last_try(self, request: Request, target: Target) -> Response:
        await self._gate.enter(target)
        response = await self.next.send(request)
        self._holds_off(response, target, self._tolerance.tries)
        return response

    def _holds_off(self, response: Response, target: Target, tried: int) -> bool:
        """Closes the gate where Azure asks for it; true where the request is to be sent again once it opens."""
        http = response.http_response
        now = self._clock.now()
        wait = asked_wait(http.headers, now)
        if not (http.status_code == _TOO_MANY or (http.status_code == _UNAVAILABLE and wait is not None)):
            self._foresee(http, target)
            return False
        wait = max(wait, self._pause(tried)) if wait is not None else self._tolerance.when_not_told
        scope = _slowed(http, target)
        self._gate.close(target.kind, scope, now + wait)
        if wait > self._tolerance.longest_wait or tried >= self._tolerance.tries:
            raise Throttled(target.kind, scope, now + wait)
        return True

    def _foresee(self, http: AsyncHttpResponse, target: Target) -> None:
        """Holds the next request back before Azure has to."""
        now = self._clock.now()
        if wait := quota_wait(http.headers):
            self._gate.close(target.kind, target.scope, now + wait)
        if target.subscription and bucket_empty(http.headers):
            self._gate.close(target.kind, target.subscription, now + self._tolerance.empty_bucket)

    def _pause(self, tried: int) -> timedelta:
        growth: int = 2 ** (tried - 1)
        return self._tolerance.first_pause * growth * (0.5 + self._jitter())


def _slowed(http: AsyncHttpResponse, target: Target) -> str:
    """The scope that a 429 speaks for: the whole subscription where the gateway said so, not the service behind it."""
    if tenant_slowed(http.headers):
        return ""
    gateway = bucket_empty(http.headers) or http.headers.get("x-ms-failure-cause", "").lower() == "gateway"
    return target.subscription if gateway else target.scope


def _checked(response: Response, target: Target) -> Response:
    http = response.http_response
    if not 200 <= http.status_code < 300:
        raise HttpResponseError(response=http)
    if target.holds:
        body = http.json()
        if not isinstance(body, dict) or not isinstance(body.get(target.holds), list):
            raise DecodeError(message=f"The answer holds no list '{target.holds}'.", response=http)
    return response
