"""Trying a receiver: a test message goes the way of every alert, and its fate is told."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from shared.domain.memory import Intent, Tell
from shared.domain.routing import Routes
from shared.domain.trial import trial, trial_over
from shared.flows.deliver import Deliver
from shared.flows.ticketing import Ticketing
from shared.ports.channel import Channels
from shared.ports.errors import DeliveryError
from shared.ports.outbox import Outbox


class Fate(StrEnum):
    """What became of it."""

    TAKEN = "taken"
    WAITS = "waits"
    REFUSED = "refused"
    UNKNOWN = "not set up"


@dataclass(frozen=True, slots=True)
class Tried:
    """`why` is what the receiver answered, where it did not take it; `ticket` and `url` what a desk opened."""

    receiver: str
    fate: Fate
    why: str = ""
    ticket: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Trying:
    """Through the outbox, with whatever else waits for the receiver."""

    channels: Channels
    outbox: Outbox
    deliver: Deliver
    routes: Routes

    async def run(self, receiver: str, asked_by: str, now: datetime) -> Tried:
        """Send one test message. A ticket desk opens a ticket, comments on it and closes it."""
        channel = self.channels.get(receiver)
        if channel is None or not self.routes.may_tell(receiver):
            return Tried(receiver, Fate.UNKNOWN)
        intent = trial(receiver, asked_by, now)
        if not isinstance(channel, Ticketing):
            return await self._send(receiver, intent, now)
        try:
            await channel.filing.desk.check()
        except DeliveryError as error:
            return Tried(receiver, Fate.REFUSED if error.permanent else Fate.WAITS, str(error))
        opened = await self._send(receiver, intent, now)
        closed = await self._send(receiver, trial_over(intent), now)  # Should it be opened later, it is closed as well.
        if opened.fate is not Fate.TAKEN:
            return opened
        record = await channel.filing.tickets.get(receiver, intent.problem)
        ticket = record.ticket if record else None
        return replace(closed, ticket=ticket.name, url=ticket.url) if ticket else closed

    async def _send(self, receiver: str, intent: Intent, now: datetime) -> Tried:
        await self.outbox.accept([intent])
        await self.deliver.run(Tell(receiver))
        if any(waiting.key == intent.key for _, waiting in await self.outbox.waiting(receiver)):
            batch = await self.outbox.frozen(receiver)
            return Tried(receiver, Fate.WAITS, batch.trouble if batch and batch.trouble else "It is being delivered.")
        lost = [batch for batch in await self.outbox.undelivered(receiver, now) if batch.holds_lost(intent)]
        return Tried(receiver, Fate.REFUSED, lost[-1].why) if lost else Tried(receiver, Fate.TAKEN)
