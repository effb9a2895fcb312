"""What is particular to Jira Cloud: its fields, its workflows, its sign-in, and its time zones."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from pydantic import SecretStr

from sandbox.receivers.jira.seen import SeenJira
from sandbox.receivers.jira.site import Site
from sandbox.receivers.jira.stand_in import API, ROOT
from sandbox.receivers.jira.workflows import LINEAR, LONGER, SERVICE, STRICT, Workflow
from shared.desk_settings import DISMISSED
from shared.domain.finding import Severity
from shared.domain.ticket import Status, Ticket
from shared.http import AiohttpHttp, Answer
from shared.ports.desk import Draft
from shared.ports.errors import DeliveryError, NotThere
from shared.tickets.jira.adf import document
from shared.tickets.jira.desk import JiraDesk
from shared.tickets.jira.issue import NEVER, Home
from shared.tickets.jira.workflow import Move, closing, resolution
from shared.tickets.terms import OURS, Terms
from tests.contract.desks.case import ASSIGNEE, LAG, SECRET, STRANGER, Hands
from tests.contract.desks.jira_case import CASE, SITE, TERMS, TOKEN, USER
from tests.contract.desks.listening import Listening, listening
from tests.contract.test_desks import DRAFT, MARKER, NOW, TEXT

BEGUN = "indeterminate"
LATER = LAG + timedelta(seconds=1)
LONG_AGO = NOW - timedelta(days=1)
PLAIN = Draft(MARKER, "warning: x", TEXT, Severity.WARNING)
CALLS: dict[str, Callable[[JiraDesk], Awaitable[Any]]] = {
    "open": lambda desk: desk.open(PLAIN),
    "find": lambda desk: desk.find(MARKER, LONG_AGO),
    "changed": lambda desk: desk.changed(LONG_AGO),
    "read": lambda desk: desk.read("10001"),
    "comment": lambda desk: desk.comment("10001", TEXT, "k"),
    "said": lambda desk: desk.said("10001", "k", LONG_AGO),
    "set_severity": lambda desk: desk.set_severity("10001", Severity.INFO),
    "close": lambda desk: desk.close("10001"),
    "reopen": lambda desk: desk.reopen("10001"),
    "check": lambda desk: desk.check(),
}


@dataclass(frozen=True, slots=True)
class Place:
    """A desk over a real client, its stand-in, and the time in the test's hand."""

    desk: JiraDesk
    there: Listening
    jira: SeenJira
    time: Hands

    def bodies(self, method: str, path: str) -> list[Any]:
        """Of what arrived there."""
        return [one.json() for one, _ in self.there.arrived if (one.method, one.path) == (method, f"{API}{path}")]

    def asked(self) -> list[str]:
        """What arrived, in order: method and the path below the API."""
        return [f"{one.method} {one.path.removeprefix(API)}" for one, _ in self.there.arrived]


@asynccontextmanager
async def at(site: Site = SITE, terms: Terms = TERMS, **more: Any) -> AsyncIterator[Place]:
    time, http = Hands(NOW), AiohttpHttp()
    jira = SeenJira(time, LAG, site)
    try:
        async with listening(CASE, jira) as there:
            desk = JiraDesk(http, f"{there.address}{ROOT}", USER, SecretStr(TOKEN), "OPS", terms, dismissed=DISMISSED)
            yield Place(replace(desk, **more), there, jira, time)
    finally:
        await http.close()


@dataclass(slots=True)
class Answering:
    """A client that gives one answer after the other, the last again and again."""

    answers: list[Answer]
    asked: list[str] = field(default_factory=list)

    async def ask(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None) -> Answer:  # noqa: ARG002
        self.asked.append(f"{method} {url}")
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        return await self.ask("POST", url, headers, body)

    async def get(self, url: str, headers: Mapping[str, str]) -> Answer:
        return await self.ask("GET", url, headers)


def answered(*answers: Answer) -> JiraDesk:
    return JiraDesk(Answering(list(answers)), "https://acme.atlassian.net", USER, SecretStr(TOKEN), "OPS", TERMS)


def shown(**more: Any) -> dict[str, Any]:
    """An issue as Jira shows it."""
    fields: dict[str, Any] = {
        "project": {"id": "10001", "key": "OPS"},
        "status": {"name": "To Do", "statusCategory": {"key": "new"}},
        "resolution": None,
        "labels": [OURS, MARKER],
        "created": "2026-11-20T10:07:00.000+0100",
        "updated": "2026-11-20T10:07:00.000+0100",
        "assignee": None,
    }
    return {"id": "10001", "key": "OPS-1", "fields": fields | more}


def closed(**more: Any) -> dict[str, Any]:
    """One that is done, with what else stands beside its fields."""
    return shown(status={"name": "Done", "statusCategory": {"key": "done"}}) | more


