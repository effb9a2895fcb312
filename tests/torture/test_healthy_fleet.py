"""A healthy fleet of 1,000 accounts over 90 simulated days, looked at every six hours: not one finding."""

from datetime import UTC, datetime

from tests.unit.rules.test_healthy import findings


def test_a_thousand_healthy_accounts_over_ninety_days() -> None:
    found = next(findings(1_000, datetime(2026, 9, 1, 1, 7, tzinfo=UTC), 90), None)
    assert found is None
