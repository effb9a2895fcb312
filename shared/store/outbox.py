"""What waits for each receiver: intents taken once, a claim, a frozen batch, and a record of what arrived."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from shared.domain.memory import Intent
from shared.ports.errors import Conflict
from shared.ports.outbox import Batch
from shared.store.keys import key, parts, prefix
from shared.store.rows import Delete, Insert, Merge, Operation, Row, Rows
from shared.store.schema import Codec, newer
from shared.store.transactions import forget, in_transactions

INTENT = Codec[Intent](Intent)
BATCH = Codec[Batch](Batch)

RECEIVERS = key("receivers")
LEASE = key("lease")
FROZEN = key("batch")

NEVER, FOREVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class TableOutbox:
    """A partition a receiver: `seen` rows refuse copies, `open` rows wait, one `batch` row is under way.

    What a newer release wrote is left to it: its intents are not handed out, its batch is not sent and holds everything
    else back, and its batches that were given up count.
    """

    rows: Rows

    async def accept(self, intents: Sequence[Intent]) -> None:
        """Take each intent once, in its life: the `seen` row stays after delivery."""
        for receiver in sorted({intent.receiver for intent in intents}):
            await self._welcome(receiver)
            mine = [intent for intent in intents if intent.receiver == receiver]
            for operations in in_transactions(key(receiver), (_taking(intent) for intent in mine)):
                await self._take(receiver, operations)

    async def receivers(self) -> Sequence[str]:
        """Everyone to whom anything was ever to be told."""
        return [str(row.values["name"]) for row in await self.rows.query(RECEIVERS)]

    async def claim(self, receiver: str, holder: str, now: datetime, until: datetime) -> bool:
        """By ETag; our own write that was repeated on the way is recognised by its holder."""
        partition = key(receiver)
        row = await self.rows.get(partition, LEASE)
        if row and datetime.fromisoformat(str(row.values["until"])) > now and row.values["holder"]:
            return row.values["holder"] == holder
        claimed = Row(LEASE, {"holder": holder, "until": until.isoformat()}, row.etag if row else "")
        try:
            await self.rows.transact(partition, [Merge(claimed) if row else Insert(claimed)])
        except Conflict:
            after = await self.rows.get(partition, LEASE)
            return after is not None and after.values["holder"] == holder
        return True

    async def release(self, receiver: str, holder: str) -> None:
        """If it is still ours."""
        row = await self.rows.get(key(receiver), LEASE)
        if row and row.values["holder"] == holder:
            try:
                await self.rows.transact(key(receiver), [Merge(Row(LEASE, {"holder": ""}, row.etag))])
            except Conflict:
                return

    async def waiting(self, receiver: str, limit: int) -> Sequence[tuple[str, Intent]]:
        """Row key and intent, in the order in which they were decided."""
        rows = await self.rows.query(key(receiver), *prefix("open"), limit=limit)
        if any(newer(row) for row in rows):  # Ours may lie behind them.
            rows = [row for row in await self.rows.query(key(receiver), *prefix("open")) if not newer(row)]
        return [(row.key, INTENT.value(row)) for row in rows[:limit]]

    async def frozen(self, receiver: str) -> Batch | None:
        """The batch under way; one of a newer release has no ETag, and waits for good."""
        row = await self.rows.get(key(receiver), FROZEN)
        if row and newer(row):
            return Batch("", receiver, (), (), frozen=NEVER, not_before=FOREVER)
        return replace(BATCH.value(row), etag=row.etag) if row else None

    async def freeze(self, batch: Batch) -> Batch:
        """Insert-only. Raises Conflict when another batch is under way."""
        [etag] = await self.rows.transact(key(batch.receiver), [Insert(Row(FROZEN, BATCH.values(batch)))])
        return replace(batch, etag=etag)

    async def mark(self, batch: Batch) -> Batch:
        """Raises Conflict when somebody else went on with it."""
        _check_ours(batch)
        row = Row(FROZEN, BATCH.values(replace(batch, etag="")), batch.etag)
        [etag] = await self.rows.transact(key(batch.receiver), [Merge(row)])
        return replace(batch, etag=etag)

    async def finish(self, batch: Batch, now: datetime) -> None:
        """Intents first, then the batch becomes a record: a crash in between is taken up again."""
        _check_ours(batch)
        await forget(self.rows, key(batch.receiver), batch.members)
        kind = "undelivered" if batch.failure else "delivered"
        record = Row(key(kind, now.isoformat(), batch.id), BATCH.values(replace(batch, etag="")))
        await self.rows.transact(key(batch.receiver), [Insert(record), Delete(FROZEN, batch.etag)])

    async def undelivered(self, receiver: str) -> Sequence[Batch]:
        """Oldest first."""
        rows = await self.rows.query(key(receiver), *prefix("undelivered"))
        return [BATCH.readable(row) or _given_up(receiver, row) for row in rows]

    async def _welcome(self, receiver: str) -> None:
        if await self.rows.get(RECEIVERS, key(receiver)) is None:
            await self._insert(RECEIVERS, [Insert(Row(key(receiver), {"name": receiver}))])

    async def _take(self, receiver: str, operations: Sequence[Operation]) -> None:
        try:
            await self.rows.transact(key(receiver), operations)
        except Conflict:
            for pair in zip(operations[::2], operations[1::2], strict=True):
                await self._insert(key(receiver), pair)

    async def _insert(self, partition: str, operations: Sequence[Operation]) -> None:
        """A copy is refused, and harmless."""
        try:
            await self.rows.transact(partition, operations)
        except Conflict:
            return


def _check_ours(batch: Batch) -> None:
    """What has an ETag was read as ours, and the write says whether it still is. Raises Conflict."""
    if not batch.etag:
        raise Conflict("this batch was not frozen by this release")


def _given_up(receiver: str, row: Row) -> Batch:
    """A batch that only a newer release can read: when it was given up, and nothing else."""
    _, given_up, batch_id = parts(row.key)
    return Batch(batch_id, receiver, (), (), frozen=datetime.fromisoformat(given_up), failure="A newer release knows.")


def _taking(intent: Intent) -> Sequence[Operation]:
    seen = Row(key("seen", *intent.key), {"at": intent.decided.isoformat()})
    waits = Row(key("open", intent.decided.isoformat(), *intent.key), INTENT.values(intent))
    return [Insert(seen), Insert(waits)]
