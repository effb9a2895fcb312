"""One ticket a problem: opened once, gone on with, closed, and what people did with it respected."""

import asyncio
import json
from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from shared.domain.finding import Severity
from shared.domain.memory import Reason
from shared.domain.ticket import Status
from shared.flows.filing import Filing
from shared.flows.ticketing import Ticketing
from shared.ports.channel import Part
from shared.ports.desk import Draft
from shared.ports.errors import DeliveryError
from shared.store.in_memory import InMemoryRows
from shared.store.looks import TableLooks
from shared.store.tickets import TableTickets
from tests.contract.channels.case import FINDING, SUSPENDED
from tests.flows.fake_desk import LAG, FakeDesk, Kept, lost, refused
from tests.flows.fakes import DAY, START, HandClock, Movable, Profile
from tests.flows.world import MINUTE, World, days

PORTAL = "https://portal.example"
HOUR = timedelta(hours=1)
VALIDATION = Profile().validation


def ticketing(clock: Movable, desk: FakeDesk, rows: InMemoryRows | None = None, most_new: int = 20) -> Ticketing:
    """The desk as a channel, over rows in memory."""
    kept = rows or InMemoryRows()
    filing = Filing("github", "contoso/signing", desk, TableTickets(kept), TableLooks(kept), clock, LAG)
    return Ticketing(filing, PORTAL, most_new, 14 * DAY)


@dataclass(slots=True)
class Office:
    """A world with a desk beside the webhook."""

    world: World
    desk: FakeDesk

    def names(self) -> list[str]:
        return [kept.title for kept in self.desk.tickets()]

    def about(self, words: str) -> Kept:
        [found] = [kept for kept in self.desk.tickets() if words in kept.title]
        return found

    async def check(self, hours: float = 1) -> None:
        """A check, and what is told and read back because of it."""
        await self.world.later(hours)
        await self.world.settle(self.world.clock.now() + 6 * MINUTE)
        await self.world.timers()
        await self.world.settle(self.world.clock.now() + MINUTE)


def office(most_new: int = 20, **settings: str) -> Office:
    world = World()
    world.settings = {
        **world.settings,
        "TICKETS__GITHUB_REPOSITORY": "contoso/signing",
        "TICKETS__GITHUB_TOKEN": "t",
        "TICKETS__MAX_NEW": str(most_new),
        **settings,
    }
    desk = FakeDesk(world.clock.now)
    kept, looks = TableTickets(world.storage.outbox), TableLooks(world.storage.looks)
    filing = Filing("github", "contoso/signing", desk, kept, looks, world.clock, LAG)
    world.receivers["github"] = Ticketing(filing, PORTAL, most_new, 14 * DAY)
    return Office(world, desk)


async def test_a_ticket_is_opened_once_and_closed_when_its_problem_is_over() -> None:
    here = office()
    account = here.world.azure.add("games", Profile(status="Suspended"))
    for _ in range(4):
        await here.check()
    opened = here.about("suspended")
    assert (1, Status.OPEN, Severity.CRITICAL) == (len(opened.texts), opened.ticket.status, opened.severity)

    here.world.azure.change(account, status="Active")
    for _ in range(3):
        await here.check()
    assert Status.DONE is opened.ticket.status
    assert ["Over"] == [text.partition(":")[0] for text in opened.texts[1:]]


async def test_a_mere_repeat_is_not_said_in_a_ticket() -> None:
    here = office()
    here.world.azure.add("games", Profile(status="Suspended"))
    await here.check()
    await here.check(30)
    assert [("first", "critical", "profile-suspended"), ("repeat", "critical", "profile-suspended")] == [
        said for said in here.world.receiver.heard() if said[2] == "profile-suspended"
    ]
    assert 1 == len(here.about("suspended").texts)


async def test_what_gets_worse_is_a_comment_and_raises_the_priority() -> None:
    here = office()
    here.world.azure.add("payments", Profile())
    await here.world.enter(VALIDATION, days(20))
    await here.check()
    ticket = here.about("expires")
    before = ticket.severity
    await here.check(24 * 14)
    assert (Severity.WARNING, Severity.CRITICAL) == (before, ticket.severity)
    assert 2 == len(ticket.texts)
    assert "Critical (worse)" in ticket.texts[1]


