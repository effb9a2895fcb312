"""What waits for each receiver: intents taken once, a claim, a frozen batch, and a record of what arrived."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from shared.domain.memory import Intent
from shared.domain.words import moment
from shared.ports.channel import Thread
from shared.ports.errors import Conflict, TooLarge
from shared.ports.outbox import Batch, Replayed
from shared.store.keys import key, parts, prefix
from shared.store.limits import LimitExceeded
from shared.store.rows import Delete, Insert, Merge, Operation, Row, Rows
from shared.store.schema import Codec, newer
from shared.store.threads import TableThreads
from shared.store.transactions import forget, in_transactions

INTENT = Codec[Intent](Intent)
BATCH = Codec[Batch](Batch)

RECEIVERS = key("receivers")
LEASE = key("lease")
FROZEN = key("batch")
STATE = key("state")
OPEN, LOST, DELIVERED, UNDELIVERED = "open", "lost", "delivered", "undelivered"

MOST_TRIES = 8
LONG_UNDER_WAY, LONG_WAITING = timedelta(minutes=30), timedelta(hours=6)
LONG_AGO = timedelta(days=7)  # Whoever took nothing then and was sent nothing since may be no receiver any more.
NEVER, FOREVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class TableOutbox:
    """A partition a receiver: `seen` rows refuse copies, `open` rows wait, one `batch` row is under way.

    `thread` rows are problems that are open there, `lost` rows what could not be delivered, by batch.

    What a newer release wrote is left to it: its intents are not handed out, its batch is not sent and holds everything
    else back, and its batches that were given up count.
    """

    rows: Rows

    async def accept(self, intents: Sequence[Intent]) -> None:
        """Take each intent once, in its life: the `seen` row stays after delivery."""
        for receiver in sorted({intent.receiver for intent in intents}):
            mine = [intent for intent in intents if intent.receiver == receiver]
            for operations in in_transactions(key(receiver), (_taking(intent) for intent in mine)):
                await self._take(receiver, operations)
            await self._welcome(receiver)

    async def receivers(self) -> Sequence[str]:
        """Everyone to whom anything was ever to be told."""
        return [str(row.values["name"]) for row in await self.rows.query(RECEIVERS)]

    async def expecting(self) -> Sequence[str]:
        """One query; owners may be many, and most of them wait for nothing."""
        return [str(row.values["name"]) for row in await self.rows.query(RECEIVERS) if row.values.get("waits", True)]

    async def rest(self, receiver: str) -> None:
        """The row is read before what waits: whoever accepts something meanwhile has changed it, and it stays."""
        row = await self.rows.get(RECEIVERS, key(receiver))
        if row is None or not row.values.get("waits", True):
            return
        if await self.rows.query(key(receiver), *prefix(OPEN), limit=1) or await self.rows.get(key(receiver), FROZEN):
            return
        await self._insert(RECEIVERS, [Merge(Row(row.key, {"waits": False}, row.etag))])

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

    async def waiting(self, receiver: str, limit: int = 0) -> Sequence[tuple[str, Intent]]:
        """Row key and intent, in the order in which they were decided."""
        rows = await self.rows.query(key(receiver), *prefix(OPEN), limit=limit)
        if limit and any(newer(row) for row in rows):  # Ours may lie behind them.
            rows = await self.rows.query(key(receiver), *prefix(OPEN))
        ours = [row for row in rows if not newer(row)]
        return [(row.key, INTENT.value(row)) for row in ours[: limit or None]]

    async def frozen(self, receiver: str) -> Batch | None:
        """The batch under way; one of a newer release has no ETag, and waits for good."""
        row = await self.rows.get(key(receiver), FROZEN)
        if row and newer(row):
            return Batch("", receiver, (), (), frozen=NEVER, not_before=FOREVER)
        return replace(BATCH.value(row), etag=row.etag) if row else None

    async def freeze(self, batch: Batch) -> Batch:
        """Insert-only. Raises Conflict when another batch is under way."""
        [etag] = await self._write(batch, Insert(Row(FROZEN, BATCH.values(batch))))
        return replace(batch, etag=etag)

    async def mark(self, batch: Batch) -> Batch:
        """Raises Conflict when somebody else went on with it."""
        _check_ours(batch)
        row = Row(FROZEN, BATCH.values(replace(batch, etag="")), batch.etag)
        [etag] = await self._write(batch, Merge(row))
        return replace(batch, etag=etag)

    async def finish(self, batch: Batch, now: datetime) -> None:
        """Intents first, then the batch becomes a record: a crash in between is taken up again."""
        _check_ours(batch)
        lost = await self._keep_lost(batch) if batch.lost else ()
        await forget(self.rows, key(batch.receiver), batch.members)
        await TableThreads(self.rows).after(batch, lost)
        done = replace(batch, etag="", given_up=now if batch.lost else None)
        record = Row(key(UNDELIVERED if batch.lost else DELIVERED, now.isoformat(), batch.id), BATCH.values(done))
        state = await self.rows.get(key(batch.receiver), STATE)
        after = Row(STATE, {"refuses": batch.why, "at": now.isoformat()}, state.etag if state else "")
        same = state and not batch.lost and not state.values["refuses"]
        told = [] if same else [Merge(after) if state else Insert(after)]
        await self.rows.transact(key(batch.receiver), [Insert(record), Delete(FROZEN, batch.etag), *told])

    async def refusing(self, receiver: str, now: datetime) -> str:
        """By how the last batch ended, or by one that has been under way for long."""
        batch = await self.frozen(receiver)
        if batch and batch.trouble and now - batch.frozen > LONG_UNDER_WAY:
            return batch.trouble
        if since := await self.stuck(receiver, now):
            return f"Messages have waited since {moment(since)}."
        state = await self.rows.get(key(receiver), STATE)
        if state is None or datetime.fromisoformat(str(state.values["at"])) < now - LONG_AGO:
            return ""
        return str(state.values["refuses"])

    async def threads(self, receiver: str) -> Mapping[str, Thread]:
        """All that are open there."""
        return await TableThreads(self.rows).read(receiver)

    async def stuck(self, receiver: str, now: datetime) -> datetime | None:
        """The oldest that waits, whoever froze a batch of it; not one that was told that it has to."""
        oldest = await self.rows.query(key(receiver), *prefix(OPEN), limit=1)
        since = datetime.fromisoformat(parts(oldest[0].key)[1]) if oldest else now
        if now - since <= LONG_WAITING:
            return None
        batch = await self.frozen(receiver)
        tried = batch is not None and batch.etag and batch.trouble
        return None if tried else await self._unnamed_since(receiver, now)

    async def _unnamed_since(self, receiver: str, now: datetime) -> datetime | None:
        named = {problem for problem, thread in (await self.threads(receiver)).items() if thread.waits}
        rows = await self.rows.query(key(receiver), *prefix(OPEN))
        found = ((row, None if newer(row) else INTENT.value(row)) for row in rows)
        unnamed = (row for row, intent in found if intent is None or intent.problem not in named)
        since = next((datetime.fromisoformat(parts(row.key)[1]) for row in unnamed), now)
        return since if now - since > LONG_WAITING else None

    async def undelivered(self, receiver: str, since: datetime | None = None) -> Sequence[Batch]:
        """Oldest first."""
        first, last = prefix(UNDELIVERED)
        rows = await self.rows.query(key(receiver), key(UNDELIVERED, since.isoformat()) if since else first, last)
        found = [(BATCH.readable(row), row) for row in rows]
        return [replace(batch, etag=row.etag) if batch else _given_up(receiver, row) for batch, row in found]

    async def lost(self, batch: Batch) -> Sequence[Intent]:
        """Without what only a newer release can read."""
        rows = await self.rows.query(key(batch.receiver), *prefix(LOST, batch.id))
        return [INTENT.value(row) for row in rows if not newer(row)]

    async def replay(self, batch: Batch, now: datetime) -> Replayed:
        """Each moves in one transaction; the record is marked last, so that a crash in between is taken up again."""
        partition = key(batch.receiver)
        rows = [row for row in await self.rows.query(partition, *prefix(LOST, batch.id)) if not newer(row)]
        lost = [(row, INTENT.value(row)) for row in rows]
        again = [(row, intent) for row, intent in lost if not await self._overtaken(intent)]
        for operations in in_transactions(partition, ((Delete(row.key, row.etag), _opened(one)) for row, one in again)):
            await self.rows.transact(partition, operations)
        await forget(self.rows, partition, [row.key for row, intent in lost if (row, intent) not in again])
        if batch.etag and batch.given_up:
            record = key(UNDELIVERED, batch.given_up.isoformat(), batch.id)
            done = BATCH.values(replace(batch, etag="", replayed=now))
            await self.rows.transact(partition, [Merge(Row(record, done, batch.etag))])
        return Replayed(len(again), len(lost) - len(again))

    async def _write(self, batch: Batch, operation: Operation) -> Sequence[str]:
        try:
            return await self.rows.transact(key(batch.receiver), [operation])
        except LimitExceeded as error:
            raise TooLarge("more than an entity holds") from error

    async def _overtaken(self, intent: Intent) -> bool:
        """Something later of the same life of the problem was decided for this receiver."""
        rows = await self.rows.query(key(intent.receiver), *prefix("seen", *intent.key[:-1]))
        return any(int(parts(row.key)[-1]) > intent.version for row in rows)

    async def _keep_lost(self, batch: Batch) -> Sequence[Intent]:
        """What was not delivered is moved aside, each in one transaction with its end as waiting."""
        members = set(batch.members)
        lost = [
            (row_key, intent)
            for row_key, intent in await self.waiting(batch.receiver)
            if row_key in members and batch.holds_lost(intent)
        ]
        moves = (
            (Delete(row_key, "*"), Insert(Row(key(LOST, batch.id, *intent.key), INTENT.values(intent))))
            for row_key, intent in lost
        )
        for operations in in_transactions(key(batch.receiver), moves):
            await self.rows.transact(key(batch.receiver), operations)
        return [intent for _, intent in lost]

    async def _welcome(self, receiver: str) -> None:
        """Written each time, so that nobody who looked before says that nothing waits."""
        for _ in range(MOST_TRIES):
            row = await self.rows.get(RECEIVERS, key(receiver))
            there = Row(key(receiver), {"name": receiver, "waits": True}, row.etag if row else "")
            try:
                await self.rows.transact(RECEIVERS, [Merge(there) if row else Insert(there)])
            except Conflict:
                continue
            return
        raise Conflict(f"{receiver} was written by somebody else {MOST_TRIES} times in a row")

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
    at = datetime.fromisoformat(given_up)
    return Batch(batch_id, receiver, (), (), frozen=at, failure="A newer release knows.", given_up=at)


def _taking(intent: Intent) -> Sequence[Operation]:
    seen = Row(key("seen", *intent.key), {"at": intent.decided.isoformat()})
    return [Insert(seen), _opened(intent)]


def _opened(intent: Intent) -> Insert:
    return Insert(Row(key(OPEN, intent.decided.isoformat(), *intent.key), INTENT.values(intent)))