def moved(at: str, author: Any, field: str = "status") -> dict[str, Any]:
    """A change as a changelog shows it."""
    return {"id": "1", "author": author, "created": at, "items": [{"field": field, "fieldId": field}]}


def said(found: Any, status: int = 200) -> Answer:
    return Answer(status, body=json.dumps(found).encode(), headers={"x-seraph-loginreason": "OK"})


# Fields.


async def test_a_ticket_is_made_with_every_field() -> None:
    async with at(component="Signing", issue_type="Bug") as place:
        ticket = await place.desk.open(DRAFT)
        [made] = place.bodies("POST", "/issue")
        arrival = place.there.arrived[0][0]
    assert made == {
        "fields": {
            "project": {"key": "OPS"},
            "issuetype": {"name": "Bug"},
            "summary": DRAFT.title,
            "description": document(TEXT),
            "labels": [OURS, MARKER, "signing"],
            "priority": {"name": "Highest"},
            "assignee": {"id": ASSIGNEE},
            "components": [{"name": "Signing"}],
            "customfield_10010": "Signing team",
        }
    }
    assert "en-US" == arrival.headers["accept-language"]
    assert arrival.headers["authorization"].startswith("Basic ")
    assert ("10001", "OPS-1", "To Do", "Ana Example") == (ticket.reference, ticket.name, ticket.word, ticket.assignee)
    assert f"{place.desk.site}/browse/OPS-1" == ticket.url
    assert ["POST /issue", "GET /issue/10001"] == place.asked()


async def test_fields_of_an_installation_do_not_replace_ours() -> None:
    theirs = {
        "summary": "x",
        "labels": ["x"],
        "project": {"key": "X"},
        "description": None,
        "priority": {"name": "Low"},
    }
    async with at(terms=replace(TERMS, fields=theirs, priorities={})) as place:
        await place.desk.open(DRAFT)
        [seen] = place.jira.seen()
    assert (DRAFT.title, "Highest", (OURS, MARKER, "signing")) == (seen.title, seen.priority, seen.labels)


async def test_a_label_of_two_words_is_one() -> None:
    async with at(terms=replace(TERMS, labels=("team: ops", "team:-ops", OURS))) as place:
        await place.desk.open(PLAIN)
        [seen] = place.jira.seen()
    assert (OURS, MARKER, "team:-ops") == seen.labels


@pytest.mark.parametrize(
    ("title", "summary"),
    [
        ("x" * 255, "x" * 255),
        ("🔑" * 127 + "x", "🔑" * 127 + "x"),
        ("a\nb", "a b"),
        ("x" * 256, "x" * 254 + "…"),
        ("🔑" * 128, "🔑" * 127 + "…"),
        ("x" + "🔑" * 130, "x" + "🔑" * 126 + "…"),
    ],
)
async def test_a_title_fills_the_summary_as_jira_counts(title: str, summary: str) -> None:
    async with at() as place:
        await place.desk.open(replace(PLAIN, title=title))
        [seen] = place.jira.seen()
    assert (summary, []) == (seen.title, place.there.refusals)


async def test_a_project_without_priorities_gets_tickets_without_one() -> None:
    async with at(replace(SITE, priorities=())) as place:
        ticket = await place.desk.open(replace(DRAFT, owners=(STRANGER,)))
        await place.desk.set_severity(ticket.reference, Severity.CRITICAL)
        [seen] = place.jira.seen()
    assert ("", "") == (seen.priority, seen.assignee)
    assert [] == place.there.refusals


async def test_a_severity_that_nobody_named_has_the_priority_that_jira_comes_with() -> None:
    found = {}
    async with at(terms=replace(TERMS, priorities={Severity.WARNING: "High"})) as place:
        ticket = await place.desk.open(DRAFT)
        found["made"] = place.jira.seen()[0].priority
        for severity in (Severity.WARNING, Severity.INFO, Severity.CRITICAL):
            await place.desk.set_severity(ticket.reference, severity)
            found[severity.name] = place.jira.seen()[0].priority
    assert {"made": "Highest", "WARNING": "High", "INFO": "Low", "CRITICAL": "Highest"} == found


