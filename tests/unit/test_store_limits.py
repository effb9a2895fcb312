"""Limits: what fits is let through to the last byte, what does not is refused in a plain sentence."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, cast

import pytest

from shared.store import limits
from shared.store.limits import LimitExceeded
from shared.store.rows import Delete, Insert, Merge, Operation, Row, Value


def insert(values: Mapping[str, Value], number: int = 0) -> Insert:
    return Insert(Row(f"k{number}", values))


def refused(operations: list[Operation], words: str) -> None:
    with pytest.raises(LimitExceeded, match=words):
        limits.check_transaction("p", operations)


def test_a_hundred_operations_and_no_more() -> None:
    limits.check_transaction("p", [insert({}, number) for number in range(100)])
    refused([insert({}, number) for number in range(101)], "100 operations; this one has 101")


def test_a_key_once_a_transaction() -> None:
    refused([insert({}, 1), Delete("k1", "*")], "names 'k1' again")


def test_four_mebibytes_a_transaction() -> None:
    megabyte = {f"v{number}": bytes(64 * 1024) for number in range(11)}  # Base64 makes 0.92 MiB of it.
    limits.check_transaction("p", [insert(megabyte, number) for number in range(4)])
    refused([insert(megabyte, number) for number in range(5)], "may take 4194304 bytes")


def test_text_of_other_scripts_counts_as_it_is_sent() -> None:
    japanese = {f"v{number}": "株" * 30_000 for number in range(10)}
    refused([insert(japanese, number) for number in range(3)], "may take 4194304 bytes")


def test_a_mebibyte_an_entity() -> None:
    full: dict[str, Value] = {f"v{number:02}": bytes(64 * 1024) for number in range(15)}
    limits.check_transaction("p", [insert(full)])
    refused([insert({**full, "last": bytes(64 * 1024)})], "An entity may take 1048576 bytes")


def test_252_properties_an_entity() -> None:
    limits.check_transaction("p", [insert({f"v{number}": 1 for number in range(252)} | {"nothing": None})])
    refused([insert({f"v{number}": 1 for number in range(253)})], "252 properties; 'k0' has 253")


@pytest.mark.parametrize("value", ["a" * 32768, "𠮷" * 16384, bytes(65536), 2**63 - 1, -(2**63), True, "", b"", None])
def test_values_that_fit(value: Value) -> None:
    limits.check_transaction("p", [insert({"v": value})])


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("a" * 32769, "65536 bytes, two for each character; 'v' takes 65538"),
        ("𠮷" * 16385, "'v' takes 65540"),
        (bytes(65537), "'v' takes 65537"),
        (2**63, "at most 64 bits"),
        (-(2**63) - 1, "at most 64 bits"),
        (cast("Any", 1.5), "'v' is none of them"),
        ("\ud800", "half a surrogate pair"),
    ],
)
def test_values_that_do_not(value: Value, words: str) -> None:
    refused([insert({"v": value})], words)


@pytest.mark.parametrize("name", ["a", "_a1", "größe", "a" * 255])
def test_names_that_fit(name: str) -> None:
    limits.check_transaction("p", [insert({name: 1})])


@pytest.mark.parametrize(
    "name", ["", "1a", "a-b", "a b", "odata.etag", "PartitionKey", "RowKey", "Timestamp", "a" * 256]
)
def test_names_that_do_not(name: str) -> None:
    refused([insert({name: 1})], "A property's name")


@pytest.mark.parametrize("key", ["a/b", "a\\b", "a#b", "a?b", "a\tb", "a\x7fb", "a\x85b", "a" * 513])
def test_keys_that_do_not_fit(key: str) -> None:
    with pytest.raises(LimitExceeded, match="A key may"):
        limits.check_transaction(key, [insert({})])
    refused([Delete(key, "*")], "A key may")


def test_a_write_needs_what_was_read() -> None:
    refused([Merge(Row("k", {"v": 1}))], "needs the ETag that 'k' was read with")
    refused([Delete("k", "")], "needs the ETag")


def test_messages_of_48_kibibytes() -> None:
    limits.check_message("a" * 49152, timedelta(days=7))
    with pytest.raises(LimitExceeded, match="49152 bytes; this one has 49153"):
        limits.check_message("a" * 49153, timedelta())
    with pytest.raises(LimitExceeded, match="this one has 60000"):
        limits.check_message("株" * 20_000, timedelta())


@pytest.mark.parametrize("delay", [timedelta(days=7, seconds=1), timedelta(seconds=-1)])
def test_delays_that_do_not_fit(delay: timedelta) -> None:
    with pytest.raises(LimitExceeded, match="to 7 days"):
        limits.check_message("", delay)


def test_four_mebibytes_an_addition() -> None:
    limits.check_append(bytes(4 * 1024 * 1024))
    with pytest.raises(LimitExceeded, match="these are 4194305"):
        limits.check_append(bytes(4 * 1024 * 1024 + 1))


@pytest.mark.parametrize("name", ["ab", "1abc", "a-bc", "Tables", "a" * 64])
def test_tables_that_cannot_be(name: str) -> None:
    with pytest.raises(LimitExceeded, match="A table's name"):
        limits.check_table_name(name)


@pytest.mark.parametrize("name", ["ab", "Abc", "a--b", "-abc", "abc-", "a_bc", "a" * 64])
def test_queues_and_containers_that_cannot_be(name: str) -> None:
    with pytest.raises(LimitExceeded, match="3 to 63"):
        limits.check_queue_name(name)


def test_names_that_can_be() -> None:
    limits.check_table_name("Memory2")
    limits.check_queue_name("look-2")
