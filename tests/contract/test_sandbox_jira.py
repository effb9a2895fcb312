"""The stand-in for Jira Cloud refuses what Jira refuses, in its words, and finds what it finds as late as it does."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.receivers.jira.site import Site
from sandbox.receivers.jira.stand_in import API, JiraStandIn
from sandbox.receivers.jira.workflows import STRICT
from sandbox.receivers.stand_in import Arrival, Reply
from shared.tickets.terms import OURS
from tests.contract.desks.case import LAG, Hands
from tests.contract.test_desks import MARKER, NOW

LATER = LAG + timedelta(seconds=1)
HEADERS = {"authorization": "Basic dTp0", "content-type": "application/json"}
GOOD = {"project": {"key": "OPS"}, "issuetype": {"name": "Task"}, "summary": "s"}
LINE: dict[str, Any] = {"type": "paragraph", "content": [{"type": "text", "text": "x"}]}


def doc(*content: Any) -> dict[str, Any]:
    return {"type": "doc", "version": 1, "content": list(content)}


def asked(jira: JiraStandIn, method: str, path: str, body: Any = None, **query: str) -> Reply:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return jira.judge(Arrival(method, "", HEADERS, raw, f"{API}{path}", query))


REFUSED: tuple[tuple[str, str, Any, dict[str, str], int, str], ...] = (
    ("POST", "/issue", {"fields": GOOD, "x": 1}, {}, 400, "Invalid request payload"),
    ("POST", "/issue", {}, {}, 400, "Invalid request payload"),
    ("POST", "/issue", b"{", {}, 400, "error parsing JSON"),
    ("POST", "/issue", {"fields": GOOD}, {"x": "1"}, 400, "parameter"),
    ("POST", "/issue", {"fields": {**GOOD, "summary": ""}}, {}, 400, "You must specify a summary"),
    ("POST", "/issue", {"fields": {**GOOD, "summary": "a\nb"}}, {}, 400, "newline characters"),
    ("POST", "/issue", {"fields": {**GOOD, "summary": "🔑" * 128}}, {}, 400, "can't exceed 255"),
    ("POST", "/issue", {"fields": {**GOOD, "summary": 7}}, {}, 400, "must be a string"),
    ("POST", "/issue", {"fields": {**GOOD, "issuetype": "Task"}}, {}, 400, "valid issue type"),
    ("POST", "/issue", {"fields": {**GOOD, "labels": ["a b"]}}, {}, 400, "contains spaces"),
    ("POST", "/issue", {"fields": {**GOOD, "labels": "a"}}, {}, 400, "not an array"),
    ("POST", "/issue", {"fields": {**GOOD, "labels": ["a" * 256]}}, {}, 400, "maximum length"),
    ("POST", "/issue", {"fields": {**GOOD, "priority": {"name": "P1"}}}, {}, 400, "Priority name is not valid"),
    ("POST", "/issue", {"fields": {**GOOD, "components": [{"name": "x"}]}}, {}, 400, "Component name"),
    ("POST", "/issue", {"fields": {**GOOD, "components": {}}}, {}, 400, "not an array"),
    ("POST", "/issue", {"fields": {**GOOD, "customfield_1": "x"}}, {}, 400, "cannot be set"),
    ("POST", "/issue", {"fields": {**GOOD, "description": "text"}}, {}, 400, "Atlassian Document"),
    ("POST", "/issue", {"fields": {**GOOD, "description": {"type": "doc", "content": []}}}, {}, 400, "INVALID_INPUT"),
    (
        "POST",
        "/issue",
        {"fields": {**GOOD, "description": doc({"type": "text", "text": "x"})}},
        {},
        400,
        "INVALID_INPUT",
    ),
    ("POST", "/issue", {"fields": {**GOOD, "description": doc({**LINE, "x": 1})}}, {}, 400, "INVALID_INPUT"),
    (
        "POST",
        "/issue",
        {"fields": {**GOOD, "description": doc({"type": "paragraph", "content": [{"type": "text", "text": ""}]})}},
        {},
        400,
        "INVALID_INPUT",
    ),
    (
        "POST",
        "/issue",
        {"fields": {**GOOD, "description": doc({"type": "blockCard", "attrs": {"url": "https://x.example"}})}},
        {},
        400,
        "INVALID_INPUT",
    ),
    ("POST", "/issue", {"fields": {**GOOD, "description": doc(*[LINE] * 700)}}, {}, 400, "exceeds the allowed limit"),
    ("PUT", "/issue/10001", {"fields": {"project": {"key": "OPS"}}}, {}, 400, "cannot be set"),
    ("PUT", "/issue/10001", {"fields": []}, {}, 400, "Invalid request payload"),
    ("POST", "/issue/10001/comment", {"body": None}, {}, 400, "can not be empty"),
    ("POST", "/issue/10001/comment", {"body": doc()}, {}, 400, "can not be empty"),
    ("POST", "/issue/10001/comment", {"body": "text"}, {}, 400, "Atlassian Document"),
    ("POST", "/issue/10001/comment", {"body": doc(LINE), "properties": [{"key": "k"}]}, {}, 400, "Invalid request"),
    ("POST", "/issue/10001/comment", {"body": doc(LINE), "text": "x"}, {}, 400, "Invalid request payload"),
    ("GET", "/issue/10001/comment", None, {"orderBy": "updated"}, 400, "orderBy"),
    ("GET", "/issue/10001/comment", None, {"startAt": "-1"}, 400, "startAt"),
    ("POST", "/comment/list", {"ids": ["1"]}, {}, 400, "Invalid request payload"),
    ("POST", "/comment/list", {"ids": []}, {}, 400, "Invalid request payload"),
    ("POST", "/issue/10001/transitions", {"transition": {"id": 31}}, {}, 400, "Invalid request payload"),
    ("POST", "/issue/10001/transitions", {"transition": {"id": "99"}}, {}, 400, "not valid for this issue"),
    ("POST", "/issue/10001/transitions", {"transition": {"id": "31"}, "fields": 1}, {}, 400, "Invalid request payload"),
    (
        "POST",
        "/issue/10001/transitions",
        {"transition": {"id": "31"}, "fields": {"resolution": {"name": "Done"}}},
        {},
        400,
        "cannot be set",
    ),
    ("GET", "/search/jql", None, {}, 400, "Unbounded JQL"),
    ("GET", "/search/jql", None, {"jql": "ORDER BY created"}, 400, "Unbounded JQL"),
    ("GET", "/search/jql", None, {"jql": "status = Done"}, 400, "Error in the JQL Query"),
    ("GET", "/search/jql", None, {"jql": 'project = OPS AND ("'}, 400, "Error in the JQL Query"),
    ("GET", "/search/jql", None, {"jql": "project = OPS ORDER BY status"}, 400, "Error in the JQL Query"),
    ("GET", "/search/jql", None, {"jql": 'created >= "2026-11-20T09:07"'}, 400, "Valid formats"),
    ("GET", "/search/jql", None, {"jql": "project = OPS", "nextPageToken": "x"}, 400, "nextPageToken"),
    ("GET", "/search/jql", None, {"jql": "project = OPS", "startAt": "0"}, 400, "parameter"),
    ("GET", "/search", None, {"jql": "project = OPS"}, 410, "search/jql"),
    ("GET", "/mypermissions", None, {"projectKey": "OPS"}, 400, "is required"),
    ("GET", "/mypermissions", None, {"projectKey": "OPS", "permissions": "X"}, 400, "Unrecognized"),
)


@pytest.mark.parametrize(("method", "path", "body", "query", "status", "words"), REFUSED)
def test_the_stand_in_refuses_what_jira_refuses(
    method: str, path: str, body: Any, query: dict[str, str], status: int, words: str
) -> None:
    jira = JiraStandIn(Hands(NOW), LAG)
    assert 201 == asked(jira, "POST", "/issue", {"fields": GOOD}).status
    reply = asked(jira, method, path, body, **query)
    assert status == reply.status
    assert words in json.dumps(reply.body) or words in (reply.reason or "")
    assert reply.reason
    assert {"errorMessages", "errors"} == reply.body.keys()


@pytest.mark.parametrize(
    ("method", "path", "query"),
    [
        ("GET", "/issue/77", {}),
        ("GET", "/issue/OPS-77/comment", {}),
        ("GET", "/issue/77/transitions", {}),
        ("GET", "/project/NONE", {}),
        ("GET", "/mypermissions", {"projectKey": "NONE", "permissions": "ADD_COMMENTS"}),
    ],
)
def test_what_is_not_there_is_no_malformed_request(method: str, path: str, query: dict[str, str]) -> None:
    reply = asked(JiraStandIn(), method, path, **query)
    assert (404, None) == (reply.status, reply.reason)


def test_a_transition_wants_what_its_screen_requires() -> None:
    jira = JiraStandIn(Hands(NOW), LAG, Site(workflow=STRICT))
    asked(jira, "POST", "/issue", {"fields": GOOD})
    bare = asked(jira, "POST", "/issue/OPS-1/transitions", {"transition": {"id": "5"}})
    wrong = asked(
        jira, "POST", "/issue/OPS-1/transitions", {"transition": {"id": "5"}, "fields": {"resolution": {"name": "x"}}}
    )
    assert (400, {"resolution": "Resolution is required."}) == (bare.status, bare.body["errors"])
    assert (400, {"resolution"}) == (wrong.status, wrong.body["errors"].keys())


def test_its_search_gives_ids_unless_asked_and_knows_what_happened_a_little_later() -> None:
    time = Hands(NOW)
    jira = JiraStandIn(time, LAG)
    asked(jira, "POST", "/issue", {"fields": GOOD})
    early = asked(jira, "GET", "/search/jql", jql='project = "OPS" AND created >= -1d')
    at_once = asked(jira, "GET", "/issue/OPS-1", fields="summary")
    time.pass_by(LATER)
    late = asked(jira, "GET", "/search/jql", jql="project = OPS order by created desc")
    asked(jira, "PUT", "/issue/OPS-1", {"fields": {"summary": "t"}})
    stale = asked(jira, "GET", "/search/jql", jql="project = OPS", fields="summary")
    time.pass_by(LATER)
    fresh = asked(jira, "GET", "/search/jql", jql="project = OPS", fields="summary")
    assert ({"issues": [], "isLast": True}, {"summary": "s"}) == (early.body, at_once.body["fields"])
    assert {"issues": [{"id": "10001"}], "isLast": True} == late.body
    assert ("s", "t") == tuple(one.body["issues"][0]["fields"]["summary"] for one in (stale, fresh))


def test_its_pages_have_no_more_than_a_hundred_issues_and_no_total() -> None:
    time = Hands(NOW)
    jira = JiraStandIn(time, LAG)
    for _ in range(130):
        asked(jira, "POST", "/issue", {"fields": GOOD})
    time.pass_by(LATER)
    query = {"jql": "project = OPS ORDER BY key ASC", "fields": "summary", "maxResults": "500"}
    first = asked(jira, "GET", "/search/jql", **query).body
    second = asked(jira, "GET", "/search/jql", **query, nextPageToken=first["nextPageToken"]).body
    assert (100, 30, False, True) == (len(first["issues"]), len(second["issues"]), first["isLast"], second["isLast"])
    assert first.keys() <= {"issues", "isLast", "nextPageToken"}
    assert "nextPageToken" not in second


@pytest.mark.parametrize("authorization", ["", "Bearer x", "Basic", "Basic ???", "Basic eA==", "Basic dTo="])
def test_it_lets_nobody_in_without_a_sign_in(authorization: str) -> None:
    made = JiraStandIn().judge(Arrival("POST", "", HEADERS | {"authorization": authorization}, b"{}", f"{API}/issue"))
    assert 401 == made.status
    assert made.reason
    assert "AUTHENTICATED_FAILED" == made.headers["X-Seraph-LoginReason"]


def test_it_takes_nothing_that_does_not_say_that_it_is_json() -> None:
    reply = JiraStandIn().judge(Arrival("POST", "", {"authorization": "Basic dTp0"}, b"{}", f"{API}/issue"))
    assert 415 == reply.status


def test_its_changelog_is_shown_where_it_is_asked_for_the_latest_first() -> None:
    time = Hands(NOW)
    jira = JiraStandIn(time, LAG)
    asked(jira, "POST", "/issue", {"fields": GOOD})
    asked(jira, "PUT", "/issue/OPS-1", {"fields": {"priority": {"name": "Low"}, "labels": ["a", "b"]}})
    time.pass_by(LATER)
    asked(jira, "POST", "/issue/OPS-1/transitions", {"transition": {"id": "31"}})
    bare = asked(jira, "GET", "/issue/OPS-1").body
    log = asked(jira, "GET", "/issue/OPS-1", fields="status", expand="names,changelog").body["changelog"]
    latest, first = log["histories"]
    assert "changelog" not in bare
    assert (2, 0, 2) == (log["total"], log["startAt"], log["maxResults"])
    assert ("Countersign", "2026-11-20T11:07:06.000+0200") == (latest["author"]["displayName"], latest["created"])
    assert latest["items"] == [
        {
            "field": "status",
            "fieldtype": "jira",
            "fieldId": "status",
            "from": "10100",
            "fromString": "To Do",
            "to": "10102",
            "toString": "Done",
        },
        {
            "field": "resolution",
            "fieldtype": "jira",
            "fieldId": "resolution",
            "from": None,
            "fromString": None,
            "to": "10000",
            "toString": "Done",
        },
    ]
    assert [("priority", None, "Low"), ("labels", None, "a b")] == [
        (one["field"], one["fromString"], one["toString"]) for one in first["items"]
    ]


def test_what_is_hidden_is_there_for_nobody_who_asks() -> None:
    time = Hands(NOW)
    jira = JiraStandIn(time, LAG)
    jira.person_hides("10001")
    made = [asked(jira, "POST", "/issue", {"fields": GOOD}).status for _ in range(2)]
    time.pass_by(LATER)
    found = asked(jira, "GET", "/search/jql", jql="project = OPS").body["issues"]
    read = [asked(jira, "GET", f"/issue/{one}").status for one in ("10001", "OPS-1", "10002")]
    assert ([201, 201], [{"id": "10002"}], [404, 404, 200]) == (made, found, read)


def test_a_comment_is_public_unless_its_property_says_otherwise() -> None:
    jira = JiraStandIn(Hands(NOW), LAG)
    asked(jira, "POST", "/issue", {"fields": GOOD})
    inside: list[Any] = [[], [{"internal": False}], [{"internal": True}], ["internal"]]
    for values in inside:
        properties = [{"key": "sd.public.comment", "value": value} for value in values]
        asked(jira, "POST", "/issue/OPS-1/comment", {"body": doc(LINE), "properties": properties})
    shown = [one["jsdPublic"] for one in asked(jira, "GET", "/issue/OPS-1/comment").body["comments"]]
    assert [True, True, False, True] == shown


def test_it_says_when_it_answered() -> None:
    reply = asked(JiraStandIn(Hands(NOW), LAG), "GET", "/project/OPS")
    assert "Fri, 20 Nov 2026 09:07:00 GMT" == reply.headers["Date"]


def test_its_keys_are_labels_and_properties() -> None:
    jira = JiraStandIn()
    made = {"fields": {"labels": [OURS, MARKER]}}
    told = {"properties": [{"key": OURS, "value": {"key": "k"}}]}
    bodies: list[Any] = [made, told, {}, [], {"fields": 1}]
    found = [jira.key_of(Arrival("POST", "", {}, json.dumps(body).encode())) for body in bodies]
    assert [MARKER, "k", None, None, None] == found


def test_it_is_made_without_anything_by_the_clock_on_the_wall() -> None:
    jira = JiraStandIn()
    assert 201 == asked(jira, "POST", "/issue", {"fields": GOOD}).status
    assert datetime.now(UTC) - jira.issues[0].created < timedelta(minutes=1)
