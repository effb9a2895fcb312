"""Composing: from what waits for a receiver to a frozen batch, the worst first, each problem only as it stands."""

from dataclasses import dataclass, replace

from shared.domain.memory import final_truth
from shared.domain.message import worst_first
from shared.ports.channel import Channel
from shared.ports.errors import TooLarge
from shared.ports.outbox import Batch, Outbox

WINDOW = 2_000  # So much of what waits is read at once: what came and went in it is told as over.
MOST_PROBLEMS = 500
MOST_CALLS = 50  # Of a receiver that is told per problem: each call that arrived is written down by itself.
NEVER_FITS = "It is too large to be kept, and was not sent."


@dataclass(frozen=True, slots=True)
class Composing:
    """Reads and freezes; sends nothing."""

    outbox: Outbox

    async def freeze(self, batch: Batch, channel: Channel) -> Batch:
        """As much as the store keeps in one piece. A batch that was frozen before is written over."""
        window = await self.outbox.waiting(batch.receiver, WINDOW)
        threads = await self.outbox.threads(batch.receiver) if channel.remembers else {}
        truth = worst_first(final_truth(intent for _, intent in window))
        most = MOST_CALLS if channel.per_problem else MOST_PROBLEMS
        while True:
            told = truth[:most]
            problems = {intent.problem for intent in told}
            members = tuple(key for key, intent in window if intent.problem in problems)
            parts = tuple(channel.compose(batch.id, told, threads))
            composed = replace(batch, members=members, parts=parts, maybe_taken=True, threaded=channel.remembers)
            try:
                return await self._write(composed)
            except TooLarge:
                if len(told) == 1:
                    return await self._write(replace(batch, members=members, parts=(), failure=NEVER_FITS))
                most = len(told) // 2

    async def _write(self, batch: Batch) -> Batch:
        return await (self.outbox.mark(batch) if batch.etag else self.outbox.freeze(batch))
