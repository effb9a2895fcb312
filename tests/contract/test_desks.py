"""One promise, every ticket desk: what a ticket says, what people did with it, and what went wrong."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from sandbox.receivers.tickets import Seen
from shared.domain.finding import Severity
from shared.domain.message import Link
from shared.domain.ticket import Status, Ticket
from shared.domain.ticket_text import Block, Text
from shared.http import AiohttpHttp
from shared.ports.desk import Desk, Draft
from shared.ports.errors import DeliveryError, NotThere
from tests.contract.desks import devops_case, github_case, jira_case, servicenow_case
from tests.contract.desks.case import ASSIGNEE, LAG, OWNER, SECRET, STRANGER, DeskCase, Hands
from tests.contract.desks.listening import Listening, listening
from tests.contract.on_loopback import spans

CASES: tuple[DeskCase, ...] = (github_case.CASE, jira_case.CASE, servicenow_case.CASE, devops_case.CASE)
DESKS = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
NOW = datetime(2026, 11, 20, 9, 7, tzinfo=UTC)
MARKER, OTHER = "countersign-0123456789abcdef-1", "countersign-0123456789abcdef-12"
TEXT: Text = (
    Block(
        lines=("Next step: ask for a new identity validation.", "Since: Wed 18 Nov 2026 08:41 UTC"),
        facts={"Subscription": "Products EU", "Owner": "株式会社テスト"},
        items=("games-eu/release", "games-eu/nightly"),
        links=(Link("Portal", "https://portal.example/#resource/subscriptions/1/x"),),
    ),
)
DRAFT = Draft(MARKER, "critical: Account games is suspended in Games", TEXT, Severity.CRITICAL, (OWNER,))
HOSTILE = (
    "</p></div><script>alert(1)</script><b>",
    "[here](https://evil.example) ![x](https://evil.example/x.png)",
    "<https://evil.example> https://evil.example/auto www.evil.example",
    "@octocat @org/team #1 GH-1 fixes #1 acme/repo#1",
    "[~accountid:5b10] [^file] {code}x{code} h1. big",
    "[code]<script>alert(1)</script>[/code] ${gs.getUser()}",
    "*bold* _it_ ~~s~~ `c` # h\n- l\n1. n\n> q\n| a | b |",
    '"}],"x":{"y":"',
    "a\\u0000b & c &amp; &lt;b&gt;",
    "<!-- countersign:x --> -->",
    "``` \n x \n```",
)


@dataclass(frozen=True, slots=True)
class Place:
    """A desk with its stand-in, and the time in the test's hand."""

    case: DeskCase
    desk: Desk
    there: Listening
    time: Hands

    def seen(self) -> list[Seen]:
        return list(self.there.stand_in.seen())

    def fail(self, status: int) -> None:
        """Nothing is made from now on but this; a kept token that is refused may be asked for anew once."""
        self.there.troubles.clear()
        for _ in range(1 + (status == 401)):
            self.there.fail(status, self.case.creating)

    def only(self) -> Seen:
        [found] = self.seen()
        return found

    async def settled(self, draft: Draft = DRAFT) -> Ticket:
        """A ticket that the search knows."""
        ticket = await self.desk.open(draft)
        self.time.pass_by(LAG + timedelta(seconds=1))
        return ticket


@asynccontextmanager
async def at(case: DeskCase) -> AsyncIterator[Place]:
    time = Hands(NOW)
    http = AiohttpHttp()
    try:
        async with listening(case, case.stand_in(time, LAG)) as there:
            yield Place(case, case.desk(http, there.address, case.terms), there, time)
    finally:
        await http.close()


def words(text: str) -> str:
    return " ".join(text.split())