@pytest.mark.parametrize(
    ("desk", "terms", "named"),
    [
        ({"issue_type": "Incident"}, {}, "issuetype (look at TICKETS__JIRA_TYPE)"),
        ({"component": "Nothing"}, {}, "components (look at TICKETS__JIRA_COMPONENT)"),
        ({}, {"labels": ("x" * 256,)}, "labels (look at TICKETS__LABELS)"),
        ({}, {"priorities": {Severity.WARNING: "P1"}}, "priority (look at TICKETS__JIRA_PRIORITIES)"),
        ({}, {"fields": {"customfield_99": 1}}, "customfield_99, which is not on the project's screen"),
        ({"project": "NONE"}, {}, "no project NONE at TICKETS__JIRA_SITE"),
    ],
)
async def test_a_mistake_in_a_setting_is_named(desk: dict[str, Any], terms: dict[str, Any], named: str) -> None:
    async with at(terms=replace(TERMS, **terms), **desk) as place:
        with pytest.raises(DeliveryError) as caught:
            await place.desk.open(PLAIN)
        assert () == tuple(place.jira.seen())
    assert named in str(caught.value)
    assert (True, False) == (caught.value.permanent, caught.value.maybe_taken)


@pytest.mark.parametrize(
    ("field", "told"),
    [
        ("labels", "the field labels, which is not on the project's screen for that issue type (put it there)"),
        ("components", "(put it there, or look at TICKETS__JIRA_COMPONENT)"),
    ],
)
async def test_a_field_that_is_on_no_screen_is_to_be_put_there(field: str, told: str) -> None:
    why = f"Field '{field}' cannot be set. It is not on the appropriate screen, or unknown."
    with pytest.raises(DeliveryError) as caught:
        await answered(said({"errorMessages": [], "errors": {field: why}}, 400)).open(PLAIN)
    assert told in str(caught.value)


async def test_who_must_be_assigned_and_cannot_be_is_named() -> None:
    refusal = {"errorMessages": [], "errors": {"assignee": "Issues must be assigned."}}
    desk = answered(said(refusal, 400))
    with pytest.raises(DeliveryError, match="TICKETS__JIRA_ASSIGNEES"):
        await desk.open(DRAFT)
    assert isinstance(desk.http, Answering)
    assert 2 == len(desk.http.asked)


async def test_words_of_others_are_in_no_error() -> None:
    refusal = {"errorMessages": [SECRET], "errors": {"summary": SECRET, f"<{SECRET}>": "x", "a b": "y"}}
    with pytest.raises(DeliveryError) as caught:
        await answered(said(refusal, 400)).open(PLAIN)
    assert "Jira answered 400 (it refuses the field summary)." == str(caught.value)


# The sign-in, and what the account may do.


@pytest.mark.parametrize("call", CALLS)
async def test_a_sign_in_that_is_not_accepted_is_told_even_where_jira_says_nothing_of_it(call: str) -> None:
    async with at() as place:
        await place.desk.open(PLAIN)
        stranger = replace(place.desk, token=SecretStr("expired"))
        with pytest.raises(DeliveryError) as caught:
            await CALLS[call](stranger)
    assert "Jira answered 401" in str(caught.value)
    assert "TICKETS__JIRA_TOKEN" in str(caught.value)
    assert (True, False) == (caught.value.permanent, caught.value.maybe_taken)


@pytest.mark.parametrize("call", sorted(CALLS.keys() - {"open"}))
async def test_a_project_that_cannot_be_seen_is_not_an_empty_one(call: str) -> None:
    async with at(replace(SITE, lacks=frozenset({"BROWSE_PROJECTS"}))) as place:
        with pytest.raises(DeliveryError) as caught:
            await CALLS[call](place.desk)
    assert "OPS" in str(caught.value)
    assert caught.value.permanent


@pytest.mark.parametrize("call", ["find", "changed", "check", "read"])
async def test_a_project_that_is_not_there_is_told(call: str) -> None:
    async with at(project="NONE") as place:
        with pytest.raises(DeliveryError, match="TICKETS__JIRA_PROJECT") as caught:
            await CALLS[call](place.desk)
    assert "NONE" in str(caught.value)


async def test_where_nothing_is_found_and_the_project_is_there_nothing_is_found() -> None:
    async with at() as place:
        assert [] == await place.desk.find(MARKER, LONG_AGO)
        assert [] == await place.desk.changed(LONG_AGO)
    assert ["GET /search/jql", "GET /project/OPS"] * 2 == place.asked()


async def test_a_check_names_every_permission_that_is_lacking() -> None:
    async with at(replace(SITE, lacks=frozenset({"ADD_COMMENTS", "CREATE_ISSUES"}))) as place:
        with pytest.raises(DeliveryError, match=r"OPS .*: Create issues, Add comments\.$"):
            await place.desk.check()
        with pytest.raises(DeliveryError, match="TICKETS__JIRA_PROJECT"):
            await place.desk.open(PLAIN)
    async with at() as place:
        await place.desk.check()
    assert ["GET /mypermissions"] == place.asked()


