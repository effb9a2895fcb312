"""Keys: what goes in comes out, Azure takes it, and a range finds what begins the same."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.store import limits
from shared.store.keys import key, parts, prefix

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
PARTS = st.lists(TEXT, min_size=1, max_size=4)


def lowered(names: list[str]) -> tuple[str, ...]:
    return tuple(name.lower() for name in names)


@settings(max_examples=100)
@given(PARTS)
def test_a_key_can_be_read_back(names: list[str]) -> None:
    assert parts(key(*names)) == lowered(names)


@settings(max_examples=100)
@given(PARTS)
def test_azure_takes_every_key(names: list[str]) -> None:
    made = key(*names)
    limits.check_key(made)
    assert re.search(r"[/\\#?%'\x00-\x1f\x7f-\x9f]", made) is None
    assert made == made.strip(" ")


@settings(max_examples=100)
@given(PARTS, PARTS)
def test_different_parts_never_meet_in_one_key(some: list[str], others: list[str]) -> None:
    assert (key(*some) == key(*others)) == (lowered(some) == lowered(others))


@settings(max_examples=100)
@given(PARTS, PARTS, TEXT)
def test_a_prefix_finds_what_begins_with_its_parts_and_nothing_else(
    some: list[str], others: list[str], more: str
) -> None:
    first, last = prefix(*some)
    assert first <= key(*some, more) < last
    below = lowered(others)[: len(some)] == lowered(some) and len(others) > len(some)
    assert (first <= key(*others) < last) == below


def test_a_prefix_of_nothing_is_everything() -> None:
    assert prefix() == ("", "")


def test_ascii_and_other_scripts_stay_readable() -> None:
    assert key("/Subscriptions/A b", "株式会社", "it's 5%") == "~2fsubscriptions~2fa b|株式会社|it~27s 5~25"


def test_spaces_are_escaped_only_where_they_would_get_lost() -> None:
    assert key("  a b  ", " ") == "~20~20a b~20~20|~20"


def test_times_keep_their_order() -> None:
    times = ["2025-12-31T23:59:59+00:00", "2026-01-01T00:00:00+00:00", "2026-01-01T00:00:00.5+00:00", "2026-02-01"]
    assert sorted(key("look", time) for time in times) == [key("look", time) for time in sorted(times)]


def test_a_key_has_at_most_a_kibibyte() -> None:
    assert len(key("a" * 512)) == 512
    with pytest.raises(ValueError, match="512 characters"):
        key("a" * 513)
    with pytest.raises(ValueError, match="512 characters"):
        key("𠮷" * 257)


def test_a_key_needs_a_part() -> None:
    with pytest.raises(ValueError, match="at least one part"):
        key()


def test_half_a_surrogate_pair_is_refused() -> None:
    with pytest.raises(ValueError, match="surrogates"):
        key("\ud800")
