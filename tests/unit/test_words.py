"""How things are said to people."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from shared.domain.words import amounts, count, day, listing, moment, span


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ([], ""),
        (["a"], "a"),
        (["a", "b"], "a and b"),
        (["a", "b", "c"], "a, b and c"),
        (["a", "b", "c", "d"], "a, b and 2 more"),
        (list("abcdef"), "a, b and 4 more"),
    ],
)
def test_lists(names: list[str], said: str) -> None:
    assert said == listing(names)


@pytest.mark.parametrize(
    ("number", "said"), [(0, "0 accounts"), (1, "1 account"), (2, "2 accounts"), (1_200, "1,200 accounts")]
)
def test_counts(number: int, said: str) -> None:
    assert said == count(number, "account")


@pytest.mark.parametrize(
    ("sums", "said"),
    [
        ({}, "nothing"),
        ({"USD": Decimal("1203.455")}, "1,203.46 USD"),
        ({"USD": Decimal("9.99"), "EUR": Decimal("-0.5")}, "-0.50 EUR and 9.99 USD"),
    ],
)
def test_amounts_are_said_by_currency(sums: dict[str, Decimal], said: str) -> None:
    assert said == amounts(sums)


def test_counts_of_words_with_a_plural_of_their_own() -> None:
    assert ("1 reply", "2 replies") == (count(1, "reply", "replies"), count(2, "reply", "replies"))


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (-5, "0 minutes"),
        (0, "0 minutes"),
        (1, "1 minute"),
        (59, "59 minutes"),
        (60, "1 hour"),
        (119, "1 hour"),
        (47 * 60, "47 hours"),
        (48 * 60, "2 days"),
        (400 * 24 * 60, "400 days"),
    ],
)
def test_spans(minutes: int, said: str) -> None:
    assert said == span(timedelta(minutes=minutes))


def test_days_and_moments_are_utc() -> None:
    assert "3 Dec 2026" == day(date(2026, 12, 3))
    assert "Wed 18 Nov 2026 08:41 UTC" == moment(datetime(2026, 11, 18, 8, 41, tzinfo=UTC))
    ahead = timezone(timedelta(hours=9))
    assert "Tue 17 Nov 2026 23:41 UTC" == moment(datetime(2026, 11, 18, 8, 41, tzinfo=ahead))
