"""What is special about Azure DevOps: states of every type's own, tags for markers, HTML, and a 203 for strangers."""

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.receivers.devops.html import sanitized
from sandbox.receivers.devops.items import Item
from sandbox.receivers.devops.schema import ISSUE
from sandbox.receivers.devops.seen import elements, read
from sandbox.receivers.devops.stand_in import DevOpsStandIn
from sandbox.receivers.stand_in import Arrival, Reply
from shared.domain.finding import Severity
from shared.domain.memory import Reason
from shared.domain.message import Link
from shared.domain.ticket import Status
from shared.domain.ticket_text import Block, Text
from shared.http import AiohttpHttp, Answer, Http
from shared.ports.errors import DeliveryError, NotThere
from shared.tickets.devops.desk import KEY, MOST_IN_TEXT, DevOps
from shared.tickets.devops.html import LIVE, written
from shared.tickets.devops.project import MOST_FOUND, DevOpsProject, patch_of
from shared.tickets.pieces import pieces
from shared.tickets.terms import Terms
from shared.tickets.titles import utf16_units as units
from tests.contract.desks.case import ASSIGNEE, LAG, OWNER, Hands
from tests.contract.desks.devops_case import CASE, PROJECT, TERMS, TOKEN, OwnTokens, stand_in
from tests.contract.desks.listening import Listening, listening
from tests.contract.test_desks import DRAFT, HOSTILE, MARKER, NOW, OTHER, TEXT
from tests.contract.test_desks_filing import WARNING, office

HEADERS = {"authorization": f"Bearer {TOKEN}", "content-type": "application/json"}
PATCHING = HEADERS | {"content-type": "application/json-patch+json"}
WIT = f"/devops/contoso/{PROJECT}/_apis/wit"
ITEM = {
    "id": 7,
    "rev": 3,
    "fields": {
        "System.TeamProject": PROJECT,
        "System.WorkItemType": "Issue",
        "System.State": "To Do",
        "System.Tags": f"countersign; {MARKER}",
        "System.CreatedDate": "2026-11-20T09:07:00.77Z",
        "System.ChangedDate": "2026-11-20T09:07:00.77Z",
    },
}
STATES = {"value": [{"name": "To Do", "category": "Proposed"}, {"name": "Done", "category": "Completed"}]}


@dataclass(frozen=True, slots=True)
class Place:
    desk: DevOps
    there: Listening
    person: DevOpsStandIn
    time: Hands

    def sent(self) -> list[Any]:
        """Documents that made or changed something."""
        types = [(arrival, arrival.headers.get("content-type", "")) for arrival, _ in self.there.arrived]
        return [arrival.json() for arrival, kind in types if kind == "application/json-patch+json"]

    def calls(self) -> list[str]:
        return [f"{arrival.method} {arrival.path.rpartition('/')[2]}" for arrival, _ in self.there.arrived]


@asynccontextmanager
async def at(
    terms: Terms = TERMS, kind: str = "Issue", area: str = "", project: str = PROJECT, found_at_once: int = MOST_FOUND
) -> AsyncIterator[Place]:
    time, http = Hands(NOW), AiohttpHttp()
    person = stand_in(time, LAG)
    try:
        async with listening(CASE, person) as there:
            address = f"{there.address}/devops/contoso"
            there_project = DevOpsProject(http, OwnTokens(), address, project, kind, found_at_once)
            yield Place(DevOps(there_project, terms, area), there, person, time)
    finally:
        await http.close()


@dataclass(slots=True)
class Canned:
    """Answers in order, the last one for ever; remembers what was asked."""

    answers: list[Answer]
    asked: list[tuple[str, str]] = field(default_factory=list)

    async def ask(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None) -> Answer:
        assert (headers["Authorization"], body is None) == (f"Bearer {TOKEN}", "Content-Type" not in headers)
        self.asked.append((method, url))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        return await self.ask("POST", url, headers, body)

    async def get(self, url: str, headers: Mapping[str, str]) -> Answer:
        return await self.ask("GET", url, headers)


def canned(
    *answers: Answer, project: str = PROJECT, organization: str = "https://dev.azure.com/contoso"
) -> tuple[DevOps, Canned]:
    http = Canned(list(answers))
    typed: Http = http
    return DevOps(DevOpsProject(typed, OwnTokens(), organization, project)), http


def ok(found: object, status: int = 200) -> Answer:
    return Answer(status, body=json.dumps(found).encode())


def without(name: str) -> dict[str, Any]:
    return ITEM | {"fields": {key: said for key, said in FIELDS_OF_ITEM.items() if key != name}}


FIELDS_OF_ITEM: dict[str, Any] = dict(ITEM["fields"])  # type: ignore[call-overload]


# What is sent


async def test_a_work_item_is_made_with_everything_that_was_wished_for() -> None:
    async with at(area=f"{PROJECT}\\Certificates") as place:
        ticket = await place.desk.open(DRAFT)
        [document] = place.sent()
    found = {one["path"]: one["value"] for one in document}
    assert {"add"} == {one["op"] for one in document}
    assert {
        "/fields/System.Title": DRAFT.title,
        "/fields/System.Description": written(TEXT),
        "/fields/System.Tags": f"countersign; {MARKER}; release; on call",
        "/fields/System.AreaPath": f"{PROJECT}\\Certificates",
        "/fields/Microsoft.VSTS.Common.Priority": 1,
        "/fields/Custom.Team": "Games",
        "/fields/System.AssignedTo": f"{ASSIGNEE}@contoso.example",
    } == found
    assert ("#1", "1", "To Do", ASSIGNEE, "") == (
        ticket.name,
        ticket.reference,
        ticket.word,
        ticket.assignee,
        ticket.by,
    )
    assert ticket.url.endswith("/devops/contoso/Release%20signing/_workitems/edit/1")
    assert ["POST $Issue"] == place.calls()


async def test_a_bug_says_it_where_a_bug_shows_it() -> None:
    async with at(kind="Bug") as place:
        await place.desk.open(DRAFT)
        [document] = place.sent()
    paths = [one["path"] for one in document]
    assert "/fields/Microsoft.VSTS.TCM.ReproSteps" in paths
    assert "/fields/System.Description" not in paths