@DESKS
async def test_a_ticket_says_everything_and_is_somebodys(case: DeskCase) -> None:
    async with at(case) as place:
        ticket = await place.desk.open(DRAFT)
        seen = place.only()
    wanted = ["ask for a new identity validation.", "Next step:", "Wed 18 Nov 2026 08:41 UTC", "Subscription"]
    wanted += ["Products EU", "株式会社テスト", "games-eu/release", "games-eu/nightly", "Portal"]
    assert [] == [one for one in wanted if one not in words(seen.text)]
    assert (DRAFT.title, case.priorities[Severity.CRITICAL], True) == (seen.title, seen.priority, seen.is_open)
    assert (seen.reference, MARKER, Status.OPEN) == (ticket.reference, ticket.marker, ticket.status)
    assert seen.assignee == ASSIGNEE
    assert set(case.terms.labels) <= set(seen.labels)
    assert ticket.url.startswith("http")
    assert NOW == ticket.created
    assert [] == place.there.refusals


@DESKS
async def test_an_assignee_whom_the_desk_does_not_know_is_left_out(case: DeskCase) -> None:
    async with at(case) as place:
        await place.desk.open(Draft(MARKER, "warning: x", TEXT, Severity.WARNING, (STRANGER,)))
        seen = place.only()
    assert ("", case.priorities[Severity.WARNING]) == (seen.assignee, seen.priority)


@DESKS
async def test_a_ticket_is_found_by_its_marker_when_the_search_knows_it(case: DeskCase) -> None:
    async with at(case) as place:
        await place.desk.open(Draft(OTHER, "warning: another", TEXT, Severity.WARNING))
        ticket = await place.settled()
        found = await place.desk.find(MARKER, NOW - timedelta(minutes=1))
        later = await place.desk.find(MARKER, place.time.at + timedelta(days=1))
    assert [ticket.reference] == [one.reference for one in found]
    assert [MARKER] == [one.marker for one in found]
    assert [] == list(later)


@DESKS
async def test_two_with_one_marker_are_found_the_first_made_first(case: DeskCase) -> None:
    async with at(case) as place:
        first = await place.settled()
        second = await place.settled()
        found = await place.desk.find(MARKER, NOW - timedelta(minutes=1))
    assert [first.reference, second.reference] == [one.reference for one in found]


@DESKS
async def test_every_page_of_what_changed_is_read(case: DeskCase) -> None:
    async with at(case) as place:
        for number in range(230):
            draft = Draft(f"countersign-{number:016}-1", f"warning: {number}", TEXT, Severity.WARNING)
            await place.desk.open(draft)
        place.time.pass_by(timedelta(minutes=5))
        found = await place.desk.changed(NOW - timedelta(minutes=1))
        nothing = await place.desk.changed(place.time.at)
    assert {f"countersign-{number:016}-1" for number in range(230)} == {one.marker for one in found}
    assert (230, []) == (len(found), list(nothing))


@DESKS
async def test_what_a_person_did_is_read(case: DeskCase) -> None:
    async with at(case) as place:
        ticket = await place.settled()
        person = place.there.stand_in
        person.person_assigns(ticket.reference, ASSIGNEE)
        person.person_closes(ticket.reference)
        done = await place.desk.read(ticket.reference)
        person.person_reopens(ticket.reference)
        reopened = await place.desk.read(ticket.reference)
        place.time.pass_by(timedelta(hours=1))
        person.person_closes(ticket.reference, dismissed=True)
        dismissed = await place.desk.read(ticket.reference)
        place.time.pass_by(LAG + timedelta(seconds=1))
        [changed] = await place.desk.changed(NOW + timedelta(minutes=30))
    assert (Status.DONE, Status.OPEN, Status.DISMISSED) == (done.status, reopened.status, dismissed.status)
    assert (Status.DISMISSED, ticket.reference, MARKER) == (changed.status, changed.reference, changed.marker)
    assert NOW + timedelta(hours=1) <= changed.changed
    assert done.word
    assert changed.word
    assert done.assignee


@DESKS
async def test_a_comment_is_complete_and_found_by_its_key(case: DeskCase) -> None:
    async with at(case) as place:
        ticket = await place.desk.open(DRAFT)
        since = place.time.at - timedelta(minutes=1)
        before = await place.desk.said(ticket.reference, "b1-3.2", since)
        await place.desk.comment(ticket.reference, (Block("Worse", ("It expires in 3 days.",)),), "b1-3.2")
        after = await place.desk.said(ticket.reference, "b1-3.2", since)
        other = await place.desk.said(ticket.reference, "b1-3", since)
        [comment] = place.only().comments
    assert (False, True, False) == (before, after, other)
    assert "Worse It expires in 3 days." in words(comment)


