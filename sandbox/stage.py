"""Everything on one machine: Azurite, the stand-ins for Azure and for receivers, and the Functions host."""

import json
import os
import sys
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import aiohttp

from sandbox.authority import Authority
from sandbox.azurite import Storage, azurite
from sandbox.child import Child, child
from sandbox.receivers.__main__ import SECRET
from sandbox.receivers.settings import told_here

LOCAL_USER = "ana (demo)"
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR")
PROJECT = Path(__file__).parent.parent


class StageError(RuntimeError):
    """Something did not start; the message says what and why."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Addresses of what runs. `environment` is what an app needs to use all of it, the way it would in Azure."""

    azure: str
    receivers: str
    host: str
    functions: tuple[str, ...]
    environment: Mapping[str, str]
    authority: Authority
    http: aiohttp.ClientSession

    async def get(self, url: str) -> Any:
        """JSON from one of the stand-ins."""
        async with self.http.get(url) as answer:
            return await answer.json()

    async def post(self, url: str, body: object = None) -> None:
        """Tell one of the stand-ins something. Raises StageError when it refuses."""
        async with self.http.post(url, json=body) as answer:
            if answer.status >= 400:
                raise StageError(f"{url} answered {answer.status}: {await answer.text()}")

    async def move_clock(self, now: datetime) -> None:
        """First Azure's, then the ticket desks', then the app's."""
        for address in (self.azure, self.receivers, self.host):
            await self.post(f"{address}/sandbox/clock", {"now": now.isoformat()})


@asynccontextmanager
async def stage(
    folder: Path,
    authority: Authority,
    scenario: Path,
    settings: Mapping[str, str],
    now: datetime,
    told: Collection[str] = ("webhook",),
) -> AsyncIterator[Stage]:
    """Start all of it; the processes' own logs go to files in `folder`. Raises StageError and AzuriteError.

    `told` are the kinds of receivers that the app is set up to tell.
    """
    folder.mkdir(parents=True, exist_ok=True)
    async with AsyncExitStack() as stack:
        storage = await stack.enter_async_context(azurite(authority))
        start = _Starting(stack, folder)
        azure = await start.python(
            "sandbox.azure",
            ["--scenario", str(scenario), "--certs", str(authority.certificate.parent), "--now", now.isoformat()],
        )
        receivers = await start.python(
            "sandbox.receivers",
            ["--now", now.isoformat()],
            {**os.environ, SECRET: settings.get("ALERT__WEBHOOK_SECRET", "")},
        )
        environment = _environment(settings, authority, storage, azure) | told_here(receivers, told)
        host = await start.python("sandbox.host", ["--app", str(PROJECT), "--now", now.isoformat()], environment)
        http = await stack.enter_async_context(
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=authority.client_context()))
        )
        functions = tuple(function["name"] for function in host["functions"])
        ready = Stage(
            azure["listening"], receivers["listening"], host["listening"], functions, environment, authority, http
        )
        await _all_served(ready)
        await _subscribe(ready)
        yield ready


@dataclass(frozen=True, slots=True)
class _Starting:
    stack: AsyncExitStack
    folder: Path

    async def python(
        self, module: str, arguments: list[str], environment: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """Start one of our own servers; its ready line."""
        log = self.stack.enter_context((self.folder / f"{module}.log").open("wb"))
        command = [sys.executable, "-m", module, *arguments, "--until-stdin-closes"]
        started = await self.stack.enter_async_context(
            child(command, stderr=log, environment=environment, folder=PROJECT, stop_seconds=10)
        )
        return await _ready(started, module, log)


async def _all_served(ready: Stage) -> None:
    """Raises StageError for a function that the host could not serve, such as a timer whose schedule is wrong."""
    found = await ready.get(f"{ready.host}/admin/functions")
    if errors := [f"{function['name']}: {function['error']}" for function in found if function["error"]]:
        raise StageError("The host cannot serve all functions. " + " ".join(errors))


async def _subscribe(ready: Stage) -> None:
    """Event Grid delivers to the app, in its own schema and as CloudEvents, both after their handshakes."""
    for topic, function, schema in (
        ("resources", "resource_changed", "event-grid"),
        ("countersign-in", "validation_reported", "cloud-events"),
    ):
        url = f"{ready.host}/runtime/webhooks/EventGrid?functionName={function}"
        subscriber = {"topic": topic, "url": url, "sent_as": schema}
        await ready.post(f"{ready.azure}/sandbox/events/subscribers", subscriber)


async def _ready(started: Child, module: str, log: IO[bytes]) -> dict[str, Any]:
    line = await started.output.readline()
    if not line:
        log.flush()
        said = Path(log.name).read_text("utf-8", errors="replace").strip().splitlines()
        raise StageError(f"{module} did not start: {said[-1] if said else 'it said nothing'} (all of it: {log.name})")
    started.forget_output()
    ready: dict[str, Any] = json.loads(line)
    return ready


def _environment(
    settings: Mapping[str, str], authority: Authority, storage: Storage, azure: Mapping[str, str]
) -> dict[str, str]:
    """What the platform would give, and the endpoints that lead here instead of to Azure."""
    kept = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return kept | {
        **settings,
        **authority.environment,
        **storage.environment(),
        "IDENTITY_ENDPOINT": azure["identity"],
        "IDENTITY_HEADER": azure["identity_header"],
        "AZURE__RESOURCE_MANAGER": azure["listening"],
        "AZURE__METRICS": f"{azure['listening']}/metrics/{{region}}",
        "AZURE__TIMESTAMP": f"{azure['listening']}/timestamp",
        "AZURE__SIGNING": f"{azure['listening']}/signing/{{region}}",
        "WEB__LOCAL_USER": LOCAL_USER,
        "PYTHONPATH": str(PROJECT),
    }
