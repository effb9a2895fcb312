"""What is kept of bills: heads in a partition of their own, charges with the account's subscription."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from shared.domain.cost import AccountCost, Bill, CostScope
from shared.domain.subscription import in_subscription, subscription_of
from shared.ports.errors import Conflict
from shared.store.keys import key, prefix
from shared.store.months import COST, month_key
from shared.store.rows import Insert, Merge, Operation, Row, Rows
from shared.store.schema import Codec, newer
from shared.store.transactions import in_transactions

BILL = Codec[Bill](Bill)
SCOPE = Codec[CostScope](CostScope)

HEADS = key("costs")
MOST_TRIES = 5
LAST = "\u007e"  # Behind every character that a key may end with.


@dataclass(frozen=True, slots=True)
class TableBills:
    """Over the table of subscriptions. Bills replace one another: the last one that was read counts."""

    rows: Rows

    async def keep(self, costs: Sequence[AccountCost]) -> None:
        """A charge that belongs to no subscription lies in the partition of the heads."""
        partitions: defaultdict[str, list[Row]] = defaultdict(list)
        for cost in costs:
            row = Row(month_key("cost", cost.month, cost.account_id), COST.values(cost))
            partitions[_partition(cost.account_id)].append(row)
        for partition, rows in partitions.items():
            for operations in in_transactions(partition, ([Insert(row)] for row in rows)):
                await self._put(partition, [one.row for one in operations if isinstance(one, Insert)])

    async def record(self, bill: Bill) -> None:
        """By month and scope."""
        await self._put(HEADS, [Row(key("bill", f"{bill.month:%Y-%m}", bill.scope), BILL.values(bill))])

    async def of(self, month: date) -> Sequence[Bill]:
        """In the order of their scopes."""
        return BILL.all_readable(await self.rows.query(HEADS, *prefix("bill", f"{month:%Y-%m}")))

    async def scopes(self) -> Mapping[str, CostScope]:
        """Those that are not in order."""
        found = SCOPE.all_readable(await self.rows.query(HEADS, *prefix("scope")))
        return {one.scope: one for one in found if one.refused_at or one.blind}

    async def note(self, scope: CostScope) -> None:
        """Nothing is written where nothing changed."""
        row_key = key("scope", scope.scope)
        before = await self.rows.get(HEADS, row_key)
        if (SCOPE.readable(before) if before else CostScope(scope.scope)) != scope:
            await self._put(HEADS, [Row(row_key, SCOPE.values(scope))])

    async def _put(self, partition: str, rows: Sequence[Row]) -> None:
        """Over what is there, whatever that is, but never over what a newer release wrote."""
        for _ in range(MOST_TRIES):
            operations = await self._operations(partition, rows)
            try:
                if operations:
                    await self.rows.transact(partition, operations)
            except Conflict:
                continue
            return
        raise Conflict("a bill was changed by somebody else too often")

    async def _operations(self, partition: str, rows: Sequence[Row]) -> Sequence[Operation]:
        """Nothing for a row that says the same already."""
        keys = sorted(row.key for row in rows)
        there = {row.key: row for row in await self.rows.query(partition, keys[0], f"{keys[-1]}{LAST}")}
        return [
            Merge(Row(row.key, row.values, there[row.key].etag)) if row.key in there else Insert(row)
            for row in rows
            if row.key not in there or _differs(row, there[row.key])
        ]


def _differs(row: Row, there: Row) -> bool:
    return not newer(there) and any(there.values.get(name) != value for name, value in row.values.items())


def _partition(account_id: str) -> str:
    return key(subscription_of(account_id)) if in_subscription(account_id) else HEADS
