"""The host's own pages: what it runs, how it does, and the clock that a story moves."""

import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

from aiohttp import web

from sandbox.host.clock import Clock, parse_moment
from sandbox.host.functions import Function
from sandbox.host.invocations import Invocations
from sandbox.host.listeners import Listening
from sandbox.host.timers import call_timer


@dataclass(frozen=True, slots=True)
class Admin:
    host_id: str
    functions: Sequence[Function]
    listening: Listening
    clock: Clock
    invocations: Invocations

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/admin/host/status", self.status),
            web.get("/admin/functions", self.list_functions),
            web.post("/admin/functions/{name}", self.run),
            web.get("/sandbox/clock", self.read_clock),
            web.post("/sandbox/clock", self.set_clock),
            web.get("/sandbox/stats", self.stats),
        ]

    async def status(self, _: web.Request) -> web.Response:
        return web.json_response(
            {"id": self.host_id, "state": "Running", "errors": list(self.listening.errors.values())}
        )

    async def list_functions(self, _: web.Request) -> web.Response:
        return web.json_response([self._entry(function) for function in self.functions])

    async def run(self, request: web.Request) -> web.Response:
        """Run a timer function now, also one that is disabled."""
        name = request.match_info["name"].lower()
        function = next((function for function in self.functions if function.name.lower() == name), None)
        if function is None:
            return web.Response(status=HTTPStatus.NOT_FOUND)
        if function.trigger.type != "timerTrigger":
            return web.Response(status=HTTPStatus.BAD_REQUEST, text=f"{function.name} is not a timer function.")
        self.invocations.start(call_timer(function, self.invocations))
        return web.Response(status=HTTPStatus.ACCEPTED)

    async def read_clock(self, _: web.Request) -> web.Response:
        return web.json_response({"now": self.clock.now().isoformat(), "shifted": self.clock.is_shifted})

    async def set_clock(self, request: web.Request) -> web.Response:
        try:
            self.clock.set(parse_moment((await request.json())["now"]))
        except (ValueError, KeyError, TypeError):
            example = '{"now": "2026-11-20T09:07:00Z"}'
            return web.Response(status=HTTPStatus.BAD_REQUEST, text=f"The body must look like {example}.")
        return await self.read_clock(request)

    async def stats(self, _: web.Request) -> web.Response:
        counts = {name: asdict(count) for name, count in self.invocations.counts.items()}
        return web.json_response({"functions": counts, "process": _process()})

    def _entry(self, function: Function) -> dict[str, Any]:
        return {
            "name": function.name,
            "trigger": function.trigger.type,
            "isDisabled": function.name in self.listening.disabled,
            "error": self.listening.errors.get(function.name),
            "bindings": [dict(binding.properties) for binding in (function.trigger, *function.others)],
        }


def _process() -> dict[str, float]:
    """`getrusage` counts the peak of whatever started this process as ours: it is asked where nothing else tells."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    most = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    now, peak = (_of_status(name) or most for name in ("VmRSS", "VmHWM"))
    return {"rss_bytes": now, "peak_rss_bytes": peak, "cpu_seconds": time.process_time()}


def _of_status(name: str) -> int:
    """Bytes, where the kernel tells; 0 where it does not."""
    status = Path("/proc/self/status")
    lines = status.read_text(encoding="ascii").splitlines() if status.exists() else []
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:")), 0)
