"""What Jira says of an issue, read as a ticket; whatever is missing in it is an error of its answer."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from shared.domain.ticket import Status, Ticket
from shared.domain.words import plain
from shared.tickets.terms import OURS

FIELDS = ("project", "status", "resolution", "labels", "created", "updated", "assignee")
MARKER = re.compile(rf"{OURS}-[0-9a-z-]{{16,40}}")
MOST_IN_TITLE = 255  # Of a summary, as Java counts: in UTF-16.
DONE = "done"  # The key of a status category; its name may be translated.


class Unreadable(ValueError):
    """An answer without what Jira's documentation says is in it."""


@dataclass(frozen=True, slots=True)
class Home:
    """`site` is where people read; `own` are labels that an installation adds, which are never markers.

    `dismissed` are resolutions, or statuses, that mean "not to be done".
    """

    site: str
    own: Collection[str]
    dismissed: Collection[str]

    def dismisses(self, name: str) -> bool:
        """Upper and lower case, and how an apostrophe is written, make no difference."""
        return alike(name) in {alike(one) for one in self.dismissed}


def ticket_of(issue: Mapping[str, Any], home: Home, marker: str = "") -> Ticket:
    """Raises Unreadable. `marker` is the one that was looked for, where any."""
    try:
        fields, key = issue["fields"], str(issue["key"])
        person = fields.get("assignee") or {}
        labels = [label for label in fields["labels"] if MARKER.fullmatch(label) and label not in home.own]
        return Ticket(
            reference=str(issue["id"]),
            name=key,
            url=f"{home.site}/browse/{key}",
            marker=marker if marker in labels else min(labels, default=""),
            status=_status(fields, home),
            word=str(fields["status"]["name"]),
            created=moment_of(fields["created"]),
            changed=moment_of(fields["updated"]),
            assignee=str(person.get("displayName") or person.get("accountId") or ""),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Unreadable("an issue without its fields") from error


def moment_of(value: Any) -> datetime:
    """2026-11-20T10:07:00.000+0100, in whatever zone the account has; raises Unreadable."""
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise Unreadable("no time") from error
    if found.tzinfo is None:
        raise Unreadable("a time without its zone")
    return found.astimezone(UTC)


def project_of(issue: Mapping[str, Any]) -> tuple[str, str]:
    """Id and key of the project that it is in now; raises Unreadable."""
    try:
        project = issue["fields"]["project"]
        return str(project["id"]), str(project["key"])
    except (KeyError, TypeError) as error:
        raise Unreadable("an issue without its project") from error


def summary_of(title: str) -> str:
    """On one line, and cut off with … where Jira has no more room."""
    whole = plain(title)
    wide = whole.encode("utf-16-le")
    if len(wide) <= 2 * MOST_IN_TITLE:
        return whole
    return wide[: 2 * (MOST_IN_TITLE - 1)].decode("utf-16-le", errors="ignore").rstrip() + "…"


def _status(fields: Mapping[str, Any], home: Home) -> Status:
    if fields["status"]["statusCategory"]["key"] != DONE:
        return Status.OPEN
    resolution = fields.get("resolution") or {}
    said = (str(resolution.get("name", "")), str(fields["status"]["name"]))
    return Status.DISMISSED if any(home.dismisses(name) for name in said) else Status.DONE


def alike(name: str) -> str:
    """What two names are compared by."""
    return name.replace("’", "'").strip().casefold()
