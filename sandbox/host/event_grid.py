"""The webhook that Event Grid delivers to: both handshakes, both schemas, one call an event."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from aiohttp import web

from sandbox.host.functions import Function
from sandbox.host.invocations import Invocations
from sandbox.host.runtime import Datum

PATH = "/runtime/webhooks/EventGrid"


class BodyError(ValueError):
    """The body is no event and no list of events."""


@dataclass(frozen=True, slots=True)
class EventGridTrigger:
    """`functions` by their names in lower case."""

    functions: Mapping[str, Function]
    invocations: Invocations

    def routes(self) -> list[web.RouteDef]:
        return [web.post(PATH, self.deliver), web.options(PATH, self.allow)]

    async def allow(self, request: web.Request) -> web.Response:
        """The handshake of CloudEvents: may this sender send here?"""
        origin = request.headers.get("WebHook-Request-Origin")
        if self._function(request) is None:
            return web.Response(status=HTTPStatus.NOT_FOUND)
        if origin is None:
            return web.Response(status=HTTPStatus.BAD_REQUEST, text="WebHook-Request-Origin is missing.")
        rate = request.headers.get("WebHook-Request-Rate", "*")
        return web.Response(headers={"WebHook-Allowed-Origin": origin, "WebHook-Allowed-Rate": rate})

    async def deliver(self, request: web.Request) -> web.Response:
        function = self._function(request)
        if function is None:
            return web.Response(status=HTTPStatus.NOT_FOUND)
        try:
            events = _events(await request.read())
            kind = request.headers.get("aeg-event-type", "Notification").lower()
            if kind == "subscriptionvalidation":
                return web.json_response({"validationResponse": _validation_code(events)})
        except BodyError as error:
            return web.Response(status=HTTPStatus.BAD_REQUEST, text=str(error))
        if kind == "unsubscribe":
            return web.Response(status=HTTPStatus.ACCEPTED)
        return web.Response(status=await self._call(function, events))

    async def _call(self, function: Function, events: list[dict[str, Any]]) -> HTTPStatus:
        """One that failed makes the whole delivery fail, and Event Grid sends it again."""
        start = self.invocations.start
        calls = [start(self.invocations.call(function, Datum(json.dumps(event), "json"))) for event in events]
        outcomes = await asyncio.gather(*map(asyncio.shield, calls))
        succeeded = all(outcome.succeeded for outcome in outcomes)
        return HTTPStatus.ACCEPTED if succeeded else HTTPStatus.INTERNAL_SERVER_ERROR

    def _function(self, request: web.Request) -> Function | None:
        return self.functions.get(request.query.get("functionName", "").lower())


def _events(body: bytes) -> list[dict[str, Any]]:
    """A batch, or a single CloudEvent. Raises BodyError."""
    try:
        content = json.loads(body)
    except ValueError as error:
        raise BodyError("The body is not JSON.") from error
    events = content if isinstance(content, list) else [content]
    if not all(isinstance(event, dict) for event in events):
        raise BodyError("The body is neither an event nor a list of events.")
    return events


def _validation_code(events: list[dict[str, Any]]) -> str:
    for event in events:
        data = event.get("data")
        if event.get("eventType") == "Microsoft.EventGrid.SubscriptionValidationEvent" and isinstance(data, dict):
            return str(data.get("validationCode", ""))
    raise BodyError("The body holds no Microsoft.EventGrid.SubscriptionValidationEvent.")
