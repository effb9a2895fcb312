"""What Azure refuses and an emulator may not: every back end asks here before it writes."""

import re
from collections.abc import Sequence
from datetime import timedelta

from shared.store import keys, sizes
from shared.store.rows import Delete, Insert, Merge, Operation, Row, Value, key_of

OPERATIONS = 100
TRANSACTION_BYTES = 4 * 1024 * 1024
ENTITY_BYTES = 1024 * 1024
PROPERTIES = 252
VALUE_BYTES = 64 * 1024  # Of bytes, and of a text in UTF-16: 32 k characters.
NAME_CHARACTERS = 255
MESSAGE_BYTES = 48 * 1024  # In UTF-8; base64 makes 64 KiB of it.
DELAY = timedelta(days=7)
APPEND_BYTES = 4 * 1024 * 1024

# Azure adds these to every entity itself.
_RESERVED = frozenset({"PartitionKey", "RowKey", "Timestamp"})
_FORBIDDEN_IN_KEYS = re.compile(r"[\x00-\x1f\x7f-\x9f/\\#?]")
_TABLE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{2,62}")
_QUEUE_NAME = re.compile(r"(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*")


class LimitExceeded(ValueError):
    """Azure would refuse this. The message is one plain sentence."""


def check_transaction(partition: str, operations: Sequence[Operation]) -> None:
    """One transaction: number, size, keys, conditions and every entity. Raises LimitExceeded."""
    check_key(partition)
    if len(operations) > OPERATIONS:
        raise LimitExceeded(f"A transaction may have {OPERATIONS} operations; this one has {len(operations)}.")
    seen: set[str] = set()
    for operation in operations:
        key = key_of(operation)
        if key in seen:
            raise LimitExceeded(f"A transaction may name a key once; this one names {key!r} again.")
        seen.add(key)
        _check_operation(partition, operation)
    size = sum(sizes.request_bytes(partition, operation) for operation in operations)
    if size > TRANSACTION_BYTES:
        raise LimitExceeded(f"A transaction may take {TRANSACTION_BYTES} bytes; this one takes about {size}.")


def check_key(key: str) -> None:
    """A partition or row key. Raises LimitExceeded."""
    if match := _FORBIDDEN_IN_KEYS.search(key):
        raise LimitExceeded(f"A key may not hold {match[0]!r}: {key!r}.")
    if _text_bytes(key) > keys.LIMIT_BYTES:
        raise LimitExceeded(f"A key may have {keys.LIMIT_BYTES // 2} characters; this one has more: {key[:60]!r}...")


def check_entity(partition: str, row: Row) -> None:
    """One entity as it will lie in the table. Raises LimitExceeded."""
    values = {name: value for name, value in row.values.items() if value is not None}
    if len(values) > PROPERTIES:
        raise LimitExceeded(f"An entity may have {PROPERTIES} properties; {row.key!r} has {len(values)}.")
    for name, value in values.items():
        _check_name(name)
        _check_value(name, value)
    size = sizes.entity_bytes(partition, row.key, values)
    if size > ENTITY_BYTES:
        raise LimitExceeded(f"An entity may take {ENTITY_BYTES} bytes; {row.key!r} takes {size}.")


def check_message(body: str, delay: timedelta) -> None:
    """One queue message. Raises LimitExceeded."""
    if not timedelta() <= delay <= DELAY:
        raise LimitExceeded(f"A message may wait from no time to {DELAY.days} days; this one would wait {delay}.")
    size = len(body.encode())
    if size > MESSAGE_BYTES:
        raise LimitExceeded(f"A message may have {MESSAGE_BYTES} bytes; this one has {size}.")


def check_append(content: bytes) -> None:
    """One addition to an append blob. Raises LimitExceeded."""
    if len(content) > APPEND_BYTES:
        raise LimitExceeded(f"At most {APPEND_BYTES} bytes may be appended at once; these are {len(content)}.")


def check_table_name(name: str) -> None:
    """The name of a table. Raises LimitExceeded."""
    if not _TABLE_NAME.fullmatch(name) or name.lower() == "tables":
        raise LimitExceeded(f"A table's name has 3 to 63 letters and digits, a letter first; {name!r} does not fit.")


def check_queue_name(name: str) -> None:
    """The name of a queue or of a container. Raises LimitExceeded."""
    if not _QUEUE_NAME.fullmatch(name):
        raise LimitExceeded(
            f"A queue or container is named by 3 to 63 of a-z, 0-9, single hyphens; {name!r} does not fit."
        )


def _check_operation(partition: str, operation: Operation) -> None:
    check_key(key_of(operation))
    match operation:
        case Insert(row):
            check_entity(partition, row)
        case Merge(row):
            check_entity(partition, row)
            _check_etag(row.key, row.etag)
        case Delete(key, etag):
            _check_etag(key, etag)


def _check_etag(key: str, etag: str) -> None:
    if not etag:
        raise LimitExceeded(f"A merge or delete needs the ETag that {key!r} was read with.")


def _check_name(name: str) -> None:
    if len(name) > NAME_CHARACTERS:
        raise LimitExceeded(f"A property's name may have {NAME_CHARACTERS} characters; this one has {len(name)}.")
    if not name.isidentifier() or name in _RESERVED:
        raise LimitExceeded(f"A property's name is an identifier and none of Azure's own; {name!r} does not fit.")


def _check_value(name: str, value: Value) -> None:
    if not isinstance(value, str | int | bytes):
        raise LimitExceeded(f"A value is text, a whole number, true or false, or bytes; {name!r} is none of them.")
    if isinstance(value, int):
        if not -(2**63) <= value < 2**63:
            raise LimitExceeded(f"A number has at most 64 bits; {name!r} has more.")
        return
    size = _text_bytes(value) if isinstance(value, str) else len(value)
    if size > VALUE_BYTES:
        raise LimitExceeded(f"A value may take {VALUE_BYTES} bytes, two for each character; {name!r} takes {size}.")


def _text_bytes(text: str) -> int:
    try:
        return sizes.text_bytes(text)
    except UnicodeEncodeError as error:
        raise LimitExceeded("A text may not hold half a surrogate pair.") from error