async def test_what_is_made_and_then_not_shown_is_a_ticket_and_is_not_made_again() -> None:
    async with at() as place:
        place.jira.person_hides("10001")
        ticket = await place.desk.open(replace(DRAFT, marker=MARKER))
        place.time.pass_by(LATER)
        found = await place.desk.find(MARKER, LONG_AGO)
        with pytest.raises(NotThere):
            await place.desk.read(ticket.reference)
        address = f"{place.desk.site}/browse/OPS-1"
    assert Ticket("10001", "OPS-1", address, MARKER, Status.OPEN, "", NOW, NOW) == ticket
    assert ([], 1) == (list(found), len(place.jira.issues))


@pytest.mark.parametrize(
    "answer",
    [
        Answer(0, "no connection", left=False),
        *(Answer(status) for status in (200, 302, 401, 403, 404, 410, 429, 500, 503)),
        said(shown(project={"id": "10002", "key": "WEB"})),
    ],
)
@pytest.mark.parametrize(
    ("date", "at"),
    [
        ("Fri, 20 Nov 2026 09:07:00 GMT", NOW),
        ("Fri, 20 Nov 2026 10:07:00 +0100", NOW),
        ("Fri, 20 Nov 2026 09:07:00 -0000", NOW),
        ("Fri, 31 Dec 9999 23:59:59 -1400", NEVER),
        ("yesterday", NEVER),
        ("", NEVER),
    ],
)
async def test_what_was_made_and_could_not_be_read_is_a_ticket(answer: Answer, date: str, at: datetime) -> None:
    made = said({"id": "10001", "key": "OPS-1"}, 201)
    made = replace(made, headers={**(made.headers or {}), **({"date": date} if date else {})})
    ticket = await answered(made, answer).open(PLAIN)
    assert ("10001", "OPS-1", MARKER, Status.OPEN, "") == (
        ticket.reference,
        ticket.name,
        ticket.marker,
        ticket.status,
        ticket.word,
    )
    assert (at, at, "https://acme.atlassian.net/browse/OPS-1") == (ticket.created, ticket.changed, ticket.url)


async def test_a_token_with_scopes_asks_the_gateway_and_people_read_at_the_site() -> None:
    gateway = "https://api.atlassian.com/ex/jira/11223344-a1b2-3b33-c444-def123456789"
    desk = replace(answered(said(shown())), api=f"{gateway}/")
    ticket = await desk.read("10001")
    assert "https://acme.atlassian.net/browse/OPS-1" == ticket.url
    assert isinstance(desk.http, Answering)
    assert desk.http.asked[0].startswith(f"GET {gateway}/rest/api/3/issue/10001?fields=project%2Cstatus")


# Searching.


@pytest.mark.parametrize("hours", [-12, -3.5, 0, 5.75, 14])
async def test_the_time_zone_of_the_account_makes_no_difference(hours: float) -> None:
    async with at(replace(SITE, zone=timezone(timedelta(hours=hours)))) as place:
        ticket = await place.desk.open(PLAIN)
        place.time.pass_by(timedelta(hours=13))
        await place.desk.open(replace(PLAIN, marker="countersign-9999999999999999-9"))
        place.time.pass_by(LATER)
        found = await place.desk.find(MARKER, NOW)
        late = await place.desk.find(MARKER, NOW + timedelta(milliseconds=1))
        changed = await place.desk.changed(NOW + timedelta(minutes=1))
    assert [ticket] == list(found)
    assert [] == list(late)
    assert ["countersign-9999999999999999-9"] == [one.marker for one in changed]
    assert NOW == ticket.created


async def test_jira_keeps_milliseconds_and_nothing_is_missed_for_it() -> None:
    async with at() as place:
        place.time.pass_by(timedelta(microseconds=1_900))
        moment = place.time.at
        ticket = await place.desk.open(PLAIN)
        await place.desk.comment(ticket.reference, TEXT, "k")
        place.time.pass_by(LATER)
        found = await place.desk.find(MARKER, moment)
        told = await place.desk.said(ticket.reference, "k", moment)
    assert ([ticket.reference], True) == ([one.reference for one in found], told)


async def test_a_label_of_an_installation_is_no_marker_and_who_lost_the_marker_is_not_ours() -> None:
    own = "countersign-production-signing"
    async with at(terms=replace(TERMS, labels=(own,))) as place:
        ticket = await place.desk.open(PLAIN)
        place.jira.person_labels(ticket.reference, OURS, own)
        stripped = await place.desk.read(ticket.reference)
        place.time.pass_by(LATER)
        changed = await place.desk.changed(LONG_AGO)
        found = await place.desk.find(own, LONG_AGO)
    assert (MARKER, "", [], []) == (ticket.marker, stripped.marker, list(changed), list(found))