async def test_a_ticket_that_was_closed_as_done_while_the_problem_lasts_is_opened_again() -> None:
    here = office()
    here.world.azure.add("games", Profile(status="Suspended"))
    await here.check()
    ticket = here.about("suspended")
    here.desk.person(ticket.ticket.reference, Status.DONE)
    await here.check()
    assert Status.DONE is ticket.ticket.status, "the check that reads it back does not know yet that it is still there"
    await here.check()
    assert (Status.OPEN, 2) == (ticket.ticket.status, len(ticket.texts))
    assert "still there" in ticket.texts[1]
    await here.check()
    await here.check()
    assert (Status.OPEN, 2, 1) == (ticket.ticket.status, len(ticket.texts), len(here.desk.kept))
    assert [] == [said for said in here.world.receiver.heard() if said[0] not in ("first", "repeat")]


async def test_where_a_ticket_cannot_be_opened_again_a_new_one_names_the_old() -> None:
    here = office()
    here.world.azure.add("games", Profile(status="Suspended"))
    here.desk.reopens = False
    await here.check()
    here.desk.person("1", Status.DONE)
    await here.check()
    await here.check()
    assert [Status.DONE, Status.OPEN] == [kept.ticket.status for kept in here.desk.tickets()]
    assert "https://desk.example/1" in here.desk.kept["2"].texts[0]
    assert here.desk.kept["1"].ticket.marker != here.desk.kept["2"].ticket.marker


async def test_what_nobody_wants_to_solve_stays_closed_and_is_in_hand() -> None:
    here = office()
    here.world.azure.add("games", Profile(status="Suspended"))
    await here.check()
    ticket = here.about("suspended")
    here.desk.person(ticket.ticket.reference, Status.DISMISSED)
    await here.check()
    for _ in range(5):
        await here.check(24)
    assert (Status.DISMISSED, 1, 1) == (ticket.ticket.status, len(ticket.texts), len(here.desk.kept))
    [silence] = await here.world.house().silences.active(here.world.clock.now())
    assert ("ana", "#1 was closed: won't fix.") == (silence.author, silence.reason)
    assert {"first": 1} == Counter(
        reason for reason, _, rule in here.world.receiver.heard() if rule == "profile-suspended"
    )


async def test_a_problem_that_comes_back_goes_on_in_its_ticket_and_later_in_a_new_one() -> None:
    here = office()
    account = here.world.azure.add("games", Profile(status="Suspended"))

    async def goes(status: str, hours: float = 1) -> None:
        here.world.azure.change(account, status=status)
        await here.check(hours)
        await here.check()
        await here.check()

    await here.check()
    await goes("Active")
    await goes("Suspended")
    assert [Status.OPEN] == [kept.ticket.status for kept in here.desk.tickets()]
    await goes("Active")
    await goes("Suspended", 24 * 20)
    assert [Status.DONE, Status.OPEN] == [kept.ticket.status for kept in here.desk.tickets()]


async def test_a_ticket_that_somebody_deleted_is_opened_anew_when_there_is_news() -> None:
    here = office()
    here.world.azure.add("payments", Profile())
    await here.world.enter(VALIDATION, days(20))
    await here.check()
    before = here.about("expires").ticket.marker
    here.desk.kept.clear()
    await here.check(24 * 14)
    assert before != here.about("expires").ticket.marker


async def test_twenty_tickets_a_check_and_one_that_names_the_rest() -> None:
    here = office(most_new=20)
    here.world.azure.add("games", *(Profile(f"p-{number:02}", status="Suspended") for number in range(50)))
    await here.check()
    own = [title for title in here.names() if "suspended" in title]
    summary = here.about("wait for tickets of their own")
    assert 20 == len(own)
    waiting = [f"p-{number:02}" for number in range(50) if not any(f"p-{number:02}" in title for title in own)]
    assert [] == [name for name in waiting if name not in summary.texts[0]]
    assert not any(name in summary.texts[0] for name in ("p-00", "p-01"))

    await here.check()
    assert 40 == len([title for title in here.names() if "suspended" in title])
    await here.check()
    assert 50 == len([title for title in here.names() if "suspended" in title])
    assert (Status.DONE, 2) == (summary.ticket.status, len(summary.texts))
    assert 51 + 1 >= len(here.desk.kept)


