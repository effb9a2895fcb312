"""Periods of the quota: they follow each other without a gap, whatever the month's length."""

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.period import period_name, period_of

moments = st.datetimes(datetime(2024, 1, 1), datetime(2032, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
billing_days = st.integers(1, 31)


@given(moments, billing_days)
def test_a_period_holds_the_moment_and_the_next_begins_where_it_ends(now: datetime, billing_day: int) -> None:
    period = period_of(now, billing_day)
    assert period.start <= now < period.end
    assert period.end == period_of(period.end, billing_day).start
    assert period == period_of(period.end - timedelta(microseconds=1), billing_day)
    assert timedelta(days=28) <= period.span <= timedelta(days=31)


@given(moments, billing_days)
def test_it_begins_on_the_billing_day_or_on_the_last_of_a_short_month(now: datetime, billing_day: int) -> None:
    start = period_of(now, billing_day).start
    assert start.day == min(billing_day, monthrange(start.year, start.month)[1])


@pytest.mark.parametrize(
    ("now", "billing_day", "first", "name"),
    [
        (date(2026, 11, 1), 1, date(2026, 11, 1), "November"),
        (date(2026, 11, 14), 15, date(2026, 10, 15), "15 Oct to 14 Nov"),
        (date(2026, 11, 15), 15, date(2026, 11, 15), "15 Nov to 14 Dec"),
        (date(2027, 3, 1), 31, date(2027, 2, 28), "28 Feb to 30 Mar"),
        (date(2028, 2, 29), 31, date(2028, 2, 29), "29 Feb to 30 Mar"),
        (date(2028, 2, 28), 31, date(2028, 1, 31), "31 Jan to 28 Feb"),
    ],
)
def test_month_ends_and_leap_days(now: date, billing_day: int, first: date, name: str) -> None:
    period = period_of(datetime(now.year, now.month, now.day, 5, tzinfo=UTC), billing_day)
    assert (first, name) == (period.start.date(), period_name(period))
