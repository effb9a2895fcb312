"""Threads: what a receiver was told of each problem that is open there, so that it can be answered to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.domain.memory import Intent
from shared.ports.channel import Thread
from shared.ports.outbox import Batch
from shared.store.keys import key, prefix
from shared.store.rows import Delete, Insert, Merge, Operation, Row, Rows
from shared.store.schema import Codec, newer
from shared.store.transactions import in_transactions


@dataclass(frozen=True, slots=True)
class _Threaded:
    """A thread with its problem."""

    problem: str
    receipt: str
    group: str
    waits: bool = False


THREADED = Codec[_Threaded](_Threaded)
THREAD = "thread"


@dataclass(frozen=True, slots=True)
class TableThreads:
    """A row a problem, in the receiver's partition of the outbox."""

    rows: Rows

    async def read(self, receiver: str) -> Mapping[str, Thread]:
        """By problem, without those that only a newer release can read."""
        rows = await self.rows.query(key(receiver), *prefix(THREAD))
        found = THREADED.all_readable(rows)
        return {one.problem: Thread(one.receipt, one.group, one.waits) for one in found}

    async def after(self, batch: Batch, lost: Sequence[Intent]) -> None:
        """What was told with a receipt can be answered to; what is over is forgotten, and so is waiting in vain."""
        if not (batch.receipts or batch.threaded or lost):
            return
        partition = key(batch.receiver)
        there = {row.key: row for row in await self.rows.query(partition, *prefix(THREAD)) if not newer(row)}
        told: dict[str, Operation | None] = {}
        for index in sorted(batch.sent):
            part, receipt = batch.parts[index], batch.receipts.get(index, "")
            for problem in part.opens if receipt else ():
                told[key(THREAD, problem)] = _threaded(there, _Threaded(problem, receipt, part.groups.get(problem, "")))
        for index in sorted(batch.sent | batch.refused.keys()):
            for problem in batch.parts[index].names:
                named = _Threaded(problem, batch.receipts.get(index, ""), "", waits=True)
                told[key(THREAD, problem)] = _threaded(there, named)
            for problem in batch.parts[index].ends:
                told[key(THREAD, problem)] = _unthreaded(there, problem)
        for intent in lost:
            row = there.get(key(THREAD, intent.problem))
            if row and (intent.over or THREADED.value(row).waits):
                told[row.key] = Delete(row.key, row.etag)
        operations = [operation for operation in told.values() if operation]
        for some in in_transactions(partition, ([operation] for operation in operations)):
            await self.rows.transact(partition, some)


def _unthreaded(there: Mapping[str, Row], problem: str) -> Operation | None:
    row_key = key(THREAD, problem)
    return Delete(row_key, there[row_key].etag) if row_key in there else None


def _threaded(there: Mapping[str, Row], thread: _Threaded) -> Operation:
    row_key = key(THREAD, thread.problem)
    row = Row(row_key, THREADED.values(thread), there[row_key].etag if row_key in there else "")
    return Merge(row) if row.etag else Insert(row)
