"""Queries as Azure DevOps reads them: as much of its query language as finds work items by tag and by time."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sandbox.receivers.devops.schema import Refused, known

# "WIQL syntax reference" (boards/queries/wiql-syntax): SELECT, FROM, WHERE, ORDER BY; a query has 32K characters.
MOST_IN_QUERY = 32_000
QUERY = re.compile(
    r"SELECT (?P<fields>.+?) FROM WorkItems WHERE (?P<where>.+?)(?: ORDER BY (?P<order>.+))?", re.IGNORECASE
)
CONDITION = re.compile(
    r"\s*\[(?P<field>[A-Za-z.]+)\]\s*(?P<operator>>=|<=|<>|=|>|<|CONTAINS)\s*"
    r"(?P<value>'(?:[^']|'')*'|@project|[0-9]+)\s*(?P<more>AND\b|$)",
    re.IGNORECASE,
)
DATES = ("System.CreatedDate", "System.ChangedDate")
COMPARED: Mapping[str, Callable[[Any, Any], bool]] = {
    ">=": lambda found, sought: found >= sought,
    "<=": lambda found, sought: found <= sought,
    ">": lambda found, sought: found > sought,
    "<": lambda found, sought: found < sought,
    "=": lambda found, sought: found == sought,
    "<>": lambda found, sought: found != sought,
}


@dataclass(frozen=True, slots=True)
class Condition:
    """`value` is a moment, a number or a string."""

    field: str
    operator: str
    value: Any

    def holds(self, fields: Mapping[str, Any]) -> bool:
        """Of a work item as the search knows it."""
        found = fields.get(self.field, "")
        if self.operator == "CONTAINS":  # As a part, which is the most that it can mean.
            return str(self.value).lower() in str(found).lower()
        if self.field in DATES:
            found = datetime.fromisoformat(found)
        return COMPARED[self.operator](found, self.value)


@dataclass(frozen=True, slots=True)
class Query:
    """Every condition holds; in the order of a field."""

    conditions: tuple[Condition, ...]
    order: str = "System.Id"

    def finds(self, fields: Mapping[str, Any]) -> bool:
        """Whether a work item is among them."""
        return all(condition.holds(fields) for condition in self.conditions)


def read_query(text: Any, project: str, *, times: bool) -> Query:
    """Raises Refused. `times`: moments are compared with their time (timePrecision)."""
    found = QUERY.fullmatch(text) if isinstance(text, str) and len(text) <= MOST_IN_QUERY else None
    if found is None:
        raise _unreadable("the query is not one, or too long")
    for name in found["fields"].split(","):
        known(name.strip().strip("[]"))
    order = known((found["order"] or "System.Id").strip().strip("[]"))
    return Query(tuple(_conditions(found["where"], project, times=times)), order)


def _conditions(where: str, project: str, *, times: bool) -> list[Condition]:
    found: list[Condition] = []
    end, more = 0, True
    while more:
        one = CONDITION.match(where, end)
        if one is None:
            raise _unreadable(f"expecting a condition: {where[end:][:60]}")
        found.append(_condition(one, project, times=times))
        end, more = one.end(), bool(one["more"])
    return found


def _condition(one: re.Match[str], project: str, *, times: bool) -> Condition:
    name, operator, written = known(one["field"]), one["operator"].upper(), one["value"]
    if operator == "CONTAINS" and name != "System.Tags":
        raise _unreadable(f"{name} has no {operator}, or it is not known here")
    if written.lower() == "@project":
        return Condition(name, operator, project)
    value = written[1:-1].replace("''", "'") if written.startswith("'") else int(written)
    return Condition(name, operator, _moment(str(value), one[0], times=times) if name in DATES else value)


def _moment(value: str, condition: str, *, times: bool) -> datetime:
    """ "Wiql - Query By Wiql" (rest/api/azure/devops/wit/wiql): without timePrecision a moment is a day."""
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise _unreadable(f"{value} is no moment") from None
    if not times and len(value) > len("2026-11-20"):
        message = (
            "You cannot supply a time with the date when running a query using date precision. The error is caused by "
            f"«{condition.strip()}»."
        )
        raise Refused(400, "SyntaxException", message, "wiql/query-by-wiql: timePrecision")
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _unreadable(why: str) -> Refused:
    message = f"The query is not valid: {why}."
    return Refused(400, "SyntaxException", message, f"wiql-syntax: {why}")