async def test_a_search_that_does_not_end_is_an_error() -> None:
    page = said({"issues": [shown()], "isLast": False, "nextPageToken": "again"})
    with pytest.raises(DeliveryError, match="its end") as caught:
        await answered(page).changed(LONG_AGO)
    assert not caught.value.permanent


async def test_a_project_key_is_no_way_into_the_query() -> None:
    desk = replace(answered(said({"issues": [shown()], "isLast": True})), project='X" OR project = "Y')
    await desk.find(MARKER, LONG_AGO)
    assert isinstance(desk.http, Answering)
    assert "project+%3D+%22X%5C%22+OR+project+%3D+%5C%22Y%22+AND" in desk.http.asked[0]


# A ticket's life.


async def test_a_ticket_in_another_project_is_gone() -> None:
    async with at() as place:
        ticket = await place.desk.open(PLAIN)
        place.jira.person_moves(ticket.reference, "WEB")
        for asking in (place.desk.read, place.desk.close, place.desk.reopen):
            with pytest.raises(NotThere):
                await asking(ticket.reference)
        place.time.pass_by(LATER)
        assert [] == list(await place.desk.find(MARKER, LONG_AGO))


async def test_a_project_may_be_called_by_a_key_that_it_had_before() -> None:
    async with at(replace(SITE, former=("OLD",)), project="OLD") as place:
        ticket = await place.desk.open(PLAIN)
        place.time.pass_by(LATER)
        found = await place.desk.find(MARKER, LONG_AGO)
        again = await place.desk.read(ticket.reference)
        await place.desk.check()
    assert ["OPS-1"] == [one.name for one in found]
    assert "OPS-1" == again.name


async def test_a_workflow_that_asks_for_a_resolution_gets_one_and_may_have_no_way_back() -> None:
    async with at(replace(SITE, workflow=STRICT)) as place:
        ticket = await place.desk.open(PLAIN)
        await place.desk.close(ticket.reference)
        closed = await place.desk.read(ticket.reference)
        reopened = await place.desk.reopen(ticket.reference)
        still = await place.desk.read(ticket.reference)
    assert (Status.DONE, "Resolved", False, Status.DONE) == (closed.status, closed.word, reopened, still.status)
    assert [{"transition": {"id": "5"}, "fields": {"resolution": {"id": "10000"}}}] == place.bodies(
        "POST", "/issue/10001/transitions"
    )
    assert [] == place.there.refusals


@pytest.mark.parametrize("dismissed", ["won't do", "Won’t Do"])
async def test_a_status_that_means_not_to_be_done_is_as_good_as_a_resolution(dismissed: str) -> None:
    async with at(replace(SITE, workflow=STRICT), dismissed=(dismissed,)) as place:
        ticket = await place.desk.open(PLAIN)
        place.jira.person_closes(ticket.reference, dismissed=True)
        found = await place.desk.read(ticket.reference)
    assert (Status.DISMISSED, "Won't Do") == (found.status, found.word)


async def test_what_a_resolution_means_is_the_installations_word() -> None:
    async with at(dismissed=("Accepted",)) as place:
        ticket = await place.desk.open(PLAIN)
        place.jira.person_closes(ticket.reference, dismissed=True)
        found = await place.desk.read(ticket.reference)
    assert Status.DONE is found.status


HOME = Home("", (), DISMISSED)


async def test_in_a_service_project_a_ticket_is_resolved_and_not_canceled() -> None:
    async with at(replace(SITE, workflow=SERVICE), dismissed=("Duplicate",)) as place:
        ticket = await place.desk.open(PLAIN)
        await place.desk.close(ticket.reference)
        closed, resolved = await place.desk.read(ticket.reference), place.jira.issues[0].resolution
        assert await place.desk.reopen(ticket.reference)
    assert ("Resolved", Status.DONE, "10005") == (closed.word, closed.status, resolved)
    assert [] == place.there.refusals


async def test_what_a_person_canceled_is_not_to_be_done() -> None:
    async with at(replace(SITE, workflow=SERVICE)) as place:
        ticket = await place.desk.open(PLAIN)
        place.jira.person_closes(ticket.reference, dismissed=True)
        await place.desk.close(ticket.reference)
        found = await place.desk.read(ticket.reference)
    assert ("Canceled", Status.DISMISSED) == (found.word, found.status)


def ways(*statuses: str) -> list[Move]:
    return [Move(name, "done", name) for name in statuses]


