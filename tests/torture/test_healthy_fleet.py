"""A healthy fleet of 1,000 accounts over 90 simulated days, looked at every six hours: not one finding."""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta

from tests.unit.rules.test_healthy import findings

START = datetime(2026, 9, 1, 1, 7, tzinfo=UTC)
DAYS, PROCESSES = 90, 2


def first_finding(start: datetime) -> Sequence[str]:
    """Of one part of the time."""
    return list(findings(1_000, start, DAYS // PROCESSES))[:1]


def test_a_thousand_healthy_accounts_over_ninety_days() -> None:
    parts = [START + number * timedelta(days=DAYS // PROCESSES) for number in range(PROCESSES)]
    with ProcessPoolExecutor(PROCESSES) as pool:
        assert [[], []] == list(pool.map(first_finding, parts))
