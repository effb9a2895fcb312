"""What events made us do about an account: one row each, in the partition of its subscription."""

from collections.abc import Callable
from dataclasses import dataclass

from shared.domain.refresh import Burst
from shared.domain.subscription import subscription_of
from shared.ports.errors import Conflict
from shared.store.keys import key
from shared.store.rows import Insert, Merge, Row, Rows
from shared.store.schema import Codec, newer

BURST = Codec[Burst](Burst)
KIND = "burst"

_MOST_TRIES = 8


@dataclass(frozen=True, slots=True)
class TableBursts:
    """Over the table of subscriptions, so that one query reads them with all else."""

    rows: Rows

    async def change(self, account_id: str, change: Callable[[Burst], Burst]) -> tuple[Burst, Burst]:
        """What a newer release wrote stays, and is changed for the caller only."""
        partition, row_key = key(subscription_of(account_id)), key(KIND, account_id)
        for _ in range(_MOST_TRIES):
            row = await self.rows.get(partition, row_key)
            before = (BURST.readable(row) if row else None) or Burst(account_id)
            after = change(before)
            if after == before or (row and newer(row)):
                return before, after
            new = Row(row_key, BURST.values(after), row.etag if row else "")
            try:
                await self.rows.transact(partition, [Merge(new) if row else Insert(new)])
            except Conflict:
                continue
            return before, after
        raise Conflict("what events did about an account was changed by somebody else too often")
