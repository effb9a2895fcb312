"""What the watcher cannot see, in one subscription and in all of them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from shared.domain.account import SigningAccount
from shared.domain.blind import About, Blind, hidden
from shared.domain.budget import Spending
from shared.domain.cost import CostScope
from shared.domain.finding import Finding, Severity
from shared.domain.fleet import FleetSurvey
from shared.domain.look import Look, ShardEnd
from shared.domain.policy import Budget, CostPolicy, Policy
from shared.domain.reach import Reached
from shared.domain.rules.book import FLEET_RULES
from shared.domain.rules.sight import account_out_of_sight, subscription_unreadable
from shared.domain.subscription import Subscription
from shared.domain.survey import Survey
from shared.schedule import next_due

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
    survey = Survey(OWNER, NOW, (ONE, TWO), blind=blind, unread={spot.key: NOW - lasted for spot in blind})
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
    survey = Survey(OWNER, NOW, (ONE, TWO), blind=(spot,), unread={spot.key: NOW - timedelta(hours=hours)})
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


def late(schedule: str, before: str, started: str) -> bool:
    """Whether a check that started then is told to be late."""
    last, now = (datetime.fromisoformat(at).replace(tzinfo=UTC) for at in (before, started))
    seen = FleetSurvey(
        replace(LOOK, started=now), [end(1)], before=[replace(LOOK, started=last)], due=next_due(schedule, last)
    )
    return "watch-late" in [found.rule for found in fleet_findings(seen, Policy(), now)]


HOURLY, OFFICE, DAILY = "0 7 * * * *", "0 7 8-18 * * mon-fri", "0 0 6 * * *"


@pytest.mark.parametrize(
    ("schedule", "before", "started", "told"),
    [
        (HOURLY, "2026-11-20T11:07", "2026-11-20T12:07", False),
        (HOURLY, "2026-11-20T11:07", "2026-11-20T14:06", False),
        (HOURLY, "2026-11-20T11:07", "2026-11-20T14:07", True),
        (OFFICE, "2026-11-19T18:07", "2026-11-20T08:07", False),
        (OFFICE, "2026-11-20T18:07", "2026-11-23T08:07", False),
        (OFFICE, "2026-11-20T18:07", "2026-11-23T10:07", True),
        (DAILY, "2026-11-20T06:00", "2026-11-21T07:59", False),
        (DAILY, "2026-11-20T06:00", "2026-11-21T08:00", True),
        (DAILY, "2026-11-20T11:07", "2026-11-21T06:00", False),
    ],
)
def test_a_check_is_late_by_its_schedule(schedule: str, before: str, started: str, told: bool) -> None:
    """Nights, weekends and a schedule that was just changed are not lateness."""
    assert told == late(schedule, before, started)


def test_the_first_check_is_never_late() -> None:
    assert [] == fleet_findings(FleetSurvey(LOOK, [end(1)], due=NOW - timedelta(days=9)), Policy(), NOW)


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
    compared = "Budget total is in EUR, but 9,000.00 USD charged in November cannot be compared with it"
    assert {"cost-budget": compared} == spoken


EUR, USD = (Budget("total", Decimal(100), currency) for currency in ("EUR", "USD"))


def over(
    so_far: dict[str, str], *budgets: Budget, name: str = "total", accounts: int = 1, **parts: Any
) -> list[Finding]:
    """What is said where so much was charged."""
    charged = {currency: Decimal(amount) for currency, amount in so_far.items()}
    spent = {name: Spending(charged, charged, accounts=accounts)} if accounts else {}
    seen = FleetSurvey(LOOK, [replace(end(1), spent=spent)])
    policy = Policy(cost=CostPolicy(budgets or (EUR,)))
    found = fleet_findings(replace(seen, **parts), policy, NOW)
    return [one for one in found if one.rule == "cost-budget"]


@pytest.mark.parametrize(
    ("so_far", "budgets", "said"),
    [
        ({"EUR": "5"}, (EUR,), []),
        ({"EUR": "5", "USD": "0"}, (EUR,), []),
        ({"EUR": "5", "USD": "-20"}, (EUR,), []),
        ({"EUR": "5", "USD": "0.004"}, (EUR,), []),
        ({"EUR": "5", "USD": "50000"}, (EUR,), [(1, "50,000.00 USD charged in November cannot be compared")]),
        ({"EUR": "105"}, (EUR,), [(2, "105.00 of 100.00 EUR charged in November")]),
        ({"EUR": "105", "USD": "7"}, (EUR,), [(2, "EUR charged in November, and 7.00 USD beside it")]),
        ({"EUR": "5", "USD": "50"}, (EUR, USD), []),
        ({"EUR": "5", "USD": "500"}, (EUR, USD), [(2, "500.00 of 100.00 USD")]),
        ({"EUR": "5", "USD": "5", "GBP": "5"}, (EUR, USD), [(1, "5.00 GBP"), (1, "5.00 GBP")]),
    ],
)
def test_what_a_budget_does_not_count_is_said_and_exceeding_it_is_worse(
    so_far: dict[str, str], budgets: tuple[Budget, ...], said: list[tuple[int, str]]
) -> None:
    found = over(so_far, *budgets)
    assert [level for level, _ in said] == [one.level for one in found]
    assert all(words in one.what for one, (_, words) in zip(found, said, strict=True))


def test_each_budget_of_a_month_is_a_problem_of_its_own_and_the_look_says_which_month() -> None:
    """Not the time at which it closed, which may be in the next year already."""
    begun = replace(LOOK, started=datetime(2026, 12, 31, 23, 58, tzinfo=UTC))
    found = over({"EUR": "105", "USD": "105"}, EUR, USD, look=begun)
    assert ["total/eur/2026-12", "total/usd/2026-12"] == [one.subject for one in found]
    assert all("December" in one.what for one in found)


def test_a_budget_is_not_over_where_something_was_not_seen() -> None:
    [found] = over({"EUR": "105"})
    assert hidden(found.rests_on, [Blind(About.ACCOUNTS, "", "1 subscription could not be checked in time.")])


LOST = Blind(About.ACCOUNTS, OWNER.scope, "403")


@pytest.mark.parametrize(
    ("name", "accounts", "parts", "speaks"),
    [
        ("account:tool", 0, {}, True),
        ("subscription:labs", 0, {}, True),
        ("tag:team=apps", 0, {}, True),
        ("account:tools", 1, {}, False),
        ("total", 0, {}, False),
        ("account:tool", 0, {"unended": ["Labs"]}, False),
        ("account:tool", 0, {"blind": [NO_INDEX]}, False),
        ("account:tool", 0, {"look": replace(LOOK, blind=(NO_INDEX,))}, False),
        ("account:tool", 0, {"ends": [replace(end(1), blind=(LOST,))]}, False),
        ("account:tool", 0, {"ends": [replace(end(1), blind=(Blind(About.COSTS, OWNER.scope, "403"),))]}, True),
    ],
)
def test_a_budget_that_counts_nothing_is_said_where_everything_was_looked_at(
    name: str, accounts: int, parts: dict[str, Any], speaks: bool
) -> None:
    found = over({}, Budget(name, Decimal(100), "EUR"), name=name, accounts=accounts, **parts)
    words = f"Budget {name} counts nothing: no account that is watched belongs to it"
    assert ([(0, words)] if speaks else []) == [(one.level, one.what) for one in found]


@pytest.mark.parametrize(
    ("rule", "healthy", "wrong"),
    [
        ("look-unfinished", FleetSurvey(LOOK, [end(1)]), FleetSurvey(LOOK, [end(1)], unended=["Labs"])),
        ("nobody-told", FleetSurvey(LOOK, [end(1)]), FleetSurvey(LOOK, [end(1)], told=False)),
        (
            "endpoint-unreachable",
            FleetSurvey(replace(LOOK, reached=(Reached("timestamp service", "http://t"),)), [end(1)]),
            FleetSurvey(replace(LOOK, reached=(Reached("timestamp service", "http://t", "timed out"),)), [end(1)]),
        ),
        ("settings-wrong", FleetSurvey(LOOK, [end(1)]), FleetSurvey(LOOK, [end(1)], mistakes=["X: no."])),
        (
            "bill-unreadable",
            FleetSurvey(LOOK, [end(1)], cost_scopes=[CostScope("/s")]),
            FleetSurvey(LOOK, [end(1)], cost_scopes=[CostScope("/s", blind=NO_INDEX)]),
        ),
    ],
)
def test_each_speaks_of_its_own_matter_only(rule: str, healthy: FleetSurvey, wrong: FleetSurvey) -> None:
    assert [] == fleet_findings(healthy, Policy(), NOW)
    assert [rule] == [found.rule for found in fleet_findings(wrong, Policy(), NOW)]
