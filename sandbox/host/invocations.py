"""Calling functions: counted, logged, with their outputs sent, and awaited when the host ends."""

import asyncio
import logging
import time
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from sandbox.host import runtime
from sandbox.host.functions import Function
from sandbox.host.outputs import Outputs
from sandbox.host.runtime import Outcome

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Count:
    """What became of one function's calls since the host started."""

    invocations: int = 0
    failures: int = 0
    running: int = 0
    poisoned: int = 0


@dataclass(slots=True)
class Invocations:
    outputs: Outputs
    counts: dict[str, Count]
    _tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    async def call(
        self, function: Function, datum: Any, trigger_metadata: Mapping[str, Any] | None = None, retry: int = 0
    ) -> Outcome:
        """One call and its outputs. An output that could not be sent makes the call a failed one."""
        count, invocation_id, started = self.counts[function.name], str(uuid4()), time.monotonic()
        logger.info("Executing 'Functions.%s' (Id=%s)", function.name, invocation_id)
        count.invocations += 1
        count.running += 1
        try:
            outcome = await runtime.invoke(function, datum, trigger_metadata or {}, retry, invocation_id)
            if outcome.succeeded:
                outcome = await self.outputs.send(function, outcome)
        finally:
            count.running -= 1
        count.failures += not outcome.succeeded
        _log(function.name, invocation_id, outcome, time.monotonic() - started)
        return outcome

    def start[Result](self, work: Coroutine[Any, Any, Result]) -> asyncio.Task[Result]:
        """Work that is not given up when whoever asked for it is."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def finish(self, seconds: float) -> None:
        """Wait for what is running and for what that starts; what takes longer is cancelled."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._tasks:
                    await asyncio.wait(self._tasks)
        late = set(self._tasks)
        for task in late:
            task.cancel()
        if late:
            logger.warning("What took more than %g s to end was given up.", seconds)
            await asyncio.wait(late, timeout=1)


def _log(name: str, invocation_id: str, outcome: Outcome, seconds: float) -> None:
    milliseconds = round(seconds * 1000)
    if outcome.succeeded:
        logger.info("Executed 'Functions.%s' (Succeeded, Id=%s, Duration=%dms)", name, invocation_id, milliseconds)
    else:
        message = "Executed 'Functions.%s' (Failed, Id=%s, Duration=%dms): %s"
        logger.error(message, name, invocation_id, milliseconds, outcome.error)