@pytest.mark.parametrize(
    ("moves", "status"),
    [
        (ways("Archived", "Closed", "Resolved"), "Resolved"),
        (ways("Archived", "FIXED"), "FIXED"),
        (ways("Released", "Complete"), "Complete"),
        (ways("Cancelled", "Released"), "Released"),
        (ways("Cancelled"), "Cancelled"),
        ([Move("1", "done", "Archived"), Move("2", "done", "Released", resolutions={"Done": "1"})], "Released"),
        ([Move("1", "done", "Closed", resolutions={"Won't Do": "1"}), Move("2", "done", "Released")], "Released"),
        ([Move("1", "done", "Done", wants=1), Move("2", "done", "Archived")], "Archived"),
        ([Move("1", "done", "Done", wants=1), Move("2", "done", "Rejected")], "Done"),
        ([Move("1", "new", "Done"), Move("2", "indeterminate", "Resolved")], None),
    ],
)
def test_a_way_that_solves_is_taken_before_others_and_one_that_dismisses_last(
    moves: list[Move], status: str | None
) -> None:
    found = closing(moves, HOME)
    assert status == (found.status if found else None)


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (("Known Error", "Fixed", "Done"), "Done"),
        (("Completed", "Resolved", "Fixed"), "Fixed"),
        (("Answered", "Complete"), "Complete"),
        (("Declined", "Answered", "Hardware failure"), "Answered"),
        (("Declined", "Obsolete"), None),
        ((), None),
    ],
)
def test_the_resolution_that_solves_is_chosen_before_others(names: tuple[str, ...], chosen: str | None) -> None:
    found = resolution(Move("1", "done", "Closed", resolutions={name: name for name in names}), HOME)
    assert ({"resolution": {"id": chosen}} if chosen else {}) == found


async def test_where_one_status_follows_the_other_a_ticket_goes_through_them() -> None:
    async with at(replace(SITE, workflow=LINEAR)) as place:
        ticket = await place.desk.open(PLAIN)
        await place.desk.close(ticket.reference)
        closed = await place.desk.read(ticket.reference)
    taken = [one["transition"]["id"] for one in place.bodies("POST", "/issue/10001/transitions")]
    assert (["43", "44"], "Done", Status.DONE) == (taken, closed.word, closed.status)
    assert [] == place.there.refusals


async def test_two_steps_are_taken_on_the_way_to_done_and_none_to_where_it_has_been() -> None:
    async with at(replace(SITE, workflow=LONGER)) as place:
        ticket = await place.desk.open(PLAIN)
        await place.desk.close(ticket.reference)
        closed = await place.desk.read(ticket.reference)
    taken = [one["transition"]["id"] for one in place.bodies("POST", "/issue/10001/transitions")]
    assert (["51", "53", "54"], Status.DONE) == (taken, closed.status)


async def test_after_two_steps_a_person_is_told() -> None:
    step = [{"id": f"{one}", "to": {"name": f"Step {one}", "statusCategory": {"key": BEGUN}}} for one in range(3)]
    looks = [said({"transitions": [one]}) for one in step]
    desk = answered(said(shown()), looks[0], Answer(204), looks[1], Answer(204), looks[2])
    with pytest.raises(DeliveryError, match="no transition") as caught:
        await desk.close("10001")
    assert isinstance(desk.http, Answering)
    assert (True, 2) == (caught.value.permanent, sum(one.startswith("POST") for one in desk.http.asked))


async def test_a_step_that_wants_fields_is_not_taken_and_one_that_is_refused_leads_nowhere() -> None:
    to = {"name": "In Progress", "statusCategory": {"key": BEGUN}}
    wanting = {"id": "1", "to": to, "fields": {"x": {"required": True}}}
    for way, steps in ((wanting, 0), ({"id": "1", "to": to}, 1)):
        found = said({"transitions": [way]})
        refusal = [said({"errorMessages": ["Not now."], "errors": {}}, 400), found] if steps else []
        desk = answered(said(shown()), found, *refusal)
        with pytest.raises(DeliveryError, match="no transition"):
            await desk.close("10001")
        assert isinstance(desk.http, Answering)
        assert steps == sum(one.startswith("POST") for one in desk.http.asked)


async def test_what_dismisses_is_taken_where_there_is_nothing_else() -> None:
    rejected = {"id": "9", "to": {"name": "Rejected", "statusCategory": {"key": "done"}}}
    only = said({"transitions": [rejected]})
    desk = replace(answered(said(shown()), only, Answer(204)), dismissed=DISMISSED)
    await desk.close("10001")
    assert isinstance(desk.http, Answering)
    assert 3 == len(desk.http.asked)


async def test_who_closed_it_is_who_changed_its_status_last() -> None:
    people = {ASSIGNEE: "Ana Example", "ben-at-the-desk": "Ben Example"}
    async with at(replace(SITE, people=people)) as place:
        ticket = await place.desk.open(DRAFT)
        place.jira.person_closes(ticket.reference)
        place.jira.person_assigns(ticket.reference, "ben-at-the-desk")
        await place.desk.set_severity(ticket.reference, Severity.INFO)
        closed = await place.desk.read(ticket.reference)
        place.time.pass_by(LATER)
        [listed] = await place.desk.changed(LONG_AGO)
        place.jira.person_reopens(ticket.reference)
        opened = await place.desk.read(ticket.reference)
        await place.desk.close(ticket.reference)
        ours = await place.desk.read(ticket.reference)
    assert ("Ana Example", "Ben Example") == (closed.by, closed.assignee)
    assert ("", "", "Countersign") == (listed.by, opened.by, ours.by)


