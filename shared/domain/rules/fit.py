"""The rule about the right SKU, for the monthly report."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from shared.domain.account import SigningAccount
from shared.domain.blind import About, Sight
from shared.domain.cost import month_end
from shared.domain.finding import Finding, Rule, Severity
from shared.domain.forecast import Outlook, outlook
from shared.domain.period import period_of
from shared.domain.policy import Mode, Policy, SkuTerms
from shared.domain.price import UnitPrice
from shared.domain.rules import pages
from shared.domain.signatures import DAY, midnight
from shared.domain.survey import Survey
from shared.domain.usage import Window, last_month, month_of

OTHER = {"basic": "Premium", "premium": "Basic"}


@dataclass(frozen=True, slots=True)
class Fit:
    """Which SKU would have been cheaper. `saving` is a month's, negative where it would cost more.

    `forbidden` says why it cannot be changed; "" where it can.
    """

    sku: str
    saving: Decimal
    price: UnitPrice
    signatures: int
    forbidden: str = ""


def fit_of(survey: Survey, account: SigningAccount, policy: Policy, now: datetime) -> Fit | None:
    """By the signatures of the last whole month, or of this one as foreseen where they save less; None if unknown."""
    other = OTHER.get(account.sku.lower(), "")
    terms, signed = policy.quota.terms(other), survey.signatures.get(account.id)
    here, there = survey.prices.of(account.sku, policy.quota), survey.prices.of(other, policy.quota)
    if not (terms and signed and here and there and survey.known_profiles(account)):
        return None
    if _currencies(survey, account) | {there.currency} != {here.currency}:
        return None
    month = last_month(month_of(now)).date()
    whole = Window(midnight(month), midnight(month_end(month) + DAY))
    ahead = outlook(signed, period_of(now, policy.quota.billing_day), here.included, now)
    if not signed.covers(whole) or not isinstance(ahead, Outlook):
        return None
    numbers = (signed.total(whole), ahead.total)
    saving, number = min((here.month(number) - there.month(number), number) for number in numbers)
    return Fit(other, saving, there, number, _forbidden(survey, account, other, terms))


def sku_fit(survey: Survey, policy: Policy, now: datetime) -> Iterator[Finding]:
    """By its signatures an account would be cheaper with the other SKU. For the monthly report; it is a guess."""
    for account in survey.accounts:
        fit = fit_of(survey, account, policy, now)
        if fit is None or fit.saving < 1:
            continue
        change = f"{fit.sku} instead of {account.sku}"
        yield Finding(
            rule=FIT.name,
            subject=account.local_name,
            severity=Severity.INFO,
            what=f"Account {account.name} ({survey.subscription.name}) would save {fit.price.said(fit.saving)} a month "
            f"as {change}, with {fit.signatures:,} signatures a month"
            + (f", but {fit.forbidden}" if fit.forbidden else ""),
            stops="It costs more than it would have to.",
            next_step=f"First: {fit.forbidden}. {FIT.advice}" if fit.forbidden else FIT.advice,
            rests_on=(Sight(About.USAGE, account.id),),
            accounts=(account.name,),
            facts={"Subscription": survey.subscription.name, "Now": account.sku, "Better": fit.sku},
            problem=f"SKU of {account.name}",
            resource=account.id,
        )


def weigh_fit(survey: Survey, account: SigningAccount, policy: Policy, now: datetime) -> Iterator[str]:
    """What the other SKU would cost more or less."""
    fit = fit_of(survey, account, policy, now)
    if fit is None:
        yield (
            "cannot be said before a whole month of its signatures, two weeks of this one and its profiles are known, "
            "and where its bill and the prices are not of one currency"
        )
    elif fit.saving > 0:
        yield f"{fit.sku} would save {fit.price.said(fit.saving)} a month" + (
            f", but {fit.forbidden}" if fit.forbidden else ""
        )
    else:
        yield f"{fit.sku} would cost {fit.price.said(-fit.saving)} a month more"


FIT = Rule(
    "sku-fit",
    sku_fit,
    {"the other SKU saves 1 unit of currency a month or more": Severity.INFO},
    advice="Change the SKU in the portal; it counts from the next period.",
    group="fit",
    links=pages.SKU,
    settings=("QUOTA__BASIC_FEE", "QUOTA__PREMIUM_FEE", "QUOTA__OVERAGE"),
    quiet_end=True,
    mode=Mode.OBSERVE,
    weigh=weigh_fit,
)


def _currencies(survey: Survey, account: SigningAccount) -> set[str]:
    """Those that it was billed in."""
    return {charge.currency for cost in survey.costs.get(account.id, ()) for charge in cost.charges}


def _forbidden(survey: Survey, account: SigningAccount, sku: str, terms: SkuTerms) -> str:
    types = Counter(profile.profile_type for profile in survey.profiles_of(account))
    many = sorted(name for name, number in types.items() if number > terms.profiles_per_type)
    return (
        f"{sku} allows {terms.profiles_per_type} profile of each type, and it has more of {', '.join(many)}"
        if many
        else ""
    )
