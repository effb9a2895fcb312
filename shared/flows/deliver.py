"""Deliver: claim a receiver, freeze what waits for it, send it part by part, and write down what arrived."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.domain.memory import Tell
from shared.ports.channel import Channel
from shared.ports.clock import Clock
from shared.ports.errors import DeliveryError
from shared.ports.messages import Messages
from shared.ports.outbox import Batch, Outbox

# Outlives what may be going on when serving ends, so that no second sender starts while the first is still sending.
LEASE = timedelta(minutes=3)
SERVES = LEASE / 2
LONGEST_WAIT = timedelta(days=1)
MOST_MEMBERS = 500
RETRIES = (30, 60, 120, 300, 600, 1_800, 3_600)  # Seconds; the last one again and again.
GIVE_UP_AFTER = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Deliver:
    """Everything that waits for one receiver, at most one repeat for a crash, nothing lost."""

    channels: Mapping[str, Channel]
    outbox: Outbox
    messages: Messages
    clock: Clock

    async def run(self, tell: Tell) -> int:
        """Deliver; answers how many parts arrived. A receiver that somebody else is serving is left to them."""
        holder = uuid.uuid4().hex
        now = self.clock.now()
        if not await self.outbox.claim(tell.receiver, holder, now, now + LEASE):
            await self.messages.tell(tell, LEASE)
            return 0
        try:
            return await self._serve(tell)
        finally:
            await self.outbox.release(tell.receiver, holder)

    async def _serve(self, tell: Tell) -> int:
        arrived = 0
        until = self.clock.now() + SERVES
        while self.clock.now() < until:
            batch = await self.outbox.frozen(tell.receiver) or await self._freeze(tell)
            # One that waits was announced when it failed, and the sweep knows of it.
            if batch is None or _waits(batch, self.clock.now()):
                return arrived
            before = len(batch.sent)
            batch = await self._send(batch, until)
            arrived += len(batch.sent) - before
            if batch.failure or len(batch.sent) == len(batch.parts):
                await self.outbox.finish(batch, self.clock.now())
            elif _waits(batch, self.clock.now()):
                return arrived
        await self.messages.tell(tell)
        return arrived

    async def _freeze(self, tell: Tell) -> Batch | None:
        """Everything that waits, the newest too: it is one message less."""
        receiver = tell.receiver
        waiting = await self.outbox.waiting(receiver, MOST_MEMBERS)
        if not waiting or not tell.covers(waiting[0][1]):
            return None
        batch_id = uuid.uuid4().hex
        channel = self.channels.get(receiver)
        parts = tuple(channel.compose(batch_id, [intent for _, intent in waiting])) if channel else ()
        members = tuple(key for key, _ in waiting)
        return await self.outbox.freeze(Batch(batch_id, receiver, members, parts, self.clock.now()))

    async def _send(self, batch: Batch, until: datetime) -> Batch:
        channel = self.channels.get(batch.receiver)
        if channel is None:
            return replace(batch, failure=f"No receiver named {batch.receiver} is set up any more.")
        for index, part in enumerate(batch.parts):
            if index in batch.sent or self.clock.now() >= until:
                continue
            try:
                await channel.send(part)
            except DeliveryError as error:
                return await self._failed(batch, error)
            batch = await self.outbox.mark(replace(batch, sent=batch.sent | {index}, attempts=0, not_before=None))
        return batch

    async def _failed(self, batch: Batch, error: DeliveryError) -> Batch:
        now = self.clock.now()
        if error.permanent or now - batch.frozen > GIVE_UP_AFTER:
            return await self.outbox.mark(replace(batch, attempts=batch.attempts + 1, failure=str(error)))
        pause = timedelta(seconds=RETRIES[min(batch.attempts, len(RETRIES) - 1)])
        wait = min(max(pause, error.retry_after or pause), LONGEST_WAIT)
        tried = replace(batch, attempts=batch.attempts + 1, not_before=now + wait)
        tried = await self.outbox.mark(tried)
        await self.messages.tell(Tell(batch.receiver), wait)
        return tried


def _waits(batch: Batch, now: datetime) -> bool:
    return batch.not_before is not None and batch.not_before > now
