"""What is particular to incidents of ServiceNow: texts that stay text, the sign-in, and answers that are none."""

import json
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from pydantic import SecretStr

from sandbox.receivers.servicenow.activity import activity
from sandbox.receivers.servicenow.seen import Reader, SeenServiceNow
from sandbox.receivers.servicenow.stand_in import TABLES, TOKENS, ServiceNowStandIn
from sandbox.receivers.stand_in import Arrival, Reply
from shared.domain.finding import Severity
from shared.domain.message import Link
from shared.domain.ticket import Status
from shared.domain.ticket_text import Block, Text
from shared.http import AiohttpHttp, Answer
from shared.ports.errors import DeliveryError, NotThere
from shared.tickets.servicenow import journal
from shared.tickets.servicenow.desk import ServiceNow
from shared.tickets.servicenow.session import Session
from shared.tickets.terms import Terms
from tests.contract.desks.case import ASSIGNEE, LAG, OWNER, SECRET, Hands
from tests.contract.desks.listening import Listening, listening
from tests.contract.desks.servicenow_case import (
    CASE,
    CLIENT,
    CLIENT_SECRET,
    CLOSE_CODE,
    GROUP,
    Standing,
    error,
)
from tests.contract.test_desks import DRAFT, HOSTILE, MARKER, NOW, OTHER, TEXT

CREATE = ("POST", f"{TABLES}/incident")
WRITE = ("PATCH", f"{TABLES}/incident/.*")
REFERENCE = "0123456789abcdef0123456789abcdef"
KEY = "k" * 60
TERMS = Terms(assignees={OWNER: ASSIGNEE})


@dataclass(frozen=True, slots=True)
class Clock:
    """The test's."""

    hands: Hands

    def now(self) -> datetime:
        return self.hands.at

    async def sleep(self, span: timedelta) -> None:
        self.hands.pass_by(span)


@dataclass(frozen=True, slots=True)
class Place:
    """A desk with its stand-in, one clock for both."""

    desk: ServiceNow
    session: Session
    there: Listening
    instance: SeenServiceNow
    time: Hands

    def asked(self, method: str, table: str = "") -> list[Arrival]:
        """The requests that arrived."""
        return [one for one, _ in self.there.arrived if one.method == method and table in one.path]

    def sent(self, method: str) -> dict[str, Any]:
        """The body of the only such request to a table."""
        [found] = [one.json() for one in self.asked(method, "/table/")]
        body: dict[str, Any] = found
        return body

    def incident(self) -> dict[str, str]:
        """The only one, as it is kept."""
        [found] = self.instance.instance.incidents.values()
        return found.row


@asynccontextmanager
async def at(terms: Terms = TERMS, group: str = GROUP, close_code: str = CLOSE_CODE) -> AsyncIterator[Place]:
    time, http = Hands(NOW), AiohttpHttp()
    client = (CLIENT, CLIENT_SECRET)
    instance = SeenServiceNow(time, LAG, client, groups=(GROUP,), users=(ASSIGNEE, "ben"))
    try:
        async with listening(CASE, instance) as there:
            site = f"{there.address}/servicenow/"
            session = Session(http, Clock(time), site, CLIENT, SecretStr(CLIENT_SECRET))
            yield Place(ServiceNow(session, group, terms, close_code), session, there, instance, time)
    finally:
        await http.close()


@dataclass(slots=True)
class Scripted:
    """Answers in order, the last again and again; the first question is for a token."""

    answers: list[Answer]
    asked: list[tuple[str, str, bytes | None]] = field(default_factory=list)

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:  # noqa: ARG002
        return json_answer({"access_token": SECRET, "expires_in": 1_799})

    async def get(self, url: str, headers: Mapping[str, str]) -> Answer:
        return await self.ask("GET", url, headers)

    async def ask(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None) -> Answer:  # noqa: ARG002
        self.asked.append((method, url, body))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def scripted(*answers: Answer, group: str = "", terms: Terms | None = None) -> tuple[ServiceNow, Scripted]:
    http = Scripted(list(answers))
    session = Session(http, Standing(), "https://acme.service-now.com", CLIENT, SecretStr(CLIENT_SECRET))
    return ServiceNow(session, group, terms or Terms(), CLOSE_CODE), http


def json_answer(body: Any, status: int = 200, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, body=json.dumps(body).encode(), headers=named)


def failed(status: int, message: str, detail: str = "") -> Answer:
    return json_answer({"error": {"message": message, "detail": detail}, "status": "failure"}, status)


def row(**changes: str) -> dict[str, Any]:
    """An incident as the Table API shows it."""
    values = {
        "sys_id": REFERENCE,
        "number": "INC0010001",
        "correlation_id": MARKER,
        "state": "2",
        "active": "true",
        "close_code": "",
        "assigned_to": "",
        "resolved_by": "",
        "closed_by": "",
        "sys_created_on": "2026-11-20 09:07:00",
        "sys_updated_on": "2026-11-20 09:07:00",
    }
    return {name: {"value": value, "display_value": f"<{value}>"} for name, value in (values | changes).items()}