@pytest.mark.parametrize(
    ("changelog", "by"),
    [
        (None, ""),
        ({}, ""),
        ({"histories": []}, ""),
        ({"histories": [moved("2026-11-20T10:00:00.000+0100", None)]}, ""),
        ({"histories": [moved("2026-11-20T10:00:00.000+0100", {"accountId": "x"})]}, ""),
        (
            {
                "histories": [
                    moved("2026-11-20T10:00:00.000+0100", {"displayName": "Ana"}),
                    moved("2026-11-20T09:30:00.000+0000", {"displayName": "Ben"}),
                    moved("2026-11-20T11:00:00.000+0000", {"displayName": "Kim"}, "assignee"),
                ]
            },
            "Ben",
        ),
    ],
)
async def test_where_a_changelog_names_nobody_nobody_closed_it(changelog: Any, by: str) -> None:
    assert by == (await answered(said(closed(changelog=changelog))).read("10001")).by


async def test_a_workflow_that_wants_what_we_cannot_give_is_told() -> None:
    only = Workflow(STRICT.first, STRICT.moves[:1], STRICT.closed, STRICT.dismissed)
    async with at(replace(SITE, workflow=only)) as place:
        ticket = await place.desk.open(PLAIN)
        with pytest.raises(DeliveryError, match="wants customfield_10042 where a ticket is closed") as caught:
            await place.desk.close(ticket.reference)
    assert caught.value.permanent


async def test_where_no_transition_closes_a_person_is_told_so() -> None:
    async with at(replace(SITE, lacks=frozenset({"TRANSITION_ISSUES"}))) as place:
        ticket = await place.desk.open(PLAIN)
        with pytest.raises(DeliveryError, match="permission to transition issues") as caught:
            await place.desk.close(ticket.reference)
    assert caught.value.permanent


async def test_a_way_back_that_wants_more_is_none() -> None:
    done = shown(status={"name": "Done", "statusCategory": {"key": "done"}})
    back = {"id": "7", "to": {"name": "Open", "statusCategory": {"key": "new"}}, "fields": {"x": {"required": True}}}
    refusal = said({"errorMessages": [], "errors": {"x": "X is required."}}, 400)
    assert not await answered(said(done), said({"transitions": [back]}), refusal, said(done)).reopen("10001")


async def test_who_was_faster_has_done_it() -> None:
    done = shown(status={"name": "Done", "statusCategory": {"key": "done"}})
    ways = [{"id": "1", "to": {"name": "x", "statusCategory": {"key": key}}} for key in ("new", "done")]
    refusal = said({"errorMessages": ["It is not valid any more."], "errors": {}}, 400)
    await answered(said(shown()), said({"transitions": ways}), refusal, said(done)).close("10001")
    assert await answered(said(done), said({"transitions": ways}), refusal, said(shown())).reopen("10001")
    with pytest.raises(DeliveryError, match="sets conditions"):
        await answered(said(shown()), said({"transitions": ways}), refusal, said(shown())).close("10001")


async def test_somebody_else_in_the_same_ticket_is_a_reason_to_try_again() -> None:
    way = {"id": "31", "to": {"name": "Done", "statusCategory": {"key": "done"}}}
    with pytest.raises(DeliveryError) as caught:
        await answered(said(shown()), said({"transitions": [way]}), said({}, 409)).close("10001")
    assert (False, False) == (caught.value.permanent, caught.value.maybe_taken)


# Comments.


@pytest.mark.parametrize(("lists", "calls"), [(True, 1), (False, 2)])
async def test_a_key_is_read_back_whether_or_not_comments_are_listed_with_it(lists: bool, calls: int) -> None:
    async with at(replace(SITE, lists_properties=lists)) as place:
        ticket = await place.desk.open(PLAIN)
        await place.desk.comment(ticket.reference, TEXT, "b1-3.2")
        before = len(place.there.arrived)
        found = await place.desk.said(ticket.reference, "b1-3.2", LONG_AGO)
        asked = len(place.there.arrived) - before
        [comment] = place.jira.issues[0].comments
    assert (True, calls) == (found, asked)
    assert {"key": "b1-3.2"} == comment.properties[OURS]
    assert "b1-3.2" not in json.dumps(comment.body)


