"""One stand-in on loopback, for one channel."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from sandbox.receivers.stand_in import Reply, StandIn
from tests.contract.channels.case import Arrived
from tests.contract.on_loopback import arrival_of, on_loopback


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
        arrival = await arrival_of(request)
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
    async with on_loopback(stand_in, there.take) as there.address:
        yield there
