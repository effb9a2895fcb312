"""Rules about budgets, judged when a look closes: over all subscriptions that were read."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from shared.domain.budget import Spending
from shared.domain.finding import Finding, Rule, Severity
from shared.domain.fleet import FleetSurvey
from shared.domain.policy import Budget, Mode, Policy
from shared.domain.rules import pages
from shared.domain.words import count, listing


def over_budget(survey: FleetSurvey, policy: Policy, now: datetime) -> Iterator[Finding]:
    """More was charged this month than a budget allows."""
    for budget, spent in _spent(survey, policy):
        amount = spent.so_far.get(budget.currency, Decimal())
        other = sorted(set(spent.so_far) - {budget.currency})
        if other and not amount:
            yield _finding(
                survey,
                budget,
                now,
                f"Budget {budget.name} is in {budget.currency}, but the bill is in {listing(other)}: they cannot be "
                "compared",
                "Nobody is told when it is exceeded.",
            )
        elif amount > budget.amount:
            yield _finding(
                survey,
                budget,
                now,
                f"Budget {budget.name} is exceeded: {_at_least(survey)}{amount:,.2f} of {budget.amount:,.2f} "
                f"{budget.currency} charged in {now:%B}",
                f"It goes on costing: {spent.foreseen.get(budget.currency, amount):,.2f} {budget.currency} foreseen "
                "for the month.",
            )


def budget_forecast(survey: FleetSurvey, policy: Policy, now: datetime) -> Iterator[Finding]:
    """By the usual week and the fees still to come a budget will be exceeded this month. It is a guess."""
    for budget, spent in _spent(survey, policy):
        amount = spent.foreseen.get(budget.currency, Decimal())
        if amount > budget.amount >= spent.so_far.get(budget.currency, Decimal()):
            listed = f" ({count(spent.listed, 'account')} by list price, no bill was read)" if spent.listed else ""
            yield _finding(
                survey,
                budget,
                now,
                f"Budget {budget.name} will be exceeded: {_at_least(survey)}{amount:,.2f} of {budget.amount:,.2f} "
                f"{budget.currency} foreseen for {now:%B}{listed}",
                "It will cost more than was meant.",
                BUDGET_FORECAST,
            )


OVER_BUDGET: Rule[FleetSurvey] = Rule(
    "cost-budget",
    over_budget,
    {"charged more than the budget": Severity.WARNING},
    advice="See which accounts cost most, and whether overage or fees grew.",
    group="cost",
    links=pages.COST_ANALYSIS,
    settings=("COST__BUDGET",),
    settled=True,
    quiet_end=True,
)
BUDGET_FORECAST: Rule[FleetSurvey] = Rule(
    "cost-budget-forecast",
    budget_forecast,
    {"foreseen to be more than the budget": Severity.WARNING},
    advice="See which accounts cost most, and whether overage or fees grew.",
    group="cost",
    links=pages.COST_ANALYSIS,
    settings=("COST__BUDGET",),
    quiet_end=True,
    mode=Mode.OBSERVE,
)


def _spent(survey: FleetSurvey, policy: Policy) -> Iterator[tuple[Budget, Spending]]:
    for budget in policy.cost.budgets:
        spent = Spending()
        for end in survey.ends:
            spent = spent.plus(end.spent.get(budget.name, Spending()))
        yield budget, spent


def _at_least(survey: FleetSurvey) -> str:
    unread = any(end.blind for end in survey.ends) or any(scope.blind for scope in survey.cost_scopes)
    return "at least " if survey.unended or unread else ""


def _finding(
    survey: FleetSurvey,
    budget: Budget,
    now: datetime,
    what: str,
    stops: str,
    rule: Rule[FleetSurvey] | None = None,
) -> Finding:
    rule = rule or OVER_BUDGET
    left_out = "A part could not be read, and is not counted." if _at_least(survey) else ""
    return Finding(
        rule=rule.name,
        subject=f"{budget.name}/{now:%Y-%m}",
        severity=Severity.WARNING,
        what=what,
        stops=stops,
        next_step=rule.advice,
        rests_on=(),
        facts={"Not counted": left_out} if left_out else {},
        problem=f"budget {budget.name}",
        next_word="not before the next month",
    )
