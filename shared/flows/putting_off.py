"""Putting off: what a desk did not take now is tried again later, and holds nothing else back."""

import uuid
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from shared.domain.memory import Tell
from shared.flows.patience import GIVE_UP_AFTER, pause
from shared.ports.clock import Clock
from shared.ports.errors import DeliveryError, InDoubt
from shared.ports.messages import Messages
from shared.ports.outbox import Batch, Outbox


@dataclass(frozen=True, slots=True)
class PuttingOff:
    """`finish` writes down what was taken. What is left waits, and is composed anew with what has come by then."""

    outbox: Outbox
    messages: Messages
    clock: Clock
    finish: Callable[[Batch], Awaitable[None]]

    async def run(self, batch: Batch, failed: Mapping[int, DeliveryError]) -> Batch:
        """`failed` by part, each for a passing reason. Answers what is left, or the batch where nothing is any more."""
        now = self.clock.now()
        if now - batch.frozen > GIVE_UP_AFTER:
            given_up = {index: str(error) for index, error in failed.items()}
            return await self.outbox.mark(replace(batch, refused={**batch.refused, **given_up}))
        first = next(iter(failed.values()))
        wait = _wait(batch, failed.values())
        left = replace(
            batch.only(set(range(len(batch.parts))) - batch.sent - batch.refused.keys()),
            attempts=batch.attempts + 1,
            not_before=now + wait,
            trouble=str(first),
            maybe_taken=False,
        )
        left = await (self._part(batch, left) if batch.sent or batch.refused else self.outbox.mark(left))
        await self.messages.tell(Tell(batch.receiver), wait)
        return left

    async def _part(self, batch: Batch, left: Batch) -> Batch:
        """A crash in between loses the pause, and nothing else."""
        problems = {problem for part in left.parts for problem in part.problems}
        waiting = await self.outbox.waiting(batch.receiver)
        open_still = {key for key, intent in waiting if intent.problem in problems}
        taken = batch.only(batch.sent | batch.refused.keys())
        await self.finish(replace(taken, members=tuple(key for key in batch.members if key not in open_still)))
        members = tuple(key for key in batch.members if key in open_still)
        return await self.outbox.freeze(replace(left, id=uuid.uuid4().hex, members=members, etag=""))


def _wait(batch: Batch, errors: Collection[DeliveryError]) -> timedelta:
    """As long as the desk asks for, if it does; else until the first of them can be tried again."""
    asked = [error for error in errors if error.retry_after and not isinstance(error, InDoubt)]
    waits = [pause(batch.attempts, error) for error in asked or errors]
    return max(waits) if asked else min(waits)
