"""A ticket desk as a channel: what is told of a problem opens, goes on with or closes its ticket."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from shared.domain.memory import Intent
from shared.domain.message import worst_first
from shared.domain.ticket import Status, Ticket
from shared.domain.trial import RULE as TRIAL
from shared.flows.filing import Filing
from shared.flows.ticket_updates import CONTENT_TYPE, UPDATE, Doing, Update, summary_of, ticket_of, updates, written
from shared.ports.channel import Part, Rationed, Thread, part_of
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

    async def ration(self, intents: Sequence[Intent], threads: Mapping[str, Thread]) -> Rationed:
        """What has a ticket or needs none is told; of new ones the worst, as far as there is room at this check."""
        ordered = worst_first(intents)
        there = {thread.receipt for thread in threads.values() if not thread.waits}
        new = [intent for intent in ordered if _opens(intent) and ticket_of(intent, threads) not in there]
        room = await self._room()
        if len(new) > room:
            had = {record.key for record in await self.filing.tickets.all(self.filing.receiver) if record.ticket}
            new = [intent for intent in new if ticket_of(intent, threads) not in had]
        wanted = list(dict.fromkeys(ticket_of(intent, threads) for intent in new))
        late = set(wanted[room:])
        rest = [intent for intent in new if ticket_of(intent, threads) in late]
        waiting = {intent.problem for intent in rest}
        return Rationed([intent for intent in ordered if intent.problem not in waiting], rest)

    def compose_rest(self, batch_id: str, rest: Sequence[Intent], threads: Mapping[str, Thread]) -> Sequence[Part]:
        """The summary ticket, where it has news."""
        part = summary_of(batch_id, rest, threads, self.most_new)
        return [part] if part else []

    async def send(self, part: Part) -> str:
        """Bring one ticket to where it should be. Raises DeliveryError."""
        update = UPDATE.validate_json(part.body)
        try:
            await self._bring(update)
        except Conflict as conflict:
            reason = "Somebody else is at this ticket; it is tried again."
            raise DeliveryError(reason, permanent=False, maybe_taken=True) from conflict
        return update.ticket

    async def _room(self) -> int:
        opened = await self.filing.tickets.opened_in(self.filing.receiver, await self.filing.latest_look())
        return max(self.most_new - opened, 0)

    async def _bring(self, update: Update) -> None:
        record = await self.filing.tickets.get(self.filing.receiver, update.ticket)
        if record:
            record = await self.filing.settle(record)
        there = record if record and record.ticket else None
        if update.doing is Doing.CLOSE:
            await self._close(record, update)
        elif there is None:
            await self.filing.open(record, update)
        elif there.opened_by == update.name:
            await self.filing.finish_opening(there, update)
        elif update.doing is not Doing.KEEP or there.ended:
            await self._go_on(there, update)

    async def _go_on(self, record: TicketRecord, update: Update) -> None:
        ticket = await self._seen(record)
        if ticket and update.doing is Doing.REMARK and not record.ended:
            if ticket.status is Status.OPEN:
                await self.filing.say(record, update)
            return
        lasts = not record.ended and update.doing is not Doing.BEGIN
        dismissed = lasts and ticket is not None and ticket.status is Status.DISMISSED
        if ticket and not dismissed and ticket.status is not Status.OPEN:
            ticket = await self._reopened(record, ticket)
        if ticket is None:
            await self.filing.open(record, update)
            return
        again = bool(record.ended)
        record = await self._put(replace(record, ticket=ticket, ended=None, worse_since=dismissed))
        record = await self.filing.say(record, update)
        if update.severity > record.severity or (again and update.severity != record.severity):
            await self._set_severity(ticket, update)
            await self._put(replace(record, severity=update.severity))

    async def _close(self, record: TicketRecord | None, update: Update) -> None:
        """One that a person has closed stays as it is."""
        if record is None:
            return
        ticket = await self._seen(record)
        if ticket and ticket.status is Status.OPEN:
            record = await self.filing.say(record, update)
            try:
                await self.filing.desk.close(ticket.reference)
                ticket = await self.filing.desk.read(ticket.reference)
            except NotThere:
                ticket = None
        gone = record.number + 1 if ticket is None and record.ticket else record.number
        await self._put(replace(record, ticket=ticket, number=gone, ended=record.ended or self.filing.clock.now()))

    async def _seen(self, record: TicketRecord) -> Ticket | None:
        """As it stands now; None where it is gone, or in a project that the desk no longer is."""
        if record.ticket is None or record.place != self.filing.place:
            return None
        try:
            return await self.filing.desk.read(record.ticket.reference)
        except NotThere:
            return None

    async def _reopened(self, record: TicketRecord, ticket: Ticket) -> Ticket | None:
        """None where it was closed too long ago, on purpose, or for good."""
        closed = record.ended or ticket.changed
        if ticket.status is Status.DISMISSED or self.filing.clock.now() - closed > self.reopens:
            return None
        try:
            opened = await self.filing.desk.reopen(ticket.reference)
            return await self.filing.desk.read(ticket.reference) if opened else None
        except NotThere:
            return None

    async def _set_severity(self, ticket: Ticket, update: Update) -> None:
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


def _opens(intent: Intent) -> bool:
    """It wants a ticket; one that is a test has room at any time."""
    return not intent.over and intent.finding.rule != TRIAL
