"""The validation list: an entry a row with what is kept of its subscription, and every word behind it."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.domain.validation import RegisterEntry, Said, pending_key
from shared.ports.errors import Conflict
from shared.ports.register import Entered
from shared.store.keys import key, prefix
from shared.store.rows import Delete, Insert, Merge, Operation, Row, Rows
from shared.store.schema import Codec, newer

ENTRY = Codec[RegisterEntry](RegisterEntry)
SAID = Codec[Said](Said)

REGISTER = "register"
SAYINGS = "word"  # Behind the months, so that a look does not read them.


@dataclass(frozen=True, slots=True)
class TableRegister:
    """Over the table of subscriptions. An entry and the word that made it are written in one transaction."""

    rows: Rows

    async def entered(self, subscription_id: str) -> Mapping[str, Entered]:
        """Without those that only a newer release can read."""
        rows = await self.rows.query(key(subscription_id), *prefix(REGISTER))
        found = [(ENTRY.readable(row), row.etag) for row in rows]
        return {entry.key: Entered(entry, etag) for entry, etag in found if entry}

    async def say(self, entry: RegisterEntry, expected: str | None = None) -> bool:
        """What was said later stands, unless it was expected to be there."""
        there = await self._there(entry.subscription_id, entry.key, expected)
        new = there is None or not ENTRY.value(there).account
        pending = await self._pending(entry) if new else None
        known = ENTRY.value(there) if there else ENTRY.value(pending) if pending else None
        if expected is None and (await self._has_its_id(entry) or (there is None and await self._withdrawn(entry))):
            return False
        after = entry if expected is not None else entry.over(known)
        if after == known:
            return known is None or known.said_at <= entry.said_at
        partition = key(entry.subscription_id)
        operations: list[Operation] = [_put(there, _entry_key(after.key), ENTRY.values(after))]
        words = _row_of(Said(after))
        if await self.rows.get(partition, words.key) is None:  # An event may be delivered again.
            operations.append(Insert(words))
        if pending:
            operations.append(Delete(pending.key, pending.etag))
        await self.rows.transact(partition, operations)
        return True

    async def withdraw(self, said: Said, expected: str) -> None:
        """The last word is kept as it was said, with who withdrew it."""
        entry = said.entry
        there = await self._there(entry.subscription_id, entry.key, expected)
        if there is None:
            raise Conflict("this entry is no longer there")
        await self.rows.transact(key(entry.subscription_id), [Delete(there.key, there.etag), Insert(_row_of(said))])

    async def history(self, subscription_id: str, key_: str) -> Sequence[Said]:
        """By the time at which it was said."""
        return SAID.all_readable(await self.rows.query(key(subscription_id), *prefix(SAYINGS, key_)))

    async def said_since(self, subscription_id: str, since: datetime) -> Sequence[Said]:
        """Read whole: a list has as many words as people have said."""
        rows = await self.rows.query(key(subscription_id), *prefix(SAYINGS))
        words = sorted(SAID.all_readable(rows), key=lambda said: said.entry.said_at)
        before = {said.entry.key: said for said in words if said.entry.said_at < since}
        return [*before.values(), *(said for said in words if said.entry.said_at >= since)]

    async def _there(self, subscription_id: str, key_: str, expected: str | None) -> Row | None:
        there = await self.rows.get(key(subscription_id), _entry_key(key_))
        if there and newer(there):
            raise Conflict("a newer release wrote this entry")
        if expected is not None and (there.etag if there else "") != expected:
            raise Conflict("somebody else changed this entry")
        return there

    async def _has_its_id(self, entry: RegisterEntry) -> bool:
        """An older word about a request, which comes after it is known by its id."""
        if entry.validation_id:
            return False
        named = [one.entry for one in (await self.entered(entry.subscription_id)).values() if one.entry.validation_id]
        return any(one.account.lower() == entry.account.lower() and one.said_at >= entry.said_at for one in named)

    async def _withdrawn(self, entry: RegisterEntry) -> bool:
        """An event that is delivered again does not bring back what somebody took out."""
        words = await self.history(entry.subscription_id, entry.key)
        return bool(words) and words[-1].withdrawn and words[-1].entry.said_at >= entry.said_at

    async def _pending(self, entry: RegisterEntry) -> Row | None:
        """The request without an id that this one was, if it says for which account it was made."""
        if not entry.validation_id or not entry.account:
            return None
        pending = await self.rows.get(key(entry.subscription_id), _entry_key(pending_key(entry.account)))
        return pending if pending and not newer(pending) and ENTRY.value(pending).said_at <= entry.said_at else None


def _put(there: Row | None, row_key: str, values: Mapping[str, str | int | bool | bytes | None]) -> Operation:
    row = Row(row_key, values, there.etag if there else "")
    return Merge(row) if there else Insert(row)


def _entry_key(key_: str) -> str:
    return key(REGISTER, key_)


def _row_of(said: Said) -> Row:
    """Sorted by time; two words of one moment are two rows."""
    words = hashlib.sha256(SAID.text(said).encode()).hexdigest()[:8]
    return Row(key(SAYINGS, said.entry.key, f"{said.entry.said_at:%Y%m%dT%H%M%S%f}", words), SAID.values(said))
