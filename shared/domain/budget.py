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
from shared.domain.price import FEE_METERS, OVERAGE_METERS, UnitPrice, charged, of_month
from shared.domain.subscription import Subscription
from shared.domain.survey import Survey

NOTHING = Decimal()


@dataclass(frozen=True, slots=True)
class Spending:
    """By currency: charged so far, and foreseen for the whole month, fees not yet charged included.

    `accounts` counts those that are in it, `listed` those of which no bill was read, so that list prices had to do.
    """

    so_far: Mapping[str, Decimal] = field(default_factory=dict)
    foreseen: Mapping[str, Decimal] = field(default_factory=dict)
    listed: int = 0
    accounts: int = 0

    def plus(self, other: "Spending") -> "Spending":
        """Both together."""
        return Spending(
            together((self.so_far, other.so_far)),
            together((self.foreseen, other.foreseen)),
            self.listed + other.listed,
            self.accounts + other.accounts,
        )


def spending_of(survey: Survey, policy: Policy, now: datetime) -> Mapping[str, Spending]:
    """By the name of the budget; only budgets that something here counts towards."""
    found: dict[str, Spending] = {}
    named = {budget.name: budget for budget in policy.cost.budgets}  # A name may have a budget in each currency.
    for account, cost in _billed(survey, now) if named else ():
        wanted = [name for name, one in named.items() if counts_towards(one, account, survey.subscription)]
        if wanted:
            spent = _spending(survey, policy, account, cost, now)
            for name in wanted:
                found[name] = found.get(name, Spending()).plus(spent)
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
    price, so_far = survey.prices.of(account.sku, policy.quota), cost.totals if cost else {}
    if account.id in survey.gone or price is None or (so_far and price.currency not in so_far):
        return Spending(so_far, so_far, accounts=1)
    rest = _to_come(price, cost, _overage(survey, account, price, now))
    return Spending(so_far, together((so_far, {price.currency: rest})), listed=int(cost is None), accounts=1)


def _overage(survey: Survey, account: SigningAccount, price: UnitPrice, now: datetime) -> Decimal:
    """What signatures above the quota will cost in the whole month, as far as that can be said."""
    signed = survey.signatures.get(account.id)
    ahead = outlook(signed, period_of(now), price.included, now) if signed else None
    return max(ahead.total - price.included, 0) * price.overage if isinstance(ahead, Outlook) else NOTHING


def _to_come(price: UnitPrice, cost: AccountCost | None, overage: Decimal) -> Decimal:
    """What was not charged yet of the fee and of the overage; what was given back is not charged again."""
    if cost is None:
        return price.fee + overage
    fee, over = (charged(cost, meters, credits_too=False) for meters in (FEE_METERS, OVERAGE_METERS))
    left = (price.fee - fee.get(price.currency, NOTHING), overage - over.get(price.currency, NOTHING))
    return sum((max(one, NOTHING) for one in left), NOTHING)