async def test_what_waits_for_a_ticket_and_is_over_never_gets_one() -> None:
    here = office(most_new=2)
    account = here.world.azure.add("games", *(Profile(f"p-{number}", status="Suspended") for number in range(5)))
    await here.check()
    here.world.azure.change(account, status="Active")
    for _ in range(4):
        await here.check()
    own = [kept for kept in here.desk.tickets() if "suspended" in kept.title]
    assert {Status.DONE} == {kept.ticket.status for kept in here.desk.tickets()}
    assert len(own) <= 4
    assert {} == await here.world.house().outbox.threads("github")
    assert [] == await here.world.house().outbox.waiting("github")


async def test_waiting_for_a_ticket_is_not_being_stuck() -> None:
    here = office(most_new=1)
    here.world.azure.add("games", *(Profile(f"p-{number:02}", status="Suspended") for number in range(15)))
    await here.check()
    await here.check(9)
    outbox, now = here.world.house().outbox, here.world.clock.now()
    assert (True, "") == (bool(await outbox.waiting("github")), await outbox.refusing("github", now))


async def test_a_group_is_one_ticket_that_ends_with_its_last_problem() -> None:
    here = office(ROUTES=json.dumps([{"receivers": ["github"], "grouping": "rule", "continue": True}]))
    account = here.world.azure.add("games", Profile("a", status="Suspended"), Profile("b", status="Suspended"))
    await here.check()
    ticket = here.about("and 1 more")
    here.world.azure.held[account] = [Profile("a", status="Suspended"), Profile("b")]
    for _ in range(3):
        await here.check()
    assert (Status.OPEN, 2) == (ticket.ticket.status, len(ticket.texts))
    assert "1 more problem of this ticket is still open" in ticket.texts[1]
    here.world.azure.change(account, status="Active")
    for _ in range(3):
        await here.check()
    assert (Status.DONE, 3) == (ticket.ticket.status, len(ticket.texts))


async def test_an_owner_is_named_to_the_desk() -> None:
    here = office()
    account = here.world.azure.add("games", Profile(status="Suspended"))
    here.world.azure.accounts[account] = replace(
        here.world.azure.accounts[account], tags={"owner": "ana@contoso.example"}
    )
    await here.check()
    assert ("ana@contoso.example",) == here.about("suspended").owners


async def test_explain_names_the_ticket_and_what_became_of_it() -> None:
    here = office()
    here.world.azure.add("games", Profile(status="Suspended"))
    await here.check()
    here.desk.person("1", Status.OPEN, "", assignee="ben")
    await here.check()
    explained = await here.world.house().known.explain("games", "", here.world.clock.now())
    heard = [one for rule in explained[0].rules for problem in rule.problems for one in problem.heard]
    [ticket] = [one.ticket for one in heard if one.receiver == "github" and one.ticket]
    assert ("#1", "ben", Status.OPEN) == (ticket.name, ticket.assignee, ticket.status)


def part(channel: Ticketing, reason: Reason = Reason.FIRST, key: str = "b1") -> Part:
    [found] = channel.compose(key, [replace(SUSPENDED, reason=reason, version=int(key[1:]))], {})
    return found


async def test_opened_once_whoever_does_so_at_the_same_time() -> None:
    clock, rows = HandClock(), InMemoryRows()
    desk = FakeDesk(clock.now)
    two = [ticketing(clock, desk, rows) for _ in range(2)]
    results = await asyncio.gather(*(one.send(part(one)) for one in two), return_exceptions=True)
    assert 1 == len(desk.kept)
    for failed in (one for one in results if isinstance(one, DeliveryError)):
        assert (False, True) == (failed.permanent, failed.maybe_taken)
    clock.at += 5 * MINUTE
    for one in two:
        await one.send(part(one))
    assert (1, 1) == (len(desk.kept), len(desk.kept["1"].texts))