@pytest.mark.parametrize(
    "title", ["x" * 255, "x" * 256, "🔏" * 128, "x" + "🔏" * 127, "x" + "🔏" * 128, "a\nb  c", f"{'x' * 253} y z"]
)
async def test_a_title_has_255_utf_16_units_on_one_line(title: str) -> None:
    async with at() as place:
        await place.desk.open(replace(DRAFT, title=title))
        [document] = place.sent()
        refusals = place.there.refusals
    said = next(one["value"] for one in document if one["path"].endswith("Title"))
    cut = units(" ".join(title.split())) > 255
    assert (True, cut, False, []) == (units(said) <= 255, said.endswith("…"), said.endswith(" …"), refusals)


async def test_an_owners_address_is_an_assignee_where_no_setting_says_otherwise() -> None:
    async with at(Terms()) as place:
        ticket = await place.desk.open(replace(DRAFT, owners=("Games team", OWNER)))
        unknown = await place.desk.open(replace(DRAFT, owners=("gone@contoso.example",)))
        documents = place.sent()
    assert (OWNER.partition("@")[0], "") == (ticket.assignee, unknown.assignee)
    kept = [one for one in documents[1] if not one["path"].endswith("AssignedTo")]
    assert (3, kept) == (len(documents), documents[2])


async def test_an_owner_who_is_set_to_nobody_is_nobody() -> None:
    async with at(Terms(assignees={OWNER: ""})) as place:
        ticket = await place.desk.open(DRAFT)
    assert "" == ticket.assignee


@pytest.mark.parametrize(
    "body",
    [
        {"customProperties": {"RuleValidationErrors": [{"fieldReferenceName": "System.AssignedTo"}]}},
        {"message": "The identity value 'x' for field 'Assigned To' is an unknown identity."},
        {"message": "The identity value 'x' for field 'Assigned To' is an ambiguous identity."},
    ],
)
async def test_an_assignee_is_left_out_however_it_is_refused(body: object) -> None:
    desk, http = canned(ok(body, 400), ok(ITEM))
    await desk.open(DRAFT)
    assert 2 == len(http.asked)


async def test_another_refusal_is_not_tried_again_without_the_assignee() -> None:
    refusal = ok({"message": "TF51535: Cannot find field X.", "customProperties": {"ReferenceName": "Custom.X"}}, 400)
    desk, http = canned(refusal)
    with pytest.raises(DeliveryError):
        await desk.open(DRAFT)
    assert 1 == len(http.asked)


async def test_an_installations_own_fields_count_and_its_tags_are_added() -> None:
    own = {"System.Tags": "audit; release", "Microsoft.VSTS.Common.Priority": 4, "Custom.Cost": 12}
    async with at(Terms(labels=("release",), fields=own)) as place:
        await place.desk.open(DRAFT)
        item = place.person.items[1]
    assert f"countersign; {MARKER}; release; audit" == item.fields["System.Tags"]
    assert (4, 12) == (item.fields["Microsoft.VSTS.Common.Priority"], item.fields["Custom.Cost"])


async def test_a_severity_that_the_setting_does_not_name_has_its_usual_priority() -> None:
    async with at(Terms(priorities={Severity.CRITICAL: "4"})) as place:
        ticket = await place.desk.open(replace(DRAFT, severity=Severity.INFO))
        found = [place.person.items[1].fields["Microsoft.VSTS.Common.Priority"]]
        for severity in (Severity.WARNING, Severity.CRITICAL):
            await place.desk.set_severity(ticket.reference, severity)
            found.append(place.person.items[1].fields["Microsoft.VSTS.Common.Priority"])
    assert [3, 2, 4] == found


async def test_an_organization_is_given_by_its_address() -> None:
    for organization, address in (
        ("https://dev.azure.com/contoso/", "https://dev.azure.com/contoso"),
        ("https://contoso.visualstudio.com", "https://contoso.visualstudio.com"),
    ):
        desk, http = canned(ok(STATES), organization=organization)
        await desk.check()
        expected = f"{address}/Release%20signing/_apis/wit/workitemtypes/Issue/states?api-version=7.1"
        assert [("GET", expected)] == http.asked


# What is found


async def test_a_marker_is_a_whole_tag_and_a_label_is_none() -> None:
    label = f"{MARKER}-label"
    async with at(Terms(labels=(label,))) as place:
        await place.desk.open(replace(DRAFT, marker=OTHER))
        ticket = await place.desk.open(DRAFT)
        place.person.person_sets(ticket.reference, {"System.Tags": f"{label}; Countersign; {MARKER.upper()}"})
        place.time.pass_by(LAG)
        found = await place.desk.find(MARKER, NOW)
        at_desk = await place.desk.read(ticket.reference)
    assert [("2", MARKER)] == [(one.reference, one.marker) for one in found]
    assert MARKER == at_desk.marker


async def test_what_other_people_tagged_is_not_ours() -> None:
    async with at() as place:
        ticket = await place.desk.open(DRAFT)
        place.person.person_sets(ticket.reference, {"System.Tags": "countersign; countersign-docs"})
        place.time.pass_by(LAG)
        assert [] == list(await place.desk.changed(NOW))


async def test_a_query_goes_on_behind_the_last_that_it_gave() -> None:
    async with at(found_at_once=3) as place:
        for _ in range(7):
            await place.desk.open(DRAFT)
        place.time.pass_by(LAG)
        found = await place.desk.changed(NOW)
        queries = place.calls().count("POST wiql")
    assert ([f"{number}" for number in range(1, 8)], 3) == ([one.reference for one in found], queries)


async def test_a_query_asks_for_5_000_at_most() -> None:
    async with at() as place:
        await place.desk.changed(NOW)
        [(arrival, _)] = place.there.arrived
    assert "5000" == arrival.query["$top"]


async def test_moments_are_compared_exactly_though_a_query_compares_seconds() -> None:
    async with at() as place:
        place.time.pass_by(timedelta(milliseconds=300))
        await place.desk.open(DRAFT)
        place.time.pass_by(LAG)
        before = await place.desk.find(MARKER, NOW + timedelta(milliseconds=200))
        after = await place.desk.find(MARKER, NOW + timedelta(milliseconds=400))
    assert (1, 0) == (len(before), len(after))


