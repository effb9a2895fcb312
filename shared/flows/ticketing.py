"""A ticket desk as a channel: what is told of a problem opens, goes on with or closes its ticket."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from shared.domain.memory import Intent
from shared.domain.ticket import Status, Ticket
from shared.flows.filing import Filing
from shared.flows.ticket_updates import CONTENT_TYPE, UPDATE, Doing, Update, summary_of, updates, written
from shared.ports.channel import Part, Thread, part_of
from shared.ports.errors import Conflict, DeliveryError, NotThere
from shared.ports.tickets import TicketRecord


@dataclass(frozen=True, slots=True)
class Ticketing:
    """`most_new`: so many new tickets a check; `reopens`: how long after its end a ticket is opened again.

    A receipt is the name of the ticket's record: the problem, or the group.
    """

    per_problem = True
    remembers = True

    filing: Filing
    portal: str
    most_new: int
    reopens: timedelta

    def compose(self, batch_id: str, intents: Sequence[Intent], threads: Mapping[str, Thread]) -> Sequence[Part]:
        """A part a ticket, the worst first."""
        return [
            part_of(f"{batch_id}-{number}", CONTENT_TYPE, written(update), some)
            for number, (update, some) in enumerate(updates(intents, threads, self.portal), 1)
        ]

    async def room(self) -> int:
        """For so many new tickets, until the next check."""
        opened = await self.filing.tickets.opened_in(self.filing.receiver, await self.filing.latest_look())
        return max(self.most_new - opened, 0)

    def compose_rest(
        self, batch_id: str, rest: Sequence[Intent], told: Sequence[Intent], threads: Mapping[str, Thread]
    ) -> Sequence[Part]:
        """The summary ticket, where it has news."""
        part = summary_of(batch_id, rest, told, threads, self.most_new)
        return [part] if part else []

    async def send(self, part: Part) -> str:
        """Bring one ticket to where it should be. Raises DeliveryError."""
        update = UPDATE.validate_json(part.body)
        try:
            await self._bring(update, part.key)
        except Conflict as conflict:
            reason = "Somebody else is at this ticket; it is tried again."
            raise DeliveryError(reason, permanent=False, maybe_taken=True) from conflict
        return update.ticket

    async def _bring(self, update: Update, part_key: str) -> None:
        tickets, receiver = self.filing.tickets, self.filing.receiver
        record = await tickets.get(receiver, update.ticket)
        if record:
            record = await self.filing.settle(record)
        there = record if record and record.ticket else None
        if update.doing is Doing.CLOSE:
            if there:
                await self._close(there, update, part_key)
        elif there is None:
            await self.filing.open(record, update, part_key)
        elif there.opened_by == part_key:
            await self.filing.finish_opening(there, update, part_key)
        elif update.doing is Doing.SAY or there.ended:
            await self._go_on(there, update, part_key)

    async def _go_on(self, record: TicketRecord, update: Update, part_key: str) -> None:
        ticket = await self._seen(record)
        if ticket is None:
            await self.filing.open(record, update, part_key)
            return
        dismissed = ticket.status is Status.DISMISSED and not record.ended
        if not dismissed and ticket.status is not Status.OPEN:
            ticket = await self._reopened(record, ticket)
        if ticket is None:
            await self.filing.open(record, update, part_key)
            return
        record = await self._put(replace(record, ticket=ticket, ended=None))
        record = await self.filing.say(record, update.news, part_key)
        if update.severity > record.severity:
            await self._raise(ticket, update)
            await self._put(replace(record, severity=update.severity))

    async def _close(self, record: TicketRecord, update: Update, part_key: str) -> None:
        """One that a person has closed stays as it is."""
        ticket = await self._seen(record)
        if ticket and ticket.status is Status.OPEN:
            record = await self.filing.say(record, update.news, part_key)
            try:
                await self.filing.desk.close(ticket.reference)
                ticket = await self.filing.desk.read(ticket.reference)
            except NotThere:
                ticket = None
        gone = record.number + 1 if ticket is None else record.number
        await self._put(replace(record, ticket=ticket, number=gone, ended=record.ended or self.filing.clock.now()))

    async def _seen(self, record: TicketRecord) -> Ticket | None:
        """As it stands now; None where it is gone."""
        if record.ticket is None:
            return None
        try:
            return await self.filing.desk.read(record.ticket.reference)
        except NotThere:
            return None

    async def _reopened(self, record: TicketRecord, ticket: Ticket) -> Ticket | None:
        """None where it was closed too long ago, on purpose in an earlier life of the problem, or for good."""
        closed = record.ended or ticket.changed
        if ticket.status is Status.DISMISSED or self.filing.clock.now() - closed > self.reopens:
            return None
        try:
            opened = await self.filing.desk.reopen(ticket.reference)
            return await self.filing.desk.read(ticket.reference) if opened else None
        except NotThere:
            return None

    async def _raise(self, ticket: Ticket, update: Update) -> None:
        """A desk that will not have it is not asked again: the comment has said it."""
        try:
            await self.filing.desk.set_severity(ticket.reference, update.severity)
        except NotThere:
            return
        except DeliveryError as error:
            if not error.permanent:
                raise

    async def _put(self, record: TicketRecord) -> TicketRecord:
        return await self.filing.tickets.put(self.filing.receiver, record)
