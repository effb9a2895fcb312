"""A stand-in for GitHub Issues: one repository that keeps issues, by the rules of GitHub's own description."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from sandbox.receivers.github.issues import Issue, Shapes
from sandbox.receivers.github.refusals import (
    MOST_IN_BODY,
    MOST_IN_TITLE,
    Refused,
    body_of,
    check_labels,
    check_length,
    invalid,
    moved,
    no_permission,
    not_found,
)
from sandbox.receivers.github.repository import GitHubRepository, assignees_of, names_of
from sandbox.receivers.github.requests import (
    COMMENTS,
    ISSUE,
    ISSUES,
    LABEL,
    LABELS,
    PREFIX,
    REPO,
    Asked,
    asked,
    check_caller,
    check_query,
    object_in,
    page,
    since,
)
from sandbox.receivers.stand_in import Arrival, Reply

OPERATIONS = (
    ("GET", REPO),
    ("GET", ISSUES),
    ("POST", ISSUES),
    ("GET", ISSUE),
    ("PATCH", ISSUE),
    ("GET", COMMENTS),
    ("POST", COMMENTS),
    ("POST", LABELS),
    ("DELETE", LABEL),
)
BY_ID = tuple(("GET", f"/repositories/{{id}}{path.removeprefix(REPO)}") for path in (ISSUES, COMMENTS))
A_LIMIT = 5_000  # "Rate limits for the REST API": an hour, with a personal token.


class GitHubStandIn(GitHubRepository):
    """`repository` is the only one that there is; with a token, no other is taken.

    `may_read`, `may_write`: the token's permission for issues; `may_label`: the role of its owner. Milestone 1 is the
    only one.
    """

    kind = "github"
    routes = tuple((method, f"{PREFIX}{path}") for method, path in (*OPERATIONS, *BY_ID))

    def __init__(
        self,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        lag: timedelta = timedelta(seconds=5),
        token: str = "",
        repository: str = "contoso/signing",
        assignable: Sequence[str] = (),
    ) -> None:
        super().__init__(now, lag, assignable)
        self._token, self._repository = token, repository
        self._throttles, self._left = list[Reply](), A_LIMIT
        self.may_read = self.may_write = self.may_label = self.has_issues = True
        self.archived = self.renamed = False

    def judge(self, arrival: Arrival) -> Reply:
        """What GitHub would say, with the headers of its limits."""
        self._left -= 1
        try:
            reply = self._throttles.pop() if self._throttles else self._answered(arrival)
        except Refused as error:
            reply = error.reply
        return replace(reply, headers={**self._limits(), **reply.headers})

    def key_of(self, arrival: Arrival) -> str | None:  # noqa: ARG002
        """GitHub has no place for one, and takes everything twice."""
        return None

    def throttle(self, seconds: int, *, secondary: bool = False, worded: Refused | None = None) -> None:
        """ "Rate limits for the REST API", "Exceeding the rate limit": 403 or 429, and how long is in the headers.

        The limit of what makes content is `worded` otherwise, and does not say how long where that is 0 seconds.
        """
        if worded:
            late = {"retry-after": str(seconds)} if seconds else {}
            self._throttles.append(replace(worded.reply, headers=late))
            return
        reset = str(int(self.now().timestamp()) + seconds)
        spent = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": reset}
        which = "a secondary rate limit" if secondary else "the rate limit"
        told = {"retry-after": str(seconds)} if secondary else spent
        self._throttles.append(Reply(403, body=body_of(403, f"You have exceeded {which}."), headers=told))

    def _answered(self, arrival: Arrival) -> Reply:
        what, version = asked(arrival), check_caller(arrival, self._token)
        if what.repository.lower() not in ("", self._repository.lower()):
            raise not_found()
        if self.renamed:
            raise moved(what.method)
        if what.method == "GET":
            check_query(what.path, arrival.query)
        shapes = Shapes(f"http://{arrival.headers.get('host', 'localhost')}{PREFIX}", self._repository, version)
        if what.path == REPO:
            return Reply(200, body=shapes.repo({"has_issues": self.has_issues, "archived": self.archived}))
        self._check_allowed(what)
        if what.method == "GET":
            return self._shown(shapes, arrival, what)
        body = object_in(arrival, what.path) if what.method in ("POST", "PATCH") else {}
        return self._created(shapes, body) if what.path == ISSUES else self._changed(shapes, what, body)

    def _check_allowed(self, what: Asked) -> None:
        """An issue that the token may not read is hidden as if it were not there, and a list says what is missing.

        So people saw it of the list (mamertofabian/bolt-to-github issue 83).
        """
        method = what.method
        if not self.has_issues:  # "Create an issue": 410 where issues are disabled.
            raise Refused(410, "Issues has been disabled in this repository.")
        if not self.may_read:
            raise not_found() if what.number else no_permission("read" if method == "GET" else "write")
        if method != "GET" and self.archived:
            raise Refused(403, "Repository was archived so is read-only.")
        if method != "GET" and not self.may_write:
            raise no_permission("write")

    def _shown(self, shapes: Shapes, arrival: Arrival, what: Asked) -> Reply:
        """ "List issue comments": the first made first."""
        here = f"{shapes.address}/repositories/1/issues"
        if what.path == ISSUES:
            return page([shapes.listed(one) for one in self._found(arrival.query)], arrival, here)
        issue = self.reached(what.number, what.method)
        if what.path == ISSUE:
            return Reply(200, body=shapes.issue(issue))
        least = since(arrival.query)
        found = [shapes.comment(issue, one) for one in issue.comments if least <= one.at.replace(microsecond=0)]
        return page(found, arrival, f"{here}/{issue.number}/comments")

    def _found(self, query: Mapping[str, str]) -> Sequence[Issue]:
        """ "List repository issues": the open ones and the last made first, where nothing else is asked for."""
        labels = {name.strip().lower() for name in query.get("labels", "").split(",") if name.strip()}
        state, least = query.get("state", "open"), since(query)
        found = [
            issue
            for issue in self.listed()
            if labels <= {name.lower() for name in issue.labels}
            and state in ("all", "open" if issue.is_open else "closed")
            and least <= issue.updated.replace(microsecond=0)
        ]
        by_change = query.get("sort") == "updated"
        found.sort(key=lambda one: (one.updated if by_change else one.created, one.number))
        return found if query.get("direction") == "asc" else found[::-1]

    def _created(self, shapes: Shapes, body: Mapping[str, Any]) -> Reply:
        """ "Create an issue": who has no push access has labels, assignees and so on silently dropped."""
        title = str(body["title"])
        if not title.strip():
            raise invalid("Issue", "title", "missing_field", '"Create an issue": it needs a title')
        check_length(title, MOST_IN_TITLE, "Issue", "title")
        check_length(body.get("body") or "", MOST_IN_BODY, "Issue", "body")
        if not self.may_label:
            body = {name: body[name] for name in ("title", "body") if name in body}
        # Who cannot be assigned is not valid (trstringer/manual-approval issue 71); the request is in order.
        if not set(assignees_of(body)) <= set(self.assignable):
            raise invalid("Issue", "assignees", "invalid")
        if body.get("milestone") not in (None, 1):
            raise invalid("Issue", "milestone", "invalid", '"Create an issue": there is no such milestone')
        check_labels(names_of(body.get("labels", [])))
        return Reply(201, body=shapes.issue(self.open(body)))

    def _changed(self, shapes: Shapes, what: Asked, body: Mapping[str, Any]) -> Reply:
        issue = self.reached(what.number, what.method)
        if what.path == ISSUE:
            return Reply(200, body=shapes.issue(self._patched(issue, body)))
        if what.path == COMMENTS:
            check_length(body["body"], MOST_IN_BODY, "IssueComment", "data")
            issue = self.comment(issue, body["body"])
            return Reply(201, body=shapes.comment(issue, issue.comments[-1]))
        if not self.may_label:  # "Add labels to an issue" knows no 403.
            raise not_found()
        if what.path == LABELS:
            check_labels(names_of(body["labels"]))
            issue = self.label(issue, names_of(body["labels"]))
        else:
            issue = self.unlabel(issue, what.label)
        return Reply(200, body=[shapes.label(name) for name in issue.labels])

    def _patched(self, issue: Issue, body: Mapping[str, Any]) -> Issue:
        if not body.keys() <= {"state", "state_reason"}:
            raise Refused(422, "Invalid request.", '"Update an issue": other fields are not known here')
        if body.get("state") == "closed":
            return self.close(issue, body.get("state_reason") or "completed")
        return self.reopen(issue) if body.get("state") == "open" else issue

    def _limits(self) -> dict[str, str]:
        """ "Rate limits for the REST API", "Checking the status of your rate limit"."""
        now = self.now()
        return {
            "date": format_datetime(now.astimezone(UTC), usegmt=True),
            "x-ratelimit-limit": str(A_LIMIT),
            "x-ratelimit-remaining": str(max(self._left, 1)),
            "x-ratelimit-reset": str(int(now.timestamp()) + 3_600),
            "x-ratelimit-resource": "core",
        }
