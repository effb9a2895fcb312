"""The sample app under the host, and what a test asks about it."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from aiohttp import ClientSession

from sandbox.host.launch import RunningHost, running_host

SAMPLE_APP = Path(__file__).parent / "sample_app"
NEVER_SOON = "0 0 0 1 1 *"
PATIENCE_SECONDS = 60


async def until[T](look: Callable[[], T]) -> T:
    """The first truthy answer of `look`; another process gives no sign, so it is asked again and again."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not (found := look()):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    return found


async def eventually(look: Callable[[], Awaitable[bool]]) -> bool:
    """The same where looking takes an await."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await look():  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    return True


@dataclass(frozen=True, slots=True)
class SampleHost:
    running: RunningHost
    client: ClientSession
    work_queue: str
    notes_path: Path
    log_path: Path

    def notes(self, kind: str, **seen: Any) -> list[dict[str, Any]]:
        """What functions wrote down, in order, as far as it agrees with `seen`."""
        text = self.notes_path.read_text(encoding="utf-8") if self.notes_path.exists() else ""
        found = [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]
        return [note for note in found if note.items() >= {"kind": kind, **seen}.items()]

    async def noted(self, kind: str, count: int = 1, **seen: Any) -> list[dict[str, Any]]:
        """Wait for so many notes."""
        return await until(lambda: found if len(found := self.notes(kind, **seen)) >= count else [])

    def log(self) -> str:
        return self.log_path.read_text(encoding="utf-8")

    async def logged(self, words: str) -> None:
        await until(lambda: words in self.log())

    async def set_clock(self, now: str) -> None:
        async with self.client.post("/sandbox/clock", json={"now": now}) as response:
            assert response.status == 200


@asynccontextmanager
async def sample_host(
    folder: Path, environment: Mapping[str, str], *options: str, **settings: str
) -> AsyncIterator[SampleHost]:
    """Own notes, own queue, and own locks unless `settings` says otherwise."""
    token = uuid4().hex[:12]
    defaults = {
        "WORK_QUEUE": f"work-{token}",
        "SAMPLE_NOTES": str(folder / f"{token}.notes"),
        "TICK_SCHEDULE": NEVER_SOON,
        "AzureFunctionsWebHost__hostid": token,
        "AzureWebJobs_every_second_Disabled": "true",
    }
    values = {**environment, **defaults, **settings}
    log_path = folder / f"{token}.log"
    with log_path.open("wb") as log:
        async with (
            running_host(SAMPLE_APP, values, *options, log=log) as running,
            ClientSession(running.address) as client,
        ):
            yield SampleHost(running, client, values["WORK_QUEUE"], Path(values["SAMPLE_NOTES"]), log_path)
