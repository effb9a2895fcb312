"""Usage: reading a window twice never counts twice, and what Azure says nothing of stays unknown."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.signatures import signatures_of
from shared.domain.usage import HOUR, SigningUsage, Window, last_month, month_of, next_month

MONTH = datetime(2026, 11, 1, tzinfo=UTC)
EMPTY = SigningUsage("/a", MONTH)


def at(hour: float) -> datetime:
    return MONTH + hour * HOUR


def span(first: float, last: float) -> Window:
    return Window(at(first), at(last))


def read(usage: SigningUsage, first: float, last: float, counts: Mapping[float, int]) -> SigningUsage:
    return usage.counted({at(hour): number for hour, number in counts.items()}).reached(span(first, last))


def test_a_window_that_is_read_again_replaces_what_it_held() -> None:
    once = read(EMPTY, 0, 5, {1: 10, 3: 20})
    assert (30, once) == (once.total, read(once, 0, 5, {1: 10, 3: 20}))
    assert {1: 10, 3: 25} == read(once, 2, 5, {3: 25}).hours


def test_an_hour_that_is_unknown_now_is_what_it_was_known_to_be() -> None:
    assert {1: 10, 3: 20} == read(read(EMPTY, 0, 5, {1: 10, 3: 20}), 2, 5, {}).hours


def test_the_open_hour_is_replaced_as_a_whole() -> None:
    half = read(EMPTY, 0, 4.5, {3: 5, 4: 1})
    assert {3: 5, 4: 9} == read(half, 4, 5.1, {4: 9}).hours


def complete(usage: SigningUsage, now: datetime) -> bool:
    return signatures_of({usage.month: usage}).complete(usage.whole, now)


def test_hours_of_which_azure_said_nothing_are_counted_as_unknown_and_never_as_zero() -> None:
    usage = read(EMPTY, 0, 5, {1: 10, 3: 0})
    assert (10, 3) == (usage.total, usage.unknown_within(usage.whole))


def test_a_window_that_begins_later_leaves_a_gap_which_is_closed_by_reading_it() -> None:
    behind = read(read(EMPTY, 0, 2, {}), 10, 11, {})
    assert (span(2, 10),) == behind.gaps
    assert (span(2, 4), span(7, 10)) == read(behind, 4, 7, {}).gaps
    assert () == read(behind, 2, 10, {}).gaps


def test_what_is_in_a_gap_is_not_called_unknown_but_unread() -> None:
    assert (1, False) == ((behind := read(EMPTY, 10, 11, {})).unknown_within(EMPTY.whole), complete(behind, at(11)))


def test_reading_never_goes_back() -> None:
    assert at(9) == read(read(EMPTY, 0, 9, {}), 2, 5, {}).read_until


def test_hours_of_other_months_are_left_to_them() -> None:
    assert {0: 1, 719: 2} == EMPTY.counted({at(-1): 5, at(0): 1, at(719): 2, at(720): 7}).hours


@given(
    st.dictionaries(st.integers(0, 200), st.integers(0, 1_000)),
    st.lists(st.tuples(st.integers(0, 200), st.integers(1, 50)), max_size=10),
)
def test_however_often_and_in_whatever_order_windows_are_read_nothing_counts_twice(
    truth: Mapping[int, int], windows: Sequence[tuple[int, int]]
) -> None:
    usage = EMPTY
    for first, length in [*windows, (0, 201)]:
        counts: dict[float, int] = {hour: n for hour, n in truth.items() if first <= hour < first + length}
        usage = read(usage, first, first + length, counts)
    assert (sum(truth.values()), ()) == (usage.total, tuple(gap for gap in usage.gaps if gap.start < at(201)))


@given(st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)))  # noqa: DTZ001
def test_a_month_begins_on_its_first_day(moment: datetime) -> None:
    now = moment.replace(tzinfo=UTC)
    month = month_of(now)
    assert (now.year, now.month, 1, 0) == (month.year, month.month, month.day, month.hour)
    assert month <= now < next_month(month) <= month + timedelta(days=31)
    assert month == next_month(last_month(month))


@pytest.mark.parametrize(
    ("usage", "now", "whole"),
    [
        (read(EMPTY, 0, 5, dict.fromkeys(range(5), 0)), 7, True),
        (read(EMPTY, 0, 5, dict.fromkeys(range(5), 0)), 7.1, False),
        (read(EMPTY, 0, 5, {}), 7, True),
        (read(EMPTY, 2, 5, dict.fromkeys(range(5), 0)), 7, False),
        (EMPTY, 2, True),
        (EMPTY, 2.1, False),
        (read(EMPTY, 0, 720, dict.fromkeys(range(720), 0)), 900, True),
    ],
)
def test_complete_means_read_up_to_two_hours_ago_without_a_gap(usage: SigningUsage, now: float, whole: bool) -> None:
    assert whole == complete(usage, at(now))
