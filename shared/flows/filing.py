"""Filing: one ticket a problem, whatever crashes, is lost on the way, or happens twice at once."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.domain.message import Link
from shared.domain.ticket import Status, Ticket
from shared.domain.ticket_text import Block, Text
from shared.domain.words import moment
from shared.flows.ticket_updates import SUMMARY, Update
from shared.ports.clock import Clock
from shared.ports.desk import Desk, Draft
from shared.ports.errors import Conflict, DeliveryError, InDoubt, NotThere
from shared.ports.looks import Looks
from shared.ports.tickets import TicketRecord, Tickets

LONGEST_OPENING = timedelta(minutes=2)  # For so long it may be on its way: some desks need several requests.
CLOCKS_DIFFER = timedelta(hours=1)  # Of the desk and ours.
DOUBLE = "double"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Filing:
    """Tickets of one receiver. `lag`: how long the desk's search may not know what is there.

    `place` names the project: a reference that was made in another one means something else here.
    """

    receiver: str
    place: str
    desk: Desk
    tickets: Tickets
    looks: Looks
    clock: Clock
    lag: timedelta

    async def latest_look(self) -> str:
        """By whose count new tickets are rationed."""
        return next((look.id for look in await self.looks.recent(1)), "none")

    async def open(self, before: TicketRecord | None, update: Update) -> TicketRecord:
        """A claim first, then the ticket, then its reference. Raises DeliveryError and Conflict."""
        now = self.clock.now()
        number = _next_number(before)
        claimed = TicketRecord(
            update.ticket,
            await self.tickets.marker(self.receiver, update.ticket, number),
            update.title,
            update.severity,
            number,
            asked=before.asked if before and before.number == number and before.asked else now,
            tried=now,
            opened_by=update.name,
            place=self.place,
            former=before.ticket or before.former if before else None,
            etag=before.etag if before else "",
        )
        claimed = await self.tickets.put(self.receiver, claimed, opened_in=await self._counted(update))
        text = self.desk.pieces(_with_former(update.text, claimed.former))
        draft = Draft(claimed.marker, update.title, text[0], update.severity, update.owners)
        try:
            ticket = await self.desk.open(draft)
        except DeliveryError as error:
            await self._not_opened(claimed, update, error)
            raise
        return await self._said(await self._record(claimed, ticket), text[1:], update.name)

    async def settle(self, record: TicketRecord) -> TicketRecord:
        """After a doubt: what the desk has by now counts. Raises DeliveryError as long as it may not know."""
        if record.ticket or record.tried is None:
            return record
        wait = record.tried + LONGEST_OPENING + self.lag - self.clock.now()
        if wait > timedelta():
            searched = moment(self.clock.now() + wait)
            reason = f"It is not known whether a ticket was opened; it is searched for at {searched}."
            raise InDoubt(reason, permanent=False, retry_after=wait, maybe_taken=True)
        found = await self.desk.find(record.marker, (record.asked or record.tried) - CLOCKS_DIFFER)
        if not found:
            return await self.tickets.put(self.receiver, replace(record, tried=None))
        first, *later = found
        settled = await self._opened(record, first)
        for one in later:
            await self.close_double(one, first)
        return settled

    async def finish_opening(self, record: TicketRecord, update: Update) -> TicketRecord:
        """What did not fit into the ticket itself, where that was interrupted."""
        return await self._said(record, self.desk.pieces(_with_former(update.text, record.former))[1:], update.name)

    async def say(self, record: TicketRecord, update: Update) -> TicketRecord:
        """As comments, each once. Raises DeliveryError and Conflict."""
        return await self._said(record, self.desk.pieces(update.news), update.name)

    async def close_double(self, later: Ticket, first: Ticket) -> None:
        """Of two tickets of one problem the later one gives way, once; where it cannot be closed both stay.

        Two that were not made about the same time are none: people copy tickets, with all that is in them.
        """
        if later.status is not Status.OPEN or abs(later.created - first.created) > CLOCKS_DIFFER:
            return
        line = f"This is the same as {first.name}, which was opened first: it goes on there."
        try:
            if await self.desk.said(later.reference, DOUBLE, later.created - CLOCKS_DIFFER):
                return
            await self.desk.close(later.reference)
            same = Block(lines=(line,), links=(Link(first.name, first.url),))
            await self.desk.comment(later.reference, (same,), DOUBLE)
        except NotThere:
            return
        except DeliveryError as error:
            log.warning("Ticket %s, a double of %s, could not be closed: %s", later.name, first.name, error)

    async def _counted(self, update: Update) -> str:
        """The look as one of whose new tickets it counts; "" for the one that names the others."""
        return "" if update.ticket == SUMMARY else await self.latest_look()

    async def _not_opened(self, claimed: TicketRecord, update: Update, error: DeliveryError) -> None:
        """Certainly not: then nothing is searched for, and there is room for another. In doubt the claim stays."""
        if error.maybe_taken:
            wait = LONGEST_OPENING + self.lag
            patience = max(wait, error.retry_after or wait)
            raise InDoubt(str(error), permanent=error.permanent, retry_after=patience, maybe_taken=True) from error
        await self.tickets.put(self.receiver, replace(claimed, tried=None), given_back=await self._counted(update))

    async def _record(self, claimed: TicketRecord, ticket: Ticket) -> TicketRecord:
        """Where somebody else was faster, the first one made is the ticket."""
        try:
            return await self._opened(claimed, ticket)
        except Conflict:
            known = await self.tickets.get(self.receiver, claimed.key)
            if known is None or known.ticket is None or known.marker != claimed.marker:
                raise
        first, *later = sorted((known.ticket, ticket), key=lambda one: (one.created, one.reference))
        for one in later:
            if one.reference != first.reference:
                await self.close_double(one, first)
        return await self.tickets.put(self.receiver, replace(known, ticket=first))

    async def _opened(self, record: TicketRecord, ticket: Ticket) -> TicketRecord:
        return await self.tickets.put(self.receiver, replace(record, ticket=ticket, asked=None, tried=None))

    async def _said(self, record: TicketRecord, pieces: Sequence[Text], name: str) -> TicketRecord:
        if record.saying != name:
            record = replace(record, saying=name, begun=0, said=0)
        for number, piece in enumerate(pieces, 1):
            if number > record.said:
                record = await self._say_one(record, piece, number)
        return record

    async def _say_one(self, record: TicketRecord, piece: Text, number: int) -> TicketRecord:
        """Begun is written down before; what was begun and not ended is looked for."""
        reference, name, now = _reference(record), f"{record.saying}.{number}", self.clock.now()
        try:
            if record.begun < number or not await self._is_said(record, name):
                record = await self.tickets.put(self.receiver, replace(record, began=now, begun=number))
                await self.desk.comment(reference, piece, name)
        except NotThere as gone:
            raise DeliveryError("The ticket has just gone.", permanent=False, maybe_taken=True) from gone
        return await self.tickets.put(self.receiver, replace(record, said=number))

    async def _is_said(self, record: TicketRecord, name: str) -> bool:
        began: datetime = record.began or self.clock.now()
        return await self.desk.said(_reference(record), name, began - CLOCKS_DIFFER)


def _reference(record: TicketRecord) -> str:
    return record.ticket.reference if record.ticket else ""


def _next_number(before: TicketRecord | None) -> int:
    if before is None:
        return 1
    return before.number + 1 if before.ticket else before.number


def _with_former(text: Text, former: Ticket | None) -> Text:
    """What is known already can be read in the ticket before."""
    if former is None:
        return text
    return (*text, Block(lines=(f"There was a ticket about this before: {former.name}.",), links=(_link(former),)))


def _link(ticket: Ticket) -> Link:
    return Link(ticket.name, ticket.url)
