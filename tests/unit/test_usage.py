"""Usage: reading a window twice never counts twice, a null is unknown, and reading always gets on."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.usage import HOUR, SigningUsage, Window, month_of, next_window

MONTH = datetime(2026, 11, 1, tzinfo=UTC)
EMPTY = SigningUsage("/a", MONTH)


def at(hour: float) -> datetime:
    return MONTH + hour * HOUR


def read(usage: SigningUsage, first: float, last: float, counts: Mapping[float, int]) -> SigningUsage:
    return usage.replaced(Window(at(first), at(last)), {at(hour): number for hour, number in counts.items()})


def test_a_window_that_is_read_again_replaces_what_it_held() -> None:
    once = read(EMPTY, 0, 5, {1: 10, 3: 20})
    assert (30, once) == (once.total, read(once, 0, 5, {1: 10, 3: 20}))
    assert {1: 10, 3: 25} == read(once, 2, 5, {3: 25}).hours


def test_an_hour_that_is_unknown_now_is_not_zero_and_not_what_it_was() -> None:
    assert {1: 10} == read(read(EMPTY, 0, 5, {1: 10, 3: 20}), 2, 5, {}).hours


def test_the_open_hour_is_replaced_as_a_whole() -> None:
    half = read(EMPTY, 0, 4.5, {3: 5, 4: 1})
    assert {3: 5, 4: 9} == read(half, 4, 5.1, {4: 9}).hours


def test_reading_never_goes_back() -> None:
    assert at(9) == read(read(EMPTY, 0, 9, {}), 2, 5, {}).read_until


@pytest.mark.parametrize(
    ("read_until", "now", "longest", "window"),
    [
        (None, 10.5, 31 * 24, (0, 10.5)),
        (None, 10.5, 3, (0, 3)),
        (10.5, 11.5, 31 * 24, (0, 11.5)),
        (100.5, 101.5, 31 * 24, (53, 101.5)),
        (100.5, 101.5, 3, (99, 101.5)),
        (100.5, 300.5, 3, (100, 103)),
        (100.5, 300.5, 31 * 24, (100, 300.5)),
    ],
)
def test_what_is_read_next(read_until: float | None, now: float, longest: float, window: tuple[float, float]) -> None:
    usage = SigningUsage("/a", MONTH, {}, None if read_until is None else at(read_until))
    assert Window(at(window[0]), at(window[1])) == next_window(usage, at(now), longest * HOUR)


@given(st.lists(st.floats(0.1, 30), min_size=1, max_size=60), st.sampled_from([3, 24, 31 * 24]))
def test_reading_always_gets_on_and_leaves_no_gap(pauses: Sequence[float], longest: int) -> None:
    usage, now = EMPTY, MONTH
    for pause in pauses:
        now += timedelta(hours=pause)
        window = next_window(usage, now, longest * HOUR)
        reached = usage.read_until or MONTH
        assert MONTH <= window.start <= reached
        assert min(now, reached + HOUR / 2) <= window.end <= now
        assert window.span <= longest * HOUR
        usage = usage.replaced(window, {})


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
    assert sum(truth.values()) == usage.total


@given(st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)))  # noqa: DTZ001
def test_a_month_begins_on_its_first_day(moment: datetime) -> None:
    now = moment.replace(tzinfo=UTC)
    month = month_of(now)
    assert (now.year, now.month, 1, 0) == (month.year, month.month, month.day, month.hour)
    assert month <= now < month + timedelta(days=31)


def test_complete_means_read_up_to_two_hours_ago() -> None:
    usage = read(EMPTY, 0, 5, {})
    assert (True, False, False) == (usage.complete(at(7)), usage.complete(at(7.1)), EMPTY.complete(at(0)))
