"""The repository that the stand-in for GitHub keeps: issues in all their versions, and what people do with them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sandbox.receivers.github.issues import BOT, Comment, Issue
from sandbox.receivers.github.refusals import Refused, moved, not_found

PERSON = "octo-person"


class GitHubRepository:
    """`lag`: so long a list does not know what happened.

    GitHub does not say so of lists, but people saw it (mattpocock/sandcastle issue 598: 15 to 30 seconds).
    """

    def __init__(self, now: Callable[[], datetime], lag: timedelta, assignable: Sequence[str]) -> None:
        self.now, self.lag, self.assignable = now, lag, tuple(assignable)
        self._versions: dict[int, list[Issue]] = {}
        self._away: dict[int, Callable[[str], Refused]] = {}

    @property
    def issues(self) -> list[Issue]:
        """As they stand, the first made first."""
        return [versions[-1] for number, versions in self._versions.items() if number not in self._away]

    def listed(self) -> Iterator[Issue]:
        """As a list knows them."""
        at = self.now() - self.lag
        for number, versions in self._versions.items():
            known = [one for one in versions if one.updated <= at]
            if known and number not in self._away:
                yield known[-1]

    def reached(self, number: int, method: str) -> Issue:
        """Raises Refused."""
        if number in self._away:
            raise self._away[number](method)
        if number not in self._versions:
            raise not_found()
        return self._versions[number][-1]

    def person_closes(self, reference: str, *, dismissed: bool = False) -> None:
        """Raises KeyError where there never was such an issue; so do all of these."""
        self.close(self._issue(reference), "not_planned" if dismissed else "completed", PERSON)

    def person_closes_as_duplicate(self, reference: str) -> None:
        self.close(self._issue(reference), "duplicate", PERSON)

    def person_reopens(self, reference: str) -> None:
        self.reopen(self._issue(reference))

    def person_assigns(self, reference: str, who: str) -> None:
        """Raises ValueError where nobody may be assigned by that name."""
        if who not in self.assignable:
            raise ValueError(who)
        self._keep(replace(self._issue(reference), assignees=(who,)))

    def person_labels(self, reference: str, *labels: str) -> None:
        """With these and no others."""
        self._keep(replace(self._issue(reference), labels=labels))

    def person_comments(self, reference: str, body: str) -> None:
        self.comment(self._issue(reference), body, PERSON)

    def person_deletes(self, reference: str) -> None:
        """ "Get an issue": 410 where it was deleted."""
        self._away[self._issue(reference).number] = lambda _: Refused(410, "This issue was deleted")

    def person_transfers(self, reference: str) -> None:
        """ "Get an issue": 301 where it was transferred to another repository."""
        there = f"https://api.github.com/repositories/2/issues/{reference}"
        self._away[self._issue(reference).number] = lambda method: moved(method, there)

    def person_opens_pull_request(self, title: str, body: str, *labels: str) -> None:
        """Every pull request is an issue."""
        self.open({"title": title, "body": body, "labels": list(labels)}, pull=True)

    def open(self, body: Mapping[str, Any], *, pull: bool = False) -> Issue:
        number, now = len(self._versions) + 1, self.now()
        made = Issue(
            number,
            str(body["title"]),
            body.get("body") or "",
            now,
            now,
            tuple(dict.fromkeys(names_of(body.get("labels") or []))),
            assignees_of(body),
            body.get("milestone"),
            pull=pull,
        )
        self._versions[number] = [made]
        return made

    def close(self, issue: Issue, reason: str, who: str = BOT) -> Issue:
        """The reason changes even where it was closed before (cli/cli issue 14364)."""
        return self._keep(replace(issue, is_open=False, reason=reason, closed=self.now(), closed_by=who))

    def reopen(self, issue: Issue) -> Issue:
        if issue.is_open:
            return issue
        return self._keep(replace(issue, is_open=True, reason="reopened", closed=None, closed_by=""))

    def comment(self, issue: Issue, body: str, who: str = BOT) -> Issue:
        made = Comment(100_000 * issue.number + len(issue.comments), body, self.now(), who)
        return self._keep(replace(issue, comments=(*issue.comments, made)))

    def label(self, issue: Issue, names: Sequence[str]) -> Issue:
        """What the repository does not know is made on the way; no two differ in case alone."""
        there = {name.lower() for name in issue.labels}
        new = tuple(name for name in names if name.lower() not in there)
        return self._keep(replace(issue, labels=(*issue.labels, *new))) if new else issue

    def unlabel(self, issue: Issue, label: str) -> Issue:
        """ "Remove a label from an issue": 404 where it does not have it."""
        left = tuple(name for name in issue.labels if name.lower() != label.lower())
        if left == issue.labels:
            raise Refused(404, "Label does not exist")
        return self._keep(replace(issue, labels=left))

    def _issue(self, reference: str) -> Issue:
        return self._versions[int(reference)][-1]

    def _keep(self, issue: Issue) -> Issue:
        changed = replace(issue, updated=self.now())
        self._versions[issue.number].append(changed)
        return changed


def names_of(labels: Sequence[Any]) -> list[str]:
    """A label is a name, or an object that has one."""
    return [str(one if isinstance(one, str) else one.get("name", "")) for one in labels]


def assignees_of(body: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(body.get("assignees") or filter(None, [body.get("assignee")]))
