"""Rows in tables: what every back end of the store agrees on, so that all that is kept is written once, above it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

type Value = str | int | bool | bytes | None


@dataclass(frozen=True, slots=True)
class Row:
    """An entity: its key inside the partition, its values, and the ETag it was read with ("" when not read)."""

    key: str
    values: Mapping[str, Value]
    etag: str = ""


@dataclass(frozen=True, slots=True)
class Insert:
    """Must not be there yet."""

    row: Row


@dataclass(frozen=True, slots=True)
class Merge:
    """Must still carry the row's ETag; properties that are not named stay (newer code's among them)."""

    row: Row


@dataclass(frozen=True, slots=True)
class Delete:
    """Must still carry this ETag; "*" for whatever is there."""

    key: str
    etag: str


type Operation = Insert | Merge | Delete


def key_of(operation: Operation) -> str:
    """The row that an operation is about."""
    return operation.key if isinstance(operation, Delete) else operation.row.key


class Rows(Protocol):
    """One table. Keys are made by `keys.py`. A write answers with the new ETags in order, "" for a delete."""

    async def query(self, partition: str, first: str = "", last: str = "", limit: int = 0) -> Sequence[Row]:
        """Rows of a partition in key order, `first` <= key < `last` where given: all, or `limit` at most."""
        ...

    async def get(self, partition: str, key: str) -> Row | None:
        """One row, or None."""
        ...

    async def transact(self, partition: str, operations: Sequence[Operation]) -> Sequence[str]:
        """All or nothing, at most 100 operations and 4 MB. Raises Conflict (409, 412, 404 of a merge or delete)."""
        ...
