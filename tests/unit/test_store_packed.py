"""Packed text: it comes back whole, in properties that Azure takes."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.store.packed import CHUNK_BYTES, pack, unpack
from shared.store.rows import Value


def incompressible(characters: int) -> str:
    return random.Random(1).randbytes(characters // 2).hex()  # noqa: S311  # Nothing is kept secret here.


@settings(max_examples=100)
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_is_packed_is_unpacked(text: str) -> None:
    assert unpack(pack(text)) == text


def test_a_large_text_is_split_into_what_a_property_may_hold() -> None:
    text = incompressible(400_000)
    values = pack(text, "page")
    assert list(values) == [f"page{number}" for number in range(len(values))]
    assert len(values) > 2
    assert all(0 < len(chunk) <= CHUNK_BYTES for chunk in values.values())
    assert unpack(values, "page") == text


def test_a_shorter_text_merged_over_a_longer_one_is_read_alone() -> None:
    merged = {**pack(incompressible(400_000)), **pack("short")}
    assert "body1" in merged
    assert unpack(merged) == "short"


def test_a_text_as_long_as_its_properties_is_read_alone() -> None:
    two = incompressible(200_000)
    assert unpack({**pack(incompressible(400_000)), **pack(two)}) == two


def test_two_texts_lie_in_one_row() -> None:
    values: dict[str, Value] = {**pack("one", "a"), **pack("two", "b"), "count": 2}
    assert [unpack(values, "a"), unpack(values, "b")] == ["one", "two"]


def test_what_is_not_there_is_said() -> None:
    with pytest.raises(ValueError, match="'body0' is missing"):
        unpack({"name": "x"})


def test_a_lost_end_is_said() -> None:
    values = pack(incompressible(400_000))
    values.popitem()
    with pytest.raises(ValueError, match="is missing"):
        unpack(values)


def test_damage_is_said() -> None:
    with pytest.raises(ValueError, match="'body' is damaged"):
        unpack({"body0": b"no stream at all"})