async def test_what_is_gone_since_the_search_knew_it_is_left_out() -> None:
    async with at() as place:
        for _ in range(2):
            await place.desk.open(DRAFT)
        place.time.pass_by(LAG)
        place.person.person_deletes("1")
        found = await place.desk.changed(NOW)
    assert ["2"] == [one.reference for one in found]


# How it ended


@pytest.mark.parametrize(
    ("fields", "status", "by"),
    [
        ({"System.State": "Active"}, Status.OPEN, ""),
        ({"System.State": "Resolved"}, Status.DONE, "Ana"),
        ({"System.State": "Resolved", "System.Reason": "As Designed"}, Status.DISMISSED, "Ana"),
        ({"System.State": "Closed"}, Status.DONE, "Ana"),
        ({"System.State": "Closed", "System.Reason": "Duplicate"}, Status.DISMISSED, "Ana"),
    ],
)
async def test_a_bug_is_done_or_dismissed_by_its_reason(fields: dict[str, str], status: Status, by: str) -> None:
    async with at(kind="Bug") as place:
        ticket = await place.desk.open(DRAFT)
        place.person.person_sets(ticket.reference, fields)
        found = await place.desk.read(ticket.reference)
    assert (status, fields["System.State"], by) == (found.status, found.word, found.by)


async def test_who_removed_it_is_named_as_long_as_that_was_the_last_change() -> None:
    async with at() as place:
        ticket = await place.desk.open(DRAFT)
        place.time.pass_by(timedelta(minutes=1))
        place.person.person_closes(ticket.reference, dismissed=True)
        found = [(await place.desk.read(ticket.reference)).by]
        place.time.pass_by(timedelta(minutes=1))
        await place.desk.comment(ticket.reference, TEXT, "k")
        found.append((await place.desk.read(ticket.reference)).by)
        place.person.person_reopens(ticket.reference)
        found.append((await place.desk.read(ticket.reference)).by)
    assert ["Ana", "", ""] == found


@pytest.mark.parametrize(
    ("fields", "by"),
    [
        ({"System.ChangedBy": "Ana", "Microsoft.VSTS.Common.ResolvedBy": {"displayName": "Ben"}}, "Ben"),
        ({"System.ChangedBy": {"displayName": "Ana"}}, "Ana"),
        ({"System.ChangedBy": "Ana", "Microsoft.VSTS.Common.StateChangeDate": "2026-11-20T09:00:00Z"}, ""),
        ({}, ""),
    ],
)
async def test_who_closed_it_may_stand_in_other_fields(fields: dict[str, object], by: str) -> None:
    desk, _ = canned(ok(ITEM | {"fields": FIELDS_OF_ITEM | {"System.State": "Done"} | fields}), ok(STATES))
    assert by == (await desk.read("7")).by


async def test_what_was_never_worked_at_is_not_closed_as_rejected() -> None:
    async with at(kind="Task") as place:
        ticket = await place.desk.open(DRAFT)
        await place.desk.close(ticket.reference)
        found = await place.desk.read(ticket.reference)
        fields = place.person.items[1].fields
        refusals = place.there.refusals
    assert (Status.DONE, "Closed", "Completed", []) == (found.status, found.word, fields["System.Reason"], refusals)


async def test_the_stand_in_changes_no_reason_within_a_state() -> None:
    async with at(kind="Bug") as place:
        ticket = await place.desk.open(DRAFT)
        await place.desk.close(ticket.reference)
        with pytest.raises(DeliveryError, match=r"System\.Reason"):
            await place.desk.project.change(ticket.reference, patch_of({"System.Reason": "Duplicate"}))
        assert "Fixed and verified" == place.person.items[1].fields["System.Reason"]


async def test_what_was_worked_at_is_closed_at_once() -> None:
    async with at(kind="Task") as place:
        ticket = await place.desk.open(DRAFT)
        place.person.person_sets(ticket.reference, {"System.State": "Active"})
        await place.desk.close(ticket.reference)
        found = await place.desk.read(ticket.reference)
        changes = place.calls().count("PATCH 1")
    assert (Status.DONE, 1) == (found.status, changes)


RULE = {"fieldReferenceName": "System.State", "errorMessage": "TF401320: x"}
FORBIDDEN = ok({"message": "TF401320: x", "customProperties": {"RuleValidationErrors": [RULE]}}, 400)


async def test_what_can_only_be_closed_as_rejected_stays_closed() -> None:
    states = ok({"value": [*STATES["value"], {"name": "Doing", "category": "InProgress"}]})
    rejected = ok(ITEM | {"fields": FIELDS_OF_ITEM | {"System.State": "Done", "System.Reason": "Rejected"}})
    desk, http = canned(ok(ITEM), states, rejected, FORBIDDEN)
    await desk.close("7")
    assert ["GET", "GET", "PATCH", "PATCH"] == [method for method, _ in http.asked]


async def test_what_may_not_be_new_again_is_worked_at() -> None:
    async with at(kind="Task") as place:
        ticket = await place.desk.open(DRAFT)
        place.person.person_closes(ticket.reference)
        reopened = await place.desk.reopen(ticket.reference)
        found = await place.desk.read(ticket.reference)
        refusals = place.there.refusals
    assert (True, Status.OPEN, "Active", []) == (reopened, found.status, found.word, refusals)


async def test_what_waits_for_verification_is_left_to_whoever_verifies() -> None:
    async with at(kind="Bug") as place:
        ticket = await place.desk.open(DRAFT)
        place.person.person_sets(ticket.reference, {"System.State": "Resolved"})
        await place.desk.close(ticket.reference)
        assert "Resolved" == place.person.items[1].fields["System.State"]
        assert await place.desk.reopen(ticket.reference)
        assert "New" == place.person.items[1].fields["System.State"]


