"""What the watcher cannot see, in one subscription and in all of them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from shared.domain.account import SigningAccount
from shared.domain.blind import About, Blind
from shared.domain.budget import Spending
from shared.domain.finding import Finding, Severity
from shared.domain.fleet import FleetSurvey
from shared.domain.look import Look, ShardEnd
from shared.domain.policy import Budget, CostPolicy, Policy
from shared.domain.rules.book import FLEET_RULES
from shared.domain.rules.hygiene import account_out_of_sight, subscription_unreadable
from shared.domain.subscription import Subscription
from shared.domain.survey import Survey

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
OWNER = Subscription("11111111-1111-4111-8111-111111111111", "Games")
LOOK = Look("20261120T120000000Z", NOW, (OWNER.id,))
NO_INDEX = Blind(About.ACCOUNTS, "", "The Reader role is missing.")
ONE, TWO = (
    SigningAccount(f"{OWNER.scope}/x/{name}", name, OWNER.id, "rg", "westeurope", "Basic") for name in ("one", "two")
)


def fleet_findings(survey: FleetSurvey, policy: Policy, now: datetime) -> list[Finding]:
    return [found for rule in FLEET_RULES for found in rule.findings(survey, policy, now)]


def unreadable(*blind: Blind, lasted: timedelta = timedelta()) -> list[tuple[Severity, str, tuple[str, ...]]]:
    survey = Survey(OWNER, NOW, (ONE, TWO), blind=blind, unread_since=NOW - lasted)
    return [(found.severity, found.what, found.accounts) for found in subscription_unreadable(survey, Policy(), NOW)]


def test_a_whole_subscription_and_a_part_of_it_are_told_apart() -> None:
    whole = Blind(About.ACCOUNTS, OWNER.scope, "403")
    profiles = Blind(About.PROFILES, ONE.id, "403")

    assert [] == unreadable()
    [(_, all_of_it, accounts)] = unreadable(whole)
    unwatched = "2 accounts are not watched (one and two)"
    assert f"Subscription Games could not be read since Fri 20 Nov 2026 12:00 UTC: {unwatched}" == all_of_it
    assert ("one", "two") == accounts
    [(_, part, accounts)] = unreadable(profiles)
    assert "A part of subscription Games could not be read: certificate profiles of one" == part
    assert ("one",) == accounts


@pytest.mark.parametrize(
    ("hours", "severity"), [(0, Severity.WARNING), (23.99, Severity.WARNING), (24, Severity.CRITICAL)]
)
def test_an_account_out_of_sight_is_a_problem_of_its_own(hours: float, severity: Severity) -> None:
    spot = Blind(About.ACCOUNTS, ONE.id, "403")
    survey = Survey(OWNER, NOW, (ONE, TWO), blind=(spot,), unread_since=NOW - timedelta(hours=hours))
    assert [] == unreadable(spot)
    [found] = account_out_of_sight(survey, Policy(), NOW)
    assert (severity, ("one",)) == (found.severity, found.accounts)


@pytest.mark.parametrize(
    ("hours", "severity"), [(0, Severity.WARNING), (23.99, Severity.WARNING), (24, Severity.CRITICAL)]
)
def test_being_blind_is_critical_after_a_day(hours: float, severity: Severity) -> None:
    [(found, _, _)] = unreadable(Blind(About.ACCOUNTS, OWNER.scope, "403"), lasted=timedelta(hours=hours))
    assert severity == found
    survey = FleetSurvey(Look("1", NOW, (), blind=(NO_INDEX,)), (), (NO_INDEX,), NOW - timedelta(hours=hours))
    assert [severity] == [found.severity for found in fleet_findings(survey, Policy(), NOW)]


def end(accounts: int) -> ShardEnd:
    return ShardEnd(OWNER, NOW, accounts)


@pytest.mark.parametrize(
    ("survey", "rules"),
    [
        (FleetSurvey(LOOK, [end(0)]), ["nothing-visible"]),
        (FleetSurvey(Look("1", NOW, ()), []), ["nothing-visible"]),
        (FleetSurvey(LOOK, [end(1)]), []),
        (FleetSurvey(Look("1", NOW, (), accounts=5), []), []),
        (FleetSurvey(LOOK, [], [NO_INDEX]), []),
        (FleetSurvey(Look("1", NOW, (), blind=(NO_INDEX,)), [end(0)], [NO_INDEX]), ["inventory-unreadable"]),
    ],
)
def test_seeing_nothing_is_told_only_where_everything_was_looked_at(survey: FleetSurvey, rules: list[str]) -> None:
    assert rules == [found.rule for found in fleet_findings(survey, Policy(), NOW)]


def test_a_wrong_setting_is_told_once_for_all_and_anew_when_it_changes() -> None:
    wrong = ("QUOTA__WARN_PERCNT is not a setting of Countersign: did you mean QUOTA__WARN_PERCENT?",)
    [found] = fleet_findings(FleetSurvey(LOOK, [end(1)], mistakes=wrong), Policy(), NOW)
    assert f"1 app setting of Countersign is wrong: {wrong[0]}" == found.what
    [other] = fleet_findings(FleetSurvey(LOOK, [end(1)], mistakes=(*wrong, "TELL__GROUP: no.")), Policy(), NOW)
    assert (Severity.WARNING, True) == (other.severity, other.key != found.key)


def looks(*hours_ago: float) -> FleetSurvey:
    before = [replace(LOOK, started=NOW - timedelta(hours=hours)) for hours in hours_ago]
    return FleetSurvey(LOOK, [end(1)], before=before)


@pytest.mark.parametrize(
    ("before", "late"),
    [
        ((1, 2, 3, 4, 5), False),
        ((2.49, 3.49, 4.49, 5.49, 6.49), False),
        ((2.5, 3.5, 4.5, 5.5, 6.5), True),
        ((9, 10, 11), False),
        ((1.9, 2.4, 2.9, 3.4, 3.9), False),
        ((72, 96, 120, 144, 168), True),
        ((59, 83, 107, 131, 155), False),
        ((), False),
    ],
)
def test_a_check_is_late_by_what_is_usual(before: tuple[float, ...], late: bool) -> None:
    assert late == any(found.rule == "watch-late" for found in fleet_findings(looks(*before), Policy(), NOW))


def budgets(so_far: str, foreseen: str, currency: str = "EUR", **parts: Any) -> dict[str, str]:
    policy = Policy(cost=CostPolicy((Budget("total", Decimal(100), "EUR"),)))
    halves = [Decimal(so_far) / 2, Decimal(foreseen) / 2]
    spent = {"total": Spending({currency: halves[0]}, {currency: halves[1]})}
    survey = FleetSurvey(LOOK, [replace(end(1), spent=spent), replace(end(1), spent=spent)], **parts)
    return {found.rule: found.what for found in fleet_findings(survey, policy, NOW)}


@pytest.mark.parametrize(
    ("so_far", "foreseen", "rules"),
    [
        ("99.98", "100.00", set()),
        ("100.00", "100.00", set()),
        ("100.02", "120.00", {"cost-budget"}),
        ("50.00", "100.02", {"cost-budget-forecast"}),
    ],
)
def test_a_budget_is_exceeded_or_will_be_over_all_subscriptions(so_far: str, foreseen: str, rules: set[str]) -> None:
    assert rules == set(budgets(so_far, foreseen))


def test_a_missing_part_makes_it_at_least() -> None:
    spoken = budgets("150", "200", unended=["Labs"])
    assert spoken["cost-budget"].startswith("Budget total is exceeded: at least 150.00 of 100.00 EUR")


def test_a_budget_in_another_currency_than_the_bill_is_said_and_not_compared() -> None:
    spoken = budgets("9000", "9000", "USD")
    assert {"cost-budget": "Budget total is in EUR, but the bill is in USD: they cannot be compared"} == spoken