@DESKS
async def test_a_comment_is_found_behind_many_others(case: DeskCase) -> None:
    async with at(case) as place:
        ticket = await place.desk.open(DRAFT)
        since = place.time.at - timedelta(minutes=1)
        await place.desk.comment(ticket.reference, (Block(lines=("First.",)),), "first")
        for number in range(110):
            await place.desk.comment(ticket.reference, (Block(lines=(f"{number}",)),), f"n.{number}")
        found = [await place.desk.said(ticket.reference, key, since) for key in ("first", "n.109", "no")]
    assert [True, True, False] == found


@DESKS
async def test_the_life_of_a_ticket(case: DeskCase) -> None:
    async with at(case) as place:
        ticket = await place.desk.open(Draft(MARKER, "warning: x", TEXT, Severity.WARNING))
        await place.desk.set_severity(ticket.reference, Severity.CRITICAL)
        raised = place.only()
        await place.desk.close(ticket.reference)
        closed, at_desk = place.only(), await place.desk.read(ticket.reference)
        await place.desk.close(ticket.reference)
        reopened = await place.desk.reopen(ticket.reference)
        again = place.only()
        assert await place.desk.reopen(ticket.reference) is reopened
    assert case.priorities[Severity.CRITICAL] == raised.priority
    assert (False, Status.DONE) == (closed.is_open, at_desk.status)
    assert reopened is again.is_open is True
    assert [] == place.there.refusals


@DESKS
async def test_what_a_person_dismissed_stays_dismissed(case: DeskCase) -> None:
    async with at(case) as place:
        ticket = await place.settled()
        place.there.stand_in.person_closes(ticket.reference, dismissed=True)
        await place.desk.close(ticket.reference)
        await place.desk.comment(ticket.reference, TEXT, "k")
        after = await place.desk.read(ticket.reference)
    assert Status.DISMISSED is after.status


@DESKS
async def test_a_long_text_is_complete(case: DeskCase) -> None:
    names = tuple(f"signing-account-{number:04} is without a certificate" for number in range(2_500))
    long: Text = (
        Block("All of them", (" ".join(names[:1_250]),), {"Accounts": ", ".join(names)}, names),
        Block("The end", ("Nothing else.",)),
    )
    async with at(case) as place:
        first, *more = place.desk.pieces(long)
        ticket = await place.desk.open(Draft(MARKER, "warning: x" * 200, first, Severity.WARNING))
        for number, piece in enumerate(more):
            await place.desk.comment(ticket.reference, piece, f"k.{number}")
        seen = place.only()
    everything = words(" ".join([seen.text, *seen.comments]))
    assert [] == [name for name in names if everything.count(name) < 2]
    assert "Nothing else." in everything
    assert "…" == seen.title[-1]
    assert [] == place.there.refusals


@DESKS
async def test_a_short_text_is_one_piece(case: DeskCase) -> None:
    async with at(case) as place:
        assert [TEXT] == list(place.desk.pieces(TEXT))


@DESKS
@pytest.mark.parametrize("hostile", HOSTILE)
async def test_what_other_people_wrote_is_read_as_they_wrote_it(case: DeskCase, hostile: str) -> None:
    line = words(hostile)
    text: Text = (Block(line, (f"Next step: {line}", line), {line: line}, (line,), (Link(line, "https://x.example"),)),)
    async with at(case) as place:
        ticket = await place.desk.open(Draft(MARKER, f"warning: {line}", text, Severity.WARNING))
        await place.desk.comment(ticket.reference, text, "k")
        seen = place.only()
    assert (7, 7) == (words(seen.text).count(line), words(seen.comments[0]).count(line))
    assert f"warning: {line}" == seen.title


