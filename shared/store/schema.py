"""Domain values in rows: JSON with a schema version, so that older and newer releases can run side by side."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import TypeAdapter

from shared.store.packed import pack, unpack
from shared.store.rows import Row, Value

# Raised with every change of a stored type's shape, also where a field is only added: a body is replaced as a whole, so
# a release that does not know the field would cut it off. A newer row is read-only to older code. SHAPES is the
# fingerprint of all stored types at this SCHEMA; a test says when the two no longer fit.
SCHEMA = 1
SHAPES = "a3b6757c10959411d651be09bb66d8e2091ff65a6994952176fd1c89ab6741b3"


class Codec[T]:
    """One type of value, packed into a row and back."""

    def __init__(self, kind: Any) -> None:
        self._adapter: TypeAdapter[T] = TypeAdapter(kind)

    def values(self, value: T) -> Mapping[str, Value]:
        """What to put into a row."""
        return {"schema": SCHEMA, **pack(self.text(value))}

    def value(self, row: Row) -> T:
        """What lies in a row. Fields that this release does not know are left out, and lost when it is written back."""
        return self.read(unpack(row.values))

    def readable(self, row: Row) -> T | None:
        """The same, or None for a row that only a newer release can read. Raises ValueError where one is damaged."""
        try:
            return self.value(row)
        except ValueError:
            if newer(row):
                return None
            raise

    def all_readable(self, rows: Iterable[Row]) -> list[T]:
        """Without those that only a newer release can read."""
        return [value for row in rows if (value := self.readable(row)) is not None]

    def text(self, value: T) -> str:
        """As JSON."""
        return self._adapter.dump_json(value).decode()

    def read(self, text: str | bytes) -> T:
        """From JSON. Raises ValueError (pydantic's) where it does not fit."""
        return self._adapter.validate_json(text)

    def shape(self) -> Mapping[str, Any]:
        """The type as a JSON schema."""
        return self._adapter.json_schema()


def newer(row: Row) -> bool:
    """Written by a newer release than this one."""
    schema = row.values.get("schema", SCHEMA)
    return isinstance(schema, int) and schema > SCHEMA
