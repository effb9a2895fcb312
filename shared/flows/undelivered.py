"""What could not be delivered: read by people, and told again once the receiver takes messages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.domain.memory import Tell
from shared.domain.trial import RULE as TRIAL
from shared.flows.patience import GIVE_UP_AFTER
from shared.ports.messages import Messages
from shared.ports.outbox import Batch, Outbox, Replayed


@dataclass(frozen=True, slots=True)
class Undelivered:
    """Of every receiver to which anything was ever to be told."""

    outbox: Outbox
    messages: Messages

    async def list(self, receiver: str = "", *, all_of_them: bool = False) -> Sequence[Batch]:
        """Oldest first; without those that were replayed, unless `all_of_them` are wanted."""
        names = [name for name in await self.outbox.receivers() if receiver in ("", name)]
        found = [batch for name in names for batch in await self.outbox.undelivered(name)]
        wanted = [batch for batch in found if all_of_them or not batch.replayed]
        return sorted(wanted, key=lambda batch: batch.given_up or batch.frozen)

    async def replay(self, receiver: str, batch_id: str, now: datetime) -> Replayed:
        """Everything of a receiver, or one batch (by the beginning of its id); what waits then is told at once."""
        chosen = [batch for batch in await self.list(receiver) if batch.id.startswith(batch_id)]
        return await self._again(receiver, chosen, now)

    async def retry(self, receiver: str, now: datetime) -> Replayed:
        """What was decided lately, to a receiver that can be reached: its settings may have been mended."""
        lately = await self.outbox.undelivered(receiver, now - GIVE_UP_AFTER)
        young = [batch for batch in lately if not batch.replayed and await self._is_young(batch, now)]
        return await self._again(receiver, young, now)

    async def _is_young(self, batch: Batch, now: datetime) -> bool:
        lost = await self.outbox.lost(batch)
        return bool(lost) and all(
            now - intent.decided < GIVE_UP_AFTER and intent.finding.rule != TRIAL for intent in lost
        )

    async def _again(self, receiver: str, batches: Sequence[Batch], now: datetime) -> Replayed:
        again = overtaken = 0
        for batch in batches:
            came = await self.outbox.replay(batch, now)
            again, overtaken = again + came.again, overtaken + came.overtaken
        if again:
            await self.messages.tell(Tell(receiver))
        return Replayed(again, overtaken)