async def test_a_create_whose_answer_was_lost_is_searched_for_and_not_repeated() -> None:
    clock = HandClock()
    desk = FakeDesk(clock.now, after={"open": [lost()]})
    channel = ticketing(clock, desk)
    with pytest.raises(DeliveryError) as first:
        await channel.send(part(channel))
    assert first.value.retry_after
    assert first.value.retry_after >= LAG
    clock.at += LAG / 2
    with pytest.raises(DeliveryError, match="searched for") as early:
        await channel.send(part(channel))
    assert early.value.retry_after
    clock.at += early.value.retry_after
    await channel.send(part(channel))
    assert (1, 1) == (len(desk.kept), len(desk.kept["1"].texts))


async def test_a_create_that_nobody_knows_of_and_that_was_none_is_done_again() -> None:
    clock = HandClock()
    desk = FakeDesk(clock.now, before={"open": [lost()]})
    channel = ticketing(clock, desk)
    with pytest.raises(DeliveryError):
        await channel.send(part(channel))
    clock.at += 3 * MINUTE
    await channel.send(part(channel))
    assert 1 == len(desk.kept)


async def test_what_was_certainly_not_opened_is_opened_at_once() -> None:
    clock = HandClock()
    desk = FakeDesk(clock.now, before={"open": [refused()]})
    channel = ticketing(clock, desk)
    with pytest.raises(DeliveryError) as caught:
        await channel.send(part(channel))
    assert (True, False) == (caught.value.permanent, caught.value.maybe_taken)
    await channel.send(part(channel))
    assert (1, 0) == (len(desk.kept), desk.calls.count("find"))


async def test_of_two_tickets_the_later_is_closed_with_a_link_to_the_first() -> None:
    """A process that slept between its claim and its create."""
    clock, rows = HandClock(), InMemoryRows()
    desk = FakeDesk(clock.now, after={"open": [lost()]})
    channel = ticketing(clock, desk, rows)
    with pytest.raises(DeliveryError):
        await channel.send(part(channel))
    record = await channel.filing.tickets.get("github", SUSPENDED.problem)
    assert record
    clock.at += MINUTE
    await desk.open(Draft(record.marker, "again", (), Severity.CRITICAL))
    clock.at += 3 * MINUTE
    await channel.send(part(channel))
    assert [Status.OPEN, Status.DONE] == [kept.ticket.status for kept in desk.tickets()]
    assert "https://desk.example/1" in desk.kept["2"].texts[-1]


async def test_a_double_that_cannot_be_closed_keeps_nothing_else_from_being_read() -> None:
    here = office()
    here.world.azure.add("games", Profile("a", status="Suspended"), Profile("b", status="Suspended"))
    await here.check()
    first = here.desk.kept["1"].ticket
    double = await here.desk.open(Draft(first.marker, "again", (), Severity.CRITICAL))
    here.desk.before["close"] = [refused() for _ in range(9)]
    for _ in range(3):
        here.desk.person(double.reference, Status.OPEN)
        here.desk.person("2", Status.OPEN, "", assignee="ben")
        await here.check()
    assert 1 == len(here.desk.kept[double.reference].texts)
    record = await here.world.house().tickets.marked("github", here.desk.kept["2"].ticket.marker)
    assert record
    assert record.ticket
    assert "ben" == record.ticket.assignee


async def test_a_copy_that_somebody_made_of_a_ticket_is_theirs() -> None:
    here = office()
    here.world.azure.add("games", Profile(status="Suspended"))
    await here.check()
    await here.check(5)
    copy = await here.desk.open(Draft(here.desk.kept["1"].ticket.marker, "copied", (), Severity.CRITICAL))
    await here.check()
    await here.check()
    kept = here.desk.kept[copy.reference]
    assert (Status.OPEN, 1) == (kept.ticket.status, len(kept.texts))


async def test_what_is_permanent_at_a_desk_stays_so_though_a_ticket_may_be_there() -> None:
    clock = HandClock()
    hidden = DeliveryError("It was made, and is not shown.", permanent=True, maybe_taken=True)
    desk = FakeDesk(clock.now, after={"open": [hidden]})
    channel = ticketing(clock, desk)
    with pytest.raises(DeliveryError) as caught:
        await channel.send(part(channel))
    assert (True, True) == (caught.value.permanent, caught.value.maybe_taken)


