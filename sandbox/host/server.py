"""The host: listeners and HTTP server of an app started, and all of it ended again."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web

from sandbox.host.admin import Admin
from sandbox.host.clock import Clock
from sandbox.host.connections import Connections
from sandbox.host.event_grid import EventGridTrigger
from sandbox.host.functions import Function
from sandbox.host.http_trigger import HttpTrigger
from sandbox.host.invocations import Count, Invocations
from sandbox.host.listeners import Listeners, Listening
from sandbox.host.outputs import Outputs
from sandbox.host.routes import routes_of
from sandbox.host.settings import HostSettings, read_host_settings

GRACE_SECONDS = 5.0
_LAST_ANSWERS_SECONDS = 2.0
LOOPBACK = "127.0.0.1"
_LARGEST_BODY = 100 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Host:
    """Serves `functions` of the app in `folder`; `environment` holds the app settings."""

    folder: Path
    functions: Sequence[Function]
    environment: Mapping[str, str]
    clock: Clock
    port: int = 0
    poll_seconds: float = 0.1

    async def serve(self, ready: Callable[[Mapping[str, Any]], None], stop: asyncio.Event) -> None:
        """Call `ready` once, with where it listens and what for; go on until `stop` is set. Raises SettingsError."""
        settings = read_host_settings(self.folder, self.environment)
        async with Connections(self.environment) as connections:
            outputs = Outputs(connections, settings, self.environment)
            calls = Invocations(outputs, {function.name: Count() for function in self.functions})
            async with self._listening(connections, settings, calls) as listening:
                application = self._application(listening, settings, calls)
                async with _listen(application, self.port) as address:
                    ready({"listening": address, "functions": [_line(function) for function in listening.functions]})
                    await stop.wait()

    @asynccontextmanager
    async def _listening(
        self, connections: Connections, settings: HostSettings, calls: Invocations
    ) -> AsyncIterator[Listening]:
        """What runs when it ends gets some time; only then are the locks given back."""
        listeners = Listeners(
            host_id(self.folder, self.environment),
            connections,
            settings,
            self.environment,
            self.clock,
            calls,
            self.poll_seconds,
        )
        listening = await listeners.start(self.functions)
        try:
            yield listening
        finally:
            for task in listening.tasks:
                task.cancel()
            await calls.finish(GRACE_SECONDS)
            await asyncio.gather(*listening.tasks, return_exceptions=True)

    def _application(self, listening: Listening, settings: HostSettings, calls: Invocations) -> web.Application:
        """Our own pages first; the rest belongs to the app."""
        events = [function for function in listening.functions if function.trigger.type == "eventGridTrigger"]
        event_grid = EventGridTrigger({function.name.lower(): function for function in events}, calls)
        admin = Admin(host_id(self.folder, self.environment), self.functions, listening, self.clock, calls)
        http = HttpTrigger(routes_of(listening.functions, settings.route_prefix), calls)
        application = web.Application(client_max_size=_LARGEST_BODY)
        application.add_routes([*admin.routes(), *event_grid.routes(), web.route("*", "/{path:.*}", http.answer)])
        return application


def host_id(folder: Path, environment: Mapping[str, str]) -> str:
    """Hosts of one app share their locks, by the name of the app's folder or by the setting Azure has for it."""
    name = environment.get("AzureFunctionsWebHost__hostid") or folder.resolve().name
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:32] or "app"


@asynccontextmanager
async def _listen(application: web.Application, port: int) -> AsyncIterator[str]:
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=_LAST_ANSWERS_SECONDS)
    await runner.setup()
    try:
        await web.TCPSite(runner, LOOPBACK, port).start()
        yield f"http://{LOOPBACK}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def _line(function: Function) -> dict[str, str]:
    return {"name": function.name, "trigger": function.trigger.type}
