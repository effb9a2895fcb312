"""Many operations in transactions that Azure takes, and rows forgotten whether or not they are still there."""

from collections.abc import Iterable, Iterator, Sequence

from shared.ports.errors import Conflict
from shared.store.limits import OPERATIONS, TRANSACTION_BYTES
from shared.store.rows import Delete, Operation, Rows, key_of
from shared.store.sizes import request_bytes


def in_transactions(partition: str, groups: Iterable[Sequence[Operation]]) -> Iterator[Sequence[Operation]]:
    """Groups of operations in as few transactions as the limits allow; a group is never parted."""
    transaction: list[Operation] = []
    size = 0
    for group in groups:
        needed = sum(request_bytes(partition, operation) for operation in group)
        if transaction and (len(transaction) + len(group) > OPERATIONS or size + needed > TRANSACTION_BYTES):
            yield transaction
            transaction, size = [], 0
        transaction.extend(group)
        size += needed
    if transaction:
        yield transaction


async def forget(rows: Rows, partition: str, keys: Sequence[str]) -> None:
    """Delete rows, whether or not somebody else did so first."""
    for some in in_transactions(partition, ([Delete(row_key, "*")] for row_key in keys)):
        try:
            await rows.transact(partition, some)
        except Conflict:
            if len(some) > 1:
                for operation in some:
                    await forget(rows, partition, [key_of(operation)])
