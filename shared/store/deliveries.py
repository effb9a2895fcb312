"""Reports of delivery: one partition, a row a letter."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shared.ports.errors import Conflict
from shared.store.keys import key
from shared.store.rows import Insert, Row, Rows
from shared.store.transactions import forget

DELIVERED = key("delivered")
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
KEPT_FOR = timedelta(days=60)  # A notice is asked about until it is proven, or the walk ends.


@dataclass(frozen=True, slots=True)
class TableDeliveries:
    """Over the table of the outbox. Old ones go as new ones come."""

    rows: Rows

    async def note(self, message_id: str, at: datetime) -> None:
        """Insert-only: the first report counts."""
        rows = await self.rows.query(DELIVERED)
        await forget(self.rows, DELIVERED, [row.key for row in rows if _at(row) < at - KEPT_FOR])
        try:
            await self.rows.transact(DELIVERED, [Insert(Row(key(message_id), {"at": at.isoformat()}))])
        except Conflict:
            return

    async def at(self, message_id: str) -> datetime | None:
        """One row."""
        row = await self.rows.get(DELIVERED, key(message_id))
        return _at(row) if row else None


def _at(row: Row) -> datetime:
    """Long ago where it cannot be read: that proves nothing, and goes with the next report."""
    try:
        found = datetime.fromisoformat(str(row.values.get("at", "")))
    except ValueError:
        return LONG_AGO
    return found if found.tzinfo else LONG_AGO