def noted(text: Text) -> Reader:
    """A note as a browser shows it."""
    return Reader(activity(journal.note(text, "k")))


# What goes into an incident.


async def test_an_incident_has_every_field() -> None:
    async with at() as place:
        ticket = await place.desk.open(DRAFT)
        [group], [ana, *_] = place.instance.instance.groups, place.instance.instance.users
        sent = place.sent("POST")
    text = sent.pop("description")
    assert {
        "short_description": DRAFT.title,
        "correlation_id": MARKER,
        "correlation_display": "Countersign",
        "impact": "1",
        "urgency": "1",
        "assignment_group": group,
        "assigned_to": ana,
    } == sent
    assert "Next step: ask for a new identity validation.\nSince: Wed 18 Nov 2026 08:41 UTC\n\nSubscription: " in text
    assert (
        "Owner: 株式会社テスト\n\n- games-eu/release\n- games-eu/nightly\n\nPortal: https://portal.example/#res" in text
    )
    assert ("INC0010001", "New", ASSIGNEE, "") == (ticket.name, ticket.word, ticket.assignee, ticket.by)
    assert ticket.url.endswith(f"/servicenow/nav_to.do?uri=incident.do%3Fsys_id%3D{ticket.reference}")


async def test_an_installation_adds_fields_and_cannot_take_away_the_marker() -> None:
    fields = {"category": "software", "u_cost_centre": 17, "urgency": "3", "correlation_id": "x"}
    async with at(Terms(fields=fields)) as place:
        await place.desk.open(DRAFT)
        kept = place.incident()
    assert ("software", "17", "1", "3", MARKER) == tuple(
        kept[name] for name in ("category", "u_cost_centre", "impact", "urgency", "correlation_id")
    )


async def test_priorities_are_impact_and_urgency() -> None:
    async with at(Terms(priorities={Severity.CRITICAL: " 1, 2 ", Severity.INFO: "low"})) as place:
        ticket = await place.desk.open(DRAFT)
        [seen] = place.instance.seen()
        with pytest.raises(DeliveryError, match="TICKETS__SERVICENOW_PRIORITIES") as caught:
            await place.desk.set_severity(ticket.reference, Severity.INFO)
        await place.desk.set_severity(ticket.reference, Severity.WARNING)
        [unnamed] = place.instance.seen()
    assert ("2 - High", "3 - Moderate", True) == (seen.priority, unnamed.priority, caught.value.permanent)


async def test_without_a_group_the_instance_decides() -> None:
    async with at(group="") as place:
        await place.desk.open(DRAFT)
        assert "" == place.incident()["assignment_group"]
        assert [] == place.asked("GET", "sys_user_group")


async def test_a_group_may_be_named_by_its_id_and_is_looked_up_once() -> None:
    async with at() as place:
        [group] = place.instance.instance.groups
    async with at(group=group) as place:
        await place.desk.check()
        await place.desk.open(DRAFT)
        await place.desk.open(DRAFT)
        assert [group, group] == [one.row["assignment_group"] for one in place.instance.instance.incidents.values()]
        assert 1 == len(place.asked("GET", "sys_user_group"))


@pytest.mark.parametrize("group", ["Nobody's", "Signing^ORactive=true", "javascript:gs.getUserID()", REFERENCE])
async def test_a_group_that_is_not_there_is_named(group: str) -> None:
    async with at(group=group) as place:
        for asking in (place.desk.check(), place.desk.open(DRAFT)):
            with pytest.raises(DeliveryError, match=r"no active groups.* TICKETS__SERVICENOW_GROUP") as caught:
                await asking
            assert (True, False) == (caught.value.permanent, caught.value.maybe_taken)
        assert [] == place.there.refusals


async def test_an_assignee_may_be_named_by_id() -> None:
    async with at() as place:
        ben = place.instance.instance.user("ben")
    async with at(Terms(assignees={OWNER: ben})) as place:
        await place.desk.open(DRAFT)
        assert ["ben"] == [seen.assignee for seen in place.instance.seen()]


async def test_users_that_are_not_shown_are_nobody() -> None:
    forbidden = failed(403, "User Not Authorized", "Failed API level ACL Validation")
    desk, http = scripted(forbidden, json_answer({"result": row()}, 201), terms=TERMS)
    await desk.open(DRAFT)
    assert "assigned_to" not in json.loads(http.asked[-1][2] or b"")


async def test_an_assignee_whom_a_rule_refuses_is_left_out() -> None:
    known = json_answer({"result": [{name: {"value": value} for name, value in USER.items()}]})
    rule = failed(403, "Operation Failed", "Operation against file 'incident' was aborted by Business Rule 'Group^1'.")
    desk, http = scripted(known, rule, json_answer({"result": row()}, 201), terms=TERMS)
    ticket = await desk.open(DRAFT)
    first, second = (json.loads(body) for method, _, body in http.asked if method == "POST" and body)
    assert (REFERENCE, {"assigned_to": REFERENCE}) == (ticket.reference, dict(first.items() - second.items()))


