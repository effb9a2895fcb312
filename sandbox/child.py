"""A child process that lives as long as its standard input is open: it ends when its parent does, however that ends."""

import asyncio
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO


@dataclass(slots=True)
class Child:
    """The child itself must watch its standard input; what does not end by that is killed."""

    process: Process
    _forgetting: asyncio.Task[None] | None = None

    @property
    def output(self) -> asyncio.StreamReader:
        if self.process.stdout is None:
            raise RuntimeError("The child was started without a pipe for its output.")
        return self.process.stdout

    def forget_output(self) -> None:
        """From here on read and drop it, so that the child never waits for a reader."""
        self._forgetting = asyncio.create_task(_drop(self.output))

    async def end(self, seconds: float) -> int:
        """Close its standard input and wait; its exit code."""
        if self._forgetting:
            self._forgetting.cancel()
            await asyncio.wait({self._forgetting})
        try:
            async with asyncio.timeout(seconds):
                await self.process.communicate()
        except TimeoutError:
            with suppress(ProcessLookupError):
                self.process.kill()
        return await self.process.wait()


@asynccontextmanager
async def child(
    command: Sequence[str],
    *,
    stderr: IO[bytes] | int | None = None,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    stop_seconds: float = 5,
) -> AsyncIterator[Child]:
    """Outside the terminal's process group, so that Ctrl-C reaches the parent alone. Raises FileNotFoundError."""
    process = await asyncio.create_subprocess_exec(
        *command, stdin=PIPE, stdout=PIPE, stderr=stderr, env=environment, cwd=folder, start_new_session=True
    )
    started = Child(process)
    try:
        yield started
    finally:
        await asyncio.shield(started.end(stop_seconds))


async def _drop(output: asyncio.StreamReader) -> None:
    while await output.read(65536):
        pass
