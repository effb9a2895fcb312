"""Rows and operations in the words of the tables SDK, and back."""

from typing import Any

from azure.core import MatchConditions
from azure.data.tables import EdmType, EntityProperty, TableEntity, UpdateMode

from shared.store.rows import Delete, Insert, Merge, Operation, Row, Value

type Step = tuple[str, dict[str, Any], dict[str, Any]]

_INT32 = range(-(2**31), 2**31)
_KEYS = ("PartitionKey", "RowKey")


def step_of(partition: str, operation: Operation) -> Step:
    """One operation of `submit_transaction`."""
    match operation:
        case Insert(row):
            return "create", _entity(partition, row), {}
        case Merge(row):
            return "update", _entity(partition, row), {"mode": UpdateMode.MERGE, **_condition(row.etag)}
        case Delete(key, etag):
            return "delete", {"PartitionKey": partition, "RowKey": key}, _condition(etag)


def row_of(entity: TableEntity) -> Row:
    """A row; Azure's own properties are left out, and those of a type that is not among `Value`."""
    values = {name: _plain(value) for name, value in entity.items() if name not in _KEYS}
    known = {name: value for name, value in values.items() if isinstance(value, str | int | bytes)}
    return Row(entity["RowKey"], known, entity.metadata["etag"] or "")


def _entity(partition: str, row: Row) -> dict[str, Any]:
    values = {name: _typed(value) for name, value in row.values.items() if value is not None}
    return {"PartitionKey": partition, "RowKey": row.key, **values}


def _condition(etag: str) -> dict[str, Any]:
    return {} if etag == "*" else {"etag": etag, "match_condition": MatchConditions.IfNotModified}


def _typed(value: Value) -> Any:
    wide = isinstance(value, int) and value not in _INT32
    return EntityProperty(value, EdmType.INT64) if wide else value


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, EntityProperty) else value
