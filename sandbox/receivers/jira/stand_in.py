"""A stand-in for one project of Jira Cloud: who may come in, where its operations are, and what people do in it."""

import re
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import unquote

from sandbox.receivers.jira.changelog import items_of
from sandbox.receivers.jira.issues import Issue, Shown
from sandbox.receivers.jira.refused import Refused, fields
from sandbox.receivers.jira.rest import NO_ISSUE, JiraRest
from sandbox.receivers.jira.site import Site
from sandbox.receivers.jira.workflows import Move
from sandbox.receivers.stand_in import Arrival, Reply

ROOT = "/jira"
API = f"{ROOT}/rest/api/3"
LOGIN = "X-Seraph-LoginReason"
DONE, DISMISSED = "10000", "10001"
# The parameters on each operation's page. Jira passes over what it does not know; here nobody would see it then.
PARAMETERS: Mapping[str, set[str]] = {
    "create": {"updateHistory"},
    "read": {"fields", "fieldsByKeys", "expand", "properties", "updateHistory", "failFast"},
    "edit": {"notifyUsers", "overrideScreenSecurity", "overrideEditableFlag", "returnIssue", "expand"},
    "comment": {"expand"},
    "comments": {"startAt", "maxResults", "orderBy", "expand"},
    "comments_by_ids": {"expand"},
    "transition": set(),
    "transitions": {"expand", "transitionId", "skipRemoteOnlyCondition", "includeUnavailableTransitions"},
    "search": {"jql", "nextPageToken", "maxResults", "fields", "expand", "properties", "fieldsByKeys", "failFast"},
    "project": {"expand", "properties"},
    "permissions": {"projectKey", "projectId", "issueKey", "issueId", "permissions", "commentId"},
}
# Method, path below the API, operation.
OPERATIONS = (
    ("POST", "/issue", "create"),
    ("GET", "/issue/{issue}", "read"),
    ("PUT", "/issue/{issue}", "edit"),
    ("POST", "/issue/{issue}/comment", "comment"),
    ("GET", "/issue/{issue}/comment", "comments"),
    ("POST", "/comment/list", "comments_by_ids"),
    ("POST", "/issue/{issue}/transitions", "transition"),
    ("GET", "/issue/{issue}/transitions", "transitions"),
    ("GET", "/search/jql", "search"),
    ("GET", "/search", "gone"),
    ("POST", "/search", "gone"),
    ("GET", "/project/{project}", "project"),
    ("GET", "/mypermissions", "permissions"),
)