async def test_a_comment_whose_answer_was_lost_is_not_repeated() -> None:
    clock = HandClock()
    desk = FakeDesk(clock.now)
    channel = ticketing(clock, desk)
    await channel.send(part(channel))
    desk.after["comment"] = [lost()]
    worse = part(channel, Reason.WORSE, "b2")
    with pytest.raises(DeliveryError) as caught:
        await channel.send(worse)
    assert caught.value.maybe_taken
    await channel.send(worse)
    await channel.send(worse)
    assert 2 == len(desk.kept["1"].texts)


async def test_a_long_text_goes_on_in_comments_each_once() -> None:
    clock = HandClock()
    desk = FakeDesk(clock.now)
    channel = ticketing(clock, desk)
    many = [
        replace(SUSPENDED, group="g", finding=replace(FINDING, subject=f"a{number}", what=f"Account a{number}"))
        for number in range(4)
    ]
    [long] = channel.compose("b1", many, {})
    desk.after["comment"], desk.most_in_a_piece = [lost()], 1
    with pytest.raises(DeliveryError):
        await channel.send(long)
    await channel.send(long)
    texts = desk.kept["1"].texts
    assert (1, 4) == (len(desk.kept), len(texts))
    assert [[f"a{number}"] for number in range(4)] == [
        [f"a{n}" for n in range(4) if f"Account a{n}" in text] for text in texts
    ]


async def test_a_priority_that_the_desk_will_not_have_does_not_hold_back_the_news() -> None:
    clock = HandClock()
    desk = FakeDesk(clock.now)
    channel = ticketing(clock, desk)
    mild = replace(SUSPENDED, finding=replace(FINDING, severity=Severity.WARNING))
    [first] = channel.compose("b1", [mild], {})
    await channel.send(first)
    desk.before["set_severity"] = [refused()]
    await channel.send(part(channel, Reason.WORSE, "b2"))
    assert 2 == len(desk.kept["1"].texts)


async def test_an_end_without_a_ticket_opens_none() -> None:
    clock = HandClock()
    desk = FakeDesk(clock.now)
    channel = ticketing(clock, desk)
    await channel.send(part(channel, Reason.RESOLVED))
    assert {} == desk.kept


async def test_a_desk_that_cannot_be_read_is_said_and_loses_nothing() -> None:
    here = office()
    here.world.azure.add("games", Profile(status="Suspended"))
    await here.check()
    here.desk.person("1", Status.DISMISSED)
    here.desk.before["changed"] = [refused() for _ in range(2)]
    await here.check()
    read = await here.world.house().tickets.read_back("github")
    assert "The desk answered 422." == read.trouble
    await here.check()
    await here.check()
    assert 1 == len(await here.world.house().silences.active(here.world.clock.now()))
    assert "" == (await here.world.house().tickets.read_back("github")).trouble


async def test_a_test_ticket_is_opened_commented_and_closed() -> None:
    here = office()
    tried = await here.world.house().trying.run("github", "ana", START)
    [kept] = here.desk.tickets()
    assert ("taken", "#1", "https://desk.example/1") == (tried.fate, tried.ticket, tried.url)
    assert (Status.DONE, 2) == (kept.ticket.status, len(kept.texts))
    assert "A test of github, asked for by ana" == kept.title


async def test_what_another_receiver_did_not_take_opens_no_ticket() -> None:
    """Nobody would close it: what follows is told to the first receiver."""
    here = office(TICKETS__FROM="none")
    here.world.azure.add("games", Profile(status="Suspended"))
    here.world.receiver.refusals = [refused(), refused()]
    await here.check()
    await here.check()
    assert {} == here.desk.kept


async def test_a_refused_ticket_is_told_elsewhere() -> None:
    here = office()
    here.world.azure.add("games", Profile(status="Suspended"))
    here.desk.before["open"] = [refused() for _ in range(9)]
    await here.check()
    await here.check()
    told = [item for item in here.world.receiver.items() if "github" in item["title"]]
    assert ["receiver-refuses"] == [item["rule"] for item in told]
    undelivered = await here.world.house().outbox.undelivered("github")
    assert "The desk answered 422." == undelivered[0].why
