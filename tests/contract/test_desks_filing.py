"""One ticket a problem at every desk: two at once, a crash, a lost answer, and people who have their own mind."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from sandbox.receivers.tickets import Seen
from shared.domain.finding import Severity
from shared.domain.memory import Intent, Reason
from shared.domain.ticket import Status
from shared.domain.ticket_text import Block
from shared.flows.filing import Filing
from shared.flows.ticketing import Ticketing
from shared.http import AiohttpHttp
from shared.ports.channel import Part
from shared.ports.desk import Draft
from shared.ports.errors import DeliveryError
from shared.ports.tickets import TicketRecord
from shared.store.in_memory import InMemoryRows
from shared.store.looks import TableLooks
from shared.store.tickets import TableTickets
from tests.contract.channels.case import FINDING, PORTAL, SUSPENDED
from tests.contract.desks.case import LAG, OWNER, DeskCase
from tests.contract.desks.listening import Listening, listening
from tests.contract.test_desks import DESKS, NOW, words
from tests.flows.fakes import HandClock

MINUTE = timedelta(minutes=1)
WARNING = replace(SUSPENDED, finding=replace(FINDING, severity=Severity.WARNING), owners=(OWNER,))


class Died(Exception):
    """The process ended."""


@dataclass(frozen=True, slots=True)
class Forgetful(TableTickets):
    """Dies once, when it is to write down the reference of a ticket."""

    deaths: list[Died] = field(default_factory=lambda: [Died()])

    async def put(self, receiver: str, record: TicketRecord, opened_in: str = "", given_back: str = "") -> TicketRecord:
        if record.ticket and self.deaths:
            raise self.deaths.pop()
        return await TableTickets.put(self, receiver, record, opened_in, given_back)


@dataclass(frozen=True, slots=True)
class Office:
    """A desk as a channel, its stand-in, and the time of both."""

    case: DeskCase
    channel: Ticketing
    there: Listening
    clock: HandClock

    async def tell(self, intent: Intent, key: str) -> None:
        """Raises DeliveryError."""
        await self.channel.send(self.part(intent, key))
        self.clock.at += MINUTE

    def part(self, intent: Intent, key: str) -> Part:
        [part] = self.channel.compose(key, [replace(intent, version=int(key[1:]))], {})
        return part

    def seen(self) -> list[Seen]:
        return list(self.there.stand_in.seen())

    def only(self) -> Seen:
        [found] = self.seen()
        return found

    def beside(self) -> Ticketing:
        """Another process."""
        return replace(self.channel)


@asynccontextmanager
async def office(case: DeskCase, tickets: TableTickets | None = None) -> AsyncIterator[Office]:
    clock, rows, http = HandClock(NOW), InMemoryRows(), AiohttpHttp()
    try:
        async with listening(case, case.stand_in(clock.now, LAG)) as there:
            desk = case.desk(http, there.address, case.terms)
            filing = Filing("desk", "here", desk, tickets or TableTickets(rows), TableLooks(rows), clock, LAG)
            yield Office(case, Ticketing(filing, PORTAL, 20, timedelta(days=14)), there, clock)
            assert [] == there.refusals
    finally:
        await http.close()


@DESKS
async def test_the_life_of_a_problem_is_the_life_of_one_ticket(case: DeskCase) -> None:
    async with office(case) as here:
        await here.tell(WARNING, "b1")
        opened = here.only()
        await here.tell(replace(WARNING, reason=Reason.REPEAT), "b2")
        assert opened == here.only()
        await here.tell(replace(SUSPENDED, reason=Reason.WORSE), "b3")
        raised = here.only()
        await here.tell(replace(SUSPENDED, reason=Reason.RESOLVED), "b4")
        closed = here.only()
        here.clock.at += timedelta(days=1)
        await here.tell(SUSPENDED, "b5")
        [again, *new] = here.seen()
    assert case.priorities[Severity.WARNING] == opened.priority
    assert (case.priorities[Severity.CRITICAL], 1) == (raised.priority, len(raised.comments))
    assert "Critical (worse): Account games is suspended" in words(raised.comments[0])
    assert (False, 2) == (closed.is_open, len(closed.comments))
    assert "Over: suspension of games" in words(closed.comments[1])
    assert (True, 3, []) == (again.is_open, len(again.comments), new)


@DESKS
async def test_two_processes_at_once_open_one_ticket(case: DeskCase) -> None:
    async with office(case) as here:
        part = here.part(WARNING, "b1")
        one, other = here.channel, here.beside()
        results = await asyncio.gather(one.send(part), other.send(part), return_exceptions=True)
        assert all(isinstance(one, str | DeliveryError) for one in results)
        here.clock.at += 5 * MINUTE
        await other.send(part)
        seen = here.only()
    assert () == seen.comments


@DESKS
async def test_a_crash_between_making_a_ticket_and_writing_it_down_leaves_one(case: DeskCase) -> None:
    async with office(case, Forgetful(InMemoryRows())) as here:
        part = here.part(WARNING, "b1")
        with pytest.raises(Died):
            await here.channel.send(part)
        with pytest.raises(DeliveryError, match="searched for"):
            await here.channel.send(part)
        here.clock.at += 3 * MINUTE
        await here.channel.send(part)
        seen = here.only()
        record = await here.channel.filing.tickets.get("desk", WARNING.problem)
    assert record
    assert record.ticket
    assert seen.reference == record.ticket.reference


@DESKS
async def test_a_ticket_whose_making_was_not_answered_is_found(case: DeskCase) -> None:
    async with office(case) as here:
        here.there.lose(case.creating)
        with pytest.raises(DeliveryError) as caught:
            await here.tell(WARNING, "b1")
        assert caught.value.maybe_taken
        here.clock.at += 3 * MINUTE
        await here.tell(WARNING, "b1")
        assert here.only().is_open


@DESKS
async def test_a_comment_that_was_not_answered_is_not_made_again(case: DeskCase) -> None:
    async with office(case) as here:
        await here.tell(WARNING, "b1")
        worse = replace(SUSPENDED, reason=Reason.WORSE)
        here.there.lose(case.commenting)
        with pytest.raises(DeliveryError):
            await here.tell(worse, "b2")
        here.clock.at += MINUTE
        await here.tell(worse, "b2")
        assert 1 == len(here.only().comments)


@DESKS
async def test_of_two_tickets_the_later_is_closed_and_names_the_first(case: DeskCase) -> None:
    async with office(case) as here:
        here.there.lose(case.creating)
        with pytest.raises(DeliveryError):
            await here.tell(WARNING, "b1")
        filing = here.channel.filing
        record = await filing.tickets.get("desk", WARNING.problem)
        assert record
        here.clock.at += MINUTE
        late = await filing.desk.open(Draft(record.marker, record.title, (Block(lines=("Late.",)),), record.severity))
        here.clock.at += 3 * MINUTE
        await here.tell(WARNING, "b1")
        first, second = here.seen()
    assert (True, False) == (first.is_open, second.is_open)
    assert late.reference == second.reference
    assert "This is the same as" in words(second.comments[0])


@DESKS
async def test_who_closed_it_too_early_finds_it_open_again(case: DeskCase) -> None:
    async with office(case) as here:
        await here.tell(WARNING, "b1")
        here.there.stand_in.person_closes(here.only().reference)
        await here.tell(replace(WARNING, reason=Reason.REOPENED), "b2")
        [seen] = here.seen()
    assert (True, 1) == (seen.is_open, len(seen.comments))
    assert "still there" in words(seen.comments[0])


@DESKS
async def test_what_was_closed_long_ago_is_followed_by_a_new_one_that_names_it(case: DeskCase) -> None:
    async with office(case) as here:
        await here.tell(WARNING, "b1")
        await here.tell(replace(WARNING, reason=Reason.RESOLVED), "b2")
        here.clock.at += timedelta(days=30)
        await here.tell(WARNING, "b3")
        old, new = here.seen()
    assert (False, True) == (old.is_open, new.is_open)
    assert "There was a ticket about this before" in words(new.text)


@DESKS
async def test_what_is_not_to_be_done_stays_closed_until_it_is_over(case: DeskCase) -> None:
    async with office(case) as here:
        await here.tell(WARNING, "b1")
        reference = here.only().reference
        here.there.stand_in.person_closes(reference, dismissed=True)
        await here.tell(replace(SUSPENDED, reason=Reason.WORSE), "b2")
        assert (False, 1) == (here.only().is_open, len(here.only().comments))
        await here.tell(replace(SUSPENDED, reason=Reason.RESOLVED), "b3")
        ticket = await here.channel.filing.desk.read(reference)
        await here.tell(SUSPENDED, "b4")
        _, new = here.seen()
    assert (Status.DISMISSED, True) == (ticket.status, new.is_open)


@DESKS
async def test_a_ticket_that_was_deleted_is_made_anew_with_the_next_news(case: DeskCase) -> None:
    async with office(case) as here:
        await here.tell(WARNING, "b1")
        here.there.stand_in.person_deletes(here.only().reference)
        await here.tell(replace(SUSPENDED, reason=Reason.WORSE), "b2")
        assert here.only().is_open
        here.there.stand_in.person_deletes(here.only().reference)
        await here.tell(replace(SUSPENDED, reason=Reason.RESOLVED), "b3")
        assert [] == here.seen()
