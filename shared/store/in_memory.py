"""The store without Azure: nothing is kept when the process ends. For the command line, and for tests."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import count

from shared.ports.errors import Conflict
from shared.store import limits
from shared.store.rows import Delete, Insert, Merge, Operation, Row, Value, key_of


class InMemoryRows:
    """`Rows` that behaves as Azure Tables does: ETags, conflicts, whole transactions, order, and its limits.

    Nothing is awaited between a check and its write, so tasks of one event loop cannot come between.
    """

    def __init__(self) -> None:
        self._partitions: defaultdict[str, dict[str, Row]] = defaultdict(dict)
        self._writes = count(1)

    async def query(self, partition: str, first: str = "", last: str = "", limit: int = 0) -> Sequence[Row]:
        """As `Rows.query`."""
        limits.check_key(partition)
        rows = self._partitions.get(partition, {})
        wanted = [key for key in rows if first <= key and (not last or key < last)]
        return [rows[key] for key in sorted(wanted)[: limit or None]]

    async def get(self, partition: str, key: str) -> Row | None:
        """As `Rows.get`."""
        limits.check_key(partition)
        limits.check_key(key)
        return self._partitions.get(partition, {}).get(key)

    async def transact(self, partition: str, operations: Sequence[Operation]) -> Sequence[str]:
        """As `Rows.transact`; LimitExceeded also where a merge would make a row too large."""
        limits.check_transaction(partition, operations)
        rows = self._partitions.get(partition, {})
        written = {key_of(operation): self._outcome(partition, rows, operation) for operation in operations}
        for key, row in written.items():
            if row:
                self._partitions[partition][key] = row
            else:
                del self._partitions[partition][key]
        return [row.etag if row else "" for row in written.values()]

    def _outcome(self, partition: str, rows: Mapping[str, Row], operation: Operation) -> Row | None:
        """What will lie in the table afterwards, None for nothing. Raises Conflict."""
        match operation:
            case Insert(row):
                if row.key in rows:
                    raise Conflict(f"{row.key!r} is there already.")
                return self._stamped(row.key, row.values)
            case Merge(row):
                merged = self._stamped(row.key, {**_unchanged(rows, row.key, row.etag).values, **_given(row.values)})
                limits.check_entity(partition, merged)
                return merged
            case Delete(key, etag):
                _unchanged(rows, key, etag)
                return None

    def _stamped(self, key: str, values: Mapping[str, Value]) -> Row:
        return Row(key, _given(values), f'W/"{next(self._writes)}"')


@dataclass(frozen=True, slots=True)
class SentMessage:
    """What was put on a queue."""

    queue: str
    body: str
    delay: timedelta


class InMemoryQueues:
    """`Queues` that keeps messages in order until they are taken. Delays are written down, not waited for."""

    def __init__(self) -> None:
        self._queues: defaultdict[str, list[SentMessage]] = defaultdict(list)

    async def send(self, queue: str, body: str, delay: timedelta = timedelta()) -> None:
        """As `Queues.send`."""
        limits.check_queue_name(queue)
        limits.check_message(body, delay)
        self._queues[queue].append(SentMessage(queue, body, delay))

    def waiting(self, queue: str) -> int:
        """How many messages have not been taken."""
        return len(self._queues.get(queue, []))

    def take(self, queue: str) -> list[SentMessage]:
        """All messages of a queue, the oldest first; they are gone from it."""
        return self._queues.pop(queue, [])


class InMemoryBlobs:
    """`Blobs` that knows replaced blobs from growing ones, as Azure does."""

    def __init__(self) -> None:
        self._blobs: dict[tuple[str, str], bytes] = {}
        self._growing: set[tuple[str, str]] = set()

    async def read(self, container: str, name: str) -> bytes | None:
        """As `Blobs.read`."""
        limits.check_queue_name(container)
        return self._blobs.get((container, name))

    async def write(self, container: str, name: str, content: bytes) -> None:
        """As `Blobs.write`."""
        limits.check_queue_name(container)
        self._blobs[container, name] = content
        self._growing.discard((container, name))

    async def create(self, container: str, name: str, content: bytes) -> None:
        """As `Blobs.create`."""
        limits.check_queue_name(container)
        self._blobs.setdefault((container, name), content)

    async def names(self, container: str) -> Sequence[str]:
        """As `Blobs.names`."""
        limits.check_queue_name(container)
        return [name for of, name in self._blobs if of == container]

    async def append(self, container: str, name: str, content: bytes) -> None:
        """As `Blobs.append`. LimitExceeded for a blob that was written whole."""
        limits.check_queue_name(container)
        limits.check_append(content)
        if (container, name) in self._blobs and (container, name) not in self._growing:
            raise limits.LimitExceeded(f"{name!r} was written whole; nothing can be appended to it.")
        if not content:
            return
        self._growing.add((container, name))
        self._blobs[container, name] = self._blobs.get((container, name), b"") + content


def _unchanged(rows: Mapping[str, Row], key: str, etag: str) -> Row:
    """The row that still carries the ETag. Raises Conflict."""
    row = rows.get(key)
    if row is None:
        raise Conflict(f"{key!r} is not there.")
    if etag not in ("*", row.etag):
        raise Conflict(f"{key!r} was changed.")
    return row


def _given(values: Mapping[str, Value]) -> dict[str, Value]:
    return {name: value for name, value in values.items() if value is not None}
