"""What people did with tickets: read at each check, remembered with what was told, and respected."""

import hashlib
import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.domain.acknowledging import ACKNOWLEDGED_FOR, acknowledgement
from shared.domain.memory import Change
from shared.domain.refresh import Refresh
from shared.domain.subscription import Subscription
from shared.domain.ticket import Status, Ticket
from shared.domain.usage import month_of
from shared.flows.filing import Filing
from shared.flows.fleet import FLEET
from shared.flows.ticketing import Ticketing
from shared.ports.channel import Channels
from shared.ports.errors import Conflict, DeliveryError, NotThere
from shared.ports.looks import Looks
from shared.ports.messages import Messages
from shared.ports.outbox import Outbox
from shared.ports.shelves import Commit, Shelves
from shared.ports.silences import Silences
from shared.ports.tickets import ReadBack, TicketRecord

OVERLAP = timedelta(minutes=10)  # Of two readings: what was changed meanwhile, and what the search learns late.
MAX_CONFLICTS = 8

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TicketNews:
    """Of one receiver at a time."""

    channels: Channels
    outbox: Outbox
    shelves: Shelves
    looks: Looks
    silences: Silences
    messages: Messages

    async def run(self, receiver: str, now: datetime) -> int:
        """Answers how many tickets were found changed. Safe to repeat; what could not be read is read the next time."""
        channel = self.channels.get(receiver)
        if not isinstance(channel, Ticketing):
            return 0
        filing = channel.filing
        read = await filing.tickets.read_back(receiver)
        try:
            found = await filing.desk.changed((read.until or now - timedelta(days=1)) - OVERLAP - filing.lag)
            news = [record for ticket in found if (record := await self._seen(filing, ticket))]
            await self._remember(receiver, news, now)
        except DeliveryError as error:
            log.warning("What people did with tickets of %s could not be read: %s", receiver, error)
            await filing.tickets.put_read_back(receiver, replace(read, trouble=str(error)))
            return 0
        await filing.tickets.put_read_back(receiver, ReadBack(now, "", read.etag))
        return len(news)

    async def _seen(self, filing: Filing, ticket: Ticket) -> TicketRecord | None:
        """The record, where the ticket is not as it was known. A second ticket of one problem gives way."""
        record = await filing.tickets.marked(filing.receiver, ticket.marker)
        if record is None or record.ticket is None:
            return None  # Whoever is opening it finds it.
        if record.ticket.reference != ticket.reference:
            await filing.close_double(ticket, record.ticket)
            return None
        if record.ticket == ticket or record.ticket.changed > ticket.changed:
            return record
        ticket = await self._with_name(filing, ticket)
        try:
            return await filing.tickets.put(filing.receiver, replace(record, ticket=ticket))
        except Conflict:
            return None  # It is being worked at, and read again the next time.

    @staticmethod
    async def _with_name(filing: Filing, ticket: Ticket) -> Ticket:
        """Lists do not always say who closed it."""
        if ticket.status is Status.OPEN or ticket.by:
            return ticket
        try:
            return await filing.desk.read(ticket.reference)
        except NotThere:
            return ticket

    async def _remember(self, receiver: str, records: Sequence[TicketRecord], now: datetime) -> None:
        """With what was told of each problem. What nobody wants to solve counts as being in hand."""
        threads = await self.outbox.threads(receiver) if records else {}
        by_key = {record.key: record.ticket for record in records if record.ticket}
        of_subscription: defaultdict[str, dict[str, Ticket]] = defaultdict(dict)
        for problem, thread in threads.items():
            if thread.receipt in by_key and not thread.waits:
                subscription_id, _, key = problem.partition("|")
                of_subscription[subscription_id][key] = by_key[thread.receipt]
        known = {**await self.looks.known(), FLEET.id: FLEET} if of_subscription else {}
        for subscription_id, tickets in of_subscription.items():
            owner = known.get(subscription_id, Subscription(subscription_id, subscription_id))
            await self._into_memory(owner, receiver, tickets, now)

    async def _into_memory(
        self, owner: Subscription, receiver: str, tickets: Mapping[str, Ticket], now: datetime
    ) -> None:
        for _ in range(MAX_CONFLICTS):
            kept = await self.shelves.read(owner, month_of(now))
            changes, dismissed = [], []
            for key, ticket in tickets.items():
                memory = kept.memory.get(key)
                told = memory.told.get(receiver) if memory and not memory.read_only else None
                if memory is None or told is None or not told.open or _known(told.ticket, ticket):
                    continue
                after = replace(memory, told={**memory.told, receiver: replace(told, ticket=ticket)})
                changes.append(Change(key, memory, after))
                if ticket.status is Status.DISMISSED and not told.dismissed:
                    dismissed.append((memory, ticket))
            for memory, ticket in dismissed:
                name = hashlib.sha256(f"{receiver}|{memory.finding.key}|{ticket.changed}".encode()).hexdigest()[:12]
                who, why = ticket.by or f"somebody at {receiver}", f"{ticket.name} was closed: {ticket.word}."
                made = acknowledgement(name, owner.id, memory, (now, ACKNOWLEDGED_FOR), who, why)
                try:
                    await self.silences.add(made)
                except Conflict:
                    continue  # By an earlier try.
            try:
                await self.shelves.commit(kept, Commit({}, {}, frozenset(), changes, kept.standing))
            except Conflict:
                continue
            if dismissed and owner != FLEET:
                await self.messages.refresh(Refresh(owner.id))
            return


def _known(before: Ticket | None, ticket: Ticket) -> bool:
    """What is not newer tells nothing: a ticket that is to be reopened has been read as closed before."""
    return before is not None and before.changed >= ticket.changed
