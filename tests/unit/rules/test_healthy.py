"""Defaults never cry wolf: a healthy fleet yields no finding, whatever the hour, the weekday or the month's end."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from benchmarks.fleets import HealthyFleet
from shared.domain.policy import Policy
from shared.domain.rules.book import RULES

DAY = timedelta(days=1)


def findings(accounts: int, start: datetime, days: int) -> Iterator[str]:
    """Every six hours, what every rule finds; what is only observed included."""
    fleet, policy = HealthyFleet(accounts), Policy()
    for number in range(days * 4):
        now = start + number * timedelta(hours=6)
        survey = fleet.survey(now, policy)
        for rule in RULES:
            yield from (f"{now}: {found.rule}: {found.what}" for found in rule.findings(survey, policy, now))


@pytest.mark.parametrize("start", [datetime(2026, 9, 1, 1, 7, tzinfo=UTC), datetime(2027, 12, 15, 1, 7, tzinfo=UTC)])
def test_healthy_accounts_over_ninety_days_are_never_complained_of(start: datetime) -> None:
    """From a long month over a short one, and over a year's end into a February of a leap year."""
    assert Counter() == Counter(findings(24, start, 90))


def test_what_is_wrong_with_one_of_them_would_show() -> None:
    """The same, had Azure stopped renewing: the test above can fail."""
    fleet, policy = HealthyFleet(40), Policy()
    now = datetime(2026, 11, 20, 1, 7, tzinfo=UTC)
    survey = fleet.survey(now, policy)
    later = now + 2 * DAY
    assert "renewal-stopped" in {found.rule for rule in RULES for found in rule.findings(survey, policy, later)}