async def test_a_work_item_of_another_type_by_now_has_that_types_states() -> None:
    async with at() as place:
        ticket = await place.desk.open(DRAFT)
        await place.desk.read(ticket.reference)
        place.person.person_sets(ticket.reference, {"System.WorkItemType": "Bug", "System.State": "Active"})
        await place.desk.close(ticket.reference)
        found = await place.desk.read(ticket.reference)
    assert (Status.DONE, "Closed") == (found.status, found.word)


async def test_states_are_asked_once_for_each_type_and_again_for_one_that_is_new() -> None:
    fresh = {"value": [*STATES["value"], {"name": "Parked", "category": "Removed"}]}
    parked = ITEM | {"fields": FIELDS_OF_ITEM | {"System.State": "Parked"}}
    desk, http = canned(ok(ITEM), ok(STATES), ok(ITEM), ok(parked), ok(fresh), ok(parked))
    found = [(await desk.read("7")).status for _ in range(4)]
    assert [Status.OPEN, Status.OPEN, Status.DISMISSED, Status.DISMISSED] == found
    assert 2 == sum("/states?" in url for _, url in http.asked)


async def test_a_state_that_its_type_does_not_have_counts_as_open() -> None:
    desk, _ = canned(ok(ITEM | {"fields": FIELDS_OF_ITEM | {"System.State": "Nowhere"}}), ok(STATES))
    assert (Status.OPEN, "Nowhere") == ((found := await desk.read("7")).status, found.word)


async def test_a_type_that_cannot_be_closed_is_said() -> None:
    async with at(kind="Note") as place:
        ticket = await place.desk.open(DRAFT)
        with pytest.raises(DeliveryError, match=r"type Note cannot be closed.*TICKETS__DEVOPS_TYPE\.$") as caught:
            await place.desk.close(ticket.reference)
    assert caught.value.permanent


async def test_a_rule_against_opening_it_again_means_that_there_is_no_way_back() -> None:
    done = ITEM | {"fields": FIELDS_OF_ITEM | {"System.State": "Done"}}
    states = {"value": [*STATES["value"], {"name": "Doing", "category": "InProgress"}]}
    desk, http = canned(ok(done), ok(states), FORBIDDEN)
    assert not await desk.reopen("7")
    assert 2 == sum(method == "PATCH" for method, _ in http.asked)


@pytest.mark.parametrize("status", [409, 412])
async def test_somebody_who_was_faster_is_waited_for(status: int) -> None:
    async with at() as place:
        ticket = await place.desk.open(DRAFT)
        place.there.fail(status, ("PATCH", ".*"))
        with pytest.raises(DeliveryError, match="changed the work item at the same moment") as caught:
            await place.desk.close(ticket.reference)
    assert (False, False) == (caught.value.permanent, caught.value.maybe_taken)


# What is gone


async def test_what_was_moved_into_another_project_is_gone() -> None:
    async with at() as place:
        ticket = await place.desk.open(DRAFT)
        place.person.person_sets(ticket.reference, {"System.TeamProject": "Elsewhere"})
        for asking in (place.desk.read, place.desk.close, place.desk.reopen):
            with pytest.raises(NotThere):
                await asking(ticket.reference)


async def test_a_project_may_be_given_by_its_id() -> None:
    number = "6ce954b1-ce1f-45d1-b94d-e6bf2464ba2c"
    desk, http = canned(ok(ITEM), ok({"name": PROJECT}), ok(STATES), ok(ITEM), project=number)
    assert [Status.OPEN, Status.OPEN] == [(await desk.read("7")).status for _ in range(2)]
    assert f"https://dev.azure.com/contoso/_apis/projects/{number}?api-version=7.1" == http.asked[1][1]
    assert 4 == len(http.asked)


HIDDEN = r"not show the work item 1: it was destroyed or .*View work items in this node for the work item's area\.$"


@pytest.mark.parametrize("away", [DevOpsStandIn.person_hides, DevOpsStandIn.person_destroys])
async def test_what_is_not_shown_is_not_taken_for_deleted(away: Callable[[DevOpsStandIn, str], None]) -> None:
    async with at() as place:
        ticket = await place.desk.open(DRAFT)
        away(place.person, ticket.reference)
        for asking in (
            place.desk.read(ticket.reference),
            place.desk.comment(ticket.reference, TEXT, "k"),
            place.desk.said(ticket.reference, "k", NOW),
            place.desk.set_severity(ticket.reference, Severity.INFO),
            place.desk.close(ticket.reference),
            place.desk.reopen(ticket.reference),
        ):
            with pytest.raises(DeliveryError, match=HIDDEN) as caught:
                await asking
            assert (True, False) == (caught.value.permanent, caught.value.maybe_taken)


async def test_what_a_query_finds_and_nobody_shows_is_a_doubt_of_find_only() -> None:
    async with at() as place:
        for _ in range(2):
            await place.desk.open(DRAFT)
        place.time.pass_by(LAG)
        place.person.person_hides("1")
        with pytest.raises(DeliveryError, match=HIDDEN) as caught:
            await place.desk.find(MARKER, NOW)
        changed = await place.desk.changed(NOW)
    assert (True, ["2"]) == (caught.value.permanent, [one.reference for one in changed])


async def test_a_recycle_bin_that_cannot_be_asked_for_is_an_error() -> None:
    desk, http = canned(Answer(404), ok(STATES), Answer(500))
    with pytest.raises(DeliveryError, match="answered 500") as caught:
        await desk.read("7")
    assert not caught.value.permanent
    assert f"{ORGANIZATION}/Release%20signing/_apis/wit/recyclebin/7?api-version=7.1" == http.asked[-1][1]


async def test_a_problem_whose_ticket_is_hidden_gets_no_second_one_and_no_end() -> None:
    async with office(CASE) as here:
        assert isinstance(here.there.stand_in, DevOpsStandIn)
        await here.tell(WARNING, "b1")
        here.there.stand_in.person_hides("1")
        for number, reason in enumerate((Reason.WORSE, Reason.RESOLVED), 2):
            with pytest.raises(DeliveryError, match=HIDDEN):
                await here.tell(replace(WARNING, reason=reason), f"b{number}")
        record = await here.channel.filing.tickets.get("desk", WARNING.problem)
        assert here.only().is_open
    assert record
    assert (1, None) == (record.number, record.ended)


