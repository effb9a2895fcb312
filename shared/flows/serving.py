"""Serving a receiver: deliver what waits for it, and where it is a ticket desk read what people did there."""

from dataclasses import dataclass
from datetime import timedelta

from shared.domain.memory import Tell
from shared.flows.deliver import Deliver
from shared.flows.ticket_news import TicketNews
from shared.ports.channel import Rationing
from shared.ports.clock import Clock
from shared.ports.messages import Messages

SOON = timedelta(minutes=3)  # By then a desk's search knows what was opened, and people may see where.


@dataclass(frozen=True, slots=True)
class Serving:
    """What a message for one receiver asks for."""

    deliver: Deliver
    news: TicketNews
    messages: Messages
    clock: Clock

    async def run(self, tell: Tell) -> None:
        """Safe to repeat. Reading back delivers nothing: what waits has its own time."""
        if tell.reads_back:
            await self.news.run(tell.receiver, self.clock.now())
            return
        arrived = await self.deliver.run(tell)
        if arrived and isinstance(self.deliver.channels.get(tell.receiver), Rationing):
            await self.messages.tell(Tell(tell.receiver, reads_back=True), SOON)
