"""What a test may do to the stand-in: move its clock, break it, make things happen, and see what was asked."""

import json
import re
from typing import Any

from aiohttp import web
from pydantic import TypeAdapter, ValidationError

from sandbox.azure.scenario.effects import Effect
from sandbox.azure.scenario.moments import parse_moment
from sandbox.azure.scenario.story import Fault
from sandbox.azure.service import Azure

AZURE = web.AppKey("azure", Azure)
_FAULTS = TypeAdapter(tuple[Fault, ...])
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


async def _json(request: web.Request) -> Any:
    try:
        return await request.json()
    except ValueError as error:
        raise _refused(f"The body is no JSON: {error}") from error


def _refused(text: str) -> web.HTTPBadRequest:
    return web.HTTPBadRequest(text=json.dumps({"error": text}), content_type="application/json")
