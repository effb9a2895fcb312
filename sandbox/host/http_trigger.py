"""HTTP triggers: a request becomes what the runtime library wants, and what it returns becomes the answer."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from aiohttp import web
from multidict import CIMultiDict, MultiMapping

from sandbox.host.invocations import Invocations
from sandbox.host.routes import Route
from sandbox.host.runtime import Datum, Outcome

_WRITTEN_BY_THE_SERVER = {"content-length", "transfer-encoding", "connection"}


@dataclass(frozen=True, slots=True)
class HttpTrigger:
    routes: Sequence[Route]
    invocations: Invocations

    async def answer(self, request: web.Request) -> web.Response:
        for route in self.routes:
            parameters = route.match(request.method, request.rel_url.raw_path)
            if parameters is not None:
                return await self._call(route, request, parameters)
        return web.Response(status=HTTPStatus.NOT_FOUND)

    async def _call(self, route: Route, request: web.Request, parameters: Mapping[str, str]) -> web.Response:
        if str(route.function.trigger.properties.get("authLevel", "")).upper() == "ADMIN":
            return web.Response(status=HTTPStatus.UNAUTHORIZED)
        datum = await _request_datum(request, parameters)
        outcome = await asyncio.shield(self.invocations.start(self.invocations.call(route.function, datum)))
        return _response(_returned(route, outcome)) if outcome.succeeded else web.Response(status=500)


async def _request_datum(request: web.Request, parameters: Mapping[str, str]) -> Any:
    """Names of headers in lower case, repeated ones joined by a comma, as they arrive in the cloud."""
    return Datum(
        {
            "method": Datum(request.method, "string"),
            "url": Datum(f"{request.scheme}://{request.host}{request.raw_path}", "string"),
            "headers": _joined(request.headers, lower=True),
            "query": _joined(request.query),
            "params": {name: Datum(value, "string") for name, value in parameters.items()},
            "body": Datum(await request.read(), "bytes"),
        },
        "http",
    )


def _joined(pairs: MultiMapping[str], *, lower: bool = False) -> dict[str, Any]:
    joined: dict[str, str] = {}
    for key, value in pairs.items():
        name = key.lower() if lower else key
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return {name: Datum(value, "string") for name, value in joined.items()}


def _returned(route: Route, outcome: Outcome) -> Any:
    """Either returned, or set on an output of type http."""
    if outcome.returned is not None:
        return outcome.returned
    names = {binding.name for binding in route.function.others if binding.type == "http"}
    return next((datum for name, datum in outcome.outputs if name in names), None)


def _response(datum: Any) -> web.Response:
    if datum is None:
        return web.Response(status=HTTPStatus.NO_CONTENT)
    if datum.type != "http":
        return web.Response(text=str(datum.value))
    headers: CIMultiDict[str] = CIMultiDict()
    for name, value in datum.value["headers"].items():
        if name.lower() not in _WRITTEN_BY_THE_SERVER:
            headers.add(name, value.value)
    for cookie in _cookies(datum.value.get("cookies") or ()):
        headers.add("Set-Cookie", cookie)
    return web.Response(status=int(datum.value["status_code"].value), headers=headers, body=datum.value["body"].value)


def _cookies(jars: Iterable[Any]) -> Iterable[str]:
    return (morsel.OutputString() for jar in jars for morsel in jar.values())
