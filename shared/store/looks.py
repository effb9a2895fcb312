"""Looks, the ends of their shards, and which subscriptions were ever seen."""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.domain.look import Look, ShardEnd, look_id
from shared.domain.subscription import Subscription
from shared.ports.errors import Conflict
from shared.store.keys import key, parts, prefix
from shared.store.rows import Insert, Merge, Operation, Row, Rows
from shared.store.schema import Codec, newer
from shared.store.transactions import in_transactions

LOOK = Codec[Look](Look)
END = Codec[ShardEnd](ShardEnd)
SUBSCRIPTION = Codec[Subscription](Subscription)

HEADS = key("looks")
AFTER = "~"  # Behind every character of a key that follows another.
KNOWN = key("known")


@dataclass(frozen=True, slots=True)
class TableLooks:
    """One table: a partition of heads, newest first, one of ends a look, and one of known subscriptions.

    What only a newer release can read is left to it. A look is as if it were not there: it is not ours to close. A
    shard whose end cannot be read has not ended: the newer release closes the look, or it is overdue and partial. A
    known subscription is known by its id, for a subscription that is left out would not be watched.
    """

    rows: Rows

    async def begin(self, look: Look) -> None:
        """Insert-only; a look that is there already stays as it is."""
        await self._insert(HEADS, Row(_head_key(look.id), LOOK.values(look)))

    async def end(self, look_id: str, end: ShardEnd) -> None:
        """Insert-only: whoever ends a shard first has said how it ended."""
        await self._insert(key("ends", look_id), Row(key("end", end.subscription.id), END.values(end)))

    async def get(self, look_id: str) -> Look | None:
        """One look; None also where only a newer release can read it."""
        row = await self.rows.get(HEADS, _head_key(look_id))
        return LOOK.readable(row) if row else None

    async def ends(self, look_id: str) -> Sequence[ShardEnd]:
        """The shards that have ended, as far as this release can read it."""
        return END.all_readable(await self.rows.query(key("ends", look_id), *prefix("end")))

    async def close(self, look: Look) -> bool:
        """Write the closed look over the open one; False when somebody else closed it."""
        row = await self.rows.get(HEADS, _head_key(look.id))
        if row is None or newer(row) or LOOK.value(row).closed:
            return False
        try:
            await self.rows.transact(HEADS, [Merge(Row(row.key, LOOK.values(look), row.etag))])
        except Conflict:
            return False
        return True

    async def recent(self, count: int) -> Sequence[Look]:
        """The latest, newest first; without those that only a newer release can read."""
        return LOOK.all_readable(await self.rows.query(HEADS, limit=count))

    async def since(self, at: datetime) -> Sequence[Look]:
        """One range of keys; without those that only a newer release can read."""
        rows = await self.rows.query(HEADS, last=f"{_head_key(look_id(at))}{AFTER}")
        return LOOK.all_readable(rows)[::-1]

    async def known(self) -> Mapping[str, Subscription]:
        """By id."""
        found = [SUBSCRIPTION.readable(row) or _by_id(row) for row in await self.rows.query(KNOWN)]
        return {subscription.id: subscription for subscription in found}

    async def learn(self, subscriptions: Sequence[Subscription]) -> None:
        """Where somebody else learns at the same time, the next look learns the rest."""
        if not subscriptions:
            return
        there = {row.key: row for row in await self.rows.query(KNOWN)}
        groups = [_learned(found, there.get(key(found.id))) for found in subscriptions]
        for operations in in_transactions(KNOWN, groups):
            with contextlib.suppress(Conflict):
                await self.rows.transact(KNOWN, operations)

    async def _insert(self, partition: str, row: Row) -> None:
        try:
            await self.rows.transact(partition, [Insert(row)])
        except Conflict:
            return


def _by_id(row: Row) -> Subscription:
    [subscription_id] = parts(row.key)
    return Subscription(subscription_id, name=subscription_id)


def _learned(found: Subscription, before: Row | None) -> Sequence[Operation]:
    if before and newer(before):
        return ()
    row = Row(key(found.id), SUBSCRIPTION.values(found), before.etag if before else "")
    return [Merge(row) if before else Insert(row)]


def _head_key(look_id: str) -> str:
    """Later looks sort first."""
    digits = "".join(character for character in look_id if character.isdigit())
    return key("look", f"{10**17 - 1 - int(digits):017}")
