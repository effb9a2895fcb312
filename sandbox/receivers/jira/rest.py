"""Operations of Jira Cloud's REST API, version 3, on the issues of one site. Each raises Refused."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from sandbox.receivers.jira import documents
from sandbox.receivers.jira.changelog import Item, items_of
from sandbox.receivers.jira.issues import Comment, Issue, Shown, lagging, ordered
from sandbox.receivers.jira.jql import Reader
from sandbox.receivers.jira.refused import Refused, fields, malformed, missing
from sandbox.receivers.jira.site import ACCOUNT, PERMISSIONS, Site
from sandbox.receivers.jira.workflows import RESOLUTIONS, Move, chosen

type Asked = Mapping[str, str]

NO_ISSUE = "Issue does not exist or you do not have permission to see it."
MOST_COMMENTS, MOST_IDS, MOST_ISSUES, MOST_WITH_FIELDS, MOST_IN_KEY = 100, 1_000, 5_000, 100, 255


@dataclass(slots=True)
class JiraRest:
    """`issues` by id, the first made first; `hidden` are ids of those that the account may not see."""

    site: Site
    shown: Shown
    now: Callable[[], datetime]
    lag: timedelta
    issues: dict[str, Issue] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    _numbers: "count[int]" = field(default_factory=lambda: count(1))
    _pages: dict[str, tuple[str, list[Issue]]] = field(default_factory=dict)

    def create(self, body: Any) -> tuple[int, Any]:
        """ "Create issue" (rest/v3/api-group-issues)."""
        call = fields(body, {"fields", "update", "properties", "historyMetadata", "transition"}, "Create issue")
        made = self.site.screens.created(call.get("fields"))
        number = next(self._numbers)
        kept = {name: value for name, value in made.items() if name not in ("project", "assignee")}
        now = self.now()
        issue = Issue(
            str(10_000 + number),
            f"{self.site.project}-{number}",
            self.site.home,
            kept,
            self.site.workflow.first,
            now,
            now,
        )
        issue.assignee = next(iter(made.get("assignee", {}).values()), "")
        issue.changed(now)
        issue.created = issue.updated
        self.issues[issue.id] = issue
        return 201, self.shown.reference(issue)

    def read(self, reference: str, asked: Asked) -> tuple[int, Any]:
        """ "Get issue": by id or key, wherever it was moved to."""
        return 200, self.shown.issue(self._issue(reference), asked.get("fields", "*all"), asked.get("expand", ""))

    def edit(self, reference: str, body: Any) -> tuple[int, Any]:
        """ "Edit issue"."""
        call = fields(body, {"fields", "update", "properties", "historyMetadata", "transition"}, "Edit issue")
        issue = self._issue(reference)
        changed = self.site.screens.edited(call.get("fields"))
        items = items_of(issue.fields, changed)
        issue.fields = issue.fields | changed
        issue.changed(self.now(), ACCOUNT, items)
        return 204, None

    def comment(self, reference: str, body: Any) -> tuple[int, Any]:
        """ "Add comment" (rest/v3/api-group-issue-comments)."""
        issue = self._issue(reference)
        call = fields(body, {"body", "visibility", "properties", "public"}, "Add comment")
        if not call.get("body") or call["body"] == {"type": "doc", "version": 1, "content": []}:
            raise Refused(400, "Add comment: it is empty", errors={"comment": "Comment body can not be empty!"})
        documents.check(call["body"], "comment", "Add comment")
        properties = _properties(call.get("properties", []))
        comment = Comment(str(20_000 + next(self._numbers)), call["body"], properties, self.now())
        issue.comments.append(comment)
        issue.changed(self.now())
        return 201, self.shown.comment(comment, with_properties=False)

    def comments(self, reference: str, asked: Asked) -> tuple[int, Any]:
        """ "Get comments": read from where they are kept, so that the latest is among them."""
        issue = self._issue(reference)
        order = asked.get("orderBy", "created")
        if order not in ("created", "+created", "-created"):
            raise Refused(400, "Get comments: orderBy is created, +created or -created", "orderBy is not valid")
        every = issue.comments[::-1] if order == "-created" else issue.comments
        begin, most = _number(asked, "startAt", 0), min(_number(asked, "maxResults", MOST_COMMENTS), MOST_COMMENTS)
        listed = self.site.lists_properties and "properties" in asked.get("expand", "")
        found = [self.shown.comment(one, with_properties=listed) for one in every[begin : begin + most]]
        return 200, {"startAt": begin, "maxResults": most, "total": len(every), "comments": found}

    def comments_by_ids(self, body: Any, asked: Asked) -> tuple[int, Any]:
        """ "Get comments by IDs": those that may be seen, with their properties where they are asked for."""
        ids = fields(body, {"ids"}, "Get comments by IDs").get("ids")
        if not isinstance(ids, list) or not ids or len(ids) > MOST_IDS or not all(type(one) is int for one in ids):
            raise malformed(f"Get comments by IDs: ids are 1 to {MOST_IDS} numbers")
        listed = "properties" in asked.get("expand", "").split(",")
        every = [one for issue in self._visible() for one in issue.comments if int(one.id) in ids]
        values = [self.shown.comment(one, with_properties=listed) for one in every]
        return 200, {"startAt": 0, "maxResults": MOST_IDS, "total": len(values), "isLast": True, "values": values}

    def transitions(self, reference: str, asked: Asked) -> tuple[int, Any]:
        """ "Get transitions": none where the account may not take them."""
        issue = self._issue(reference)
        ways = [] if "TRANSITION_ISSUES" in self.site.lacks else self.site.workflow.ways(issue.state)
        with_fields = "transitions.fields" in asked.get("expand", "").split(",")
        return 200, {"expand": "transitions", "transitions": [way.shown(with_fields=with_fields) for way in ways]}

    def transition(self, reference: str, body: Any) -> tuple[int, Any]:
        """ "Transition issue"."""
        issue = self._issue(reference)
        call = fields(body, {"transition", "fields", "update", "properties", "historyMetadata"}, "Transition issue")
        wanted = fields(call.get("transition"), {"id"}, "Transition issue").get("id")
        if not isinstance(wanted, str):
            raise malformed("Transition issue: the transition's id is a text")
        ways = {move.id: move for move in self.site.workflow.ways(issue.state)}
        if wanted not in ways:
            raise Refused(
                400, "Transition issue: not from here", f"Transition id '{wanted}' is not valid for this issue."
            )
        move = ways[wanted]
        self.moved(issue, move, chosen(move, call.get("fields", {})))
        return 204, None

    def moved(self, issue: Issue, move: Move, resolution: str, by: str = ACCOUNT) -> None:
        """To where it leads; what is not done has no resolution."""
        before, resolved = issue.state, issue.resolution
        issue.state = move.to
        issue.resolution = (resolution or move.resolves) if move.to.category == "done" else ""
        items = [Item("status", (before.id, before.name), (move.to.id, move.to.name))]
        if issue.resolution != resolved:
            items.append(Item("resolution", _resolution(resolved), _resolution(issue.resolution)))
        issue.changed(self.now(), by, items)

    def search(self, asked: Asked) -> tuple[int, Any]:
        """ "Search for issues using JQL enhanced search (GET)": pages by token, no total, ids alone unless asked."""
        jql, wanted = asked.get("jql", ""), asked.get("fields", "id")
        keys = dict.fromkeys((self.site.project, *self.site.former), self.site.project)
        query = Reader(keys, self.site.zone, self.now()).read(jql)
        cap = MOST_ISSUES if wanted == "id" else MOST_WITH_FIELDS
        most = min(_number(asked, "maxResults", 50), cap)
        if token := asked.get("nextPageToken", ""):
            if token not in self._pages or self._pages[token][0] != jql:
                raise Refused(400, "search/jql: the token is of no page of this query", "The nextPageToken is invalid.")
            found = self._pages[token][1]
        else:
            known = [] if "BROWSE_PROJECTS" in self.site.lacks else lagging(self._visible(), self.now(), self.lag)
            found = ordered([one for one in known if query.fits(one.known)], query)
        page, rest = found[:most], found[most:]
        issues = [self.shown.issue(one, wanted) if wanted != "id" else {"id": one.id} for one in page]
        if not rest:
            return 200, {"issues": issues, "isLast": True}
        following = f"page-{len(self._pages)}"
        self._pages[following] = (jql, rest)
        return 200, {"issues": issues, "isLast": False, "nextPageToken": following}

    def project(self, key: str) -> tuple[int, Any]:
        """ "Get project": by id or key, also by a key that it had before."""
        if key.upper() not in (*self.site.home, *self.site.former) or "BROWSE_PROJECTS" in self.site.lacks:
            raise missing(f"No project could be found with key '{key}'.")
        return 200, {
            "id": self.site.home[0],
            "key": self.site.project,
            "name": "Operations",
            "projectTypeKey": "software",
        }

    def permissions(self, asked: Asked) -> tuple[int, Any]:
        """ "Get my permissions": those that are asked for, in a project."""
        wanted = [one for one in asked.get("permissions", "").split(",") if one]
        if not wanted:
            raise Refused(
                400, "Get my permissions: permissions is required", "The 'permissions' query parameter is required."
            )
        if unknown := sorted(set(wanted) - PERMISSIONS):
            raise Refused(
                400, f"Get my permissions: no such permission: {unknown}", f"Unrecognized permission keys: {unknown}"
            )
        self.project(asked.get("projectKey", ""))
        return 200, {
            "permissions": {
                one: {"key": one, "type": "PROJECT", "havePermission": one not in self.site.lacks} for one in wanted
            }
        }

    def _issue(self, reference: str) -> Issue:
        issue = self.issues.get(reference) or next((one for one in self.issues.values() if one.key == reference), None)
        if issue is None or issue.id in self.hidden or "BROWSE_PROJECTS" in self.site.lacks:
            raise missing(NO_ISSUE)
        return issue

    def _visible(self) -> list[Issue]:
        """ "Get issue" and its neighbours, and the search, leave out what the issue's security level hides."""
        return [issue for issue in self.issues.values() if issue.id not in self.hidden]


def _resolution(number: str) -> tuple[str, str] | None:
    return (number, RESOLUTIONS[number]) if number else None


def _properties(found: Any) -> dict[str, Any]:
    """ "Entity properties" (platform/jira-entity-properties): keys of 255 characters, values of 32,768."""
    shaped = isinstance(found, list) and all(isinstance(one, dict) and one.keys() == {"key", "value"} for one in found)
    if not shaped or not all(isinstance(one["key"], str) and 0 < len(one["key"]) <= MOST_IN_KEY for one in found):
        raise malformed("Add comment: properties have a key of at most 255 characters, and a value")
    return {one["key"]: one["value"] for one in found}


def _number(asked: Asked, name: str, default: int) -> int:
    value = asked.get(name, str(default))
    if not value.isascii() or not value.isdigit():
        raise Refused(400, f"rest/v3: {name} is a number", f"{name} has to be a number")
    return int(value)
