"""One stand-in on loopback, for one channel."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from sandbox.receivers.stand_in import Arrival, Reply, StandIn
from tests.contract.channels.case import Arrived


class Listening:
    """One stand-in on loopback, with everything that arrived, and answers that were asked to be wrong."""

    def __init__(self, stand_in: StandIn, error: Callable[[int], Any]) -> None:
        self._stand_in = stand_in
        self._error = error
        self._wrong: list[int] = []
        self.arrived: list[Arrived] = []
        self.address = ""

    def received(self) -> list[Arrived]:
        return self.arrived

    def fail(self, status: int) -> None:
        self._wrong.append(status)

    async def take(self, request: web.Request) -> web.Response:
        arrival = await _arrival(request)
        reply = self._wrongly(self._wrong.pop(0)) if self._wrong else self._stand_in.judge(arrival)
        self.arrived.append(Arrived(reply.status, reply.reason, arrival.headers, arrival.readable))
        if isinstance(reply.body, str):
            return web.Response(text=reply.body, status=reply.status, headers=reply.headers)
        return web.json_response(reply.body, status=reply.status, headers=reply.headers)

    def _wrongly(self, status: int) -> Reply:
        return Reply(status, "asked to go wrong", self._error(status))


@asynccontextmanager
async def listening(stand_in: StandIn, error: Callable[[int], Any]) -> AsyncIterator[Listening]:
    """Only this one, in plain HTTP."""
    there = Listening(stand_in, error)
    app = web.Application(client_max_size=4 * 1024 * 1024)
    handler: Callable[[web.Request], Awaitable[web.StreamResponse]] = there.take
    app.add_routes([web.route(method, path, handler) for method, path in stand_in.routes])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2, handler_cancellation=True)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        there.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield there
    finally:
        await runner.cleanup()


async def _arrival(request: web.Request) -> Arrival:
    headers = {name.lower(): value for name, value in request.headers.items()}
    name = request.match_info.get("name", "")
    return Arrival(request.method, name, headers, await request.read(), request.path, dict(request.query))
