"""Carry what was decided to the receivers' outboxes, and wake those who deliver."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.domain.finding import Severity
from shared.domain.memory import Intent, Tell
from shared.domain.refresh import Refresh
from shared.ports.messages import Messages
from shared.ports.outbox import Outbox
from shared.ports.shelves import Shelves

SPARE = timedelta(minutes=1)  # A wake-up that is later than this was lost.
LONGEST_DELAY = timedelta(days=7)  # Of a queue message.
# A mark that is older than any function may run, with nothing left to carry, is removed.
MARK_OUTLIVES = timedelta(minutes=40)
# The first look tells one summary when it closes, overdue ones included; should it never close, it is told after this.
FIRST_LOOK_PATIENCE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Relay:
    """From a subscription's partition to the receivers'. Safe to repeat at any point."""

    shelves: Shelves
    outbox: Outbox
    messages: Messages
    group_window: timedelta

    async def carry(self, subscription_id: str) -> int:
        """Everything decided in one subscription. Answers how much it was."""
        lying = await self.shelves.intents(subscription_id)
        if lying:
            intents = [found.intent for found in lying]
            await self.outbox.accept(intents)
            await self._wake(intents)
            await self.shelves.carried(subscription_id, lying)
        return len(lying)

    async def sweep(self, now: datetime) -> None:
        """Pick up what a crash left lying: marked subscriptions, and receivers for whom something has waited."""
        for subscription_id, since in await self.shelves.marked():
            if not await self.carry(subscription_id) and now - since > MARK_OUTLIVES:
                await self.shelves.unmark(subscription_id, now - MARK_OUTLIVES)
        await self._wake_due(now, SPARE)

    async def wake_all(self, now: datetime) -> None:
        """Deliver now to everyone for whom something waits: a check has closed, and nothing more comes of it."""
        await self._wake_due(now, None)

    async def read_back(self, desks: Iterable[str]) -> None:
        """See what people did with tickets, now that a check is over."""
        for name in desks:
            await self.messages.tell(Tell(name, reads_back=True))

    async def again(self, subscription_id: str, delay: timedelta) -> None:
        """Somebody may have to be told then, though nothing has changed."""
        await self.messages.refresh(Refresh(subscription_id), min(delay, LONGEST_DELAY))

    async def _wake_due(self, now: datetime, spare: timedelta | None) -> None:
        for receiver in await self.outbox.expecting():
            if await self._due(receiver, now, spare):
                await self.messages.tell(Tell(receiver))

    async def _due(self, receiver: str, now: datetime, spare: timedelta | None) -> bool:
        """A batch that is to be tried again later holds everything else back until then."""
        if stuck := await self.outbox.frozen(receiver):
            return stuck.not_before is None or stuck.not_before <= now - (spare or timedelta())
        oldest = await self.outbox.waiting(receiver, 1)
        return bool(oldest) and self._ready(oldest[0][1], now, spare)

    def _ready(self, intent: Intent, now: datetime, spare: timedelta | None) -> bool:
        """With `spare`: its own wake-up must have been lost."""
        if spare is None:
            return intent.wait is None or intent.first_look or self._delay(intent) <= now - intent.decided
        return intent.decided + self._delay(intent) + spare <= now

    async def _wake(self, intents: Iterable[Intent]) -> None:
        delays: dict[Tell, timedelta] = {}
        for intent in intents:
            delay, tell = self._delay(intent), Tell(intent.receiver, intent.decided)
            delays[tell] = min(delay, delays.get(tell, delay))
        for tell, delay in delays.items():
            await self.messages.tell(tell, delay)

    def _delay(self, intent: Intent) -> timedelta:
        if intent.first_look:
            return FIRST_LOOK_PATIENCE
        urgent = intent.finding.severity is Severity.CRITICAL and not intent.over
        window = self.group_window if intent.wait is None else intent.wait
        return timedelta() if urgent else window