class JiraStandIn:
    """Search knows of nothing that is younger than `lag`; everything else does at once.

    "Search and reconcile" (rest/v3/api-group-issue-search): recent updates might not be in the results.
    """

    kind = "jira"
    routes = tuple((method, f"{API}{path}") for method, path, _ in OPERATIONS)

    def __init__(
        self,
        now: Callable[[], datetime] | None = None,
        lag: timedelta = timedelta(seconds=5),
        site: Site | None = None,
    ) -> None:
        self._site = site or Site()
        self._wait_seconds = 0
        shown = Shown("https://example.atlassian.net", self._site.zone, self._site.everybody)
        self._rest = JiraRest(self._site, shown, now or _wall_clock, lag)

    def judge(self, arrival: Arrival) -> Reply:
        """With the time of the answer, as HTTP wants it (RFC 9110, section 6.6.1)."""
        reply, at = self._judged(arrival), self._rest.now().astimezone(UTC)
        return replace(reply, headers={**reply.headers, "Date": format_datetime(at, usegmt=True)})

    def key_of(self, arrival: Arrival) -> str | None:
        """Jira has no place for one and takes everything twice; ours is a label, or a comment's property."""
        found = arrival.readable
        if not isinstance(found, dict):
            return None
        properties = found.get("properties")
        if isinstance(properties, list) and properties and isinstance(properties[0], dict):
            value = properties[0].get("value")
            return value.get("key") if isinstance(value, dict) else None
        given = found.get("fields")
        labels = given.get("labels") if isinstance(given, dict) else None
        return str(labels[1]) if isinstance(labels, list) and len(labels) > 1 else None

    def throttle(self, seconds: int) -> None:
        """The next request is one too many."""
        self._wait_seconds = seconds

    @property
    def issues(self) -> Sequence[Issue]:
        """The first made first."""
        return list(self._rest.issues.values())

    def person_closes(self, reference: str, *, dismissed: bool = False) -> None:
        """On the board, where a screen is filled in."""
        workflow, issue = self._site.workflow, self._rest.issues[reference]
        to = workflow.dismissed if dismissed else workflow.closed
        self._rest.moved(issue, Move("", "", to), DISMISSED if dismissed else DONE, self._somebody(issue))

    def person_reopens(self, reference: str) -> None:
        """An administrator may, even where the workflow has no way back."""
        issue = self._rest.issues[reference]
        self._rest.moved(issue, Move("", "", self._site.workflow.first), "", self._somebody(issue))

    def person_assigns(self, reference: str, who: str) -> None:
        """By account id. Who is assigned took it."""
        issue = self._rest.issues[reference]
        before, issue.assignee = issue.assignee, who if who in self._site.people else ""
        items = items_of({"assignee": before}, {"assignee": issue.assignee})
        issue.changed(self._rest.now(), self._somebody(issue), items)

    def person_deletes(self, reference: str) -> None:
        """For good: Jira has no bin."""
        del self._rest.issues[reference]

    def person_moves(self, reference: str, key: str) -> None:
        """Into another project, where it gets another key and keeps its id."""
        issue = self._rest.issues[reference]
        issue.home, issue.key = ("10002", key), f"{key}-{issue.key.rpartition('-')[2]}"
        issue.changed(self._rest.now())

    def person_hides(self, reference: str) -> None:
        """By a security level. One that is not made yet is hidden as soon as it is, as by a rule of automation."""
        self._rest.hidden.add(reference)

    def person_labels(self, reference: str, *labels: str) -> None:
        """These, and no others."""
        issue = self._rest.issues[reference]
        issue.fields = issue.fields | {"labels": list(labels)}
        issue.changed(self._rest.now())

    def _judged(self, arrival: Arrival) -> Reply:
        """Rate limits come first, then the sign-in, then the request."""
        if self._wait_seconds:
            return self._throttled()
        operation, where = _operation(arrival)
        if why := self._stranger(arrival.headers.get("authorization", "")):
            return _anonymous(operation, why)
        try:
            status, body = self._done(operation, where, arrival)
        except Refused as error:
            return error.reply
        return Reply(status, body=body)

    def _somebody(self, issue: Issue) -> str:
        """Whom it is assigned to, or else the first."""
        return issue.assignee or next(iter(self._site.people), "")

    def _throttled(self) -> Reply:
        """ "Rate limiting" (developer.atlassian.com/cloud/jira/platform/rate-limiting): 429, and how long to wait."""
        wait, self._wait_seconds = self._wait_seconds, 0
        headers = {"Retry-After": str(wait), "RateLimit-Reason": "jira-burst-based", "X-RateLimit-Remaining": "0"}
        return Reply(429, None, {"errorMessages": ["Rate limit exceeded."], "errors": {}}, headers)

    def _stranger(self, authorization: str) -> str:
        """ "Basic auth for REST APIs": base64 of mail address and API token."""
        scheme, _, signed = authorization.partition(" ")
        try:
            user, _, token = b64decode(signed, validate=True).decode().partition(":")
        except ValueError:
            return "Basic auth for REST APIs: no base64"
        if scheme != "Basic" or not user or not token:
            return "Basic auth for REST APIs: a mail address and an API token"
        right = self._site.user in ("", user) and self._site.token in ("", token)
        return "" if right else "Basic auth for REST APIs: the address or the token is another one"

    def _done(self, operation: str, where: str, arrival: Arrival) -> tuple[int, Any]:
        if operation == "gone":
            why = "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API."
            raise Refused(410, "CHANGE-2046: search is search/jql now", why)
        if strange := arrival.query.keys() - PARAMETERS[operation]:
            raise Refused(400, f"{operation} has no parameter {', '.join(sorted(strange))}", "Unknown parameter")
        rest, asked = self._rest, arrival.query
        calls: Mapping[str, Callable[[], tuple[int, Any]]] = {
            "create": lambda: rest.create(_body(arrival)),
            "read": lambda: rest.read(where, asked),
            "edit": lambda: rest.edit(where, _body(arrival)),
            "comment": lambda: rest.comment(where, _body(arrival)),
            "comments": lambda: rest.comments(where, asked),
            "comments_by_ids": lambda: rest.comments_by_ids(_body(arrival), asked),
            "transition": lambda: rest.transition(where, _body(arrival)),
            "transitions": lambda: rest.transitions(where, asked),
            "search": lambda: rest.search(asked),
            "project": lambda: rest.project(where),
            "permissions": lambda: rest.permissions(asked),
        }
        return calls[operation]()


def _wall_clock() -> datetime:
    """Now."""
    return datetime.now(UTC)


def _operation(arrival: Arrival) -> tuple[str, str]:
    """With what stands in the path, if anything."""
    for method, path, operation in OPERATIONS:
        found = re.fullmatch(re.sub(r"{\w+}", "([^/]+)", f"{API}{path}"), arrival.path)
        if found and method == arrival.method:
            return operation, unquote(found[1]) if found.groups() else ""
    return "gone", ""


def _anonymous(operation: str, why: str) -> Reply:
    """Who fails to sign in is anybody, and sees what anybody may: nothing.

    "JQL search REST API returns 200 OK without API token" (support.atlassian.com/jira/kb); "Get issue" and its
    neighbours can be accessed anonymously, and say 404 of what may not be seen; the rest says 401.
    """
    headers = {LOGIN: "AUTHENTICATED_FAILED"}
    if operation == "search":
        return Reply(200, None, {"issues": [], "isLast": True}, headers)
    if operation in ("read", "comments", "transitions", "project"):
        return Reply(404, None, {"errorMessages": [NO_ISSUE], "errors": {}}, headers)
    message = "Client must be authenticated to access this resource."
    return Reply(401, why, {"errorMessages": [message], "errors": {}}, headers)


def _body(arrival: Arrival) -> Any:
    """JSON, and it has to say so: 415 otherwise (rest/v3/intro, "Status codes")."""
    kind = arrival.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Refused(415, "rest/v3: the body has to be application/json", "Unsupported Media Type")
    try:
        found = arrival.json()
    except ValueError as error:
        raise Refused(400, "rest/v3: the body is no JSON", "There was an error parsing JSON.") from error
    return fields(found, set(found) if isinstance(found, dict) else set(), "rest/v3")
