"""What ServiceNow keeps, as far as incidents go: fields, choices, encoded queries, and how values are shown."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from typing import Any

type Row = dict[str, str]

TIME = "%Y-%m-%d %H:%M:%S"
# "Table API", sysparm_display_value: dates are shown in the user's time zone. Instances begin with US/Pacific.
SHOWN_IN = timezone(timedelta(hours=-8))
NEW, IN_PROGRESS, ON_HOLD, RESOLVED, CLOSED, CANCELED = "1", "2", "3", "6", "7", "8"
# "Incident Management state model".
STATES = {
    NEW: "New",
    IN_PROGRESS: "In Progress",
    ON_HOLD: "On Hold",
    RESOLVED: "Resolved",
    CLOSED: "Closed",
    CANCELED: "Canceled",
}
# "Define priority lookup rules": the priority that impact and urgency make, and what it is called.
PRIORITY = {"11": 1, "12": 2, "21": 2, "13": 3, "22": 3, "31": 3, "23": 4, "32": 4, "33": 5}
PRIORITIES = {"1": "1 - Critical", "2": "2 - High", "3": "3 - Moderate", "4": "4 - Low", "5": "5 - Planning"}
LEVELS = {"1": "1 - High", "2": "2 - Medium", "3": "3 - Low"}
# Choices of `close_code` of new instances, and of those from before 2022.
CLOSE_CODES = {
    "Duplicate",
    "Known error",
    "No resolution provided",
    "Resolved by caller",
    "Resolved by change",
    "Resolved by problem",
    "Resolved by request",
    "Solution provided",
    "User error",
    "Workaround provided",
    "Solved (Work Around)",
    "Solved (Permanently)",
    "Solved Remotely (Work Around)",
    "Solved Remotely (Permanently)",
    "Not Solved (Not Reproducible)",
    "Not Solved (Too Costly)",
    "Closed/Resolved by Caller",
}
# The dictionary of `task` and `incident`: what a caller may write, and how long it may be. KB0685779: what is longer is
# cut off by the database, or kept and not shown by a form; here it is an error, or nobody would see it.
WRITABLE: Mapping[str, int] = {
    "short_description": 160,
    "description": 4_000,
    "work_notes": 4_000,
    "comments": 4_000,
    "close_notes": 4_000,
    "close_code": 40,
    "correlation_id": 100,
    "correlation_display": 100,
    "impact": 1,
    "urgency": 1,
    "state": 1,
    "category": 40,
    "subcategory": 40,
    "contact_type": 40,
    "hold_reason": 40,
    "assignment_group": 32,
    "assigned_to": 32,
    "caller_id": 32,
    "business_service": 32,
    "service_offering": 32,
    "cmdb_ci": 32,
    "company": 32,
    "location": 32,
    "parent_incident": 32,
    "problem_id": 32,
    "watch_list": 4_000,
}
SYSTEM = {"sys_id", "number", "active", "priority", "sys_created_on", "sys_updated_on", "resolved_by", "closed_by"}
COLUMNS: Mapping[str, set[str]] = {
    "incident": {*WRITABLE, *SYSTEM},
    "sys_journal_field": {"sys_id", "name", "element", "element_id", "value", "sys_created_on", "sys_created_by"},
    "sys_user_group": {"sys_id", "name", "active"},
    "sys_user": {"sys_id", "user_name", "name", "active"},
}
CHOICES: Mapping[str, Mapping[str, str]] = {
    "state": STATES,
    "impact": LEVELS,
    "urgency": LEVELS,
    "priority": PRIORITIES,
    "close_code": {code: code for code in CLOSE_CODES},
}
REFERENCES = {"assignment_group", "assigned_to", "caller_id", "resolved_by", "closed_by"}


class Refused(ValueError):
    """A status, ServiceNow's message and detail, and one sentence on what is wrong and where ServiceNow says so."""

    def __init__(self, status: int, message: str, detail: str, why: str | None) -> None:
        super().__init__(message)
        self.status, self.message, self.detail, self.why = status, message, detail, why


