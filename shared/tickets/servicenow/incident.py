"""An incident of ServiceNow: what its record says.

Records are asked for with sysparm_display_value=all: each field is {"value", "display_value"}, the value as it is kept
(times in UTC, states as numbers), the other in the application user's language and time zone ("Table API").
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from shared.domain.ticket import Status, Ticket

type Row = Mapping[str, Any]

IN_PROGRESS, RESOLVED, CLOSED, CANCELED = "2", "6", "7", "8"
FIELDS = (
    "sys_id",
    "number",
    "correlation_id",
    "state",
    "active",
    "close_code",
    "assigned_to",
    "resolved_by",
    "closed_by",
    "sys_created_on",
    "sys_updated_on",
)
# Resolution codes of people who know that the problem is still there. They differ by release and by installation; the
# first four are those of new instances, the others those of instances from before 2022.
UNSOLVED = {
    "duplicate",
    "known error",
    "no resolution provided",
    "not solved",
    "not solved (not reproducible)",
    "not solved (too costly)",
}
TIME = "%Y-%m-%d %H:%M:%S"


def ticket_of(row: object, site: str) -> Ticket:
    """Raises ValueError where it is no incident."""
    record = row if isinstance(row, dict) else {}
    reference, number, state = value(record, "sys_id"), value(record, "number"), value(record, "state")
    if not (re.fullmatch(r"[0-9a-f]{32}", reference) and number and state):
        raise ValueError("an incident has a sys_id, a number and a state")
    status = _status(record)
    closer = display(record, "resolved_by") or display(record, "closed_by")
    return Ticket(
        reference=reference,
        name=number,
        url=f"{site}/nav_to.do?uri=incident.do%3Fsys_id%3D{reference}",
        marker=value(record, "correlation_id"),
        status=status,
        word=display(record, "state") or state,
        created=time_of(record, "sys_created_on"),
        changed=time_of(record, "sys_updated_on"),
        assignee=display(record, "assigned_to"),
        by="" if status is Status.OPEN else closer,
    )


def _status(row: Row) -> Status:
    """Resolved is still active. A state of an installation's own is closed where it is not."""
    state, code = value(row, "state"), value(row, "close_code").strip().lower()
    if state == CANCELED:
        return Status.DISMISSED
    if state in (RESOLVED, CLOSED) or value(row, "active") == "false":
        return Status.DISMISSED if code in UNSOLVED else Status.DONE
    return Status.OPEN


def value(row: Row, name: str) -> str:
    """As it is kept; "" where there is none, or where the user may not read it."""
    return _cell(row, name, "value")


def display(row: Row, name: str) -> str:
    """As people see it."""
    return _cell(row, name, "display_value")


def _cell(row: Row, name: str, side: str) -> str:
    found = row.get(name)
    text = found.get(side) if isinstance(found, dict) else None
    return text if isinstance(text, str) else ""


def time_of(row: Row, name: str) -> datetime:
    """Raises ValueError."""
    return datetime.strptime(value(row, name), TIME).replace(tzinfo=UTC)
