"""What Jira says of an issue, read as a ticket; whatever is missing in it is an error of its answer."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from shared.domain.ticket import Status, Ticket
from shared.tickets.terms import OURS

FIELDS = ("project", "status", "resolution", "labels", "created", "updated", "assignee")
MARKER = re.compile(rf"{OURS}-[0-9a-z-]{{16,40}}")
DONE = "done"  # The key of a status category; its name may be translated.
NEVER = datetime.fromtimestamp(0, UTC)


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
        status = _status(fields, home)
        return Ticket(
            reference=str(issue["id"]),
            name=key,
            url=f"{home.site}/browse/{key}",
            marker=marker if marker in labels else min(labels, default=""),
            status=status,
            word=str(fields["status"]["name"]),
            created=moment_of(fields["created"]),
            changed=moment_of(fields["updated"]),
            assignee=str(person.get("displayName") or person.get("accountId") or ""),
            by="" if status is Status.OPEN else _mover(issue),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Unreadable("an issue without its fields") from error


def unseen(made: Mapping[str, Any], home: Home, marker: str, at: datetime) -> Ticket:
    """One that was made and is not shown: as much as "Create issue" says of it."""
    key = str(made.get("key") or made["id"])
    return Ticket(str(made["id"]), key, f"{home.site}/browse/{key}", marker, Status.OPEN, "", at, at)


def moment_of(value: Any) -> datetime:
    """2026-11-20T10:07:00.000+0100, in whatever zone the account has; raises Unreadable."""
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise Unreadable("no time") from error
    if found.tzinfo is None:
        raise Unreadable("a time without its zone")
    return found.astimezone(UTC)


def date_of(header: str) -> datetime:
    """When an answer was given: its header Date; NEVER where that is none."""
    try:
        found = parsedate_to_datetime(header)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return NEVER


def project_of(issue: Mapping[str, Any]) -> tuple[str, str]:
    """Id and key of the project that it is in now; raises Unreadable."""
    try:
        project = issue["fields"]["project"]
        return str(project["id"]), str(project["key"])
    except (KeyError, TypeError) as error:
        raise Unreadable("an issue without its project") from error


def _status(fields: Mapping[str, Any], home: Home) -> Status:
    if fields["status"]["statusCategory"]["key"] != DONE:
        return Status.OPEN
    resolution = fields.get("resolution") or {}
    said = (str(resolution.get("name", "")), str(fields["status"]["name"]))
    return Status.DISMISSED if any(home.dismisses(name) for name in said) else Status.DONE


def _mover(issue: Mapping[str, Any]) -> str:
    """Who changed its status last, by the changelog, if that was asked for; "" where nobody is named."""
    histories = (issue.get("changelog") or {}).get("histories") or ()
    moves = [one for one in histories if any(_field(item) == "status" for item in one["items"])]
    if not moves:
        return ""
    author = max(moves, key=lambda one: moment_of(one["created"])).get("author") or {}
    return str(author.get("displayName") or "")


def _field(item: Mapping[str, Any]) -> Any:
    """By its id; the name may be translated."""
    return item.get("fieldId") or item["field"]


def alike(name: str) -> str:
    """What two names are compared by."""
    return name.replace("’", "'").strip().casefold()
