"""A stand-in for an instance of ServiceNow: OAuth with client credentials, and the Table API for incidents.

Bodies of errors are those of "REST API HTTP response codes" and of what instances are known to answer.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

from sandbox.receivers.servicenow.instance import LABELS, Instance, journal_text
from sandbox.receivers.servicenow.records import (
    CANCELED,
    COLUMNS,
    IN_PROGRESS,
    RESOLVED,
    Incident,
    Refused,
    Row,
    check_values,
    chosen,
    shown,
    sys_id,
)
from sandbox.receivers.stand_in import Arrival, Reply

ROOT = "/servicenow"
TOKENS, TABLES = f"{ROOT}/oauth_token.do", f"{ROOT}/api/now/table"
# "Table API": parameters of each method. Others are passed over there; here they are an error, or nobody would see it.
SHOWING = {"sysparm_fields", "sysparm_display_value", "sysparm_exclude_reference_link"}
LISTING = SHOWING | {"sysparm_query", "sysparm_limit", "sysparm_offset"}
MOST_IN_PAGE = 10_000
HOUR = timedelta(hours=1)


class ServiceNowStandIn:
    """`client` is an id and a secret, which every token holds, so that whoever looks for one finds both.

    `users` are user names, `groups` names. Where the journal is not `journal_readable`, its table answers as it does to
    whom its access control lets see no row; where incidents are not `incidents_readable`, theirs does, and says of each
    that it may not exist. Where notes are not `notes_readable`, `work_notes` is a field that answers lack. Totals are
    told unless `counts` is False.
    """

    kind = "servicenow"
    routes = (
        ("POST", TOKENS),
        ("GET", f"{TABLES}/{{table}}"),
        ("POST", f"{TABLES}/{{table}}"),
        ("GET", f"{TABLES}/{{table}}/{{sys_id}}"),
        ("PATCH", f"{TABLES}/{{table}}/{{sys_id}}"),
    )

    def __init__(
        self,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        lag: timedelta = timedelta(seconds=2),
        client: tuple[str, str] = ("countersign", "sandbox-secret"),
        *,
        groups: Sequence[str] = ("Signing Operations",),
        users: Sequence[str] = ("ana", "ben"),
        token_seconds: int = 1_799,
    ) -> None:
        self._now, self._client = now, client
        self._token_seconds = token_seconds
        self._tokens: dict[str, datetime] = {}
        self._wait = 0
        self._hidden: set[str] = set()
        self.journal_readable = self.incidents_readable = self.notes_readable = self.counts = True
        self.instance = Instance(now, lag, groups, users)

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
        person = next(iter(self.instance.users))
        if dismissed:
            self.instance.changed(reference, {"state": CANCELED, "active": "false", "closed_by": person})
        else:
            done = {"state": RESOLVED, "close_code": "Solution provided", "close_notes": "Done."}
            self.instance.changed(reference, {**done, "resolved_by": person})

    def person_reopens(self, reference: str) -> None:
        """In progress again; as an admin also what was closed."""
        self.instance.changed(reference, {"state": IN_PROGRESS, "active": "true", "resolved_by": "", "closed_by": ""})

    def person_assigns(self, reference: str, who: str) -> None:
        """By the user name."""
        self.instance.changed(reference, {"assigned_to": self.instance.user(who)})

    def person_deletes(self, reference: str) -> None:
        """Also for searches."""
        del self.instance.incidents[reference]

    def person_sets(self, reference: str, **values: str) -> None:
        """Whatever an admin can."""
        self.instance.changed(reference, values)

    def hides(self, reference: str) -> None:
        """This incident, from who asks the API: it is there, and counted, and may no longer be read."""
        self._hidden.add(reference)

    def throttle(self, seconds: int) -> None:
        """The next call of the API; asking for a token is none."""
        self._wait = seconds

    def _token(self, arrival: Arrival) -> Reply:
        """ "Client Credentials": a form, as RFC 6749 has it. All that is wrong is access_denied, with 401."""
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
        _check_fields(arrival.query, COLUMNS[table])
        if arrival.method == "GET" and not reference:
            return self._listed(table, arrival)
        if table != "incident":
            raise Refused(403, "Operation Failed", "ACL Exception", f"{table} is not for writing, or not known here")
        if arrival.method == "POST":
            return Reply(201, body={"result": self._shown(self.instance.inserted(_json(arrival)), arrival.query)})
        if reference not in self.instance.incidents or self._is_hidden(table, reference):
            raise Refused(404, "No Record found", "Record doesn't exist or ACL restricts the record retrieval", None)
        if arrival.method == "PATCH":
            self.instance.updated(reference, _json(arrival))
        return Reply(200, body={"result": self._shown(self.instance.incidents[reference], arrival.query)})

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
        found = chosen(arrival.query.get("sysparm_query", ""), self.instance.rows(table), COLUMNS[table])
        page = found[offset : offset + limit]
        rows = [self._row_shown(row, arrival.query) for row in page if not self._is_hidden(table, row["sys_id"])]
        counted = {"X-Total-Count": str(len(found))} if self.counts else {}
        return Reply(200, body={"result": rows}, headers=counted | _links(arrival, limit, offset, len(found)))

    def _is_hidden(self, table: str, reference: str) -> bool:
        """ "Access control list rules": limits and totals are of what is there, and then rows are left out."""
        readable = {"sys_journal_field": self.journal_readable, "incident": self.incidents_readable}
        return not readable.get(table, True) or reference in self._hidden

    def _shown(self, incident: Incident, query: Mapping[str, str]) -> dict[str, Any]:
        """A journal is seen where display values are."""
        found = self._row_shown(incident.row, query)
        for name in LABELS.keys() & found.keys():
            if isinstance(found[name], dict):
                found[name]["display_value"] = journal_text(incident, name)
        return found

    def _row_shown(self, row: Row, query: Mapping[str, str]) -> dict[str, Any]:
        fields = [name for name in query.get("sysparm_fields", "").split(",") if name]
        both = query.get("sysparm_display_value") == "all"
        if not self.notes_readable:
            row = {name: text for name, text in row.items() if name != "work_notes"}
        return shown(row, fields, self.instance.groups | self.instance.users, both=both)


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


def _check_fields(query: Mapping[str, str], columns: set[str]) -> None:
    """ "Table API", sysparm_fields: invalid fields are ignored there; here they are an error, so that it is seen."""
    if unknown := sorted(set(query.get("sysparm_fields", "").split(",")) - columns - {""}):
        raise Refused(400, "Invalid parameter", "", f"Table API, sysparm_fields: there is no {', '.join(unknown)}")


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
