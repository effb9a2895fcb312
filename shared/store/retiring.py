"""Rows of retiring: walks beside what is kept of their subscription, and halt, days and state in one partition."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from shared.domain.subscription import subscription_of
from shared.domain.walk import Halt, RetireState, WalkRow
from shared.ports.errors import Conflict
from shared.store.keys import key, prefix
from shared.store.rows import Delete, Insert, Merge, Row, Rows
from shared.store.schema import Codec, newer

WALK = Codec[WalkRow](WalkRow)
HALT = Codec[Halt](Halt)
STATE = Codec[RetireState](RetireState)

KIND = "retiring"
RETIRING = key("retiring")
HALT_KEY, STATE_KEY = key("halt"), key("state")
MOST_TRIES = 5


@dataclass(frozen=True, slots=True)
class TableRetireBook:
    """What only a newer release can read is left to it: such a walk is not there, and writing it is a conflict."""

    subscriptions: Rows
    looks: Rows

    async def walks(self, subscription_id: str) -> Mapping[str, WalkRow]:
        """One range of keys."""
        rows = await self.subscriptions.query(key(subscription_id), *prefix(KIND))
        return {one.walk.account_id: one for row in rows if (one := walk_row(row))}

    async def put(self, row: WalkRow) -> WalkRow:
        """By its ETag, so that of two runs one goes on."""
        account_id = row.walk.account_id
        new = Row(key(KIND, account_id), WALK.values(replace(row, etag="")), row.etag)
        operation = Merge(new) if row.etag else Insert(new)
        [etag] = await self.subscriptions.transact(key(subscription_of(account_id)), [operation])
        return replace(row, etag=etag)

    async def forget(self, row: WalkRow) -> None:
        """What the audit holds of it stays."""
        account_id = row.walk.account_id
        await self.subscriptions.transact(key(subscription_of(account_id)), [Delete(key(KIND, account_id), row.etag)])

    async def take_day(self, day: date, account_id: str) -> str:
        """Whoever inserts first has it; one's own insert that is repeated has it, too."""
        try:
            row = Row(_day_key(day), {"account": account_id})
            await self.looks.transact(RETIRING, [Insert(row)])
        except Conflict:
            return await self.day_of(day)
        return account_id

    async def day_of(self, day: date) -> str:
        """One row."""
        row = await self.looks.get(RETIRING, _day_key(day))
        return str(row.values["account"]) if row else ""

    async def halt(self) -> Halt | None:
        """One that only a newer release can read holds all the same."""
        row = await self.looks.get(RETIRING, HALT_KEY)
        return HALT.value(row) if row else None

    async def set_halt(self, halt: Halt | None) -> None:
        """The last one wins."""
        if halt is not None:
            await self._put(HALT_KEY, HALT.values(halt))
        elif row := await self.looks.get(RETIRING, HALT_KEY):
            await self.looks.transact(RETIRING, [Delete(row.key, "*")])

    async def state(self) -> RetireState:
        """As it comes, where nobody has put any."""
        row = await self.looks.get(RETIRING, STATE_KEY)
        return (STATE.readable(row) if row else None) or RetireState()

    async def put_state(self, state: RetireState) -> None:
        """What a newer release wrote stays."""
        await self._put(STATE_KEY, STATE.values(state))

    async def _put(self, row_key: str, values: Mapping[str, str | int | bool | bytes | None]) -> None:
        for _ in range(MOST_TRIES):
            before = await self.looks.get(RETIRING, row_key)
            if before and newer(before):
                return
            row = Row(row_key, values, before.etag if before else "")
            try:
                await self.looks.transact(RETIRING, [Merge(row) if before else Insert(row)])
            except Conflict:
                continue
            return
        raise Conflict("what is kept of retiring was changed by somebody else too often")


def walk_row(row: Row) -> WalkRow | None:
    """With its ETag; None where only a newer release can read it."""
    return None if newer(row) else replace(WALK.value(row), etag=row.etag)


def _day_key(day: date) -> str:
    return key("day", day.isoformat())
