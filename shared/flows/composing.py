"""Composing: from what waits for a receiver to a frozen batch, the worst first, each problem only as it stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from shared.domain.memory import Intent, final_truth
from shared.domain.message import worst_first
from shared.ports.channel import Channel, Part, Rationed, Rationing, Thread
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

    async def freeze(self, batch: Batch, channel: Channel) -> Batch | None:
        """As much as the store keeps in one piece. A batch that was frozen before is written over.

        None where all that waits has to wait on.
        """
        window = await self.outbox.waiting(batch.receiver, WINDOW)
        threads = await self.outbox.threads(batch.receiver) if channel.remembers else {}
        waiting = await self._rationed(final_truth(intent for _, intent in window), threads, channel)
        most = MOST_CALLS if channel.per_problem else MOST_PROBLEMS
        while True:
            told = waiting.now[:most]
            problems = {intent.problem for intent in told}
            members = tuple(key for key, intent in window if intent.problem in problems)
            parts = (*channel.compose(batch.id, told, threads), *_rest(batch.id, waiting, told, threads, channel))
            if not parts and not batch.etag:
                return None
            composed = replace(batch, members=members, parts=parts, maybe_taken=True, threaded=channel.remembers)
            try:
                return await self._write(composed)
            except TooLarge:
                if len(told) <= 1:
                    return await self._write(replace(batch, members=members, parts=(), failure=NEVER_FITS))
                most = len(told) // 2

    @staticmethod
    async def _rationed(truth: Sequence[Intent], threads: Mapping[str, Thread], channel: Channel) -> Rationed:
        if not isinstance(channel, Rationing):
            return Rationed(worst_first(truth))
        return await channel.ration(truth, threads)

    async def _write(self, batch: Batch) -> Batch:
        return await (self.outbox.mark(batch) if batch.etag else self.outbox.freeze(batch))


def _rest(
    batch_id: str, waiting: Rationed, told: Sequence[Intent], threads: Mapping[str, Thread], channel: Channel
) -> Sequence[Part]:
    """When everything else is told, what waits on is named."""
    if not isinstance(channel, Rationing) or len(told) < len(waiting.now):
        return ()
    return channel.compose_rest(batch_id, waiting.rest, threads)
