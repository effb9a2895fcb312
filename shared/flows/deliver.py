"""Deliver: claim a receiver, freeze what waits for it, send it part by part, and write down what arrived."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.domain.memory import Intent, Tell
from shared.flows.composing import MOST_PROBLEMS, Composing
from shared.flows.fallback import Fallback
from shared.flows.patience import GIVE_UP_AFTER, pause
from shared.flows.putting_off import PuttingOff
from shared.ports.channel import Channel, Channels, Rationing
from shared.ports.clock import Clock
from shared.ports.errors import DeliveryError, InDoubt
from shared.ports.messages import Messages
from shared.ports.outbox import Batch, Outbox

# Outlives what may be going on when serving ends, so that no second sender starts while the first is still sending.
LEASE = timedelta(minutes=3)
SERVES = LEASE / 2
GONE = "No receiver named {} is set up any more."
SETTINGS_MAY_DIFFER = timedelta(minutes=15)  # For so long an older process may not know a new receiver.


@dataclass(frozen=True, slots=True)
class Deliver:
    """Everything that waits for one receiver, at most one repeat for a crash, nothing lost."""

    channels: Channels
    outbox: Outbox
    messages: Messages
    clock: Clock
    fallback: Fallback

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
            found = await self._next(tell)
            # One that waits was announced when it failed, and the sweep knows of it.
            if found is None or _waits(found[0], self.clock.now()):
                return arrived
            batch, new = found
            before = len(batch.sent)
            batch, failed = await self._send(batch, until, new=new)
            arrived += len(batch.sent) - before
            if failed:
                batch = await self.putting_off.run(batch, failed)
            if batch.done:
                await self._finish(batch)
            elif _waits(batch, self.clock.now()):
                return arrived
        await self.messages.tell(tell)
        return arrived

    async def _next(self, tell: Tell) -> tuple[Batch, bool] | None:
        """What is under way, or else what waits; and whether it was composed now, so that nobody has sent it before.

        Of what nobody took, what waits by now is told instead.
        """
        batch, channel = await self.outbox.frozen(tell.receiver), self.channels.get(tell.receiver)
        if batch is None:
            frozen = await self._freeze(tell, channel)
            return (frozen, True) if frozen else None
        if channel and batch.untouched and not _waits(batch, self.clock.now()):
            return await Composing(self.outbox).freeze(batch, channel) or batch, True
        return batch, False

    async def _freeze(self, tell: Tell, channel: Channel | None) -> Batch | None:
        """Everything that waits, the newest too: it is one message less."""
        first = await self.outbox.waiting(tell.receiver, 1)
        if not first:
            await self.outbox.rest(tell.receiver)
        # A desk may have to be told that nothing waits any more.
        if not tell.covers(first[0][1]) if first else not isinstance(channel, Rationing):
            return None
        now = self.clock.now()
        batch = Batch(uuid.uuid4().hex, tell.receiver, (), (), now)
        if channel:
            return await Composing(self.outbox).freeze(batch, channel)
        if now - first[0][1].decided < SETTINGS_MAY_DIFFER:
            return None
        waiting = await self.outbox.waiting(tell.receiver, MOST_PROBLEMS)
        gone = replace(batch, members=tuple(key for key, _ in waiting), failure=GONE.format(tell.receiver))
        return await self.outbox.freeze(gone)

    async def _send(self, batch: Batch, until: datetime, *, new: bool) -> tuple[Batch, Mapping[int, DeliveryError]]:
        """What became of it, and which of a desk's parts failed for a passing reason: others do not wait for them."""
        channel = self.channels.get(batch.receiver)
        if batch.done:
            return batch, {}
        if channel is None:
            return await self.outbox.mark(replace(batch, failure=GONE.format(batch.receiver))), {}
        failed: dict[int, DeliveryError] = {}
        for index, part in enumerate(batch.parts):
            if index in batch.sent or index in batch.refused or self.clock.now() >= until:
                continue
            try:
                receipt = await channel.send(part)
            except DeliveryError as error:
                if error.permanent:
                    batch = await self.outbox.mark(replace(batch, refused={**batch.refused, index: str(error)}))
                    continue
                if not isinstance(channel, Rationing):
                    return await self._failed(replace(batch, maybe_taken=error.maybe_taken or not new), error), {}
                failed[index] = error
                if error.retry_after and not isinstance(error, InDoubt):
                    break  # The desk asks to be left alone.
                continue
            receipts = {**batch.receipts, index: receipt} if channel.remembers else {}
            attempts = batch.attempts if isinstance(channel, Rationing) else 0
            taken = replace(batch, sent=batch.sent | {index}, receipts=receipts, attempts=attempts, not_before=None)
            batch = await self.outbox.mark(taken)
        return batch, failed

    async def _failed(self, batch: Batch, error: DeliveryError) -> Batch:
        now = self.clock.now()
        if now - batch.frozen > GIVE_UP_AFTER:
            return await self.outbox.mark(replace(batch, attempts=batch.attempts + 1, failure=str(error)))
        wait = pause(batch.attempts, error)
        tried = replace(batch, attempts=batch.attempts + 1, not_before=now + wait, trouble=str(error))
        tried = await self.outbox.mark(tried)
        await self.messages.tell(Tell(batch.receiver), wait)
        return tried

    @property
    def putting_off(self) -> PuttingOff:
        """For desks."""
        return PuttingOff(self.outbox, self.messages, self.clock, self._finish)

    async def _finish(self, batch: Batch) -> None:
        """What was lost is told to others before it is put aside; told twice it is taken once."""
        if batch.lost:
            await self.fallback.run(batch, await self._lost(batch))
        await self.outbox.finish(batch, self.clock.now())

    async def _lost(self, batch: Batch) -> Sequence[Intent]:
        members = set(batch.members)
        waiting = await self.outbox.waiting(batch.receiver)
        return [intent for key, intent in waiting if key in members and batch.holds_lost(intent)]


def _waits(batch: Batch, now: datetime) -> bool:
    return batch.not_before is not None and batch.not_before > now