USER = {"sys_id": REFERENCE, "user_name": ASSIGNEE, "active": "true"}


# Limits.


@pytest.mark.parametrize(
    ("title", "kept"),
    [("x" * 160, "x" * 160), ("x" * 161, "x" * 159 + "…"), ("😀" * 100, "😀" * 79 + "…"), ("a\nb\u202e", "a b")],
)
async def test_a_title_is_one_line_of_160_characters(title: str, kept: str) -> None:
    async with at() as place:
        await place.desk.open(replace(DRAFT, title=title))
        assert kept == place.incident()["short_description"]


LONG = "signing-account " * 600
LONGEST = (
    Block(LONG, (LONG,), {LONG: "x", "Accounts": ", ".join(f"account-{n}" for n in range(900)), "": ""}, (LONG,)),
    Block(items=("😀" * 5_000, "[code] " * 1_500), links=(Link(LONG, "https://x.example/" + "y" * 5_000),)),
    Block(facts={"Names": "😎" * 4_000}, links=(Link("Portal", "https://portal.example/"),)),
    Block("Short", facts={"a": "1", "b": "2"}, items=tuple("abc")),
)


def test_every_piece_fits_into_a_note_with_the_longest_key() -> None:
    pieces = journal.split(LONGEST)
    notes = [journal.note(piece, KEY) for piece in pieces]
    assert max(map(journal.length, notes)) <= journal.LIMIT
    assert max(journal.length(journal.written(piece, in_stream=False)) for piece in pieces) <= journal.ROOM
    assert len(pieces) < 2 * sum(map(journal.length, notes)) / journal.LIMIT
    read = "".join(noted(piece).text for piece in pieces)
    assert (2_400 + 600, 5_000, 1_500) == (read.count("signing-account"), read.count("😀"), read.count("[code]"))
    assert [] == [n for n in range(900) if f"account-{n}" not in read]
    assert (4_000, 1) == (read.count("😎"), read.count("Portal: https://portal.example/"))
    assert "y" * 5_000 == "".join(one for one in read if one == "y")


