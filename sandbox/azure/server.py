"""The stand-in as a web application: answers become HTTP, and faults become what they are on a wire."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from uuid import uuid4

from aiohttp import web

from sandbox.azure.answering import answer
from sandbox.azure.answers import Answer
from sandbox.azure.control import AZURE, control_routes
from sandbox.azure.routes import find_route
from sandbox.azure.scenario.story import Fault
from sandbox.azure.service import Azure
from sandbox.identity import SYSTEM_CLIENT_ID, identity_routes

type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

LATENCY = web.AppKey("latency", float)
A_LONG_TIME = 3600


def azure_app(azure: Azure, latency_seconds: float = 0.0) -> web.Application:
    app = web.Application(client_max_size=8 * 1024 * 1024)
    app[AZURE] = azure
    app[LATENCY] = latency_seconds
    app.add_routes(control_routes())
    app.router.add_route("*", "/{path:.*}", handle)
    return app


def identity_app(azure: Azure, header: str) -> web.Application:
    """Tokens, over plain HTTP as App Service gives them; counted as `token`."""

    @web.middleware
    async def counted(request: web.Request, handler: Handler) -> web.StreamResponse:
        response = await handler(request)
        resource = request.query.get("resource", "")
        client = request.query.get("client_id", SYSTEM_CLIENT_ID)
        azure.calls.count("token", response.status, (f"{resource} {client}",), client)
        return response

    app = web.Application(middlewares=[counted])
    app.add_routes(identity_routes(azure.scenario.tenant.id, header))
    return app


async def handle(request: web.Request) -> web.StreamResponse:
    """Every path that is not the control's own."""
    azure, body = request.app[AZURE], await request.read()
    if request.app[LATENCY]:
        await asyncio.sleep(request.app[LATENCY])
    fault = azure.faults.striking(f"{request.method} {request.path_qs}", azure.clock.now())
    if fault and (fault.status or fault.hang or fault.drop or fault.body is not None) and not fault.truncate:
        if fault.afterwards:
            answer(azure, request.method, request.raw_path, request.headers.get("Authorization"), body)
        return await _broken(request, fault, len(body))
    made = answer(azure, request.method, request.raw_path, request.headers.get("Authorization"), body)
    text = b"" if made.body is None else json.dumps(made.body, ensure_ascii=False, separators=(",", ":")).encode()
    azure.calls.weigh(len(body), len(text))
    if fault and fault.truncate:
        return await _cut(request, made, text)
    return _response(made, text)


def _response(made: Answer, text: bytes) -> web.Response:
    headers = {"x-ms-request-id": str(uuid4()), "Cache-Control": "no-cache", **made.headers}
    if text:
        headers["Content-Type"] = "application/json; charset=utf-8"
    return web.Response(status=made.status, body=text, headers=headers)


async def _broken(request: web.Request, fault: Fault, received: int) -> web.Response:
    """A status, a body that nobody asked for, a hang or a cut connection, which are counted with status 0."""
    azure = request.app[AZURE]
    status = fault.status or 200
    found = find_route(request.method, request.path)
    kind = found.route.kind if found else "unknown"
    azure.calls.count(kind, 0 if fault.hang or fault.drop else status, (request.path,), "fault")
    if fault.drop and request.transport is not None:
        request.transport.abort()
    if fault.hang:
        await asyncio.sleep(A_LONG_TIME)
    headers = dict(fault.headers)
    if fault.retry_after is not None:
        headers["Retry-After"] = f"{fault.retry_after:g}"
    error = {"error": {"code": f"Sandbox{status}", "message": "This was asked to go wrong."}}
    text = fault.body if fault.body is not None else json.dumps(error)
    azure.calls.weigh(received, len(text))
    return _response(Answer(status, headers=headers), text.encode())


async def _cut(request: web.Request, made: Answer, text: bytes) -> web.StreamResponse:
    """Half of the answer, and then the connection is gone."""
    response = web.StreamResponse(status=made.status, headers=dict(made.headers))
    response.content_type = "application/json"
    response.content_length = len(text)
    await response.prepare(request)
    await response.write(text[: len(text) // 2])
    if request.transport is not None:
        request.transport.abort()
    return response
