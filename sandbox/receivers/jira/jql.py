"""As much of JQL as a program asks that looks for its own tickets: clauses joined by AND, and an order."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from sandbox.receivers.jira.refused import Refused

# "What is advanced search in Jira Cloud" (support.atlassian.com/jira-software-cloud/docs): fields, operators, values.
TOKEN = re.compile(r"""\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|(>=|=|,)|([A-Za-z0-9_.-]+))""")
OPERATORS = {"project": "=", "labels": "=", "created": ">=", "updated": ">="}
ORDERED = {"created", "updated", "key"}
FORMATS = ("%Y/%m/%d %H:%M", "%Y-%m-%d %H:%M", "%Y/%m/%d", "%Y-%m-%d")
PERIOD = re.compile(r"-(\d+)([wdhm])")
UNITS = {"w": timedelta(weeks=1), "d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1)}
WHERE = "What is advanced search in Jira Cloud"


@dataclass(frozen=True, slots=True)
class Found:
    """What the index knows of an issue, as far as it can be asked for."""

    key: tuple[str, int]
    project: str
    labels: Collection[str]
    created: datetime
    updated: datetime


@dataclass(frozen=True, slots=True)
class Query:
    """`fits` for every clause; `order` by which field, and whether it descends."""

    clauses: tuple[tuple[str, str | datetime], ...]
    order: tuple[tuple[str, bool], ...]

    def fits(self, found: Found) -> bool:
        """Whether all clauses hold. A clause about time is of a minute's beginning, and holds from there on."""
        checks: dict[str, Callable[[str | datetime], bool]] = {
            "project": lambda wanted: found.project == wanted,
            "labels": lambda wanted: str(wanted).casefold() in {label.casefold() for label in found.labels},
            "created": lambda wanted: isinstance(wanted, datetime) and found.created >= wanted,
            "updated": lambda wanted: isinstance(wanted, datetime) and found.updated >= wanted,
        }
        return all(checks[name](wanted) for name, wanted in self.clauses)


@dataclass(frozen=True, slots=True)
class Reader:
    """`keys` are those of projects that there are, with the key that is theirs now; times are in the account's zone."""

    keys: dict[str, str]
    zone: tzinfo
    now: datetime

    def read(self, jql: str) -> Query:
        """Raises Refused."""
        where, order = (*re.split(r"\bORDER\s+BY\b", jql, maxsplit=1, flags=re.IGNORECASE), "")[:2]
        if not where.strip():
            # "Search for issues using JQL enhanced search (GET)": jql has to be a bounded query.
            why = "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."
            raise Refused(400, "search/jql: the query is not bounded", why)
        clauses = [self._clause(part) for part in _split(_tokens(where))]
        return Query(tuple(clauses), tuple(_order(part) for part in order.split(",") if part.strip()))

    def _clause(self, tokens: list[str]) -> tuple[str, str | datetime]:
        if len(tokens) != 3 or OPERATORS.get(tokens[0].lower()) != tokens[1]:
            raise _unparsed(" ".join(tokens))
        field, value = tokens[0].lower(), tokens[2]
        if field == "project":
            if value.upper() not in self.keys:
                raise Refused(400, None, f"The value '{value}' does not exist for the field 'project'.")
            return field, self.keys[value.upper()]
        return field, value if field == "labels" else self._time(field, value)

    def _time(self, field: str, value: str) -> datetime:
        if period := PERIOD.fullmatch(value):
            return self.now - int(period[1]) * UNITS[period[2]]
        for format_ in FORMATS:
            try:
                return datetime.strptime(value, format_).replace(tzinfo=self.zone)
            except ValueError:
                continue
        why = f"Date value '{value}' for field '{field}' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', ..."
        raise Refused(400, f"{WHERE}: {value!r} is no time", why)


def _tokens(text: str) -> list[str]:
    found, at = [], 0
    text = text.rstrip()
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            raise _unparsed(text)
        quoted = match[1] if match[1] is not None else match[2]
        found.append(match[3] or match[4] if quoted is None else re.sub(r"\\(.)", r"\1", quoted))
        at = match.end()
    return found


def _split(tokens: list[str]) -> list[list[str]]:
    parts: list[list[str]] = [[]]
    for token in tokens:
        if token.upper() == "AND":
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def _order(part: str) -> tuple[str, bool]:
    field, *direction = part.split()
    if field.lower() not in ORDERED or [one.upper() for one in direction] not in ([], ["ASC"], ["DESC"]):
        raise _unparsed(part)
    return field.lower(), [one.upper() for one in direction] == ["DESC"]


def _unparsed(text: str) -> Refused:
    return Refused(
        400, f"{WHERE}: not understood, or not known here: {text}", f"Error in the JQL Query near '{text[:40]}'."
    )
