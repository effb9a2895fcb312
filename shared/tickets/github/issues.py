"""What GitHub says of issues, comments and labels, and what of ours is hidden in them."""

import re
from datetime import UTC
from typing import Any
from urllib.parse import urlsplit

from pydantic import AwareDatetime, BaseModel, TypeAdapter, ValidationError

from shared.domain.ticket import Status, Ticket
from shared.http import Answer

MARKER = re.compile(r"<!-- countersign: (countersign-[0-9a-z-]{1,60}) -->")
KEY = re.compile(r"<!-- countersign-key: ([0-9a-z.-]{1,60}) -->")
NEXT = re.compile(r'<([^<>]+)>;\s*rel="next"')
DISMISSED = ("not_planned", "duplicate")


class Person(BaseModel):
    login: str


class Label(BaseModel):
    name: str


class Comment(BaseModel):
    id: int
    body: str | None = None


class Repository(BaseModel):
    full_name: str
    has_issues: bool = True
    archived: bool = False


class Issue(BaseModel):
    """Pull requests are issues too, with a `pull_request`."""

    number: int
    html_url: str
    state: str
    created_at: AwareDatetime
    updated_at: AwareDatetime
    state_reason: str | None = None
    body: str | None = None
    assignees: tuple[Person, ...] = ()
    closed_by: Person | None = None
    pull_request: Any = None


def read_as[T](kind: type[T], answer: Answer) -> T | None:
    """None where the body is not that."""
    try:
        return TypeAdapter(kind).validate_json(answer.body)
    except ValidationError:
        return None


def ticket_of(issue: Issue) -> Ticket:
    """Its marker is "" where it is not one of ours."""
    closed = issue.state != "open"
    return Ticket(
        str(issue.number),
        f"#{issue.number}",
        issue.html_url,
        marker_in(issue.body or ""),
        _status(issue),
        _word(issue),
        issue.created_at.astimezone(UTC),
        issue.updated_at.astimezone(UTC),
        issue.assignees[0].login if issue.assignees else "",
        issue.closed_by.login if closed and issue.closed_by else "",
    )


def marked(body: str, marker: str) -> str:
    """A comment in HTML at the end is not shown, and what others wrote cannot be one: it is escaped."""
    return f"{body}\n\n<!-- countersign: {marker} -->"


def keyed(body: str, key: str) -> str:
    """The same, of a comment."""
    return f"{body}\n\n<!-- countersign-key: {key} -->"


def marker_in(body: str) -> str:
    """The last of them: it stands at the end."""
    found = MARKER.findall(body)
    return str(found[-1]) if found else ""


def keys_in(comment: Comment) -> list[str]:
    return KEY.findall(comment.body or "")


def next_query(answer: Answer) -> str:
    """Of the next page, "" where there is none. Only the query: the token goes nowhere but to our own address."""
    found = NEXT.search((answer.headers or {}).get("link", ""))
    return urlsplit(found[1]).query if found else ""


def _status(issue: Issue) -> Status:
    if issue.state == "open":
        return Status.OPEN
    return Status.DISMISSED if issue.state_reason in DISMISSED else Status.DONE


def _word(issue: Issue) -> str:
    """As GitHub's pages say it."""
    if issue.state != "open" and issue.state_reason:
        return f"closed as {issue.state_reason.replace('_', ' ')}"
    return issue.state
