"""Run a query of Resource Graph over rows."""

from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.azure.services.graph_language import (
    Condition,
    Count,
    Join,
    Limit,
    NotUnderstood,
    Order,
    Project,
    Query,
    Step,
    Value,
    Where,
)

type Row = dict[str, Any]
type Tables = Mapping[str, list[Row]]


def run(query: Query, tables: Tables) -> list[Row]:
    """Raises NotUnderstood for a table that is not there."""
    if query.table not in tables:
        raise NotUnderstood(f"the table {query.table!r} is not known here")
    rows = tables[query.table]
    for step in query.steps:
        rows = _after(step, rows, tables)
    return rows


def ordered_by_id(query: Query) -> bool:
    """Whether the answer can be paged: it shows `id`, as paging needs it."""
    columns = [step for step in query.steps if isinstance(step, Project) and step.replaces]
    return not columns or "id" in {name.lower() for name, _ in columns[-1].columns}


def _after(step: Step, rows: list[Row], tables: Tables) -> list[Row]:
    match step:
        case Where(conditions):
            return [row for row in rows if all(_holds(condition, row) for condition in conditions)]
        case Project(columns, replaces):
            return [_projected(row, columns, replaces) for row in rows]
        case Order(by):
            for value, descends in reversed(by):
                rows = sorted(rows, key=lambda row: str(_look_up(value, row)).lower(), reverse=descends)
            return rows
        case Join():
            return list(_joined(step, rows, tables))
        case Limit(count):
            return rows[:count]
        case Count():
            return [{"Count": len(rows)}]
    raise NotUnderstood(f"nothing is known of {step}")


def _holds(condition: Condition, row: Row) -> bool:
    found = _text(_look_up(condition.left, row))
    if condition.operator == "isnotempty":
        return found != ""
    wanted = [_text(_look_up(value, row)) for value in condition.values]
    return any(_compares(condition.operator, found, each) for each in wanted) != condition.negated


def _compares(operator: str, left: str, right: str) -> bool:
    if operator == "==":
        return left == right
    left, right = left.casefold(), right.casefold()
    if operator == "contains":
        return right in left
    return left.startswith(right) if operator == "startswith" else left == right


def _projected(row: Row, columns: Iterable[tuple[str, Value]], replaces: bool) -> Row:
    made = {name: _look_up(value, row) for name, value in columns}
    return made if replaces else {**row, **made}


def _joined(step: Join, rows: list[Row], tables: Tables) -> Iterable[Row]:
    """Columns that both sides have get a 1 on the right, as Kusto names them."""
    right: dict[tuple[str, ...], Row] = {}
    for row in run(step.query, tables):
        right.setdefault(_keys(step, row), row)
    for row in rows:
        partner = right.get(_keys(step, row))
        if partner is not None or not step.inner:
            yield {**row, **{(f"{name}1" if name in row else name): each for name, each in (partner or {}).items()}}


def _keys(step: Join, row: Row) -> tuple[str, ...]:
    return tuple(_text(row.get(name)) for name in step.on)


def _look_up(value: Value, row: Row) -> Any:
    if value.literal:
        return value.text
    found: Any = row
    for name in value.text.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    if value.fold and found is not None:
        return _text(found).lower() if value.fold == "lower" else _text(found).upper()
    return found


def _text(value: Any) -> str:
    return "" if value is None else str(value)