async def test_customers_of_a_service_project_do_not_see_what_is_said() -> None:
    async with at() as place:
        ticket = await place.desk.open(PLAIN)
        await place.desk.comment(ticket.reference, TEXT, "k")
        [comment] = place.jira.issues[0].comments
        [told] = place.bodies("POST", "/issue/10001/comment")
    assert not comment.public
    assert {"key": "sd.public.comment", "value": {"internal": True}} in told["properties"]


async def test_only_comments_that_are_young_enough_count() -> None:
    async with at() as place:
        ticket = await place.desk.open(PLAIN)
        await place.desk.comment(ticket.reference, TEXT, "k")
        place.time.pass_by(timedelta(hours=1))
        found = [await place.desk.said(ticket.reference, "k", since) for since in (NOW, NOW + timedelta(minutes=1))]
    assert [True, False] == found


# Answers that are none.

ODD = (b"", b"<html><title>Sign in to the proxy</title></html>", b"[]", b"null", b"{}")
STRANGE = (b'{"a": 1}', b'{"fields": 1}')


@pytest.mark.parametrize(
    ("call", "body"),
    [(call, body) for call in CALLS for body in (ODD if call == "set_severity" else ODD + STRANGE)],
)
async def test_what_is_no_answer_of_jiras_is_an_error_that_says_so(call: str, body: bytes) -> None:
    creates = call in ("open", "comment")
    with pytest.raises(DeliveryError) as caught:
        await CALLS[call](answered(Answer(201 if creates else 200, body=body)))
    assert "TICKETS__JIRA_SITE" in str(caught.value)
    assert (False, creates) == (caught.value.permanent, caught.value.maybe_taken)


BENT: tuple[tuple[str, Any], ...] = (
    ("find", {"issues": 1, "isLast": True}),
    ("find", {"issues": [1], "isLast": True}),
    ("find", {"issues": [{"id": "1", "key": "OPS-1"}], "isLast": True}),
    ("find", {"issues": [shown(created=None)], "isLast": True}),
    ("find", {"issues": [shown(created="2026-11-20T10:07:00")], "isLast": True}),
    ("find", {"issues": [shown(labels=[1])], "isLast": True}),
    ("changed", {"issues": [shown(status={"name": "x"})], "isLast": True}),
    ("read", shown(project=None)),
    ("read", shown(assignee="x")),
    ("read", shown(resolution=7, status={"name": "Done", "statusCategory": {"key": "done"}})),
    ("read", closed(changelog=7)),
    ("read", closed(changelog={"histories": [7]})),
    ("read", closed(changelog={"histories": [{"items": [{}]}]})),
    ("read", closed(changelog={"histories": [moved("yesterday", None)]})),
    ("said", {"comments": [{"id": "x", "created": "2026-11-20T10:07:00.000+0100"}], "total": 1}),
    ("said", {"comments": [7], "total": 1}),
    ("said", {"comments": [{"created": "2026-11-20T10:07:00.000+0100", "properties": [{}]}], "total": 1}),
    ("said", {"comments": [], "total": "many"}),
    ("check", {"permissions": []}),
    ("check", {"permissions": {"BROWSE_PROJECTS": True}}),
)


@pytest.mark.parametrize(("call", "found"), BENT)
async def test_an_answer_with_something_missing_is_an_error_and_no_crash(call: str, found: Any) -> None:
    with pytest.raises(DeliveryError) as caught:
        await CALLS[call](answered(said(found)))
    assert not caught.value.permanent


async def test_a_project_without_an_id_is_an_error() -> None:
    with pytest.raises(DeliveryError):
        await answered(said({"issues": [], "isLast": True}), said({"id": 7})).changed(LONG_AGO)


@pytest.mark.parametrize("transitions", [{}, {"transitions": 1}, {"transitions": [1]}, {"transitions": [{"id": "1"}]}])
async def test_transitions_with_something_missing_are_an_error(transitions: Any) -> None:
    with pytest.raises(DeliveryError):
        await answered(said(shown()), said(transitions)).close("10001")


@pytest.mark.parametrize("status", [301, 302, 410, 415])
async def test_a_site_that_moved_is_looked_at(status: int) -> None:
    with pytest.raises(DeliveryError, match="TICKETS__JIRA_SITE") as caught:
        await answered(Answer(status)).read("10001")
    assert caught.value.permanent


@pytest.mark.parametrize("call", CALLS)
async def test_being_asked_to_wait_is_heeded_everywhere(call: str) -> None:
    async with at() as place:
        place.jira.throttle(77)
        with pytest.raises(DeliveryError) as caught:
            await CALLS[call](place.desk)
    assert (False, False, timedelta(seconds=77)) == (
        caught.value.permanent,
        caught.value.maybe_taken,
        caught.value.retry_after,
    )
