"""The stand-in for webhook receivers as a web application."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from sandbox.receivers.cloud_events import NotACloudEvent, read_events
from sandbox.receivers.faults import Fault, Faults, read_fault
from sandbox.receivers.page import render
from sandbox.receivers.received import Book, Received, now_text
from sandbox.receivers.signature import HEADER, mistake_in

BOOK = web.AppKey("book", Book)
FAULTS = web.AppKey("faults", Faults)
SECRET = web.AppKey("secret", str)
POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"


def receivers_app(secret: str = "") -> web.Application:
    """With a secret, every message has to be signed."""
    app = web.Application(client_max_size=4 * 1024 * 1024)
    app[BOOK], app[FAULTS], app[SECRET] = Book(), Faults(), secret
    app.add_routes(
        [
            web.get("/", show_page),
            web.post("/webhook/{name}", take),
            web.get("/received", show_received),
            web.delete("/received", forget),
            web.post("/faults", add_fault),
            web.delete("/faults", clear_faults),
        ]
    )
    return app


@asynccontextmanager
async def running(port: int = 0, secret: str = "") -> AsyncIterator[str]:
    """Plain HTTP on loopback; yields its address."""
    runner = web.AppRunner(receivers_app(secret), access_log=None, shutdown_timeout=0.2, handler_cancellation=True)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def take(request: web.Request) -> web.Response:
    """One delivery: broken on purpose, refused with a reason, or kept. What comes twice is kept as a repeat."""
    name, raw = request.match_info["name"], await request.read()
    fault = request.app[FAULTS].next_for(name)
    if fault and fault.hang_s:
        await asyncio.sleep(fault.hang_s)
    status, reason = _judged(request, raw, fault)
    key = request.headers.get("idempotency-key")
    repeated = request.app[BOOK].knows(name, key)
    headers = {key.lower(): value for key, value in request.headers.items()}
    request.app[BOOK].write(Received(name, now_text(), headers, _readable(raw), status, reason, key, repeated))
    if status >= 300:
        late = {"Retry-After": f"{fault.retry_after:g}"} if fault and fault.retry_after is not None else {}
        return web.json_response({"error": reason}, status=status, headers=late)
    return web.json_response({"accepted": True, "repeated": repeated}, status=status)


def _judged(request: web.Request, raw: bytes, fault: Fault | None) -> tuple[int, str | None]:
    if fault and fault.status is not None and fault.status >= 300:
        return fault.status, "asked to go wrong"
    if request.app[SECRET]:
        mistake = mistake_in(request.headers.get(HEADER), request.app[SECRET], raw)
        if mistake:
            return 401, mistake
    try:
        read_events(request.headers.get("content-type", ""), raw)
    except NotACloudEvent as error:
        return 400, str(error)
    return (fault.status if fault and fault.status else 200), None


async def show_received(request: web.Request) -> web.Response:
    return web.json_response([entry.as_dict() for entry in request.app[BOOK].entries])


async def forget(request: web.Request) -> web.Response:
    request.app[BOOK].forget()
    return web.Response(status=204)


async def add_fault(request: web.Request) -> web.Response:
    """One fault, or a list of them."""
    try:
        data = await request.json()
        for each in [read_fault(entry) for entry in (data if isinstance(data, list) else [data])]:
            request.app[FAULTS].add(each)
    except ValueError as error:
        return web.json_response({"error": str(error)}, status=400)
    return web.Response(status=204)


async def clear_faults(request: web.Request) -> web.Response:
    request.app[FAULTS].clear()
    return web.Response(status=204)


async def show_page(request: web.Request) -> web.Response:
    page = render(request.app[BOOK].entries)
    return web.Response(text=page, content_type="text/html", headers={"Content-Security-Policy": POLICY})


def _readable(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return raw.decode(errors="replace")