@dataclass(slots=True)
class Incident:
    """As it stood at which time, the latest last; and its journal: when, who, which field, what."""

    versions: list[tuple[datetime, Row]]
    journal: list[tuple[datetime, str, str, str]] = field(default_factory=list)

    @property
    def row(self) -> Row:
        """As it stands."""
        return self.versions[-1][1]

    def known_at(self, at: datetime) -> Row | None:
        """As a search sees it that knows nothing later."""
        return next((row for moment, row in reversed(self.versions) if moment <= at), None)


def sys_id(*names: object) -> str:
    """32 hexadecimal digits, always the same for the same."""
    return sha256("/".join(map(str, names)).encode()).hexdigest()[:32]


def time_text(at: datetime) -> str:
    """As it is kept: UTC, no parts of a second."""
    return at.astimezone(UTC).strftime(TIME)


def chosen(query: str, rows: Iterable[Row], columns: set[str]) -> list[Row]:
    """ "Table API", sysparm_query. What is invalid is passed over there; here it is an error, so that it is seen."""
    found = list(rows)
    for part in query.split("^") if query else []:
        ordered = re.fullmatch(r"ORDERBY(DESC)?([a-z_]+)", part)
        matched = re.fullmatch(r"([a-z_]+)(=|>=|STARTSWITH|LIKE)(.*)", part, re.DOTALL)
        if ordered and ordered[2] in columns:
            continue
        if not matched or matched[1] not in columns or matched[3].startswith("javascript:"):
            raise Refused(400, "Invalid query", part, "Table API, sysparm_query: a part of the query is not valid")
        name, operator, wanted = matched.groups()
        found = [row for row in found if COMPARE[operator](row.get(name, ""), wanted)]
    return _in_order(query, found)


def _in_order(query: str, rows: list[Row]) -> list[Row]:
    for down, name in reversed(re.findall(r"(?:^|\^)ORDERBY(DESC)?([a-z_]+)", query)):
        rows = sorted(rows, key=lambda row: row.get(name, ""), reverse=bool(down))
    return rows


# Values are compared without regard to case, as the databases below do.
COMPARE: Mapping[str, Callable[[str, str], bool]] = {
    "=": lambda held, wanted: held.lower() == wanted.lower(),
    ">=": lambda held, wanted: held >= wanted,
    "STARTSWITH": lambda held, wanted: held.lower().startswith(wanted.lower()),
    "LIKE": lambda held, wanted: wanted.lower() in held.lower(),
}


def shown(row: Row, fields: Sequence[str], names: Mapping[str, str], *, both: bool) -> dict[str, Any]:
    """ "Table API", sysparm_display_value: all or false, and sysparm_exclude_reference_link: true.

    `names` are display values by sys_id. Fields that there are none of are ignored (sysparm_fields).
    """
    wanted = [name for name in fields if name in row] if fields else list(row)
    if not both:
        return {name: row[name] for name in wanted}
    return {name: {"value": row[name], "display_value": display(name, row[name], names)} for name in wanted}


def display(name: str, value: str, names: Mapping[str, str]) -> str:
    """As the user sees it."""
    if name in REFERENCES:
        return names.get(value, "")
    if name.startswith("sys_") and name.endswith("_on"):
        return datetime.strptime(value, TIME).replace(tzinfo=UTC).astimezone(SHOWN_IN).strftime(TIME)
    return CHOICES.get(name, {}).get(value, value)


def check_values(body: Any) -> Row:
    """A record to be written. "Table API": the body is one object of names and values."""
    if not isinstance(body, dict) or not body:
        raise Refused(400, "Exception while reading request", "The payload is not valid JSON.", "Table API: one object")
    for name, value in body.items():
        if name not in WRITABLE and not name.startswith("u_"):
            raise _invalid(name, "incident has no such field, or it is the system's; ServiceNow passes over it")
        if not isinstance(value, str | int | float | bool):
            raise _invalid(name, "Table API: a value is a text, a number or a flag")
        if len(str(value).encode("utf-16-le")) // 2 > WRITABLE.get(name, 4_000):
            raise _invalid(name, f"KB0685779: more than {WRITABLE.get(name, 4_000)} characters, the field's max length")
        if name in CHOICES and str(value) not in CHOICES[name]:
            raise _invalid(name, "no choice of this field; ServiceNow takes it and shows it in blue")
    return {name: _text(value) for name, value in body.items()}


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _invalid(name: str, why: str) -> Refused:
    return Refused(400, f"Invalid value for {name}", "", f"{name}: {why}")
