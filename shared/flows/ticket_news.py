"""What people did with tickets: read at each check, remembered with what was told, and respected."""

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.domain.memory import Change, Told
from shared.domain.subscription import Subscription
from shared.domain.ticket import Status, Ticket
from shared.domain.usage import month_of
from shared.flows.dismissing import Dismissing
from shared.flows.filing import CLOCKS_DIFFER, Filing
from shared.flows.fleet import FLEET
from shared.flows.ticketing import Ticketing
from shared.flows.undelivered import Undelivered
from shared.ports.channel import Channels
from shared.ports.errors import Conflict, DeliveryError, NotThere
from shared.ports.looks import Looks
from shared.ports.outbox import Outbox
from shared.ports.shelves import Commit, Shelves
from shared.ports.tickets import ReadBack, TicketRecord

FIRST_READ = timedelta(days=1)
MAX_CONFLICTS = 8

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TicketNews:
    """Of one receiver at a time."""

    channels: Channels
    outbox: Outbox
    shelves: Shelves
    looks: Looks
    dismissing: Dismissing
    undelivered: Undelivered

    async def run(self, receiver: str, now: datetime) -> int:
        """Answers how many tickets were found changed. Safe to repeat; what could not be read is read the next time.

        A desk that can be read is told again what it refused lately. Raises Conflict.
        """
        channel = self.channels.get(receiver)
        if not isinstance(channel, Ticketing):
            return 0
        filing = channel.filing
        read = await filing.tickets.read_back(receiver)
        try:
            found = await filing.desk.changed((read.until or now - FIRST_READ) - CLOCKS_DIFFER - filing.lag)
            news = [record for ticket in found if (record := await self._seen(filing, ticket))]
        except DeliveryError as error:
            log.warning("What people did with tickets of %s could not be read: %s", receiver, error)
            failed = replace(read, trouble=str(error), since=read.since or now)
            await filing.tickets.put_read_back(receiver, failed)
            return 0
        await self._remember(receiver, news, now)
        await self.undelivered.retry(receiver, now)
        await filing.tickets.put_read_back(receiver, ReadBack(now, etag=read.etag))
        return len(news)

    async def _seen(self, filing: Filing, ticket: Ticket) -> TicketRecord | None:
        """The record, with the ticket as it stands now. A second ticket of one problem gives way."""
        try:
            record = await filing.tickets.marked(filing.receiver, ticket.marker)
            if record is None or record.ticket is None or record.place != filing.place:
                return None  # Whoever is opening it finds it.
            if record.ticket.reference != ticket.reference:
                await filing.close_double(ticket, record.ticket)
                return None
            if record.ticket == ticket or record.ticket.changed > ticket.changed:
                return record
            ticket = await self._with_name(filing, ticket)
            return await filing.tickets.put(filing.receiver, replace(record, ticket=ticket))
        except Conflict:
            return None  # It is being worked at, or a newer release wrote it; it is read again the next time.

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
        """With what was told of each problem."""
        threads = await self.outbox.threads(receiver) if records else {}
        by_key = {record.key: record for record in records}
        of_subscription: defaultdict[str, dict[str, TicketRecord]] = defaultdict(dict)
        for problem, thread in threads.items():
            subscription_id, _, key = problem.partition("|")
            if key and thread.receipt in by_key and not thread.waits:
                of_subscription[subscription_id][key] = by_key[thread.receipt]
        known = {**await self.looks.known(), FLEET.id: FLEET} if of_subscription else {}
        for subscription_id, found in of_subscription.items():
            owner = known.get(subscription_id, Subscription(subscription_id, subscription_id))
            await self._into_memory(owner, receiver, found, now)

    async def _into_memory(
        self, owner: Subscription, receiver: str, records: Mapping[str, TicketRecord], now: datetime
    ) -> None:
        """What nobody wants to solve counts as being in hand, until somebody opens it again."""
        for _ in range(MAX_CONFLICTS):
            kept = await self.shelves.read(owner, month_of(now))
            changes: list[Change] = []
            for key, record in records.items():
                memory = kept.memory.get(key)
                told = memory.told.get(receiver) if memory and not memory.read_only else None
                if memory is None or told is None or not told.open or _known(told, record.ticket):
                    continue
                read = replace(told, ticket=record.ticket, reopening=False)
                changes.append(Change(key, memory, replace(memory, told={**memory.told, receiver: read})))
                await self.dismissing.run(owner, memory, receiver, record, now)
            try:
                await self.shelves.commit(kept, Commit({}, {}, frozenset(), changes, kept.standing))
            except Conflict:
                continue
            await self.dismissing.judge_anew(owner, changes)
            return
        raise Conflict(f"{owner.name} was changed by somebody else {MAX_CONFLICTS} times in a row")


def _known(told: Told, ticket: Ticket | None) -> bool:
    """One that is to be opened again has been read as closed before, and is read as closed until that is done."""
    before = told.ticket
    if ticket is None or before is None or before.changed < ticket.changed:
        return ticket is None
    return before.changed > ticket.changed or told.reopening or replace(before, by=ticket.by) == ticket