@pytest.mark.parametrize("reference", ["", "0", "x", "1/2", "1?x", "12345678901", "../1"])
async def test_what_is_no_number_names_nothing_and_asks_nothing(reference: str) -> None:
    desk, http = canned(ok(ITEM))
    for asking in (desk.read(reference), desk.comment(reference, TEXT, "k"), desk.said(reference, "k", NOW)):
        with pytest.raises(NotThere):
            await asking
    assert [] == http.asked


async def test_a_404_of_a_project_that_is_gone_is_an_error_of_the_desk() -> None:
    async with at() as place:
        ticket = await place.desk.open(DRAFT)
        place.person.project = "Renamed"
        with pytest.raises(DeliveryError, match=rf"the project {PROJECT} \(TICKETS__DEVOPS_PROJECT\)"):
            await place.desk.read(ticket.reference)


async def test_a_project_that_cannot_be_asked_for_is_an_error() -> None:
    desk, _ = canned(ok(ITEM), Answer(500), project="6ce954b1-ce1f-45d1-b94d-e6bf2464ba2c")
    with pytest.raises(DeliveryError, match="answered 500"):
        await desk.read("7")


# What was said


@pytest.mark.parametrize("stolen", [f"{KEY}b1", f"x</p><p><small>{KEY}b1</small></p>", f"{KEY}b1<br>"])
async def test_a_key_in_other_peoples_words_is_none(stolen: str) -> None:
    async with at() as place:
        ticket = await place.desk.open(DRAFT)
        await place.desk.comment(ticket.reference, (Block(stolen, (stolen,), {stolen: stolen}),), "a1")
        found = [await place.desk.said(ticket.reference, key, NOW) for key in ("a1", "b1")]
    assert [True, False] == found


async def test_a_key_counts_since_then_only() -> None:
    async with at() as place:
        ticket = await place.desk.open(DRAFT)
        await place.desk.comment(ticket.reference, TEXT, "a1")
        place.time.pass_by(timedelta(minutes=2))
        found = await place.desk.said(ticket.reference, "a1", NOW + timedelta(minutes=1))
    assert not found


async def test_the_key_is_one_small_word_at_the_end() -> None:
    async with at() as place:
        ticket = await place.desk.open(DRAFT)
        await place.desk.comment(ticket.reference, (Block(lines=("Worse.",)),), "b1.2")
        [comment] = [arrival.json()["text"] for arrival, _ in place.there.arrived if "comments" in arrival.path]
    assert "<p>Worse.</p><p><small>countersign:b1.2</small></p>" == comment


async def test_pages_of_comments_that_never_end_are_left() -> None:
    page = {"comments": [{"text": "x", "createdDate": "2026-11-20T09:07:00Z"}], "continuationToken": "again"}
    desk, http = canned(ok(page))
    assert not await desk.said("7", "a1", NOW - timedelta(days=1))
    assert 2 == len(http.asked)


@pytest.mark.parametrize("ending", ["", "&nbsp;", "</div>\n", "<br />&nbsp;</p>"])
async def test_a_key_is_found_however_the_html_around_it_was_kept(ending: str) -> None:
    comment = {"text": f"<div>x</div>{KEY}a.1{ending}", "createdDate": "2026-11-20T09:07:00.1Z"}
    desk, _ = canned(ok({"comments": [comment]}))
    assert [True, False] == [await desk.said("7", key, NOW) for key in ("a.1", "a-1")]


# Refusals and odd answers


async def test_who_is_not_known_is_told_what_to_do() -> None:
    class Others:
        async def token(self, scope: str) -> str:
            return f"another for {scope}"

    async with at() as place:
        ticket = await place.desk.open(DRAFT)
        strange = replace(place.desk, project=replace(place.desk.project, tokens=Others()))
        said = []
        for asking in (
            strange.open(DRAFT),
            strange.check(),
            strange.find(MARKER, NOW),
            strange.set_severity(ticket.reference, Severity.INFO),
        ):
            with pytest.raises(DeliveryError, match=r"user with Basic access") as caught:
                await asking
            assert (True, False) == (caught.value.permanent, caught.value.maybe_taken)
            said += re.findall(r"answered ([0-9]+)", str(caught.value))
    assert ["203", "203", "203", "401"] == said


async def test_a_page_for_signing_in_elsewhere_is_no_answer() -> None:
    desk, _ = canned(Answer(302, body=b"<html>Object moved</html>"))
    with pytest.raises(DeliveryError, match=r"answered 302\. It does not accept the app's identity") as caught:
        await desk.open(DRAFT)
    assert (True, False) == (caught.value.permanent, caught.value.maybe_taken)


@pytest.mark.parametrize(
    ("kind", "project", "said"),
    [
        ("Issue", "Nowhere", "no such thing as the project Nowhere (TICKETS__DEVOPS_PROJECT)"),
        ("Epos", PROJECT, "no type of work items Epos (TICKETS__DEVOPS_TYPE)"),
    ],
)
async def test_what_is_set_wrong_is_named(kind: str, project: str, said: str) -> None:
    async with at(kind=kind, project=project) as place:
        for asking in (place.desk.open(DRAFT), place.desk.check()):
            with pytest.raises(DeliveryError) as caught:
                await asking
            assert (True, True) == (said in str(caught.value), caught.value.permanent)


async def test_an_area_that_is_not_there_is_named() -> None:
    async with at(area="Nowhere") as place:
        with pytest.raises(DeliveryError, match=r"\(TF401347\).*System\.AreaPath.*TICKETS__DEVOPS_AREA"):
            await place.desk.open(DRAFT)


