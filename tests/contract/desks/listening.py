"""One desk's stand-in on loopback, which can be made to fail, and to lose its answer after the work was done."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from sandbox.receivers.stand_in import Arrival, Reply
from sandbox.receivers.tickets import DeskStandIn
from tests.contract.desks.case import DeskCase
from tests.contract.on_loopback import arrival_of, on_loopback


@dataclass(frozen=True, slots=True)
class Trouble:
    """What happens to the next request that fits: a status instead of any work, or work without an answer (None)."""

    status: int | None
    method: str = ""
    path: str = ".*"

    def fits(self, arrival: Arrival) -> bool:
        """Whether it is for this one."""
        return self.method in ("", arrival.method) and re.fullmatch(self.path, arrival.path) is not None


@dataclass(slots=True)
class Listening:
    """`arrived` are requests with what was answered, in order; 0 where the answer was lost."""

    case: DeskCase
    stand_in: DeskStandIn
    address: str = ""
    troubles: list[Trouble] = field(default_factory=list)
    arrived: list[tuple[Arrival, int]] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        arrival = await arrival_of(request)
        trouble = next((one for one in self.troubles if one.fits(arrival)), None)
        if trouble:
            self.troubles.remove(trouble)
        if trouble and trouble.status is not None:
            self.arrived.append((arrival, trouble.status))
            body, headers = self.case.error(trouble.status), self.case.headers(trouble.status)
            return _answer(Reply(trouble.status, "asked to go wrong", body, headers))
        reply = self.stand_in.judge(arrival)
        if reply.reason and reply.status != 401:  # A token does not hold for ever.
            self.refusals.append(f"{arrival.method} {arrival.path}: {reply.status} {reply.reason}")
        self.arrived.append((arrival, 0 if trouble else reply.status))
        if trouble and request.transport:
            request.transport.abort()
        return _answer(reply)

    def fail(self, status: int, call: tuple[str, str] = ("", ".*")) -> None:
        """The next such call is not done, and answered with this."""
        self.troubles.append(Trouble(status, *call))

    def lose(self, call: tuple[str, str]) -> None:
        """The next such call is done, and nobody hears of it."""
        self.troubles.append(Trouble(None, *call))


def _answer(reply: Reply) -> web.Response:
    if isinstance(reply.body, str):
        return web.Response(text=reply.body, status=reply.status, headers=reply.headers)
    if reply.status == 204:
        return web.Response(status=204, headers=reply.headers)
    return web.json_response(reply.body, status=reply.status, headers=reply.headers)


@asynccontextmanager
async def listening(case: DeskCase, stand_in: DeskStandIn) -> AsyncIterator[Listening]:
    """Only this one, in plain HTTP."""
    there = Listening(case, stand_in)
    async with on_loopback(stand_in, there.take) as there.address:
        yield there
