"""How much Azure Tables counts for what is written."""

import base64
import json
from collections.abc import Mapping

from shared.store.rows import Delete, Operation, Value

# What the multipart envelope and the headers of one operation take besides its address and its JSON.
_ENVELOPE_BYTES = 1024


def text_bytes(text: str) -> int:
    """A text, as kept: UTF-16. Raises UnicodeEncodeError (a ValueError) for half a surrogate pair."""
    return len(text.encode("utf-16-le"))


def entity_bytes(partition: str, key: str, values: Mapping[str, Value]) -> int:
    """An entity, as kept; values without None. The formula is in "Understanding the Table service data model"."""
    size = 4 + text_bytes(partition) + text_bytes(key)
    return size + sum(8 + text_bytes(name) + _value_bytes(value) for name, value in values.items())


def request_bytes(partition: str, operation: Operation) -> int:
    """About what an operation takes on the wire, rather too much: an escaped address, and JSON in ASCII."""
    if isinstance(operation, Delete):
        return _ENVELOPE_BYTES + _address_bytes(partition + operation.key)
    row = operation.row
    keys = {"PartitionKey": partition, "RowKey": row.key}
    return _ENVELOPE_BYTES + _address_bytes(partition + row.key) + _json_bytes({**keys, **row.values})


def _address_bytes(keys: str) -> int:
    return 3 * len(keys.encode())


def _json_bytes(values: Mapping[str, Value]) -> int:
    plain = {name: base64.b64encode(v).decode() if isinstance(v, bytes) else v for name, v in values.items()}
    types = {f"{name}@odata.type": "Edm.Boolean" for name in values}
    return len(json.dumps({**plain, **types}))


def _value_bytes(value: Value) -> int:
    match value:
        case str():
            return 4 + text_bytes(value)
        case bytes():
            return 4 + len(value)
        case bool():
            return 1
        case _:
            return 8