@DESKS
async def test_a_ticket_that_is_gone_is_not_an_error_of_the_desk(case: DeskCase) -> None:
    async with at(case) as place:
        ticket = await place.settled()
        place.there.stand_in.person_deletes(ticket.reference)
        for asking in (
            place.desk.read(ticket.reference),
            place.desk.comment(ticket.reference, TEXT, "k"),
            place.desk.said(ticket.reference, "k", NOW),
            place.desk.set_severity(ticket.reference, Severity.INFO),
            place.desk.close(ticket.reference),
            place.desk.reopen(ticket.reference),
        ):
            with pytest.raises(NotThere):
                await asking
        assert [] == list(await place.desk.find(MARKER, NOW - timedelta(minutes=1)))
        await place.desk.check()


@DESKS
async def test_a_create_whose_answer_was_lost_may_have_been_taken(case: DeskCase) -> None:
    async with at(case) as place:
        place.there.lose(case.creating)
        with pytest.raises(DeliveryError) as caught:
            await place.desk.open(DRAFT)
        assert (True, False) == (caught.value.maybe_taken, caught.value.permanent)
        assert 1 == len(place.seen())
        early = await place.desk.find(MARKER, NOW - timedelta(minutes=1))
        place.time.pass_by(LAG + timedelta(seconds=1))
        found = await place.desk.find(MARKER, NOW - timedelta(minutes=1))
    assert (place.seen()[0].reference, 1) == (found[0].reference, len(found))
    assert len(early) <= 1


TRANSIENT = {408, 425, 429, *range(500, 600)}
STATUSES = (400, 401, 403, 404, 405, 408, 409, 410, 413, 415, 422, 429, 500, 502, 503, 504)


@DESKS
async def test_every_status_is_an_error_of_its_kind(case: DeskCase) -> None:
    found, doubt = {}, {}
    async with at(case) as place:
        for status in STATUSES:
            place.fail(status)
            with pytest.raises(DeliveryError) as caught:
                await place.desk.open(Draft(MARKER, "warning: x", TEXT, Severity.WARNING))
            found[status], doubt[status] = caught.value.permanent, caught.value.maybe_taken
        assert [] == place.seen()
    assert {status: status not in TRANSIENT for status in STATUSES} == found
    assert {status: status >= 500 and status != 503 for status in STATUSES} == doubt


@DESKS
async def test_being_asked_to_wait_is_heeded(case: DeskCase) -> None:
    async with at(case) as place:
        place.there.stand_in.throttle(77)
        with pytest.raises(DeliveryError) as caught:
            await place.desk.open(DRAFT)
    assert (False, False) == (caught.value.permanent, caught.value.maybe_taken)
    assert caught.value.retry_after
    assert 70 <= caught.value.retry_after.total_seconds() <= 80


@DESKS
async def test_a_refusal_says_what_a_person_can_do(case: DeskCase) -> None:
    said = {}
    async with at(case) as place:
        for status in (401, 403, 404, 422 if case.name == "github" else 400):
            place.fail(status)
            with pytest.raises(DeliveryError) as caught:
                await place.desk.open(Draft(MARKER, "warning: x", TEXT, Severity.WARNING))
            said[status] = str(caught.value)
    assert case.project in said[404]
    assert 4 == len(set(said.values()))
    assert [] == [one for one in said.values() if len(one) < 60 or not one.endswith(".")]


@DESKS
async def test_no_secret_is_in_a_log_a_span_or_an_error(case: DeskCase, caplog: pytest.LogCaptureFixture) -> None:
    errors: list[str] = []
    with spans() as traced, caplog.at_level(logging.NOTSET):
        async with at(case) as place:
            ticket = await place.settled()
            await place.desk.comment(ticket.reference, TEXT, "k")
            await place.desk.find(MARKER, NOW)
            await place.desk.changed(NOW)
            await place.desk.check()
            await place.desk.close(ticket.reference)
            for status in (400, 401, 403, 404, 500):
                place.fail(status)
                with pytest.raises((DeliveryError, NotThere)) as caught:
                    await place.desk.open(DRAFT)
                errors += [str(caught.value), repr(caught.value), repr(caught.value.__cause__)]
            errors.append(repr(place.desk))
    told = [record.getMessage() for record in caplog.records if not record.name.startswith("aiohttp.server")]
    told += [str(span.to_json()) for span in traced.get_finished_spans()]
    assert [] == [line for line in (*told, *errors) if SECRET in line]
