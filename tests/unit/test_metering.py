"""What is read of signatures in one look: little, the newest first, every hour at least twice, and no gap for good."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.account import Certificate, CertificateProfile
from shared.domain.metering import HEAD, SETTLES_WITHIN, Metering, silent_hours
from shared.domain.signatures import signatures_of
from shared.domain.usage import HOUR, SigningUsage, Window, month_of

MONTH = datetime(2026, 11, 1, tzinfo=UTC)
SLICE = 3 * HOUR


def at(hour: float) -> datetime:
    return MONTH + hour * HOUR


def span(first: float, last: float) -> Window:
    return Window(at(first), at(last))


def look(known: Metering, hour: float, longest: timedelta = SLICE) -> tuple[tuple[Window, ...], Metering]:
    """One look: what it reads, and what is known then; every hour has one signature."""
    metering = Metering("/a", at(hour), known.months)
    planned = metering.plan(longest)
    for window in planned:
        metering = metering.read(window, ones(window))
    return planned, metering


def ones(window: Window) -> dict[datetime, int]:
    hours = range(-((window.start - window.end) // HOUR))
    return {window.start + number * HOUR: 1 for number in hours}


def looks(hours: Sequence[float], longest: timedelta = SLICE) -> tuple[list[tuple[Window, ...]], Metering]:
    known, planned = Metering("/a", at(0)), []
    for hour in hours:
        windows, known = look(known, hour, longest)
        planned.append(windows)
    return planned, known


def hourly(first: float, count: int) -> list[float]:
    return [first + number + 7 / 60 for number in range(count)]


def complete(known: Metering) -> bool:
    return signatures_of(known.months).complete(Window(min(known.months), known.now), known.now)


def test_an_hourly_look_reads_at_most_seventy_minutes_of_the_newest() -> None:
    [*_, last], known = looks(hourly(0, 30))
    assert Window(at(28), at(29) + timedelta(minutes=7)) == last[0]
    assert at(29) + timedelta(minutes=7) == known.read_until


def test_a_late_install_reads_the_newest_first_and_then_back_a_slice_at_a_time() -> None:
    planned, known = looks(hourly(10, 5))
    assert (span(9, 10 + 7 / 60), span(6, 9)) == planned[0]
    assert span(3, 6) in planned[1]
    assert ((), True) == (known.this_month.gaps, complete(known))


def test_where_hours_are_given_the_whole_first_period_is_one_slice() -> None:
    planned, known = looks(hourly(400, 1), timedelta(days=31))
    assert (span(399, 400 + 7 / 60), span(0, 399)) == planned[0]
    assert complete(known)


def test_after_a_long_pause_the_newest_is_read_first_and_the_gap_filled() -> None:
    _, known = looks(hourly(0, 3))
    planned, known = look(known, 20 + 7 / 60)
    assert (span(19, 20 + 7 / 60), span(16, 19)) == planned[:2]
    assert (span(2, 16),) == known.this_month.gaps


def test_one_missed_look_is_caught_up_with_without_a_gap() -> None:
    planned, known = looks([5.1, 7.1, 8.1, 9.1], timedelta(days=31))
    assert span(5, 5 + 70 / 60) == planned[1][0]
    assert () == known.this_month.gaps


def test_the_last_two_days_are_read_again_once_a_day_in_slices() -> None:
    planned, _ = looks(hourly(0, 24 * 5))
    again = [windows[1:] for windows in planned[96:120]]
    assert [span(48 + 3 * n, 51 + 3 * n) for n in range(15)] == [window for windows in again for window in windows][:15]
    assert 16 == sum(len(windows) for windows in again)
    assert [()] * 8 == again[16:]


def test_where_hours_are_given_that_is_one_call_a_day() -> None:
    planned, _ = looks(hourly(0, 24 * 4), timedelta(days=31))
    assert [24, 48, 72] == [number for number, windows in enumerate(planned) if number and len(windows) > 1]


def test_the_last_hours_of_a_month_are_read_into_that_month_and_again_in_the_next() -> None:
    planned, known = looks([*hourly(24 * 30 - 5, 10)], timedelta(days=31))
    november, december = known.months[MONTH], known.this_month
    assert (720, True) == (november.total, complete(known))
    assert (5, month_of(at(24 * 30 + 1))) == (december.total, december.month)
    assert Window(at(719), at(720) + timedelta(minutes=7)) == planned[5][0]
    assert planned[5][1].start == at(24 * 30 - 48)


def test_what_could_not_be_read_is_read_next_time() -> None:
    _, known = looks(hourly(0, 3))
    blind = Metering("/a", at(3 + 7 / 60), known.months)
    planned, later = look(blind, 4 + 7 / 60)
    assert planned[0].start == at(2)
    assert () == look(later, 5 + 7 / 60)[1].this_month.gaps


@given(st.lists(st.floats(0.1, 30), min_size=1, max_size=60), st.sampled_from([3, 744]))
def test_reading_gets_on_leaves_no_hour_out_and_never_reads_much(pauses: Sequence[float], longest: int) -> None:
    known, now = Metering("/a", MONTH), 0.0
    for pause in pauses:
        now, before = now + pause, known
        planned, known = look(known, now, longest * HOUR)
        assert all(window.start < window.end <= at(now) for window in planned)
        assert all(window.span <= longest * HOUR for window in planned)
        assert not planned or planned[0].span <= HEAD or planned[0].end <= (before.read_until or MONTH)
        assert at(now) - HOUR <= (known.read_until or MONTH)
    for _ in range(1_000):
        if not any(usage.gaps for usage in known.months.values()):
            break
        now += 1
        _, known = look(known, now, longest * HOUR)
    counted = sum(usage.total for usage in known.months.values())
    first = min(known.months)
    reached = known.read_until or MONTH
    assert -((first - reached) // HOUR) == counted


def certified(created: float, expires: float) -> CertificateProfile:
    certificate = Certificate("1", "1", at(created), at(expires))
    return CertificateProfile("/a", "p", "PublicTrust", "Active", "v", certificates=(certificate,))


@pytest.mark.parametrize(
    ("profiles", "hours"),
    [
        ([], [0, 1, 2, 3]),
        ([certified(-72, 0)], [0, 1, 2, 3]),
        ([certified(-72, 1.5)], [2, 3]),
        ([certified(2.5, 74)], [0, 1]),
        ([certified(-72, 72)], []),
        ([certified(-72, 0.5), certified(3, 75)], [1, 2]),
    ],
)
def test_where_no_certificate_was_valid_nothing_was_signed(
    profiles: Sequence[CertificateProfile], hours: Sequence[int]
) -> None:
    assert {at(hour): 0 for hour in hours} == silent_hours(span(0, 3.2), profiles)


def test_two_days_are_what_azure_says_points_take() -> None:
    assert timedelta(days=2) == SETTLES_WITHIN
    assert SigningUsage("/a", MONTH) == Metering("/a", at(1)).this_month
