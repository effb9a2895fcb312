"""An instance of ServiceNow behind its API: incidents and their journals, groups, users, and what its rules allow."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from sandbox.receivers.servicenow.records import (
    CANCELED,
    CLOSED,
    COLUMNS,
    IN_PROGRESS,
    NEW,
    PRIORITY,
    RESOLVED,
    Incident,
    Refused,
    Row,
    display,
    sys_id,
    time_text,
)

OURS = "Countersign"  # The OAuth application user.
LABELS = {"work_notes": "Work notes", "comments": "Additional comments"}
FORBIDDEN = "ACL Exception Update Failed due to security constraints"


class Instance:
    """`users` are user names, `groups` names. Searches know what was so `lag` ago, the journal and ids know at once."""

    def __init__(
        self, now: Callable[[], datetime], lag: timedelta, groups: Sequence[str], users: Sequence[str]
    ) -> None:
        self._now, self._lag = now, lag
        self._made = 0
        self.incidents: dict[str, Incident] = {}
        self.groups = {sys_id("group", name): name for name in groups}
        self.users = {sys_id("user", name): name for name in (*users, OURS)}

    def user(self, name: str) -> str:
        """The sys_id."""
        return next(key for key, known in self.users.items() if known == name)

    def rows(self, table: str) -> list[Row]:
        if table == "sys_user_group":
            return [{"sys_id": key, "name": name, "active": "true"} for key, name in self.groups.items()]
        if table == "sys_user":
            users = self.users.items()
            return [{"sys_id": key, "user_name": name, "name": name, "active": "true"} for key, name in users]
        if table == "sys_journal_field":
            return [row for reference, incident in self.incidents.items() for row in _journal(reference, incident)]
        known = self._now() - self._lag
        return [row for incident in self.incidents.values() if (row := incident.known_at(known))]

    def inserted(self, values: Row) -> Incident:
        self._check_references(values)
        self._made += 1
        now, reference = self._now(), sys_id("incident", self._made)
        row = dict.fromkeys(COLUMNS["incident"], "") | {"state": NEW, "impact": "3", "urgency": "3"} | values
        row |= {"sys_id": reference, "number": f"INC{10_000 + self._made:07}", "active": "true"}
        row |= {"sys_created_on": time_text(now), "sys_updated_on": time_text(now)}
        incident = Incident([(now, {})])
        _note(incident, row, now)
        incident.versions = [(now, _weighed(row))]
        self.incidents[reference] = incident
        return incident

    def updated(self, reference: str, values: Row) -> None:
        self._check_references(values)
        self._check_state(self.incidents[reference].row, values)
        resolver = {"resolved_by": self.user(OURS)} if values.get("state") == RESOLVED else {}
        reopened = values.get("state") == IN_PROGRESS
        self.changed(reference, {**values, **resolver, **({"resolved_by": ""} if reopened else {})})

    def changed(self, reference: str, values: Mapping[str, str]) -> None:
        """Nothing that stays as it is counts as a change."""
        incident, now = self.incidents[reference], self._now()
        row = {**incident.row, **values}
        noted = _note(incident, row, now)
        row = _weighed(row)
        if noted or row != incident.row:
            incident.versions.append((now, {**row, "sys_updated_on": time_text(now)}))

    def _check_references(self, values: Row) -> None:
        """The real one keeps an id that is nobody's. This one says so."""
        for name, known in (("assignment_group", self.groups), ("assigned_to", self.users)):
            if values.get(name) and values[name] not in known:
                raise Refused(
                    400, f"Invalid value for {name}", "", f"Table API: {name} is a sys_id of one that is there"
                )

    def _check_state(self, row: Row, values: Row) -> None:
        """ "Incident Management state model": what is closed is read-only, but for admins; resolving needs reasons."""
        after = {**row, **values}
        if row["state"] in (CLOSED, CANCELED) and after["state"] != row["state"]:
            raise Refused(403, "Operation Failed", FORBIDDEN, None)
        if after["state"] == CLOSED != row["state"]:
            raise Refused(403, "Operation Failed", FORBIDDEN, None)
        labels = {"close_code": "Resolution code", "close_notes": "Resolution notes"}
        missing = [label for name, label in labels.items() if not after[name]]
        if after["state"] == RESOLVED and missing:
            detail = f"Data Policy Exception: The following fields are mandatory: {', '.join(missing)}"
            raise Refused(403, "Operation Failed", detail, "Resolve and close an incident: it has a code and notes")


def _weighed(row: Row) -> Row:
    """ "Define priority lookup rules"."""
    return {**row, "priority": str(PRIORITY[row["impact"] + row["urgency"]])}


def _note(incident: Incident, row: Row, now: datetime) -> bool:
    """What is written into a journal field goes into the journal, and leaves the field empty."""
    noted = False
    for name in LABELS:
        if row[name]:
            incident.journal.append((now, OURS, name, row[name]))
            row[name], noted = "", True
    return noted


def journal_text(incident: Incident, name: str) -> str:
    """As a form shows it: the latest first, with time, person and field in a line before each."""
    entries = [
        f"{display('sys_created_on', time_text(at), {})} - {who} ({LABELS[name]})\n{text}\n\n"
        for at, who, element, text in reversed(incident.journal)
        if element == name
    ]
    return "".join(entries)


def _journal(reference: str, incident: Incident) -> list[Row]:
    return [
        {
            "sys_id": sys_id("journal", reference, number),
            "name": "incident",
            "element": element,
            "element_id": reference,
            "value": text,
            "sys_created_on": time_text(at),
            "sys_created_by": who,
        }
        for number, (at, who, element, text) in enumerate(incident.journal)
    ]
