"""The forecast: never before the quota is reached in the data, monotone in usage, nothing from nulls."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from shared.domain.forecast import CannotSay, Outlook, outlook, pattern_of
from shared.domain.period import period_of
from shared.domain.signatures import Day, Signatures, midnight

DAY = timedelta(days=1)
LIMIT = 5_000

moments = st.datetimes(datetime(2024, 1, 1), datetime(2031, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
counts = st.lists(st.integers(0, 700), min_size=28, max_size=62)
billing_days = st.integers(1, 31)


def signatures(now: datetime, numbers: list[int]) -> Signatures:
    """Today first, then backwards."""
    days = {now.date() - back * DAY: Day(number, 24) for back, number in enumerate(numbers)}
    return Signatures(midnight(min(days)), dict(sorted(days.items())), now)


def ahead(now: datetime, numbers: list[int], billing_day: int = 1, limit: int = LIMIT) -> Outlook:
    answer = outlook(signatures(now, numbers), period_of(now, billing_day), limit, now)
    assert isinstance(answer, Outlook)
    return answer


@given(moments, counts, billing_days)
def test_it_is_never_earlier_than_what_the_data_allow(now: datetime, numbers: list[int], billing_day: int) -> None:
    """Not before today where the quota is not used up today, and within the period."""
    period = period_of(now, billing_day)
    assume(signatures(now, numbers).total(period) < LIMIT)
    seen = ahead(now, numbers, billing_day)
    for on in (seen.reached, seen.earliest, seen.latest):
        assert on is None or now.date() <= on < period.end.date()
    assert min(signatures(now, numbers).total(period), LIMIT) <= seen.least <= seen.total <= seen.most


@given(moments, counts, billing_days)
def test_the_range_holds_the_guess(now: datetime, numbers: list[int], billing_day: int) -> None:
    seen = ahead(now, numbers, billing_day)
    never = date.max
    assert (seen.earliest or never) <= (seen.reached or never) <= (seen.latest or never)


@given(moments, counts, st.data())
def test_more_signatures_never_put_it_off(now: datetime, numbers: list[int], data: st.DataObject) -> None:
    which = data.draw(st.integers(0, len(numbers) - 1))
    more = [*numbers]
    more[which] += data.draw(st.integers(1, 5_000))
    less, rest = ahead(now, numbers), ahead(now, more)
    never = date.max
    assert (rest.reached or never) <= (less.reached or never)
    assert (rest.earliest or never) <= (less.earliest or never)
    assert (rest.latest or never) <= (less.latest or never)
    assert rest.total >= less.total


@given(moments, st.integers(0, 13))
def test_from_nothing_or_from_too_little_nothing_is_foreseen(now: datetime, known: int) -> None:
    nothing = replace(signatures(now, [0]), days={})
    few = signatures(now, [9] * (1 + known))
    for seen in (nothing, few):
        assert isinstance(outlook(seen, period_of(now), LIMIT, now), CannotSay)
    assert isinstance(pattern_of(signatures(now, [9] * 15), now), CannotSay) is False


def test_the_weekly_pattern_is_learned() -> None:
    """Only Tuesdays, 500 each: by Friday 20 November three have passed, and the fourth is the 24th."""
    now = datetime(2026, 11, 20, 12, tzinfo=UTC)
    tuesdays = [500 if (now.date() - back * DAY).weekday() == 1 else 0 for back in range(40)]
    seen = ahead(now, tuesdays, limit=1_900)
    assert (date(2026, 11, 24), 2_000) == (seen.reached, seen.total)
    assert ahead(now, tuesdays, limit=2_001).reached is None
