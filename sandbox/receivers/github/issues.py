"""Issues as the stand-in for GitHub keeps them, and how GitHub shows them in JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sandbox.receivers.github.schema import example

BOT = "countersign-bot"  # Whose token it is.
SITE = "https://github.com"
OLD, NEW = "2022-11-28", "2026-03-10"
PULL = ("url", "html_url", "diff_url", "patch_url")
FORKED = ("source", "parent", "template_repository")


@dataclass(frozen=True, slots=True)
class Comment:
    id: int
    body: str
    at: datetime
    by: str = BOT


@dataclass(frozen=True, slots=True)
class Issue:
    """`reason` and `closed_by` are "" where there are none; `pull`: it is a pull request."""

    number: int
    title: str
    body: str
    created: datetime
    updated: datetime
    labels: tuple[str, ...] = ()
    assignees: tuple[str, ...] = ()
    milestone: int | None = None
    is_open: bool = True
    reason: str = ""
    closed: datetime | None = None
    closed_by: str = ""
    comments: tuple[Comment, ...] = ()
    pull: bool = False


@dataclass(frozen=True, slots=True)
class Shapes:
    """Of one repository, at an address of the API, in a version of the API."""

    address: str
    repository: str
    version: str

    @property
    def there(self) -> str:
        """The repository's own address."""
        return f"{self.address}/repos/{self.repository}"

    def repo(self, changes: Mapping[str, Any]) -> Any:
        """As the document's example is, with another name, no fork, and with what the example has forgotten."""
        owner, _, name = self.repository.partition("/")
        example_of_it = example("full-repository-default-response")
        found = {name: value for name, value in example_of_it.items() if name not in FORKED}
        own = {"name": name, "full_name": self.repository, "owner": person(owner), "url": self.there}
        own |= {"html_url": f"{SITE}/{self.repository}", "fork": False, "language": None}
        return {**found, **own, **changes}

    def issue(self, issue: Issue) -> Any:
        """ "Breaking changes", 2026-03-10: `assignee` is only in the version before that."""
        here = f"{self.there}/issues/{issue.number}"
        people = [person(login) for login in issue.assignees]
        kind = "pull" if issue.pull else "issues"
        found = {
            "id": 3_000_000_000 + issue.number,
            "node_id": f"I_{issue.number}",
            "url": here,
            "repository_url": self.there,
            "labels_url": f"{here}/labels{{/name}}",
            "comments_url": f"{here}/comments",
            "events_url": f"{here}/events",
            "html_url": f"{SITE}/{self.repository}/{kind}/{issue.number}",
            "number": issue.number,
            "state": "open" if issue.is_open else "closed",
            "state_reason": issue.reason or None,
            "title": issue.title,
            "body": issue.body,
            "user": person(BOT),
            "labels": [self.label(name) for name in issue.labels],
            "assignees": people,
            "milestone": self.milestone(issue.milestone),
            "locked": False,
            "active_lock_reason": None,
            "comments": len(issue.comments),
            "closed_at": issue.closed and moment(issue.closed),
            "created_at": moment(issue.created),
            "updated_at": moment(issue.updated),
            "closed_by": person(issue.closed_by) if issue.closed_by else None,
            "author_association": "MEMBER",
        }
        found |= {"assignee": people[0] if people else None} if self.version == OLD else {}
        return found | ({"pull_request": dict.fromkeys(PULL, here)} if issue.pull else {})

    def listed(self, issue: Issue) -> Any:
        """In lists nobody is said to have closed it."""
        return {name: value for name, value in self.issue(issue).items() if name != "closed_by"}

    def comment(self, issue: Issue, comment: Comment) -> Any:
        return {
            "id": comment.id,
            "node_id": f"IC_{comment.id}",
            "url": f"{self.there}/issues/comments/{comment.id}",
            "html_url": f"{SITE}/{self.repository}/issues/{issue.number}#issuecomment-{comment.id}",
            "issue_url": f"{self.there}/issues/{issue.number}",
            "body": comment.body,
            "user": person(comment.by),
            "created_at": moment(comment.at),
            "updated_at": moment(comment.at),
            "author_association": "MEMBER",
        }

    def label(self, name: str) -> Any:
        """One that was made on the way has GitHub's grey."""
        return {
            "id": 9_000_000_000 + sum(name.encode()),
            "node_id": f"LA_{sum(name.encode())}",
            "url": f"{self.there}/labels/{sum(name.encode())}",
            "name": name,
            "color": "ededed",
            "default": False,
            "description": None,
        }

    def milestone(self, number: int | None) -> Any:
        if number is None:
            return None
        return example("issue")["milestone"] | {"number": number, "creator": person(BOT)}


def person(login: str) -> Any:
    """As the document's example is, with another name."""
    found = example("issue")["user"]
    return {name: value.replace("octocat", login) if isinstance(value, str) else value for name, value in found.items()}


def moment(at: datetime) -> str:
    """ "Timezones and the REST API": UTC, in whole seconds."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
