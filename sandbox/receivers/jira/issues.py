"""Issues as a Jira site keeps them, and as its search knows them a little later."""

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import Any

from sandbox.receivers.jira.changelog import Change, Item
from sandbox.receivers.jira.jql import Found, Query
from sandbox.receivers.jira.workflows import RESOLUTIONS, State

VISIBILITY = "sd.public.comment"  # Of a comment, in a service project.
MOST_CHANGES = 100


@dataclass(frozen=True, slots=True)
class Comment:
    """`properties` by key."""

    id: str
    body: dict[str, Any]
    properties: Mapping[str, Any]
    created: datetime

    @property
    def public(self) -> bool:
        """Whether customers of a service project see it, which they do unless that property says otherwise."""
        found = self.properties.get(VISIBILITY)
        return not (isinstance(found, dict) and found.get("internal") is True)


@dataclass(slots=True)
class Issue:
    """`fields` as they were given; `home` is id and key of its project. `versions`: what was known of it, and when."""

    id: str
    key: str
    home: tuple[str, str]
    fields: dict[str, Any]
    state: State
    created: datetime
    updated: datetime
    resolution: str = ""
    assignee: str = ""
    comments: list[Comment] = field(default_factory=list)
    versions: list[tuple[datetime, "Issue"]] = field(default_factory=list)
    history: list[Change] = field(default_factory=list)

    def changed(self, now: datetime, by: str = "", items: Sequence[Item] = ()) -> None:
        """Something was; Jira keeps milliseconds. What has no items is in no changelog."""
        self.updated = now.replace(microsecond=now.microsecond // 1_000 * 1_000)
        if items:
            self.history.append(Change(by, self.updated, tuple(items)))
        before, self.versions = self.versions, []
        self.versions = [*before, (now, copy.copy(self))]

    def indexed(self, until: datetime) -> "Issue | None":
        """As it was then; None where it was not."""
        return next((version for at, version in reversed(self.versions) if at <= until), None)

    @property
    def known(self) -> Found:
        """What can be searched for."""
        place, _, number = self.key.rpartition("-")
        return Found((place, int(number)), self.home[1], self.fields.get("labels", []), self.created, self.updated)


@dataclass(frozen=True, slots=True)
class Shown:
    """How issues are shown to an account: times are in its zone."""

    address: str
    zone: tzinfo
    people: Mapping[str, str]

    def issue(self, issue: Issue, wanted: str, expand: str = "") -> dict[str, Any]:
        """ "Get issue": `fields` by name, or *all, or *navigable; its changelog only where it is asked for."""
        fields = self._fields(issue)
        names = {name.strip() for name in wanted.split(",")}
        shown = fields if names & {"*all", "*navigable"} else {one: fields[one] for one in fields if one in names}
        log = {"changelog": self._changelog(issue)} if "changelog" in expand.split(",") else {}
        return {**self.reference(issue), "fields": shown, **log}

    def reference(self, issue: Issue) -> dict[str, Any]:
        """ "Create issue": id, key, self."""
        return {"id": issue.id, "key": issue.key, "self": f"{self.address}/rest/api/3/issue/{issue.id}"}

    def comment(self, comment: Comment, *, with_properties: bool) -> dict[str, Any]:
        """ "Get comments"."""
        found: dict[str, Any] = {
            "id": comment.id,
            "body": comment.body,
            "created": self.time(comment.created),
            "updated": self.time(comment.created),
            "jsdPublic": comment.public,
        }
        properties = [{"key": key, "value": value} for key, value in comment.properties.items()]
        return found | ({"properties": properties} if with_properties else {})

    def time(self, at: datetime) -> str:
        """2026-11-20T10:07:00.000+0100."""
        local = at.astimezone(self.zone)
        return f"{local:%Y-%m-%dT%H:%M:%S}.{local.microsecond // 1_000:03}{local:%z}"

    def _changelog(self, issue: Issue) -> dict[str, Any]:
        """ "PageOfChangelogs": recent updates, starting from the most recent."""
        found = [
            {
                "id": f"{issue.id}{number:03}",
                "author": self._person(change.by),
                "created": self.time(change.at),
                "items": [item.shown for item in change.items],
            }
            for number, change in enumerate(issue.history)
        ][: -MOST_CHANGES - 1 : -1]
        return {"startAt": 0, "maxResults": len(found), "total": len(issue.history), "histories": found}

    def _fields(self, issue: Issue) -> dict[str, Any]:
        resolution = {"id": issue.resolution, "name": RESOLUTIONS[issue.resolution]} if issue.resolution else None
        return issue.fields | {
            "project": {"id": issue.home[0], "key": issue.home[1], "name": "Operations"},
            "status": issue.state.shown,
            "resolution": resolution,
            "labels": issue.fields.get("labels", []),
            "created": self.time(issue.created),
            "updated": self.time(issue.updated),
            "assignee": self._person(issue.assignee),
        }

    def _person(self, account: str) -> dict[str, Any] | None:
        return {"accountId": account, "displayName": self.people[account], "active": True} if account else None


def lagging(issues: Iterable[Issue], now: datetime, lag: timedelta) -> list[Issue]:
    """As the search knows them: what was deleted is gone at once."""
    found = (issue.indexed(now - lag) for issue in issues)
    return [issue for issue in found if issue]


def ordered(found: list[Issue], query: Query) -> list[Issue]:
    """As the query wants them."""
    keys: dict[str, Callable[[Issue], Any]] = {
        "created": lambda one: one.created,
        "updated": lambda one: one.updated,
        "key": lambda one: one.known.key,
    }
    for name, descends in reversed(query.order):
        found = sorted(found, key=keys[name], reverse=descends)
    return found
