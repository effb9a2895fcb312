"""Quota: thresholds are crossed, not met; what is unknown makes a lower bound; each month is new."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.account import SigningAccount
from shared.domain.finding import Finding, Severity
from shared.domain.policy import Policy
from shared.domain.rules.quota import signing_quota
from shared.domain.signatures import signatures_of
from shared.domain.subscription import Subscription
from shared.domain.survey import Survey
from shared.domain.usage import SigningUsage

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
MONTH = datetime(2026, 11, 1, tzinfo=UTC)
OWNER = Subscription("11111111-1111-4111-8111-111111111111", "Games")


def judge(total: int, sku: str = "Basic", read_until: datetime | None = NOW) -> list[Finding]:
    account = SigningAccount("/a", "tools", OWNER.id, "rg", "westeurope", sku)
    signed = {account.id: signatures_of({MONTH: SigningUsage(account.id, MONTH, {5: total}, read_until)})}
    return list(signing_quota(Survey(OWNER, NOW, (account,), signatures=signed), Policy(), NOW))


@pytest.mark.parametrize(
    ("total", "level", "severity", "again"),
    [
        (2_500, 1, Severity.INFO, "at 80 %"),
        (3_999, 1, Severity.INFO, "at 80 %"),
        (4_000, 2, Severity.WARNING, "at 90 %"),
        (4_500, 3, Severity.WARNING, "at 100 %"),
        (4_999, 3, Severity.WARNING, "at 100 %"),
        (5_000, 4, Severity.WARNING, "not before the next period"),
        (50_000, 4, Severity.WARNING, "not before the next period"),
    ],
)
def test_each_threshold_is_a_level_of_its_own(total: int, level: int, severity: Severity, again: str) -> None:
    [found] = judge(total)
    assert (level, severity, again) == (found.level, found.severity, found.next_word)


@pytest.mark.parametrize(("total", "sku"), [(0, "Basic"), (2_499, "Basic"), (49_999, "Premium"), (99_999, "Gold")])
def test_below_the_first_threshold_or_with_an_unknown_sku_nothing_is_said(total: int, sku: str) -> None:
    assert [] == judge(total, sku)


def test_what_comes_on_top_is_said_in_dollars() -> None:
    [found] = judge(7_000)
    assert (
        "Account tools (Games) has made 7,000 of the 5,000 signatures included in November (100 % crossed)"
        == found.what
    )
    assert found.stops.endswith("by list price; so far 10.00 USD.")


@pytest.mark.parametrize(
    ("read_until", "words"),
    [(NOW - timedelta(hours=2), "made 4,000"), (NOW - timedelta(hours=3), "made at least 4,000"), (None, "at least")],
)
def test_what_was_not_read_to_the_end_is_a_lower_bound(read_until: datetime | None, words: str) -> None:
    [found] = judge(4_000, read_until=read_until)
    assert words in found.what


def test_hours_of_which_azure_says_nothing_are_told() -> None:
    [found] = judge(4_000)
    assert "467 hours of which Azure says nothing" == found.facts["Not counted"]


def test_each_month_is_a_problem_of_its_own() -> None:
    [found] = judge(4_000)
    assert "rg/tools/2026-11" == found.subject
