"""Start the host as a child process, and know when it is ready."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from sandbox.child import Child, child

START_SECONDS = 60
STOP_SECONDS = 20
_PROJECT = Path(__file__).parent.parent.parent


class HostError(RuntimeError):
    """The host did not get ready; its standard error says why."""


@dataclass(frozen=True, slots=True)
class RunningHost:
    """`functions` are those that are served, with their triggers."""

    address: str
    functions: Mapping[str, str]
    child: Child


@asynccontextmanager
async def running_host(
    app: Path, environment: Mapping[str, str], *options: str, log: IO[bytes] | int | None = None
) -> AsyncIterator[RunningHost]:
    """Run the host with this environment and nothing else; its log goes to `log`. Raises HostError."""
    command = [*host_command(app), *options]
    async with child(
        command, stderr=log, environment=environment, folder=_PROJECT, stop_seconds=STOP_SECONDS
    ) as started:
        running = await _ready(started)
        started.forget_output()
        yield running


def host_command(app: Path) -> list[str]:
    """To be run in the project's own folder."""
    return [sys.executable, "-m", "sandbox.host", "--app", str(app.resolve()), "--until-stdin-closes"]


async def _ready(started: Child) -> RunningHost:
    try:
        async with asyncio.timeout(START_SECONDS):
            line = await started.output.readline()
    except TimeoutError as error:
        raise HostError(f"The Functions host was not ready within {START_SECONDS} seconds.") from error
    if not line:
        raise HostError(f"The Functions host ended with code {await started.process.wait()} before it was ready.")
    ready = json.loads(line)
    functions = {entry["name"]: entry["trigger"] for entry in ready["functions"]}
    return RunningHost(ready["listening"], functions, started)
