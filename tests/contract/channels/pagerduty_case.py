"""PagerDuty as the conformance suite sees it."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from pydantic import SecretStr

from sandbox.receivers.pagerduty import MOST_BYTES, MOST_IN_DEDUP_KEY, MOST_IN_SUMMARY, PagerDutyStandIn
from sandbox.receivers.stand_in import Arrival, Reply, StandIn
from shared.channels.http import AiohttpHttp
from shared.channels.pagerduty import PagerDuty
from shared.ports.channel import Channel, Part
from tests.contract.channels.case import PORTAL, SECRET, Arrived, Case, Post

ROUTING_KEY = SECRET.ljust(32, "0")


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


@asynccontextmanager
async def opened_on(stand_in: PagerDutyStandIn) -> AsyncIterator[Post]:
    """The channel over a real client."""
    http = AiohttpHttp()
    try:
        async with listening(stand_in, _error) as there:
            channel = PagerDuty(http, SecretStr(ROUTING_KEY), PORTAL, f"{there.address}/pagerduty")
            yield Post(channel, there.received, there.fail)
    finally:
        await http.close()


@asynccontextmanager
async def opened() -> AsyncIterator[Post]:
    async with opened_on(PagerDutyStandIn()) as post:
        yield post


def compose() -> Channel:
    return PagerDuty(AiohttpHttp(), SecretStr(ROUTING_KEY), PORTAL)


def words(part: Part) -> str:
    """The summary, the details and the links: what PagerDuty shows."""
    event = json.loads(part.body)
    payload = event["payload"]
    links = [text for link in event["links"] for text in (link["text"], link["href"])]
    return "\n".join([payload["summary"], *_texts(payload["custom_details"]), *links])


def check(part: Part) -> None:
    """Every limit of the service: what it would refuse, the stand-in refuses, with the integration key in it."""
    event = json.loads(part.body)
    assert "routing_key" not in event
    raw = json.dumps({"routing_key": ROUTING_KEY, **event}, ensure_ascii=False).encode()
    assert None is PagerDutyStandIn().judge(Arrival("POST", "", {}, raw)).reason
    assert MOST_BYTES >= len(raw)
    assert MOST_IN_DEDUP_KEY >= len(event["dedup_key"])
    assert MOST_IN_SUMMARY >= len(event["payload"]["summary"])


def _error(status: int) -> dict[str, Any]:
    return {"status": "invalid event", "message": f"Event object is invalid ({status})", "errors": []}


def _texts(details: dict[str, Any]) -> Iterator[str]:
    for name, value in details.items():
        if isinstance(value, dict):
            yield from _texts(value)
        else:
            yield value if name == "text" else f"{name}: {value}"


CASE = Case("pagerduty", compose, words, check, opened)
