"""Records of ServiceNow by an encoded query, page by page.

An invalid part of a query is passed over ("Table API", sysparm_query), and the answer is then too long: whoever asks
looks at each record again. Limits hold before access control, so that a page may be short, or empty, amid others.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from shared.http import Answer
from shared.tickets.servicenow.incident import TIME, value
from shared.tickets.servicenow.refusals import not_understood
from shared.tickets.servicenow.session import Session

PAGE = 100


@dataclass(frozen=True, slots=True)
class Found:
    """`hidden`: there are more, which the user may not read."""

    rows: Sequence[Mapping[str, Any]]
    hidden: bool


@dataclass(frozen=True, slots=True)
class Page:
    """`total` is how many fit the query, those among them that the user may not read; None where that is not told."""

    rows: Sequence[Mapping[str, Any]]
    total: int | None

    @property
    def hidden(self) -> bool:
        """There are some, and none on this page may be read."""
        return bool(self.total) and not self.rows


@dataclass(frozen=True, slots=True)
class Records:
    """Of one instance."""

    session: Session

    def shown(self, fields: Sequence[str]) -> dict[str, str]:
        """Each field as {"value", "display_value"}."""
        return {
            "sysparm_display_value": "all",
            "sysparm_exclude_reference_link": "true",
            "sysparm_fields": ",".join(fields),
        }

    async def all(self, table: str, query: str, fields: Sequence[str]) -> Found:
        """Every page. Raises DeliveryError."""
        rows: list[Mapping[str, Any]] = []
        offset, total = 0, 1
        while offset < total:
            page = await self.page(table, query, fields, offset)
            rows += page.rows
            offset += PAGE
            total = page.total if page.total is not None else offset + 1 if len(page.rows) == PAGE else len(rows)
        return Found(rows, total > len(rows))

    async def ids(self, table: str, column: str, name: str) -> Sequence[str]:
        """Of who is active, by name or sys_id; none where the name cannot be asked for.

        Those of one are kept as long as the token.
        """
        known = self.session.known.get((table, name))
        if known:
            return [known]
        if not _askable(name):
            return []
        by = "sys_id" if re.fullmatch(r"[0-9a-f]{32}", name) else column
        found = await self.page(table, f"{by}={name}^active=true", ("sys_id", column, "active"), limit=2)
        ids = [value(row, "sys_id") for row in found.rows if _same(value(row, by), name) and _active(row)]
        if len(ids) == 1:
            self.session.known[table, name] = ids[0]
        return ids

    async def page(self, table: str, query: str, fields: Sequence[str], offset: int = 0, limit: int = PAGE) -> Page:
        """What the user may read of so many records. Raises DeliveryError."""
        asked = {"sysparm_query": query, "sysparm_limit": str(limit), "sysparm_offset": str(offset)}
        answer = await self.session.ask("GET", table, {**self.shown(fields), **asked})
        if answer.status == 404:
            raise self.session.not_here(answer)
        return Page(_rows(answer), _total(answer))


def moment(at: datetime) -> str:
    """Text in a query is taken as UTC."""
    return at.astimezone(UTC).strftime(TIME)


def whole(at: datetime) -> datetime:
    """ServiceNow knows no parts of a second."""
    return at.replace(microsecond=0)


def _askable(text: str) -> bool:
    """Whether it stays one value in a query: ^ begins the next condition, and javascript: is run."""
    return not re.search(r"[\^\x00-\x1f]", text) and not text.lower().startswith("javascript:")


def _same(one: str, other: str) -> bool:
    """Databases there compare so."""
    return one.casefold() == other.casefold()


def _active(row: Mapping[str, Any]) -> bool:
    return value(row, "active") == "true"


def _rows(answer: Answer) -> list[Mapping[str, Any]]:
    """An answer that was broken off says so beside a part of the rows, with status 200."""
    body = answer.json()
    rows = body.get("result")
    if not isinstance(rows, list) or "error" in body or not all(isinstance(row, dict) for row in rows):
        raise not_understood("the records that were asked for")
    return rows


def _total(answer: Answer) -> int | None:
    found = (answer.headers or {}).get("x-total-count", "")
    return int(found) if re.fullmatch(r"[0-9]{1,9}", found) else None
