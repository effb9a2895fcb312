"""What is remembered of every ticket: a partition a receiver, a row a ticket."""

import contextlib
import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from shared.ports.errors import Conflict
from shared.ports.tickets import ReadBack, TicketRecord
from shared.store.keys import key, prefix
from shared.store.rows import Insert, Merge, Operation, Row, Rows
from shared.store.schema import Codec, newer

RECORD = Codec[TicketRecord](TicketRecord)
READ = Codec[ReadBack](ReadBack)

INSTALLATION = key("installation")
TICKET = "ticket"
COUNT, READ_BACK = key("count"), key("read")


@dataclass(frozen=True, slots=True)
class TableTickets:
    """Rows are keyed by a digest, which is in the marker too; it holds a name that this installation gave itself.

    So two installations, or two receivers, that share a project never take each other's tickets for their own.
    """

    rows: Rows
    _name: list[str] = field(default_factory=list)

    async def marker(self, receiver: str, key: str, number: int) -> str:
        """countersign-0123456789abcdef-1."""
        return f"countersign-{await self._digest(receiver, key)}-{number}"

    async def get(self, receiver: str, key: str) -> TicketRecord | None:
        """Raises Conflict for what a newer release wrote: it is left to that."""
        return await self._read(receiver, await self._digest(receiver, key))

    async def marked(self, receiver: str, marker: str) -> TicketRecord | None:
        """None for a marker of others, and of a ticket that a later one has followed."""
        parts = marker.split("-")
        found = await self._read(receiver, parts[1]) if len(parts) == 3 else None
        return found if found and found.marker == marker else None

    async def put(self, receiver: str, record: TicketRecord, opened_in: str = "", given_back: str = "") -> TicketRecord:
        """Raises Conflict."""
        row_key = key(TICKET, await self._digest(receiver, record.key))
        row = Row(row_key, RECORD.values(replace(record, etag="")), record.etag)
        operations: list[Operation] = [Merge(row) if record.etag else Insert(row)]
        if look := opened_in or given_back:
            operations.append(await self._counted(receiver, look, 1 if opened_in else -1))
        etag, *_ = await self.rows.transact(_partition(receiver), operations)
        return replace(record, etag=etag)

    async def opened_in(self, receiver: str, look: str) -> int:
        """One row holds the latest look and its number."""
        row = await self.rows.get(_partition(receiver), COUNT)
        return int(str(row.values["count"])) if row and row.values["look"] == look else 0

    async def all(self, receiver: str) -> Sequence[TicketRecord]:
        """Without those that only a newer release can read."""
        return RECORD.all_readable(await self.rows.query(_partition(receiver), *prefix(TICKET)))

    async def read_back(self, receiver: str) -> ReadBack:
        """Nothing yet where there is no row."""
        row = await self.rows.get(_partition(receiver), READ_BACK)
        found = READ.readable(row) if row else None
        return replace(found, etag=row.etag) if row and found else ReadBack()

    async def put_read_back(self, receiver: str, read: ReadBack) -> None:
        """By ETag."""
        row = Row(READ_BACK, READ.values(replace(read, etag="")), read.etag)
        try:
            await self.rows.transact(_partition(receiver), [Merge(row) if read.etag else Insert(row)])
        except Conflict:
            return

    async def _read(self, receiver: str, digest: str) -> TicketRecord | None:
        row = await self.rows.get(_partition(receiver), key(TICKET, digest))
        if row and newer(row):
            raise Conflict("a newer release wrote this ticket's record")
        return replace(RECORD.value(row), etag=row.etag) if row else None

    async def _counted(self, receiver: str, look: str, more: int) -> Operation:
        row = await self.rows.get(_partition(receiver), COUNT)
        before = int(str(row.values["count"])) if row and row.values["look"] == look else 0
        counted = Row(COUNT, {"look": look, "count": max(before + more, 0)}, row.etag if row else "")
        return Merge(counted) if row else Insert(counted)

    async def _digest(self, receiver: str, key: str) -> str:
        named = f"{await self._installation()}|{receiver}|{key}"
        return hashlib.sha256(named.encode()).hexdigest()[:16]

    async def _installation(self) -> str:
        """Made once, and never changed."""
        if not self._name:
            with contextlib.suppress(Conflict):
                await self.rows.transact(INSTALLATION, [Insert(Row(INSTALLATION, {"name": uuid.uuid4().hex}))])
            row = await self.rows.get(INSTALLATION, INSTALLATION)
            self._name.append(str(row.values["name"]) if row else "")
        return self._name[0]


def _partition(receiver: str) -> str:
    return key("tickets", receiver)
