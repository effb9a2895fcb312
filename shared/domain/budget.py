"""What was spent of each budget this month, and what will have been at its end, account by account."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from shared.domain.account import SigningAccount
from shared.domain.cost import AccountCost, month_start, together
from shared.domain.forecast import Outlook, outlook
from shared.domain.period import period_of
from shared.domain.policy import Budget, Policy
from shared.domain.price import FEE_METERS, LIST_CURRENCY, OVERAGE_METER, charged, of_month
from shared.domain.subscription import Subscription
from shared.domain.survey import Survey

NOTHING = Decimal()


@dataclass(frozen=True, slots=True)
class Spending:
    """By currency: charged so far, and foreseen for the whole month, fees not yet charged included.

    `listed` counts accounts of which no bill was read, so that list prices had to do.
    """

    so_far: Mapping[str, Decimal] = field(default_factory=dict)
    foreseen: Mapping[str, Decimal] = field(default_factory=dict)
    listed: int = 0

    def plus(self, other: "Spending") -> "Spending":
        """Both together."""
        return Spending(
            together((self.so_far, other.so_far)),
            together((self.foreseen, other.foreseen)),
            self.listed + other.listed,
        )


def spending_of(survey: Survey, policy: Policy, now: datetime) -> Mapping[str, Spending]:
    """By the name of the budget; only budgets that something here counts towards."""
    found: dict[str, Spending] = {}
    for account, cost in _billed(survey, now) if policy.cost.budgets else ():
        wanted = [budget for budget in policy.cost.budgets if counts_towards(budget, account, survey.subscription)]
        if wanted:
            spent = _spending(survey, policy, account, cost, now)
            for budget in wanted:
                found[budget.name] = found.get(budget.name, Spending()).plus(spent)
    return found


def counts_towards(budget: Budget, account: SigningAccount, subscription: Subscription) -> bool:
    """Names are compared whatever their case; of tags the nearest counts: account, group, subscription."""
    kind, _, wanted = budget.name.partition(":")
    if kind == "subscription":
        return wanted in (subscription.id.lower(), subscription.name.lower())
    if kind == "account":
        return wanted == account.name.lower()
    if kind == "tag":
        name, _, value = wanted.partition("=")
        nearest = (subscription.tags, account.group_tags, account.tags)
        said = {tag.lower(): text.strip().lower() for tags in nearest for tag, text in tags.items()}
        return said.get(name) == value
    return kind == "total"


def _billed(survey: Survey, now: datetime) -> Iterator[tuple[SigningAccount, AccountCost | None]]:
    """Every account that is there, and every one that is gone and was charged for."""
    month = month_start(now.date())
    for account in survey.accounts:
        yield account, of_month(survey.costs.get(account.id, ()), month)
    for account_id, known in survey.gone.items():
        cost = of_month(survey.costs.get(account_id, ()), month)
        if cost:
            yield known.account, cost


def _spending(
    survey: Survey, policy: Policy, account: SigningAccount, cost: AccountCost | None, now: datetime
) -> Spending:
    price, signed = survey.prices.of(account.sku, policy.quota), survey.signatures.get(account.id)
    so_far = cost.totals if cost else {}
    currency = next(iter(so_far), LIST_CURRENCY)
    if account.id in survey.gone or price is None or (price.listed and currency != price.currency):
        return Spending(so_far, so_far)
    fee = charged(cost, FEE_METERS).get(price.currency, NOTHING) if cost else NOTHING
    over = charged(cost, [OVERAGE_METER]).get(price.currency, NOTHING) if cost else NOTHING
    ahead = outlook(signed, period_of(now), price.included, now) if signed else None
    to_come = max(ahead.total - price.included, 0) * price.overage if isinstance(ahead, Outlook) else NOTHING
    rest = max(price.fee - fee, NOTHING) + max(to_come - over, NOTHING)
    return Spending(so_far, together((so_far, {price.currency: rest})), listed=int(cost is None))