def test_pieces_are_few_and_keep_their_order() -> None:
    text = tuple(Block(f"Block {n}", (f"line {n}",), {"Fact": f"{n}"}) for n in range(400))
    pieces = journal.split(text)
    whole = journal.written(text, in_stream=True)
    assert whole == "\n\n".join(journal.written(piece, in_stream=True) for piece in pieces)
    assert -(-journal.length(whole) // journal.ROOM) + 1 >= len(pieces)


# Nothing that other people wrote is more than text.


def everywhere(words: str) -> Text:
    return (
        Block(words, (f"Next step: {words}", words), {words: words}, (words,), (Link(words, f"javascript:{words}"),)),
    )


MENTION = f"@[{REFERENCE}:Ana] @ [ana:Ana]"
MORE = ("[CODE]<b>x</b>[/Code]", "[ code ]x[ /code ]", "mailto:a@b.example ftp://x.example", MENTION, "[co[code]de]x")


@pytest.mark.parametrize("hostile", [*HOSTILE, *MORE])
def test_hostile_text_is_inert(hostile: str) -> None:
    found = noted(everywhere(hostile))
    assert ({"br"}, [], []) == (set(found.elements), found.addresses, found.mentions)
    assert 8 == " ".join(found.text.split()).count(" ".join(hostile.split()))


@pytest.mark.parametrize("hostile", [*HOSTILE, *MORE])
async def test_what_is_copied_from_a_description_is_what_was_written(hostile: str) -> None:
    async with at() as place:
        await place.desk.open(replace(DRAFT, text=everywhere(hostile)))
        kept = place.incident()["description"]
    assert ("\u200b" in kept, 8) == (False, kept.count(" ".join(hostile.split())))


async def test_the_address_of_a_page_stands_in_a_description_as_it_is() -> None:
    page = "https://portal.example/?a=[b]&c=@[d:e]"
    async with at() as place:
        await place.desk.open(replace(DRAFT, text=(Block(links=(Link("Portal", page),)),)))
        assert f"Portal: {page}" == place.incident()["description"]


def test_the_proof_would_see_it() -> None:
    found = Reader(activity(f"[code]<script>x</script>[/code] {MENTION} https://evil.example www.evil.example"))
    assert {"script", "a"} == set(found.elements)
    assert [REFERENCE, "ana"] == found.mentions
    assert ["https://evil.example", "www.evil.example"] == found.addresses


def test_a_page_that_opens_is_the_only_link() -> None:
    page = "https://portal.example/?a=[code]<b>@[ana:Ana]"
    found = noted((Block(links=(Link("Portal", page), Link("Other", "http://plain.example"))),))
    assert ["https://portal.example/?a=%5Bcode%5D<b>@%5Bana:Ana%5D"] == found.addresses
    assert ([], "http://plain.example" in found.text) == (found.mentions, True)


def test_nobody_else_writes_the_line_of_a_key() -> None:
    assert not journal.says(journal.written(everywhere("Countersign note b1-3.2"), in_stream=True), "b1-3.2")
    assert journal.says(journal.note(TEXT, "b1-3.2").replace("\n", "\r\n") + "\n\n", "b1-3.2")
    assert not journal.says(journal.note(TEXT, "b1-3.2"), "b1-3")


# The sign-in.


async def test_a_token_is_kept_until_shortly_before_its_end() -> None:
    async with at() as place:
        for span in (0, 1_730, 10, 1_000):
            place.time.pass_by(timedelta(seconds=span))
            await place.desk.check()
        form = dict(parse_qsl(place.asked("POST")[0].raw.decode()))
        assert 2 == len(place.asked("POST", TOKENS))
    assert {"grant_type": "client_credentials", "client_id": CLIENT, "client_secret": CLIENT_SECRET} == form


async def test_a_token_that_is_refused_is_asked_for_anew_once() -> None:
    async with at() as place:
        await place.desk.check()
        place.there.fail(401)
        await place.desk.check()
        assert 2 == len(place.asked("POST", TOKENS))
        place.there.fail(401)
        place.there.fail(401)
        with pytest.raises(DeliveryError, match="TICKETS__SERVICENOW_CLIENT_ID"):
            await place.desk.check()


@pytest.mark.parametrize(("status", "permanent"), [(400, True), (401, True), (403, True), (429, False), (500, False)])
async def test_without_a_token_nothing_was_made(status: int, permanent: bool) -> None:
    async with at() as place:
        place.there.fail(status)
        with pytest.raises(DeliveryError) as caught:
            await place.desk.open(DRAFT)
        place.there.lose(("POST", TOKENS))
        with pytest.raises(DeliveryError) as lost:
            await place.desk.open(DRAFT)
    assert (permanent, False) == (caught.value.permanent, caught.value.maybe_taken)
    assert (False, False) == (lost.value.permanent, lost.value.maybe_taken)
    assert ("glide.oauth.inbound.client.credential.grant_type.enabled" in str(caught.value)) is permanent


async def test_a_wrong_secret_is_refused() -> None:
    async with at() as place:
        place.session.client_secret = SecretStr(f"{SECRET}-of-old")
        with pytest.raises(DeliveryError, match=r"gave no token .401.: .*TICKETS__SERVICENOW_CLIENT_SECRET") as caught:
            await place.desk.check()
    assert SECRET not in str(caught.value)


async def test_a_lookup_that_fails_made_nothing() -> None:
    async with at() as place:
        place.there.fail(502, ("GET", ".*sys_user_group"))
        with pytest.raises(DeliveryError) as caught:
            await place.desk.open(DRAFT)
    assert (False, False) == (caught.value.permanent, caught.value.maybe_taken)


# Answers that are none.

HTML = Answer(200, body=b"<html><body>Your instance is hibernating</body></html>", headers={})
ODD = (
    HTML,
    json_answer({}),
    json_answer([]),
    json_answer({"result": None}),
    json_answer({"result": "x"}),
    json_answer({"result": [7]}),
    json_answer({"result": [{}]}, x_total_count="1"),
    json_answer({"result": {}}),
    json_answer({"result": {"sys_id": 7}}),
    json_answer({"result": [row()], "error": {"message": "Transaction cancelled: maximum execution time exceeded"}}),
    json_answer({"result": [row(sys_updated_on="yesterday")]}),
    json_answer({"result": row(sys_id="../x")}),
    json_answer({"result": {name: cell["value"] for name, cell in row().items()}}),
)


@pytest.mark.parametrize("odd", ODD)
async def test_an_answer_that_is_none_is_an_error_that_passes(odd: Answer) -> None:
    desk, _ = scripted(odd)
    askings = [desk.read(REFERENCE), desk.find(MARKER, NOW), desk.changed(NOW), desk.close(REFERENCE)]
    for asking in [*askings, desk.reopen(REFERENCE)]:
        with pytest.raises(DeliveryError, match="TICKETS__SERVICENOW_SITE") as caught:
            await asking
        assert (False, False) == (caught.value.permanent, caught.value.maybe_taken)
    with pytest.raises(DeliveryError) as made:
        await desk.open(DRAFT)
    assert (False, True) == (made.value.permanent, made.value.maybe_taken)


@pytest.mark.parametrize("odd", [HTML, json_answer({}), json_answer({"result": [{}]})])
async def test_a_note_is_not_said_for_sure_where_the_answer_is_none(odd: Answer) -> None:
    desk, _ = scripted(odd)
    for asking in (desk.comment(REFERENCE, TEXT, "k"), desk.said(REFERENCE, "k", NOW)):
        with pytest.raises(DeliveryError):
            await asking


async def test_an_incident_that_lost_its_marker_is_known_by_its_own_id(caplog: pytest.LogCaptureFixture) -> None:
    """Searching would never find it, and each try would make one more."""
    desk, _ = scripted(json_answer({"result": row(correlation_id="")}, 201))
    made = await desk.open(DRAFT)
    assert (REFERENCE, DRAFT.marker) == (made.reference, made.marker)
    assert "correlation_id" in caplog.text


async def test_what_the_query_did_not_ask_for_is_passed_over() -> None:
    """An invalid part of a query is ignored, and everything is answered."""
    early, late = "2026-11-19 00:00:00", "2026-11-20 09:07:01"
    other = row(sys_id="1" * 32, correlation_id=f"{MARKER}2", sys_updated_on=late)
    rows = [row(sys_id="2" * 32, correlation_id=""), other, row(), row(sys_id="3" * 32, sys_created_on=early)]
    desk, _ = scripted(json_answer({"result": rows}))
    since = NOW + timedelta(milliseconds=700)
    assert [REFERENCE] == [one.reference for one in await desk.find(MARKER, since)]
    assert {REFERENCE, "1" * 32, "3" * 32} == {one.reference for one in await desk.changed(since)}
    assert ["1" * 32] == [one.reference for one in await desk.changed(NOW + timedelta(seconds=1))]
    strangers = [{name: {"value": value} for name, value in one.items()} for one in (USER, USER | {"user_name": "x"})]
    desk, http = scripted(json_answer({"result": strangers}), json_answer({"result": row()}, 201), terms=TERMS)
    await desk.open(DRAFT)
    assert REFERENCE == json.loads(http.asked[-1][2] or b"")["assigned_to"]


async def test_a_page_may_be_short_amid_others() -> None:
    """Access control takes records out of a page after it was counted out."""
    pages = [[row(sys_id=f"{n:032}") for n in numbers] for numbers in (range(3), range(0), range(3, 5))]
    desk, http = scripted(*(json_answer({"result": page}, x_total_count="205") for page in pages))
    assert 5 == len(await desk.changed(NOW))
    asked = [dict(parse_qsl(urlsplit(url).query)) for _, url, _ in http.asked]
    assert ["0", "100", "200"] == [one["sysparm_offset"] for one in asked]
    assert {"ORDERBYsys_id"} == {one["sysparm_query"].rpartition("^")[2] for one in asked}


async def test_without_a_count_full_pages_are_followed_by_another() -> None:
    full = [row(sys_id=f"{n:032}") for n in range(100)]
    desk, http = scripted(json_answer({"result": full}), json_answer({"result": full[:1]}))
    assert (100, 2) == (len(await desk.changed(NOW)), len(http.asked))


async def test_an_incident_that_is_not_shown_is_not_made_again() -> None:
    desk, _ = scripted(json_answer({"result": []}, x_total_count="1"))
    for asking in (desk.find(MARKER, NOW), desk.check()):
        with pytest.raises(DeliveryError, match="sn_incident_read"):
            await asking


def asked_of(desk: ServiceNow, reference: str) -> Sequence[Coroutine[Any, Any, object]]:
    """Everything that names one incident."""
    return (
        desk.read(reference),
        desk.comment(reference, TEXT, "k"),
        desk.said(reference, "k", NOW),
        desk.set_severity(reference, Severity.INFO),
        desk.close(reference),
        desk.reopen(reference),
    )


async def two_incidents(place: Place) -> tuple[str, str]:
    """That searches know."""
    one, other = await place.desk.open(DRAFT), await place.desk.open(replace(DRAFT, marker=OTHER))
    place.time.pass_by(LAG + timedelta(seconds=1))
    return one.reference, other.reference


async def test_one_incident_that_may_no_longer_be_read_is_not_gone() -> None:
    async with at() as place:
        one, other = await two_incidents(place)
        place.instance.hides(one)
        for asking in asked_of(place.desk, one):
            with pytest.raises(DeliveryError, match="does not show") as caught:
                await asking
            assert (False, False) == (caught.value.permanent, caught.value.maybe_taken)
        assert other == (await place.desk.read(other)).reference
        assert [] == [seen for seen in place.instance.seen() if seen.comments]
        await place.desk.check()


@pytest.mark.parametrize("counts", [True, False])
async def test_where_no_incident_may_be_read_any_more_none_is_gone(counts: bool) -> None:
    async with at() as place:
        one, _ = await two_incidents(place)
        place.instance.incidents_readable, place.instance.counts = False, counts
        for asking in asked_of(place.desk, one):
            with pytest.raises(DeliveryError, match="roles sn_incident_read"):
                await asking


@pytest.mark.parametrize("counts", [True, False])
async def test_one_that_was_deleted_is_gone_beside_others(counts: bool) -> None:
    async with at() as place:
        one, other = await two_incidents(place)
        place.instance.counts = counts
        place.instance.person_deletes(one)
        for asking in asked_of(place.desk, one):
            with pytest.raises(NotThere):
                await asking
        assert other == (await place.desk.read(other)).reference


async def test_one_that_was_deleted_is_gone_while_another_is_hidden() -> None:
    async with at() as place:
        one, other = await two_incidents(place)
        place.instance.person_deletes(one)
        place.instance.hides(other)
        with pytest.raises(NotThere):
            await place.desk.read(one)


# Refusals, each with what a person can do.

REFUSALS = {
    "roles": (failed(403, "Operation Failed", "ACL Exception Update Failed"), "roles sn_incident_read"),
    "rule": (failed(403, "Operation Failed", "Operation was aborted by Business Rule 'Secret^1'"), "A business rule"),
    "policy": (
        failed(
            403, "Operation Failed", "Data Policy Exception: The following fields are mandatory: Caller, Close code"
        ),
        "It asks for: Caller, Close code. ",
    ),
    "one": (failed(403, "Operation Failed", "Data Policy Exception: Caller is mandatory"), "It asks for: Caller. "),
    "prose": (failed(403, "Operation Failed", "Data Policy Exception: call Bob at 5"), "refused it (403). Give what"),
    "script": (
        failed(403, "x", f"Data Policy Exception: The following fields are mandatory: {'x' * 50}, <b>"),
        "refused it (403). Give what",
    ),
    "proxy": (Answer(403, body=b"<html>blocked</html>", headers={}), "IP address access controls"),
    "table": (failed(400, "Invalid table incident"), "IT service management"),
    "payload": (failed(400, "Exception while reading request"), "TICKETS__SERVICENOW_FIELDS"),
    "moved": (Answer(302, headers={"location": "https://x"}), "TICKETS__SERVICENOW_SITE has to be"),
    "method": (failed(405, "Method not supported"), "TICKETS__SERVICENOW_SITE"),
}


@pytest.mark.parametrize("case", REFUSALS)
async def test_a_refusal_is_told_apart(case: str) -> None:
    answer, expected = REFUSALS[case]
    desk, _ = scripted(answer)
    with pytest.raises(DeliveryError) as caught:
        await desk.set_severity(REFERENCE, Severity.INFO)
    said = str(caught.value)
    assert (expected in said, True, ".") == (True, caught.value.permanent, said[-1])
    assert [] == [word for word in ("Bob", "Secret", "xxx", "<", "acme") if word in said]


async def test_where_only_the_reset_is_told_it_is_waited_for() -> None:
    reset = str(int((NOW + timedelta(seconds=90)).timestamp()))
    desk, _ = scripted(json_answer(error(429), 429, x_ratelimit_reset=reset))
    with pytest.raises(DeliveryError) as caught:
        await desk.read(REFERENCE)
    assert (False, timedelta(seconds=90)) == (caught.value.permanent, caught.value.retry_after)


async def test_an_instance_without_the_api_is_not_an_incident_that_is_gone() -> None:
    desk, _ = scripted(failed(404, "Requested URI does not represent any resource"))
    for asking in (desk.read(REFERENCE), desk.find(MARKER, NOW), desk.check(), desk.comment(REFERENCE, TEXT, "k")):
        with pytest.raises(DeliveryError, match=r"TICKETS__SERVICENOW_SITE .404."):
            await asking


async def test_a_reference_stays_in_its_place() -> None:
    missing, there = failed(404, "No Record found"), json_answer({"result": []}, x_total_count="0")
    desk, http = scripted(missing, there)
    with pytest.raises(NotThere):
        await desk.read("../sys_user?x=1#y")
    assert "/api/now/table/incident/..%2Fsys_user%3Fx%3D1%23y?" in http.asked[0][1]


# States.


@pytest.mark.parametrize(
    ("state", "active", "code", "status"),
    [
        ("1", "true", "", Status.OPEN),
        ("3", "true", "Duplicate", Status.OPEN),
        ("6", "true", "Solution provided", Status.DONE),
        ("6", "true", "Not Solved (Too Costly)", Status.DISMISSED),
        ("7", "false", "Workaround provided", Status.DONE),
        ("7", "false", "No resolution provided", Status.DISMISSED),
        ("7", "false", "duplicate ", Status.DISMISSED),
        ("8", "false", "", Status.DISMISSED),
        ("-5", "true", "", Status.OPEN),
        ("12", "false", "", Status.DONE),
    ],
)
async def test_a_state_and_a_code_make_a_status(state: str, active: str, code: str, status: Status) -> None:
    desk, _ = scripted(json_answer({"result": row(state=state, active=active, close_code=code, closed_by="ana")}))
    ticket = await desk.read(REFERENCE)
    assert (status, f"<{state}>") == (ticket.status, ticket.word)
    assert ("" if status is Status.OPEN else "<>") == ticket.by


async def test_who_resolved_it_is_read() -> None:
    async with at() as place:
        ticket = await place.desk.open(DRAFT)
        place.instance.person_closes(ticket.reference)
        by_person = await place.desk.read(ticket.reference)
        place.instance.person_closes(ticket.reference, dismissed=True)
        canceled = await place.desk.read(ticket.reference)
    assert (ASSIGNEE, "Resolved", "Canceled") == (by_person.by, by_person.word, canceled.word)


async def test_closing_resolves_with_a_code_and_notes() -> None:
    async with at(close_code="Solved (Permanently)") as place:
        ticket = await place.desk.open(DRAFT)
        await place.desk.close(ticket.reference)
        assert {
            "state": "6",
            "close_code": "Solved (Permanently)",
            "close_notes": "Countersign sees the problem no longer.",
        } == place.sent("PATCH")
        assert "Countersign" == (await place.desk.read(ticket.reference)).by


async def test_what_stays_open_is_not_taken_for_closed() -> None:
    desk, _ = scripted(json_answer({"result": row()}))
    with pytest.raises(DeliveryError, match="left it open"):
        await desk.close(REFERENCE)


async def test_what_is_closed_or_canceled_has_no_way_back() -> None:
    async with at() as place:
        ticket = await place.desk.open(DRAFT)
        for state in ("7", "8"):
            place.instance.person_sets(ticket.reference, state=state, active="false")
            assert not await place.desk.reopen(ticket.reference)
        assert [] == place.asked("PATCH")


async def test_a_rule_that_keeps_it_closed_is_no_way_back() -> None:
    resolved = json_answer({"result": row(state="6")})
    desk, _ = scripted(resolved, failed(403, "x", "Operation was aborted by Business Rule 'No'"))
    assert not await desk.reopen(REFERENCE)
    desk, _ = scripted(resolved)
    assert not await desk.reopen(REFERENCE)
    desk, _ = scripted(resolved, failed(403, "Operation Failed", "ACL Exception Update Failed"))
    with pytest.raises(DeliveryError):
        await desk.reopen(REFERENCE)


# Notes.


async def test_notes_are_for_those_who_work_on_it() -> None:
    async with at() as place:
        ticket = await place.desk.open(DRAFT)
        await place.desk.comment(ticket.reference, TEXT, "b1")
        assert {"work_notes": journal.note(TEXT, "b1")} == place.sent("PATCH")


async def test_what_was_said_is_known_without_sight_of_the_journal_table() -> None:
    async with at() as place:
        place.instance.journal_readable = False
        ticket = await place.desk.open(DRAFT)
        await place.desk.comment(ticket.reference, TEXT, "b1.2")
        found = [await place.desk.said(ticket.reference, key, NOW) for key in ("b1.2", "b1")]
        place.there.fail(403, ("GET", ".*sys_journal_field"))
        found.append(await place.desk.said(ticket.reference, "b1.2", NOW))
    assert [True, False, True] == found


async def test_where_notes_cannot_be_read_nobody_knows_what_was_said() -> None:
    async with at() as place:
        one, _ = await two_incidents(place)
        await place.desk.comment(one, TEXT, "b1.2")
        place.instance.notes_readable = False
        assert await place.desk.said(one, "b1.2", NOW)
        place.instance.journal_readable = False
        for asking in (place.desk.said(one, "b1.2", NOW), place.desk.said(one, "b1", NOW), place.desk.check()):
            with pytest.raises(DeliveryError, match=r"right to read the field work_notes .*\.$") as caught:
                await asking
            assert (True, False) == (caught.value.permanent, caught.value.maybe_taken)


async def test_notes_that_may_be_read_and_are_none_were_not_said() -> None:
    async with at() as place:
        await place.desk.check()
        one, _ = await two_incidents(place)
        place.instance.journal_readable = False
        assert not await place.desk.said(one, "b1.2", NOW)
        await place.desk.check()


async def test_a_note_of_another_incident_is_not_ours() -> None:
    entry = {"element_id": "1" * 32, "value": journal.note(TEXT, "k")}
    rows = json_answer({"result": [{name: {"value": value} for name, value in entry.items()}]})
    desk, _ = scripted(rows, json_answer({"result": {"sys_id": {"value": REFERENCE}, "work_notes": {}}}))
    assert not await desk.said(REFERENCE, "k", NOW)


# The stand-in refuses what the vendor refuses, or passes over.


@dataclass(slots=True)
class Asker:
    """Somebody who is signed in."""

    instance: ServiceNowStandIn = field(default_factory=lambda: ServiceNowStandIn(Hands(NOW), LAG))
    token: str = ""

    def sign_in(self, **changes: str) -> Reply:
        form = {"grant_type": "client_credentials", "client_id": "countersign", "client_secret": "sandbox-secret"}
        headers = {"content-type": "application/x-www-form-urlencoded"}
        reply = self.instance.judge(Arrival("POST", "", headers, urlencode(form | changes).encode(), TOKENS))
        self.token = reply.body.get("access_token", "")
        return reply

    def ask(self, method: str, path: str, query: Mapping[str, str], body: Any = None, kind: str = "json") -> Reply:
        headers = {"authorization": f"Bearer {self.token}", "content-type": f"application/{kind}", "accept": "*/*"}
        asked = {"sysparm_exclude_reference_link": "true", **query}
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.instance.judge(Arrival(method, "", headers, raw, f"{TABLES}/{path}", asked))


def asker() -> Asker:
    found = Asker()
    found.sign_in()
    return found


BODIES: Sequence[tuple[str, Any]] = (
    ("no such field", {"short_descripton": "x"}),
    ("the system's", {"number": "INC1"}),
    ("a text, a number or a flag", {"description": None}),
    ("a text, a number or a flag", {"description": ["x"]}),
    ("160 characters", {"short_description": "x" * 161}),
    ("4000 characters", {"description": "😀" * 2_001}),
    ("no choice", {"urgency": "4"}),
    ("no choice", {"close_code": "Fixed"}),
    ("sys_id of one", {"assigned_to": "ana"}),
    ("sys_id of one", {"assignment_group": "Signing Operations"}),
    ("one object", [{}]),
    ("is JSON", b"{"),
)


@pytest.mark.parametrize(("why", "body"), BODIES)
def test_the_stand_in_refuses_a_record(why: str, body: Any) -> None:
    reply = asker().ask("POST", "incident", {}, body)
    assert (400, "failure") == (reply.status, reply.body["status"])
    assert why in str(reply.reason)


QUERIES: Sequence[tuple[str, str, dict[str, str]]] = (
    ("part of the query", "incident", {"sysparm_query": "correlationid=x"}),
    ("part of the query", "incident", {"sysparm_query": "number=1^ORnumber=2"}),
    ("part of the query", "incident", {"sysparm_query": "number=javascript:gs.getUserID()"}),
    ("sysparm_limit is", "incident", {"sysparm_limit": "0"}),
    ("sysparm_offset is", "incident", {"sysparm_offset": "-1"}),
    ("no sysparm_sort", "incident", {"sysparm_sort": "number"}),
    ("there is no colour", "incident", {"sysparm_fields": "number,colour"}),
    ("all or false", "incident", {"sysparm_display_value": "yes"}),
    ("links of references", "incident", {"sysparm_exclude_reference_link": "false"}),
    ("no such table", "incidents", {}),
)


@pytest.mark.parametrize(("why", "table", "query"), QUERIES)
def test_the_stand_in_refuses_a_query(why: str, table: str, query: dict[str, str]) -> None:
    reply = asker().ask("GET", table, query)
    assert 400 == reply.status
    assert why in str(reply.reason)


def test_the_stand_in_knows_who_asks() -> None:
    found = Asker()
    assert [401, 401, 401, 200] == [
        found.sign_in(client_secret="x").status,
        found.sign_in(grant_type="password").status,
        found.ask("GET", "incident", {}).status,
        found.sign_in().status,
    ]
    assert 200 == found.ask("GET", "incident", {}).status
    found.token = "x"
    reply = found.ask("GET", "incident", {})
    assert (401, "User Not Authenticated") == (reply.status, reply.body["error"]["message"])


def test_the_stand_in_keeps_the_rules_of_states() -> None:
    found = asker()
    made = found.ask("POST", "incident", {}, {"short_description": "x"}).body["result"]["sys_id"]
    path = f"incident/{made}"
    resolution = {"state": "6", "close_code": "Solution provided", "close_notes": "x"}
    statuses = [
        found.ask("PATCH", path, {}, {"state": "6"}).status,
        found.ask("PATCH", path, {}, {"state": "7"}).status,
        found.ask("PATCH", path, {}, resolution).status,
        found.ask("PATCH", path, {}, {"state": "2"}).status,
    ]
    found.instance.person_closes(made, dismissed=True)
    statuses += [
        found.ask("PATCH", path, {}, {"state": "2"}).status,
        found.ask("PATCH", path, {}, {"work_notes": "x"}).status,
        found.ask("PATCH", f"incident/{REFERENCE}", {}, {"state": "2"}).status,
        found.ask("PATCH", path, {}, {"state": "2"}, kind="xml").status,
        found.ask("POST", "sys_user", {}, {"name": "x"}).status,
    ]
    assert [403, 403, 200, 200, 403, 200, 404, 415, 403] == statuses


def test_the_stand_in_shows_pages_and_where_they_are() -> None:
    found = asker()
    for number in range(5):
        found.ask("POST", "incident", {}, {"short_description": f"{number}"})
    query = {"sysparm_limit": "2", "sysparm_offset": "2", "sysparm_query": "ORDERBYDESCnumber"}
    early = found.ask("GET", "incident", query)
    found.instance._now.pass_by(LAG)  # type: ignore[attr-defined]
    late = found.ask("GET", "incident", query)
    assert ([], "0") == (early.body["result"], early.headers["X-Total-Count"])
    assert ["INC0010003", "INC0010002"] == [one["number"] for one in late.body["result"]]
    assert "5" == late.headers["X-Total-Count"]
    assert ["first", "prev", "next", "last"] == [
        link.split('rel="')[1][:-1] for link in late.headers["Link"].split(",")
    ]


def test_the_stand_in_needs_nothing_to_begin() -> None:
    assert datetime.now(UTC) - ServiceNowStandIn()._now() < timedelta(minutes=1)
