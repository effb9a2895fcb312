"""The stand-ins for everything that receives, as one web application with one book of what arrived."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from sandbox.azure.gate.clock import Clock
from sandbox.receivers.communication_email import CommunicationEmailStandIn
from sandbox.receivers.event_grid import EventGridTopicStandIn
from sandbox.receivers.faults import Fault, Faults, read_fault
from sandbox.receivers.page import render
from sandbox.receivers.pagerduty import PagerDutyStandIn
from sandbox.receivers.received import Book, Received, now_text
from sandbox.receivers.slack import SlackStandIn
from sandbox.receivers.stand_in import Arrival, Reply, StandIn
from sandbox.receivers.teams import TeamsStandIn
from sandbox.receivers.ticket_desks import DESKS, TicketDesks
from sandbox.receivers.tickets import DeskStandIn
from sandbox.receivers.webhook import WebhookStandIn

BOOK = web.AppKey("book", Book)
FAULTS = web.AppKey("faults", Faults)
CLOCK = web.AppKey("clock", Clock)
POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"


def stand_ins(secret: str = "") -> tuple[StandIn, ...]:
    """Every service that is told per message or per problem, but for mail, which speaks no HTTP."""
    return (
        WebhookStandIn(secret),
        TeamsStandIn(),
        SlackStandIn(),
        PagerDutyStandIn(),
        EventGridTopicStandIn(),
        CommunicationEmailStandIn(),
    )


def receivers_app(secret: str = "", book: Book | None = None, clock: Clock | None = None) -> web.Application:
    """With a secret, every message to the webhook has to be signed. `clock` is that of ticket desks."""
    app = web.Application(client_max_size=4 * 1024 * 1024)
    app[BOOK], app[FAULTS], app[CLOCK] = book or Book(), Faults(), clock or Clock(datetime.now(UTC))
    app[DESKS] = TicketDesks(app[CLOCK].now)
    for stand_in in (*stand_ins(secret), *app[DESKS].stand_ins):
        app.add_routes([web.route(method, path, _taking(stand_in)) for method, path in stand_in.routes])
    app.add_routes(
        [
            web.get("/", show_page),
            web.get("/received", show_received),
            web.delete("/received", forget),
            web.post("/faults", add_fault),
            web.delete("/faults", clear_faults),
            web.post("/sandbox/clock", put_clock),
            web.get("/tickets", show_tickets),
            web.post("/tickets/{desk}/{reference}", change_ticket),
        ]
    )
    return app


@asynccontextmanager
async def running(
    port: int = 0, secret: str = "", book: Book | None = None, clock: Clock | None = None
) -> AsyncIterator[str]:
    """Plain HTTP on loopback; yields its address."""
    app = receivers_app(secret, book, clock)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2, handler_cancellation=True)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def _taking(stand_in: StandIn) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def take(request: web.Request) -> web.Response:
        """One delivery: broken on purpose, refused with a reason, or kept. What comes twice is kept as a repeat."""
        arrival = await _arrival(request)
        fault = request.app[FAULTS].next_for(arrival.name or stand_in.kind)
        if fault and fault.hang_s:
            await asyncio.sleep(fault.hang_s)
        reply = _judged(stand_in, arrival, fault)
        key = stand_in.key_of(arrival)
        repeated = request.app[BOOK].knows(arrival.name or stand_in.kind, key)
        if isinstance(stand_in, DeskStandIn):  # What it keeps is shown as tickets.
            return request.app[DESKS].answered(stand_in, arrival, reply)
        if request.method == "GET":  # It asks how something stands, and brings nothing.
            return _answer(reply, repeated=repeated)
        request.app[BOOK].write(
            Received(
                arrival.name or stand_in.kind,
                now_text(),
                dict(arrival.headers),
                arrival.readable,
                reply.status,
                reply.reason,
                key,
                repeated,
                kind=stand_in.kind,
                path=arrival.path,
            )
        )
        return _answer(reply, repeated=repeated)

    return take


async def _arrival(request: web.Request) -> Arrival:
    headers = {name.lower(): value for name, value in request.headers.items()}
    name = request.match_info.get("name", "")
    return Arrival(request.method, name, headers, await request.read(), request.path, dict(request.query))


def _judged(stand_in: StandIn, arrival: Arrival, fault: Fault | None) -> Reply:
    if fault and fault.status is not None and fault.status >= 300:
        late = {"Retry-After": f"{fault.retry_after:g}"} if fault.retry_after is not None else {}
        return Reply(fault.status, "asked to go wrong", headers=late)
    reply = stand_in.judge(arrival)
    return replace(reply, status=fault.status) if fault and fault.status and reply.status < 300 else reply


def _answer(reply: Reply, *, repeated: bool) -> web.Response:
    if isinstance(reply.body, str):
        return web.Response(text=reply.body, status=reply.status, headers=reply.headers)
    plain: Any = {"accepted": True, "repeated": repeated} if reply.status < 300 else {"error": reply.reason}
    body = plain if reply.body is None else reply.body
    return web.json_response(body, status=reply.status, headers=reply.headers)


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


async def put_clock(request: web.Request) -> web.Response:
    """`{"now": "2026-11-22T09:07:00Z"}`."""
    try:
        now = datetime.fromisoformat(str((await request.json())["now"]))
    except (KeyError, TypeError, ValueError) as error:
        return web.json_response({"error": f"now: {error}"}, status=400)
    request.app[CLOCK].put(now)
    return web.Response(status=204)


async def show_tickets(request: web.Request) -> web.Response:
    return web.json_response([asdict(life) for life in request.app[DESKS].lives.all()])


async def change_ticket(request: web.Request) -> web.Response:
    """What a person does: `{"does": "close"}`, dismiss, reopen, delete, or assign with `who`; `by` is their name."""
    try:
        told = await request.json()
        request.app[DESKS].person(request.match_info["desk"], request.match_info["reference"], told)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        return web.json_response({"error": str(error)}, status=400)
    return web.Response(status=204)


async def show_page(request: web.Request) -> web.Response:
    page = render(request.app[BOOK].entries, request.app[DESKS].lives.all())
    return web.Response(text=page, content_type="text/html", headers={"Content-Security-Policy": POLICY})
