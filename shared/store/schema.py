"""Domain values in rows: JSON with a schema version, so that older and newer releases can run side by side."""

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter

from shared.store.packed import pack, unpack
from shared.store.rows import Row, Value

# Raised when a release writes rows that the one before would misread. A newer row is read-only to older code.
SCHEMA = 1


class Codec[T]:
    """One type of value, packed into a row and back."""

    def __init__(self, kind: Any) -> None:
        self._adapter: TypeAdapter[T] = TypeAdapter(kind)

    def values(self, value: T) -> Mapping[str, Value]:
        """What to put into a row."""
        return {"schema": SCHEMA, **pack(self.text(value))}

    def value(self, row: Row) -> T:
        """What lies in a row. Fields that this release does not know are left alone."""
        return self.read(unpack(row.values))

    def value_or_newer(self, row: Row) -> T | None:
        """The same, or None for a row that only a newer release can read."""
        try:
            return self.value(row)
        except ValueError:
            if newer(row):
                return None
            raise

    def text(self, value: T) -> str:
        """As JSON."""
        return self._adapter.dump_json(value).decode()

    def read(self, text: str | bytes) -> T:
        """From JSON. Raises ValueError (pydantic's) where it does not fit."""
        return self._adapter.validate_json(text)


def newer(row: Row) -> bool:
    """Written by a newer release than this one."""
    schema = row.values.get("schema", SCHEMA)
    return isinstance(schema, int) and schema > SCHEMA
