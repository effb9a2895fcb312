"""Rules about budgets, judged when a look closes: over all subscriptions that were read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from shared.domain.blind import About, Sight
from shared.domain.budget import Spending
from shared.domain.finding import Finding, Rule, Severity
from shared.domain.fleet import FleetSurvey
from shared.domain.policy import Budget, Mode, Policy
from shared.domain.price import CENT
from shared.domain.rules import pages
from shared.domain.words import amounts, count

# What is worse is told again: a budget that counts nothing, one that cannot be compared, one that is exceeded.
EMPTY, BESIDE, EXCEEDED = 0, 1, 2


@dataclass(frozen=True, slots=True)
class _Spent:
    """A budget in the month in which the look began, and what was spent of it.

    `beside` is what was charged in currencies in which no budget of this name is.
    """

    survey: FleetSurvey
    budget: Budget
    spending: Spending
    beside: Mapping[str, Decimal]

    @property
    def amount(self) -> Decimal:
        """Charged so far in the currency of the budget."""
        return self.spending.so_far.get(self.budget.currency, Decimal())

    @property
    def foreseen(self) -> Decimal:
        """For the whole month, in the currency of the budget."""
        return self.spending.foreseen.get(self.budget.currency, Decimal())

    @property
    def month(self) -> str:
        return f"{self.survey.look.started:%B}"

    @property
    def at_least(self) -> str:
        unread = any(end.blind for end in self.survey.ends) or any(scope.blind for scope in self.survey.cost_scopes)
        return "at least " if self.survey.unended or unread else ""

    @property
    def counts_nothing(self) -> bool:
        """No account that is watched belongs to it; that there is none at all is another rule's to say."""
        return self.budget.name != "total" and self.spending == Spending() and _whole(self.survey)

    def of(self, amount: Decimal) -> str:
        """At least 150.00 of 100.00 EUR."""
        return f"{self.at_least}{amount:,.2f} of {self.budget.amount:,.2f} {self.budget.currency}"

    def finding(self, rule: Rule[FleetSurvey], level: int, what: str, stops: str, next_step: str = "") -> Finding:
        """One life a budget and month."""
        name, currency = self.budget.name, self.budget.currency
        left_out = "A part could not be read, and is not counted." if self.at_least else ""
        return Finding(
            rule=rule.name,
            subject=f"{name}/{currency.lower()}/{self.survey.look.started:%Y-%m}",
            severity=Severity.WARNING,
            what=what,
            stops=stops,
            next_step=next_step or rule.advice,
            rests_on=(Sight(About.ACCOUNTS, ""),),
            level=level,
            facts={"Not counted": left_out} if left_out else {},
            problem=f"budget {name}",
            next_word="not before the next month",
        )


def over_budget(survey: FleetSurvey, policy: Policy, _now: datetime) -> Iterator[Finding]:
    """More was charged this month than a budget allows, or it cannot be compared with what was charged."""
    for one in _spent(survey, policy):
        if one.amount > one.budget.amount:
            yield _exceeded(one)
        elif one.beside:
            yield _not_comparable(one)
        elif one.counts_nothing:
            yield one.finding(
                OVER_BUDGET,
                EMPTY,
                f"Budget {one.budget.name} counts nothing: no account that is watched belongs to it",
                "Nobody is told when it is exceeded.",
                "Correct its name in COST__BUDGET, or take it out.",
            )


def budget_forecast(survey: FleetSurvey, policy: Policy, _now: datetime) -> Iterator[Finding]:
    """By the usual week and the fees still to come a budget will be exceeded this month. It is a guess."""
    for one in _spent(survey, policy):
        if one.foreseen > one.budget.amount >= one.amount:
            listed = one.spending.listed
            yield one.finding(
                BUDGET_FORECAST,
                0,
                f"Budget {one.budget.name} will be exceeded: {one.of(one.foreseen)} foreseen for {one.month}"
                + (f" ({count(listed, 'account')} by list price, no bill was read)" if listed else ""),
                "It will cost more than was meant.",
            )


OVER_BUDGET: Rule[FleetSurvey] = Rule(
    "cost-budget",
    over_budget,
    {"charged more than the budget, or not comparable with it": Severity.WARNING},
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


def _exceeded(one: _Spent) -> Finding:
    beside = f", and {amounts(one.beside)} beside it" if one.beside else ""
    return one.finding(
        OVER_BUDGET,
        EXCEEDED,
        f"Budget {one.budget.name} is exceeded: {one.of(one.amount)} charged in {one.month}{beside}",
        f"It goes on costing: {max(one.foreseen, one.amount):,.2f} {one.budget.currency} foreseen for the month.",
    )


def _not_comparable(one: _Spent) -> Finding:
    return one.finding(
        OVER_BUDGET,
        BESIDE,
        f"Budget {one.budget.name} is in {one.budget.currency}, but {amounts(one.beside)} charged in {one.month} "
        "cannot be compared with it",
        "Nobody is told when it is exceeded.",
        "Name it in COST__BUDGET once more, in that currency.",
    )


def _spent(survey: FleetSurvey, policy: Policy) -> Iterator[_Spent]:
    budgets = policy.cost.budgets
    for budget in budgets:
        spent = Spending()
        for end in survey.ends:
            spent = spent.plus(end.spent.get(budget.name, Spending()))
        compared = {other.currency for other in budgets if other.name == budget.name}
        beside = {paid: amount for paid, amount in spent.so_far.items() if amount >= CENT and paid not in compared}
        yield _Spent(survey, budget, spent, beside)


def _whole(survey: FleetSurvey) -> bool:
    """Every account was listed."""
    blind = (*survey.blind, *survey.look.blind, *(spot for end in survey.ends for spot in end.blind))
    return bool(survey.ends) and not survey.unended and not any(spot.about is About.ACCOUNTS for spot in blind)
