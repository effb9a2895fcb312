"""Storage and a receiver that die with their process at a given operation, before or after it took effect."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.domain.finding import Severity
from shared.domain.memory import Intent
from shared.domain.ticket import Ticket
from shared.domain.ticket_text import Text
from shared.ports.channel import Channel, Part, Thread
from shared.ports.desk import Desk, Draft
from shared.store.blobs import Blobs
from shared.store.queues import Queues
from shared.store.rows import Operation, Row, Rows
from shared.wiring import Storage
from tests.flows.world import Fuse


@dataclass(frozen=True, slots=True)
class FusedRows:
    """`Rows` behind a fuse."""

    rows: Rows
    fuse: Fuse

    async def query(self, partition: str, first: str = "", last: str = "", limit: int = 0) -> Sequence[Row]:
        """As `Rows.query`."""
        return await self.fuse.run(lambda: self.rows.query(partition, first, last, limit))

    async def get(self, partition: str, key: str) -> Row | None:
        """As `Rows.get`."""
        return await self.fuse.run(lambda: self.rows.get(partition, key))

    async def transact(self, partition: str, operations: Sequence[Operation]) -> Sequence[str]:
        """As `Rows.transact`."""
        return await self.fuse.run(lambda: self.rows.transact(partition, operations), writes=True)


@dataclass(frozen=True, slots=True)
class FusedQueues:
    """`Queues` behind a fuse."""

    queues: Queues
    fuse: Fuse

    async def send(self, queue: str, body: str, delay: timedelta = timedelta()) -> None:
        """As `Queues.send`."""
        await self.fuse.run(lambda: self.queues.send(queue, body, delay), writes=True)


@dataclass(frozen=True, slots=True)
class FusedBlobs:
    """`Blobs` behind a fuse."""

    blobs: Blobs
    fuse: Fuse

    async def read(self, container: str, name: str) -> bytes | None:
        """As `Blobs.read`."""
        return await self.fuse.run(lambda: self.blobs.read(container, name))

    async def write(self, container: str, name: str, content: bytes) -> None:
        """As `Blobs.write`."""
        await self.fuse.run(lambda: self.blobs.write(container, name, content), writes=True)

    async def create(self, container: str, name: str, content: bytes) -> None:
        """As `Blobs.create`."""
        await self.fuse.run(lambda: self.blobs.create(container, name, content), writes=True)

    async def names(self, container: str) -> Sequence[str]:
        """As `Blobs.names`."""
        return await self.fuse.run(lambda: self.blobs.names(container))

    async def append(self, container: str, name: str, content: bytes) -> None:
        """As `Blobs.append`."""
        await self.fuse.run(lambda: self.blobs.append(container, name, content), writes=True)


@dataclass(frozen=True, slots=True)
class FusedChannel:
    """`Channel` behind a fuse."""

    channel: Channel
    fuse: Fuse

    per_problem: bool = False
    remembers: bool = False

    def compose(self, batch_id: str, intents: Sequence[Intent], threads: Mapping[str, Thread]) -> Sequence[Part]:
        """As `Channel.compose`."""
        return self.channel.compose(batch_id, intents, threads)

    async def send(self, part: Part) -> str:
        """As `Channel.send`."""
        return await self.fuse.run(lambda: self.channel.send(part), writes=True)


def fused(storage: Storage, fuse: Fuse) -> Storage:
    """The same storage behind a fuse."""
    return Storage(
        FusedRows(storage.subscriptions, fuse),
        FusedRows(storage.looks, fuse),
        FusedRows(storage.outbox, fuse),
        FusedQueues(storage.queues, fuse),
        FusedBlobs(storage.blobs, fuse),
    )


@dataclass(frozen=True, slots=True)
class FusedDesk:
    """`Desk` behind a fuse."""

    desk: Desk
    fuse: Fuse

    async def open(self, draft: Draft) -> Ticket:
        """As `Desk.open`."""
        return await self.fuse.run(lambda: self.desk.open(draft), writes=True)

    async def find(self, marker: str, since: datetime) -> Sequence[Ticket]:
        """As `Desk.find`."""
        return await self.fuse.run(lambda: self.desk.find(marker, since))

    async def changed(self, since: datetime) -> Sequence[Ticket]:
        """As `Desk.changed`."""
        return await self.fuse.run(lambda: self.desk.changed(since))

    async def read(self, reference: str) -> Ticket:
        """As `Desk.read`."""
        return await self.fuse.run(lambda: self.desk.read(reference))

    async def comment(self, reference: str, text: Text, key: str) -> None:
        """As `Desk.comment`."""
        await self.fuse.run(lambda: self.desk.comment(reference, text, key), writes=True)

    async def said(self, reference: str, key: str, since: datetime) -> bool:
        """As `Desk.said`."""
        return await self.fuse.run(lambda: self.desk.said(reference, key, since))

    async def set_severity(self, reference: str, severity: Severity) -> None:
        """As `Desk.set_severity`."""
        await self.fuse.run(lambda: self.desk.set_severity(reference, severity), writes=True)

    async def close(self, reference: str) -> None:
        """As `Desk.close`."""
        await self.fuse.run(lambda: self.desk.close(reference), writes=True)

    async def reopen(self, reference: str) -> bool:
        """As `Desk.reopen`."""
        return await self.fuse.run(lambda: self.desk.reopen(reference), writes=True)

    async def check(self) -> None:
        """As `Desk.check`."""
        await self.fuse.run(self.desk.check)

    def pieces(self, text: Text) -> Sequence[Text]:
        """As `Desk.pieces`."""
        return self.desk.pieces(text)
