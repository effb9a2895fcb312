"""What a test may do to the stand-in: move its clock, break it, make things happen, and see what was asked."""

import json
import re
from typing import Any

from aiohttp import web
from pydantic import TypeAdapter, ValidationError

from sandbox.azure.event_grid import (
    OwnEvent,
    RefusedError,
    ResourceEvent,
    Subscriber,
    own_event,
    resource_event,
)
from sandbox.azure.scenario.effects import Effect
from sandbox.azure.scenario.moments import parse_moment
from sandbox.azure.scenario.story import Fault
from sandbox.azure.service import Azure

AZURE = web.AppKey("azure", Azure)
_FAULTS = TypeAdapter(tuple[Fault, ...])
_SUBSCRIBER, _RESOURCE_EVENT, _OWN_EVENT = TypeAdapter(Subscriber), TypeAdapter(ResourceEvent), TypeAdapter(OwnEvent)
_EFFECTS: TypeAdapter[list[Any]] = TypeAdapter(list[Effect])


def control_routes() -> list[web.RouteDef]:
    """All under /sandbox; they need no token and are not counted."""
    return [
        web.get("/sandbox/clock", show_clock),
        web.post("/sandbox/clock", put_clock),
        web.get("/sandbox/calls", show_calls),
        web.get("/sandbox/calls/{kind}", show_targets),
        web.delete("/sandbox/calls", reset_calls),
        web.post("/sandbox/faults", add_faults),
        web.delete("/sandbox/faults", clear_faults),
        web.post("/sandbox/happen", happen_now),
        web.post("/sandbox/events/subscribers", subscribe),
        web.post("/sandbox/events/resource", send_resource_event),
        web.post("/sandbox/events/own", send_own_event),
    ]


async def show_clock(request: web.Request) -> web.Response:
    return web.json_response({"now": request.app[AZURE].clock.now().isoformat()})


async def put_clock(request: web.Request) -> web.Response:
    """`{"now": "2026-11-22T09:07:00Z"}`, or `+2d` from the start of the story."""
    azure = request.app[AZURE]
    try:
        azure.clock.put(parse_moment((await _json(request))["now"], azure.scenario.start))
    except (KeyError, TypeError, ValueError) as error:
        raise _refused(f"now: {error}") from error
    return await show_clock(request)


async def show_calls(request: web.Request) -> web.Response:
    return web.json_response(request.app[AZURE].calls.seen())


async def show_targets(request: web.Request) -> web.Response:
    """The distinct targets of one kind of call."""
    return web.json_response(request.app[AZURE].calls.targets(request.match_info["kind"]))


async def reset_calls(request: web.Request) -> web.Response:
    request.app[AZURE].calls.reset()
    return web.Response(status=204)


async def add_faults(request: web.Request) -> web.Response:
    """A list of faults as a scenario has them, added to those that are there."""
    azure = request.app[AZURE]
    try:
        azure.faults.add(_FAULTS.validate_python(await _json(request), context={"start": azure.scenario.start}))
    except (ValidationError, re.error) as error:
        raise _refused(str(error)) from error
    return web.Response(status=204)


async def clear_faults(request: web.Request) -> web.Response:
    request.app[AZURE].faults.clear()
    return web.Response(status=204)


async def happen_now(request: web.Request) -> web.Response:
    """One effect or a list of them, in the words of a timeline."""
    azure = request.app[AZURE]
    data = await _json(request)
    try:
        azure.happen(
            _EFFECTS.validate_python(
                data if isinstance(data, list) else [data], context={"start": azure.scenario.start}
            )
        )
    except (ValidationError, KeyError) as error:
        raise _refused(str(error)) from error
    return web.Response(status=204)


async def subscribe(request: web.Request) -> web.Response:
    """One subscriber of a topic, once it has answered the handshake."""
    try:
        await request.app[AZURE].event_grid.subscribe(_SUBSCRIBER.validate_python(await _json(request)))
    except (ValidationError, RefusedError) as error:
        raise _refused(str(error)) from error
    return web.Response(status=204)


async def send_resource_event(request: web.Request) -> web.Response:
    """Azure says that something happened to an account or a profile; `{"deliveries": n}` when all were taken."""
    azure = request.app[AZURE]
    try:
        given = _RESOURCE_EVENT.validate_python(await _json(request))
        event = resource_event(given, _resource(azure, given.about), azure.scenario.tenant.id, azure.clock.now())
        deliveries = await azure.event_grid.send("resources", event, given.copies)
    except (ValidationError, KeyError, RefusedError) as error:
        raise _refused(str(error)) from error
    return web.json_response({"deliveries": deliveries})


async def send_own_event(request: web.Request) -> web.Response:
    """Somebody publishes an event to a topic of their own."""
    azure = request.app[AZURE]
    try:
        given = _OWN_EVENT.validate_python(await _json(request))
        deliveries = await azure.event_grid.send(given.topic, own_event(given, azure.clock.now()), given.copies)
    except (ValidationError, RefusedError) as error:
        raise _refused(str(error)) from error
    return web.json_response({"deliveries": deliveries})


def _resource(azure: Azure, about: str) -> str:
    """The id of an account, or of what is or was in it. Raises KeyError."""
    name, _, profile = about.lower().partition("/")
    account = azure.history.ever(name, azure.clock.now())
    return f"{account.id}/certificateProfiles/{about.partition('/')[2]}" if profile else account.id


async def _json(request: web.Request) -> Any:
    try:
        return await request.json()
    except ValueError as error:
        raise _refused(f"The body is no JSON: {error}") from error


def _refused(text: str) -> web.HTTPBadRequest:
    return web.HTTPBadRequest(text=json.dumps({"error": text}), content_type="application/json")