async def test_a_field_that_a_type_requires_is_named() -> None:
    async with at(Terms(), kind="Change") as place:
        with pytest.raises(DeliveryError, match=r"\(TF401320\).*the field Custom\.Team of the type Change.*_FIELDS"):
            await place.desk.open(DRAFT)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"message": "TF237111: x"}, "Edit work items in this node"),
        ({"message": "TF401289: x"}, "Create tag definition"),
        ({"customProperties": {"ReferenceName": "Microsoft.VSTS.Common.Priority"}}, "TICKETS__DEVOPS_PRIORITIES"),
        ({"customProperties": {"ReferenceName": "System.Tags"}}, "TICKETS__LABELS"),
        ({"customProperties": {"ReferenceName": "System.State"}}, "from this state"),
        ({"customProperties": {"ReferenceName": "see https://evil.example"}}, "does not say which field"),
        ({"customProperties": {"RuleValidationErrors": "x"}}, "does not say which field"),
        ({"customProperties": {"RuleValidationErrors": [None, {"fieldReferenceName": 7}]}}, "does not say which"),
        ({"customProperties": [], "message": ["TF1"]}, "does not say which field"),
        ([], "does not say which field"),
    ],
)
async def test_only_names_and_numbers_are_taken_from_a_refusal(body: object, said: str) -> None:
    desk, _ = canned(ok(body, 400))
    with pytest.raises(DeliveryError) as caught:
        await desk.open(replace(DRAFT, owners=()))
    assert (True, False) == (said in str(caught.value), "evil" in str(caught.value))


async def test_a_desk_that_is_overloaded_says_how_long() -> None:
    desk, _ = canned(Answer(503, retry_after_seconds=30))
    with pytest.raises(DeliveryError) as caught:
        await desk.open(DRAFT)
    assert (timedelta(seconds=30), False, False) == (
        caught.value.retry_after,
        caught.value.permanent,
        caught.value.maybe_taken,
    )


ODD: Sequence[bytes] = (
    b"",
    b"<html>Sign in to the network</html>",
    b"[]",
    b"null",
    b"{}",
    b'{"id": "x", "rev": 1, "fields": {}}',
    b'{"id": 1, "rev": 1, "fields": null, "value": 1, "workItems": "x", "comments": {}}',
    b'{"value": [{"id": 1}], "workItems": [{"url": ""}], "comments": [{"id": 1}]}',
    json.dumps(without("System.WorkItemType")).encode(),
    json.dumps(without("System.State")).encode(),
    json.dumps(without("System.CreatedDate")).encode(),
    json.dumps(ITEM | {"fields": FIELDS_OF_ITEM | {"System.ChangedDate": "2026-11-20T09:07:00"}}).encode(),
    json.dumps(ITEM | {"fields": FIELDS_OF_ITEM | {"System.Tags": 7}}).encode(),
    b"[" * 100_000,
)


@pytest.mark.parametrize("body", ODD)
async def test_an_answer_that_cannot_be_understood_is_said_so(body: bytes) -> None:
    said = Answer(200, body=body).json().get("id")
    doubts: dict[str, Callable[[DevOps], Awaitable[object]]] = {
        "open": lambda desk: desk.open(DRAFT),
        "find": lambda desk: desk.find(MARKER, NOW),
        "changed": lambda desk: desk.changed(NOW),
        "read": lambda desk: desk.read("7"),
        "said": lambda desk: desk.said("7", "k", NOW),
        "set_severity": lambda desk: desk.set_severity("7", Severity.INFO),
        "close": lambda desk: desk.close("7"),
        "reopen": lambda desk: desk.reopen("7"),
        "check": lambda desk: desk.check(),
    }
    if not isinstance(said, int):
        doubts["comment"] = lambda desk: desk.comment("7", TEXT, "k")
    for name, asking in doubts.items():
        desk, _ = canned(Answer(200, body=body))
        with pytest.raises(DeliveryError, match="something that is not its own") as caught:
            await asking(desk)
        expected = (False, name in ("open", "comment"))
        assert (name, expected) == (name, (caught.value.permanent, caught.value.maybe_taken))


@pytest.mark.parametrize("assignee", [None, "", {}, "Ana <ana@contoso.example>", {"uniqueName": "ana@contoso.example"}])
async def test_an_assignee_is_read_in_every_form(assignee: object) -> None:
    item = ITEM | {"fields": FIELDS_OF_ITEM | {"System.AssignedTo": assignee}}
    desk, _ = canned(ok(item), ok(STATES))
    assert bool(assignee) is bool((await desk.read("7")).assignee)


async def test_a_comment_whose_answer_was_lost_may_have_been_taken() -> None:
    async with at() as place:
        ticket = await place.desk.open(DRAFT)
        place.there.lose(CASE.commenting)
        with pytest.raises(DeliveryError) as caught:
            await place.desk.comment(ticket.reference, TEXT, "k")
        assert (True, False) == (caught.value.maybe_taken, caught.value.permanent)
        assert await place.desk.said(ticket.reference, "k", NOW)


# The text

OURS = {"DOCUMENT_FRAGMENT", "a", "b", "br", "h3", "li", "p", "span", "table", "tbody", "td", "tr", "ul"}


@pytest.mark.parametrize("hostile", [*HOSTILE, "http://evil.example/?a=b", "ana@contoso.example", "AB#1 !7 www.x.y"])
def test_what_others_wrote_is_no_markup_no_link_and_no_mention(hostile: str) -> None:
    links = (Link(hostile, "https://portal.example/#x"), Link(hostile, f"javascript:{hostile}"))
    text: Text = (Block(hostile, (f"Next step: {hostile}",), {hostile: hostile}, (hostile,), links),)
    for html in (written(text), sanitized(written(text))):
        found = elements(html)
        assert set() == {element.tag for element in found} - OURS
        assert ["https://portal.example/#x"] == [element.get("href") for element in found if element.tag == "a"]
        assert {"href"} >= {name for element in found for name in element.attrib}
        runs = [run for element in found for run in (element.text or "", element.tail or "")]
        assert [] == [run for run in runs if LIVE.search(run) and not LIVE.fullmatch(run)]
        assert 7 <= read(html).count(" ".join(hostile.split()))


def test_labels_are_bold_facts_are_a_table_and_links_can_be_opened() -> None:
    assert (
        "<h3>Worse</h3><p><b>Next step:</b> ask</p><table><tbody><tr><td><b>Owner:</b></td><td>A &amp; B</td></tr>"
        '</tbody></table><ul><li>one</li></ul><p><a href="https://x.example/?a&amp;b">Portal</a></p>'
    ) == written(
        (
            Block(
                "Worse", ("Next step: ask",), {"Owner": "A & B"}, ("one",), (Link("Portal", "https://x.example/?a&b"),)
            ),
        )
    )


