"""A stand-in for an instance of ServiceNow: OAuth with client credentials, and the Table API for incidents.

Bodies of errors are those of "REST API HTTP response codes" and of what instances are known to answer.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

from sandbox.receivers.servicenow_records import (
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
    check_values,
    chosen,
    display,
    shown,
    sys_id,
    time_text,
)
from sandbox.receivers.stand_in import Arrival, Reply

ROOT = "/servicenow"
TOKENS, TABLES = f"{ROOT}/oauth_token.do", f"{ROOT}/api/now/table"
OURS = "Countersign"  # The OAuth application user.
LABELS = {"work_notes": "Work notes", "comments": "Additional comments"}
# "Table API": parameters of each method. Others are passed over there; here they are an error, or nobody would see it.
SHOWING = {"sysparm_fields", "sysparm_display_value", "sysparm_exclude_reference_link"}
LISTING = SHOWING | {"sysparm_query", "sysparm_limit", "sysparm_offset"}
MOST_IN_PAGE = 10_000
HOUR = timedelta(hours=1)


class ServiceNowStandIn:
    """`users` are user names, `groups` names. Every token holds the client's secret, so that both are looked for at once.

    Records are read by id as they are, and searched for as they were `lag` ago.
    """

    kind = "servicenow"
    routes = (
        ("POST", TOKENS),
        ("GET", f"{TABLES}/{{table}}"),
        ("POST", f"{TABLES}/{{table}}"),
        ("GET", f"{TABLES}/{{table}}/{{sys_id}}"),
        ("PATCH", f"{TABLES}/{{table}}/{{sys_id}}"),
    )

    def __init__(  # noqa: PLR0913 - an instance is set up in many ways
        self,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        lag: timedelta = timedelta(seconds=2),
        client_id: str = "countersign",
        client_secret: str = "sandbox-secret",  # noqa: S107
        groups: Sequence[str] = ("Signing Operations",),
        users: Sequence[str] = ("ana", "ben"),
        token_seconds: int = 1_799,
        *,
        journal_readable: bool = True,
    ) -> None:
        self._now, self._lag = now, lag
        self._client = (client_id, client_secret)
        self._token_seconds, self._journal_readable = token_seconds, journal_readable
        self._tokens: dict[str, datetime] = {}
        self._wait = 0
        self._made = 0
        self.incidents: dict[str, Incident] = {}
        self.groups = {sys_id("group", name): name for name in groups}
        self.users = {sys_id("user", name): name for name in (*users, OURS)}

    def judge(self, arrival: Arrival) -> Reply:
        try:
            if arrival.path == TOKENS:
                return self._token(arrival)
            return self._asked(arrival)
        except Refused as error:
            body = {"error": {"message": error.message, "detail": error.detail or None}, "status": "failure"}
            return Reply(error.status, error.why, body)

    def key_of(self, arrival: Arrival) -> str | None:
        """Two incidents may have one correlation_id."""
        found = arrival.readable
        key = found.get("correlation_id") if isinstance(found, dict) and arrival.method == "POST" else None
        return key if isinstance(key, str) else None

    def person_closes(self, reference: str, *, dismissed: bool = False) -> None:
        """Resolved, or canceled."""
        person = next(iter(self.users))
        if dismissed:
            self._changed(reference, {"state": CANCELED, "active": "false", "closed_by": person})
        else:
            done = {"state": RESOLVED, "close_code": "Solution provided", "close_notes": "Done."}
            self._changed(reference, {**done, "resolved_by": person})

    def person_reopens(self, reference: str) -> None:
        """In progress again; as an admin also what was closed."""
        self._changed(reference, {"state": IN_PROGRESS, "active": "true", "resolved_by": "", "closed_by": ""})

    def person_assigns(self, reference: str, who: str) -> None:
        """By the user name."""
        [user] = [key for key, name in self.users.items() if name == who]
        self._changed(reference, {"assigned_to": user})

    def person_deletes(self, reference: str) -> None:
        """Also for searches."""
        del self.incidents[reference]

    def person_sets(self, reference: str, **values: str) -> None:
        """Whatever an admin can."""
        self._changed(reference, values)

    def throttle(self, seconds: int) -> None:
        """The next call of the API; asking for a token is none."""
        self._wait = seconds

    def _token(self, arrival: Arrival) -> Reply:
        """ "Client Credentials", "OAuth 2.0": a form, as RFC 6749 has it. All that is wrong is access_denied, with 401."""
        form = dict(parse_qsl(arrival.raw.decode(errors="replace"), keep_blank_values=True))
        denied = {"error_description": "access_denied", "error": "server_error"}
        if not _is(arrival, "application/x-www-form-urlencoded"):
            return Reply(401, "RFC 6749, section 4.4.2: the body is a form, and says so", denied)
        if form.get("grant_type") != "client_credentials" or form.keys() - {"grant_type", "client_id", "client_secret"}:
            return Reply(401, "Client Credentials: grant_type, client_id and client_secret", denied)
        if (form.get("client_id"), form.get("client_secret")) != self._client:
            return Reply(401, "Client Credentials: no such client, or another secret", denied)
        token = f"{self._client[1]}.{len(self._tokens)}"
        self._tokens[token] = self._now() + timedelta(seconds=self._token_seconds)
        body = {"access_token": token, "scope": "useraccount", "token_type": "Bearer"}
        return Reply(200, body=body | {"expires_in": self._token_seconds})

    def _asked(self, arrival: Arrival) -> Reply:
        self._check_token(arrival.headers.get("authorization", ""))
        if self._wait:
            return self._throttled()
        _check_headers(arrival)
        table, _, reference = arrival.path.removeprefix(f"{TABLES}/").partition("/")
        if table not in COLUMNS:
            raise Refused(
                400, f"Invalid table {table}", "", "Table API: there is no such table, or it is not known here"
            )
        _check_parameters(arrival.query, LISTING if arrival.method == "GET" and not reference else SHOWING)
        if arrival.method == "GET" and not reference:
            return self._listed(table, arrival)
        if table != "incident":
            raise Refused(403, "Operation Failed", "ACL Exception", f"{table} is not for writing, or not known here")
        if arrival.method == "POST":
            return Reply(201, body={"result": self._shown(self._inserted(_json(arrival)), arrival.query)})
        if reference not in self.incidents:
            raise Refused(404, "No Record found", "Record doesn't exist or ACL restricts the record retrieval", None)
        if arrival.method == "PATCH":
            self._updated(reference, _json(arrival))
        return Reply(200, body={"result": self._shown(self.incidents[reference], arrival.query)})

    def _check_token(self, authorization: str) -> None:
        """Without one, or with one whose lifespan ("Create an endpoint for clients to access the instance") is over."""
        scheme, _, token = authorization.partition(" ")
        if scheme != "Bearer" or self._tokens.get(token, self._now()) <= self._now():
            detail, why = "Required to provide Auth information", "OAuth 2.0: there is no token, or it holds no longer"
            raise Refused(401, "User Not Authenticated", detail, why)

    def _throttled(self) -> Reply:
        """ "Inbound REST API rate limiting"."""
        wait, self._wait = self._wait, 0
        reset = int((self._now() + timedelta(seconds=wait)).timestamp())
        headers = {"Retry-After": str(wait), "X-RateLimit-Limit": "10", "X-RateLimit-Reset": str(reset)}
        error = {
            "message": "Rate limit exceeded",
            "detail": "Rate limit of 10 requests per hour for Table API exceeded",
        }
        body = {"error": error, "status": "failure"}
        return Reply(429, body=body, headers={**headers, "X-RateLimit-Rule": sys_id("rule")})

    def _listed(self, table: str, arrival: Arrival) -> Reply:
        limit, offset = (
            _number(arrival.query, "sysparm_limit", MOST_IN_PAGE),
            _number(arrival.query, "sysparm_offset", 0),
        )
        found = chosen(arrival.query.get("sysparm_query", ""), self._rows(table), COLUMNS[table])
        page = found[offset : offset + limit]
        hidden = table == "sys_journal_field" and not self._journal_readable
        rows = [] if hidden else [self._row_shown(row, arrival.query) for row in page]
        headers = {"X-Total-Count": str(len(found)), **_links(arrival, limit, offset, len(found))}
        return Reply(200, body={"result": rows}, headers=headers)

    def _rows(self, table: str) -> list[Row]:
        if table == "sys_user_group":
            return [{"sys_id": key, "name": name, "active": "true"} for key, name in self.groups.items()]
        if table == "sys_user":
            users = self.users.items()
            return [{"sys_id": key, "user_name": name, "name": name, "active": "true"} for key, name in users]
        if table == "sys_journal_field":
            return [row for reference, incident in self.incidents.items() for row in _journal(reference, incident)]
        known = self._now() - self._lag
        return [row for incident in self.incidents.values() if (row := incident.known_at(known))]

    def _inserted(self, values: Row) -> Incident:
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

    def _updated(self, reference: str, values: Row) -> None:
        self._check_references(values)
        self._check_state(self.incidents[reference].row, values)
        resolver = {"resolved_by": self._user(OURS)} if values.get("state") == RESOLVED else {}
        reopened = values.get("state") == IN_PROGRESS
        self._changed(reference, {**values, **resolver, **({"resolved_by": ""} if reopened else {})})

    def _changed(self, reference: str, values: Mapping[str, str]) -> None:
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
        """ "Incident Management state model": closed incidents are read-only, but for admins; resolving needs reasons."""
        after = {**row, **values}
        if row["state"] in (CLOSED, CANCELED) and after["state"] != row["state"]:
            raise Refused(403, "Operation Failed", "ACL Exception Update Failed due to security constraints", None)
        if after["state"] == CLOSED != row["state"]:
            raise Refused(403, "Operation Failed", "ACL Exception Update Failed due to security constraints", None)
        labels = {"close_code": "Resolution code", "close_notes": "Resolution notes"}
        missing = [label for name, label in labels.items() if not after[name]]
        if after["state"] == RESOLVED and missing:
            detail = f"Data Policy Exception: The following fields are mandatory: {', '.join(missing)}"
            raise Refused(403, "Operation Failed", detail, "Resolve and close an incident: it has a code and notes")

    def _shown(self, incident: Incident, query: Mapping[str, str]) -> dict[str, Any]:
        """A journal is seen where display values are, the latest first."""
        found = self._row_shown(incident.row, query)
        for name in LABELS.keys() & found.keys():
            entries = [_entry(*entry) for entry in reversed(incident.journal) if entry[2] == name]
            if isinstance(found[name], dict):
                found[name]["display_value"] = "".join(entries)
        return found

    def _row_shown(self, row: Row, query: Mapping[str, str]) -> dict[str, Any]:
        fields = [name for name in query.get("sysparm_fields", "").split(",") if name]
        both = query.get("sysparm_display_value") == "all"
        return shown(row, fields, self.groups | self.users, both=both)

    def _user(self, name: str) -> str:
        return next(key for key, known in self.users.items() if known == name)


def _check_headers(arrival: Arrival) -> None:
    """ "Supported REST API headers": JSON or XML; only JSON is known here."""
    if "json" not in arrival.headers.get("accept", "application/json") and "*/*" not in arrival.headers["accept"]:
        raise Refused(406, "Not Acceptable", "", "REST API HTTP response codes: 406, the Accept header")
    if arrival.method != "GET" and not _is(arrival, "application/json"):
        raise Refused(415, "Unsupported media type", "", "REST API HTTP response codes: 415, the body's format")


def _is(arrival: Arrival, kind: str) -> bool:
    return arrival.headers.get("content-type", "").partition(";")[0].strip().lower() == kind


def _check_parameters(query: Mapping[str, str], known: set[str]) -> None:
    if unknown := sorted(query.keys() - known):
        why = f"Table API: no {', '.join(unknown)} in this method; ServiceNow passes over it"
        raise Refused(400, "Invalid parameter", "", why)
    if query.get("sysparm_display_value", "false") not in ("all", "false"):
        raise Refused(400, "Invalid parameter", "", "Table API: sysparm_display_value is all or false here")
    if query.get("sysparm_exclude_reference_link") != "true":
        raise Refused(400, "Invalid parameter", "", "Table API: links of references are not known here")


def _number(query: Mapping[str, str], name: str, otherwise: int) -> int:
    """ "Table API": sysparm_limit and sysparm_offset are numbers, and not negative."""
    found = query.get(name, str(otherwise))
    if not found.isdecimal() or (name == "sysparm_limit" and int(found) == 0):
        raise Refused(400, f"Invalid {name}", "", f"Table API: {name} is a number that is not negative")
    return int(found)


def _links(arrival: Arrival, limit: int, offset: int, total: int) -> dict[str, str]:
    """ "Table API", Link: first, previous, next and last page, where there is more than one."""
    last = max(total - 1, 0) // limit * limit
    pages = {"first": 0, "prev": offset - limit, "next": offset + limit, "last": last}
    there = {name: start for name, start in pages.items() if 0 <= start < max(total, 1)}
    query = {name: value for name, value in arrival.query.items() if name != "sysparm_offset"}
    address = f"https://instance.service-now.com{arrival.path.removeprefix(ROOT)}"
    links = [f'<{address}?{urlencode({**query, "sysparm_offset": n})}>;rel="{name}"' for name, n in there.items()]
    return {"Link": ",".join(links)} if total > limit else {}


def _json(arrival: Arrival) -> Row:
    try:
        return check_values(arrival.json())
    except Refused:
        raise
    except ValueError:
        message, detail = "Exception while reading request", "The payload is not valid JSON."
        raise Refused(400, message, detail, "Table API: the body is JSON") from None


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


def _entry(at: datetime, who: str, name: str, text: str) -> str:
    """As a form shows it: time, person and field in a line before it."""
    return f"{display('sys_created_on', time_text(at), {})} - {who} ({LABELS[name]})\n{text}\n\n"


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
