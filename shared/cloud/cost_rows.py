"""Reading bills: columns by their names, amounts exactly as they are written, days in both forms."""

import functools
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from shared.cloud.wire import Malformed, mapping, text
from shared.domain.cost import Charge, CostPage

_COST, _DAY, _RESOURCE, _METER, _CURRENCY, _STATUS = (
    *("cost", "usagedate", "resourceid", "meter", "currency", "coststatus"),
)
_FORECAST = "forecast"

type Cells = Mapping[str, Any]


def read_page(body: str) -> CostPage:
    """Charges by lower-case ARM id, "" for what belongs to no resource. Raises Malformed, or another ValueError."""
    properties = _properties(body)
    charges: dict[str, list[Charge]] = {}
    for cells in _rows(properties, {_COST, _DAY, _RESOURCE, _METER, _CURRENCY}):
        day, meter, currency = _day(cells[_DAY]), sys.intern(_word(cells[_METER])), _currency(cells[_CURRENCY])
        charge = Charge(day, meter, _amount(cells[_COST]), currency)
        charges.setdefault(_word(cells[_RESOURCE]).lower(), []).append(charge)
    return CostPage({name: tuple(found) for name, found in charges.items()}, text(properties, "nextLink"))


def read_forecast(body: str) -> tuple[Mapping[str, Decimal], bool, str]:
    """By currency all that was and will be charged; whether anything of it is a forecast; the link to the next page.

    Raises Malformed, or another ValueError.
    """
    properties = _properties(body)
    sums: dict[str, Decimal] = {}
    foreseen = False
    for cells in _rows(properties, {_COST, _CURRENCY, _STATUS}):
        currency = _currency(cells[_CURRENCY])
        sums[currency] = sums.get(currency, Decimal()) + _amount(cells[_COST])
        foreseen |= _word(cells[_STATUS]).lower() == _FORECAST
    return sums, foreseen, text(properties, "nextLink")


def _properties(body: str) -> Mapping[str, Any]:
    return mapping(mapping(json.loads(body, parse_float=Decimal, parse_int=Decimal)).get("properties"))


def _rows(properties: Mapping[str, Any], needed: set[str]) -> Iterator[Cells]:
    """Each row by the lower-case names of the columns. Null in place of the rows means that there are none."""
    columns, rows = properties.get("columns"), properties.get("rows")
    if not isinstance(columns, list) or not isinstance(rows, list | None):
        raise Malformed("a table is expected")
    names = [text(mapping(column), "name").lower() for column in columns]
    if rows and not needed <= set(names):
        raise Malformed(f"without the column {', '.join(sorted(needed - set(names)))}")
    for row in rows or ():
        yield _cells(names, row)


def _cells(names: Sequence[str], row: object) -> Cells:
    if not isinstance(row, list) or len(row) != len(names):
        raise Malformed("a row of another width than the table's")
    return dict(zip(names, row, strict=True))


def _amount(cell: object) -> Decimal:
    if not isinstance(cell, Decimal):
        raise Malformed("an amount is not a number")
    return cell


def _currency(cell: object) -> str:
    """An amount in nobody knows what is none."""
    currency = _word(cell)
    if not currency:
        raise Malformed("an amount without a currency")
    return sys.intern(currency)


def _day(cell: object) -> date:
    """The number 20261101, or ISO 8601."""
    written = f"{cell:f}" if isinstance(cell, Decimal) else _word(cell)
    return _date(written)


@functools.lru_cache(maxsize=512)
def _date(written: str) -> date:
    """Thousands of rows share the days of a month, as they share meters and currencies: each is held once."""
    return datetime.fromisoformat(written).date()


def _word(cell: object) -> str:
    if cell is None:
        return ""
    if not isinstance(cell, str):
        raise Malformed("a text is expected")
    return cell