def test_a_text_that_just_fits_is_one_piece_and_one_more_makes_two() -> None:
    room = MOST_IN_TEXT - 200
    text: Text = (Block(items=tuple("x" * 90 for _ in range((room - 9) // 99))),)
    more: Text = (Block(items=(*text[0].items, *("x" * 90 for _ in range(2)))),)
    desk, _ = canned(ok(ITEM))
    assert [1, 2] == [len(desk.pieces(text)), len(desk.pieces(more))]
    assert text == desk.pieces(text)[0]


def html_units(text: Text) -> int:
    return units(written(text))


ORGANIZATION = "https://dev.azure.com/contoso"
LONG = "signing account without end, " * 60
DENSE = "@#" * 900


@pytest.mark.parametrize(
    "block",
    [
        Block(LONG, (LONG,)),
        Block("Heading", facts={LONG: "x"}),
        Block("Heading", facts={"Accounts": LONG, "Owner": "", "Region": LONG}),
        Block("Heading", links=(Link(LONG, "https://x.example/"), Link("x", f"https://x.example/{'y' * 900}"))),
        Block(lines=(DENSE,), items=(DENSE,)),
        Block("Heading alone", ("",), {}, ("",)),
    ],
)
def test_what_is_too_long_by_itself_goes_on_in_the_next_piece(block: Block) -> None:
    found = pieces((block, Block("The end")), 1_200, html_units)
    assert 1_200 >= max(units(written(piece)) for piece in found)
    said = " ".join(read(written(piece)) for piece in found)
    assert read(written((block,))).count("account") <= said.count("account")
    assert (DENSE in block.items) is ("".join(said.split()).count("@") == 1_800)
    assert said.endswith("The end")


WORDS = st.text(st.sampled_from("ab &<@#:/🔏\n."), min_size=1, max_size=400)
BLOCKS = st.builds(
    Block,
    heading=st.one_of(st.just(""), WORDS),
    lines=st.lists(WORDS, max_size=4).map(tuple),
    facts=st.dictionaries(WORDS, WORDS, max_size=4),
    items=st.lists(WORDS, max_size=8).map(tuple),
    links=st.lists(st.builds(Link, WORDS, st.sampled_from(["https://x.example/a", "x:y"])), max_size=3).map(tuple),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(BLOCKS, min_size=1, max_size=5).map(tuple))
def test_pieces_fit_and_nothing_is_lost(text: Text) -> None:
    found = pieces(text, 1_600, html_units)
    assert 1_600 >= max(units(written(piece)) for piece in found)
    letters = "".join(read(written(piece)) for piece in found)
    whole = read(written(text))
    assert all(letters.count(one) >= whole.count(one) for one in "ab&<@#🔏")
    assert (list(found) == [text]) is (units(written(text)) <= 1_600)


# The stand-in refuses what Azure DevOps refuses


def judged(method: str, path: str, body: object = None, query: str = "api-version=7.1", **headers: str) -> Reply:
    there = DevOpsStandIn(lambda: NOW, LAG, TOKEN, PROJECT, (OWNER,))
    created = [{"op": "add", "path": "/fields/System.Title", "value": "x"}]
    made = Arrival(
        "POST", "", PATCHING, json.dumps(created).encode(), f"{WIT}/workitems/$Issue", {"api-version": "7.1"}
    )
    assert 200 == there.judge(made).status
    chosen = HEADERS if path in ("/wiql", "/workitemsbatch") or "comments" in path else PATCHING
    parameters = dict(one.split("=", 1) for one in query.split("&") if one)
    sent = {**chosen, **{name.replace("_", "-"): said for name, said in headers.items()}}
    return there.judge(Arrival(method, "", sent, json.dumps(body).encode(), WIT + path, parameters))


def adding(name: str, value: object) -> list[dict[str, object]]:
    title: list[dict[str, object]] = (
        [] if name == "System.Title" else [{"op": "add", "path": "/fields/System.Title", "value": "x"}]
    )
    return [*title, {"op": "add", "path": f"/fields/{name}", "value": value}]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("System.Title", ""),
        ("System.Title", 7),
        ("System.Title", "x" * 256),
        ("System.Title", "a\nb"),
        ("System.Description", 7),
        ("System.Description", "x" * 1_048_577),
        ("System.Tags", "x" * 401),
        ("System.Tags", "; ".join(f"{number}" for number in range(101))),
        ("System.Tags", ["x"]),
        ("System.AreaPath", "Nowhere"),
        ("System.State", "Closed"),
        ("System.State", "Done"),
        ("System.Reason", "Because"),
        ("System.CreatedDate", "2026-11-20"),
        ("System.Nonsense", "x"),
        ("Microsoft.VSTS.Common.Priority", 5),
        ("Microsoft.VSTS.Common.Priority", "high"),
        ("Custom.Cost", True),
    ],
)
def test_the_stand_in_refuses_values(name: str, value: object) -> None:
    reply = judged("POST", "/workitems/$Issue", adding(name, value))
    assert (400, True) == (reply.status, bool(reply.reason))


@pytest.mark.parametrize(
    "document",
    [
        {},
        [],
        ["x"],
        [{"op": "add", "path": "/fields/System.Title"}],
        [{"op": "add", "path": "/title", "value": "x"}],
        [{"op": "move", "path": "/fields/System.Title", "value": "x"}],
        [{"op": "test", "path": "/rev", "value": 1}, *adding("System.Title", "x")],
        adding("System.Tags", "x")[1:],
    ],
)
def test_the_stand_in_refuses_documents(document: object) -> None:
    reply = judged("POST", "/workitems/$Issue", document)
    assert (400, True) == (reply.status, bool(reply.reason))


TITLED = adding("System.Title", "x")
FIND = "SELECT [System.Id] FROM WorkItems WHERE "


@pytest.mark.parametrize(
    ("status", "asking"),
    [
        (415, lambda: judged("POST", "/workitems/$Issue", TITLED, content_type="application/json")),
        (415, lambda: judged("POST", "/wiql", {"query": f"{FIND}[System.Id] > 0"}, content_type="text/plain")),
        (400, lambda: judged("POST", "/workitems/$Issue", TITLED, "")),
        (400, lambda: judged("POST", "/workitems/$Issue", TITLED, "api-version=7.1&nonsense=1")),
        (400, lambda: judged("GET", "/workItems/1/comments", None, "api-version=7.1")),
        (400, lambda: judged("GET", "/workItems/1/comments", None, "api-version=7.1-preview.4&$top=201")),
        (400, lambda: judged("GET", "/workItems/1/comments", None, "api-version=7.1-preview.4&order=up")),
        (400, lambda: judged("POST", "/workItems/1/comments", {"text": " "}, "api-version=7.1-preview.4")),
        (400, lambda: judged("POST", "/workItems/1/comments", {"texts": "x"}, "api-version=7.1-preview.4")),
        (400, lambda: judged("POST", "/workItems/1/comments", {"text": "x" * 1_048_577}, "api-version=7.1-preview.4")),
        (400, lambda: judged("POST", "/workItems/1/comments", {"text": "x"}, "api-version=7.1-preview.4&format=0")),
        (400, lambda: judged("POST", "/wiql", {"query": f"{FIND}[System.Id] >"})),
        (400, lambda: judged("POST", "/wiql", {"query": f"{FIND}[System.ChangedDate] >= 'yesterday'"})),
        (400, lambda: judged("POST", "/wiql", {"query": "x"})),
        (400, lambda: judged("POST", "/wiql", {"query": f"{FIND}[System.Nonsense] = 'x'"})),
        (400, lambda: judged("POST", "/wiql", {"query": f"{FIND}[System.Title] CONTAINS 'x' x"})),
        (400, lambda: judged("POST", "/wiql", {"query": f"{FIND}[System.Title] CONTAINS 'x'"})),
        (400, lambda: judged("POST", "/wiql", {"query": f"{FIND}[System.Tags] CONTAINS 'it's'"})),
        (400, lambda: judged("PATCH", "/workitems/1", adding("System.Reason", "Because"))),
        (400, lambda: judged("POST", "/wiql", {"query": f"{FIND}[System.Id] > 0 {'x' * 32_000}"})),
        (400, lambda: judged("POST", "/wiql", {"query": f"{FIND}[System.Id] > 0"}, "api-version=7.1&$top=20001")),
        (400, lambda: judged("POST", "/wiql", {"query": f"{FIND}[System.ChangedDate] >= '2026-11-20T09:07:00Z'"})),
        (400, lambda: judged("POST", "/workitemsbatch", {"ids": list(range(1, 202))})),
        (400, lambda: judged("POST", "/workitemsbatch", {"ids": ["1"]})),
        (400, lambda: judged("POST", "/workitemsbatch", {"ids": [1], "errorPolicy": "ignore"})),
        (400, lambda: judged("POST", "/workitemsbatch", {"ids": [1], "fields": ["System.Nonsense"]})),
    ],
)
def test_the_stand_in_refuses_requests(status: int, asking: Callable[[], Reply]) -> None:
    reply = asking()
    assert (status, True) == (reply.status, bool(reply.reason))
    assert reply.body["message"]


def test_the_stand_in_refuses_to_find_more_than_20_000() -> None:
    there = DevOpsStandIn(lambda: NOW, timedelta(), TOKEN, PROJECT)
    fields = {"System.Id": 1}
    there.items = {number: Item(number, ISSUE, fields, known=[(NOW, fields)]) for number in range(20_001)}
    query = json.dumps({"query": f"{FIND}[System.Id] > 0"}).encode()
    limits: Sequence[dict[str, str]] = ({}, {"$top": "20000"})
    all_of_them, most = (
        there.judge(Arrival("POST", "", HEADERS, query, f"{WIT}/wiql", {"api-version": "7.1"} | top)) for top in limits
    )
    assert (400, 200, 20_000) == (all_of_them.status, most.status, len(most.body["workItems"]))
    assert None is there.key_of(Arrival("POST", "", HEADERS, query))


def test_the_stand_in_knows_what_is_gone_from_what_is_wrong() -> None:
    gone = judged("GET", "/workitems/2")
    batch = judged("POST", "/workitemsbatch", {"ids": [1, 2]})
    stale = judged("PATCH", "/workitems/1", [{"op": "test", "path": "/rev", "value": 9}, *TITLED])
    stranger = judged("POST", "/workitems/$Issue", adding("System.AssignedTo", "gone@contoso.example"))
    typeless = judged("POST", "/workitems/Issue", TITLED)
    binless = judged("GET", "/recyclebin/1")
    found = [gone, batch, stale, stranger, typeless, binless]
    assert [404, 404, 412, 400, 404, 404] == [reply.status for reply in found]
    assert {None} == {reply.reason for reply in found}
    assert "System.AssignedTo" == stranger.body["customProperties"]["ReferenceName"]


def test_the_stand_in_keeps_no_script_no_comment_and_no_mention() -> None:
    html = (
        '<!-- x --><script>alert(1)</script><p onclick="x" data-vss-mention="version:2.0,1">a &lt;b&gt;</p>'
        '<a href="javascript:x" data-vss-mention="1">c</a><a href="https://x.example">d</a><small>e</small><br>'
    )
    assert '<p>a &lt;b&gt;</p><a>c</a><a href="https://x.example">d</a>e<br>' == sanitized(html)


def test_a_sandbox_needs_to_say_nothing() -> None:
    there = DevOpsStandIn()
    document = json.dumps(adding("System.Title", "x")).encode()
    path = "/devops/contoso/Signing/_apis/wit/workitems/$Issue"
    reply = there.judge(Arrival("POST", "", PATCHING, document, path, {"api-version": "7.1"}))
    made = datetime.fromisoformat(reply.body["fields"]["System.CreatedDate"])
    assert (200, True) == (reply.status, abs(datetime.now(UTC) - made) < timedelta(minutes=1))
    assert re.fullmatch(r"/devops/.*", there.routes[0][1])
