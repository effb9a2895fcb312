"""Rules about the signatures that the monthly fee includes (DOMAIN.md section 5)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from shared.domain.account import SigningAccount
from shared.domain.blind import About, Sight
from shared.domain.finding import Finding, Rule, Severity
from shared.domain.forecast import CannotSay, Outlook, outlook
from shared.domain.period import period_name, period_of
from shared.domain.policy import Mode, Policy, SkuTerms
from shared.domain.price import UnitPrice, break_even, list_price
from shared.domain.rules import pages
from shared.domain.signatures import Signatures
from shared.domain.survey import Survey
from shared.domain.tags import tags_of
from shared.domain.usage import Window
from shared.domain.words import count, day, four_digits, moment

INFO_UP_TO_PERCENT = 50
OVERAGE_STEP = Decimal(10)  # Of the bill's currency, where the account has no fee to compare overage with.
NEXT_PERIOD = "a change counts from the next period"
SEE = "See which pipeline signs so much; an MSIX or a folder counts every file in it."
PREMIUM = f"Above 23,000 signatures a month Premium is cheaper than Basic, by list price; {NEXT_PERIOD}."


@dataclass(frozen=True, slots=True)
class _Metered:
    """An account whose signatures are counted, in the period that is running."""

    survey: Survey
    policy: Policy
    account: SigningAccount
    terms: SkuTerms
    signed: Signatures
    period: Window
    used: int
    now: datetime

    @property
    def at_least(self) -> str:
        return "" if self.signed.complete(self.period, self.now) else "at least "

    @property
    def month(self) -> str:
        return period_name(self.period)

    @property
    def price(self) -> UnitPrice:
        """By the bill, or by list."""
        return self.survey.prices.of(self.account.sku, self.policy.quota) or list_price(self.terms)

    @property
    def over(self) -> int:
        return max(self.used - self.terms.included_signatures, 0)

    @property
    def spent(self) -> Decimal:
        """On overage so far."""
        return self.over * self.price.overage

    @property
    def ahead(self) -> Outlook | CannotSay:
        """How the period goes on."""
        return outlook(self.signed, self.period, self.terms.included_signatures, self.now)

    @property
    def next_step(self) -> str:
        """Where another SKU would be cheaper, from what number on, by the prices in force."""
        premium = self.survey.prices.of("premium", self.policy.quota)
        basic = self.account.sku.lower() == "basic"
        above = break_even(self.price, premium) if basic and premium else None
        if above is None:
            return SEE
        listed = ", by list price" if self.price.listed else ""
        return f"{SEE} Above {four_digits(above)} signatures a month Premium is cheaper{listed}; {NEXT_PERIOD}."

    def overage_of(self, ahead: Outlook) -> Decimal:
        """What overage will have cost at the end of the period."""
        return max(ahead.total - self.terms.included_signatures, 0) * self.price.overage

    @property
    def percents(self) -> Sequence[int]:
        """By tag, or by setting."""
        return tags_of(self.account, self.survey.subscription).warn_percent or sorted(self.policy.quota.warn_percent)

    @property
    def subject(self) -> str:
        """One life a period."""
        return f"{self.account.local_name}/{self.period.start:%Y-%m}"

    def finding(self, rule: Rule, subject: str, severity: Severity, what: str, stops: str, problem: str) -> Finding:
        unknown = self.signed.unknown_hours(self.period)
        return Finding(
            rule=rule.name,
            subject=subject,
            severity=severity,
            what=what,
            stops=stops,
            next_step=rule.advice,
            rests_on=(Sight(About.USAGE, self.account.id),),
            accounts=(self.account.name,),
            facts={
                "Subscription": self.survey.subscription.name,
                "SKU": self.account.sku,
                "Counted until": moment(self.signed.read_until or self.period.start),
            }
            | ({"Not counted": f"{count(unknown, 'hour')} of which Azure says nothing"} if unknown else {}),
            problem=problem,
            resource=self.account.id,
        )


def signing_quota(survey: Survey, policy: Policy, now: datetime) -> Iterator[Finding]:
    """An account has used a good part of the month's included signatures. Signing is not cut off: more costs more."""
    for one in _metered(survey, policy, now):
        crossed = [percent for percent in one.percents if one.used * 100 >= percent * one.terms.included_signatures]
        if not crossed:
            continue
        ahead = [percent for percent in one.percents if percent > crossed[-1]]
        name = one.account.name
        found = one.finding(
            QUOTA,
            one.subject,
            Severity.INFO if ahead and crossed[-1] <= INFO_UP_TO_PERCENT else Severity.WARNING,
            f"Account {name} ({survey.subscription.name}) has made {one.at_least}{one.used:,} of the "
            f"{one.terms.included_signatures:,} signatures included in {one.month} ({crossed[-1]} % crossed)",
            _what_it_costs(one),
            f"{crossed[-1]} % of the signatures included in {one.month} used by {name}",
        )
        yield replace(
            found, level=len(crossed), next_word=f"at {ahead[0]} %" if ahead else "not before the next period"
        )


def quota_forecast(survey: Survey, policy: Policy, now: datetime) -> Iterator[Finding]:
    """By its usual week an account will have used its included signatures before the period ends. It is a guess."""
    for one in _metered(survey, policy, now):
        if one.over or one.used == one.terms.included_signatures:
            continue
        ahead = one.ahead
        if isinstance(ahead, CannotSay) or ahead.reached is None:
            continue
        cost = one.price.said(one.overage_of(ahead))
        early, late = day(ahead.earliest or ahead.reached), day(ahead.latest) if ahead.latest else "never this period"
        span = "" if early == late else f" (between {early} and {late})"
        found = one.finding(
            FORECAST,
            one.subject,
            Severity.WARNING,
            f"Account {one.account.name} ({survey.subscription.name}) will have used its "
            f"{one.terms.included_signatures:,} included signatures about {day(ahead.reached)}{span}",
            f"Signing goes on; overage to the end of {one.month} would be about {cost}.",
            f"foreseen overage of {one.account.name}",
        )
        yield replace(found, next_step=one.next_step)


def quota_overage(survey: Survey, policy: Policy, now: datetime) -> Iterator[Finding]:
    """Signatures above the quota have cost as much as the account's monthly fee, or a multiple of it."""
    for one in _metered(survey, policy, now):
        fee = one.price.fee
        step = fee if fee > 0 else OVERAGE_STEP
        if one.spent < step:
            continue
        ahead = one.ahead
        to_come = (
            f"cannot be foreseen: {ahead.why}"
            if isinstance(ahead, CannotSay)
            else f"about {one.price.said(one.overage_of(ahead))}"
        )
        found = one.finding(
            OVERAGE,
            one.subject,
            Severity.WARNING,
            f"Account {one.account.name} ({survey.subscription.name}) has made {one.at_least}{one.over:,} signatures "
            f"above its quota in {one.month}: {one.price.said(one.spent)} so far",
            f"Signing goes on; overage to the end of {one.month}: {to_come}.",
            f"overage of {one.account.name} in {one.month}",
        )
        level = int(one.spent / step).bit_length()
        again = f"{2**level} times the monthly fee" if fee > 0 else one.price.said(2**level * step)
        yield replace(found, level=level, next_step=one.next_step, next_word=f"at {again}")


def weigh_quota(survey: Survey, account: SigningAccount, policy: Policy, now: datetime) -> Iterator[str]:
    """Used, included, and what is foreseen."""
    for one in _metered(survey, policy, now, (account,)):
        used = 100 * one.used / one.terms.included_signatures
        yield (
            f"{one.at_least}{one.used:,} of {one.terms.included_signatures:,} signatures in {one.month} "
            f"({used:.1f} %), told at {', '.join(map(str, one.percents))} %"
        )
        ahead = one.ahead
        if isinstance(ahead, CannotSay):
            yield f"the end of the period cannot be foreseen: {ahead.why}"
        else:
            yield f"foreseen at the end of the period: {ahead.total:,} ({ahead.least:,} to {ahead.most:,})"
        return
    yield "no signatures of it are known, or its SKU is not"


QUOTA = Rule(
    "signing-quota",
    signing_quota,
    {"50 %": Severity.INFO, "80 %": Severity.WARNING, "90 %": Severity.WARNING, "100 %": Severity.WARNING},
    advice=SEE,
    group="quota",
    links=pages.SKU | pages.HISTORY,
    settings=(
        *("QUOTA__WARN_PERCENT", "QUOTA__PERIOD", "QUOTA__BASIC_SIGNATURES", "QUOTA__PREMIUM_SIGNATURES"),
        "QUOTA__OVERAGE",
    ),
    settled=True,
    quiet_end=True,
    weigh=weigh_quota,
)
FORECAST = Rule(
    "quota-forecast",
    quota_forecast,
    {"the usual week leads over the quota before the period ends": Severity.WARNING},
    advice=f"{SEE} {PREMIUM}",
    group="quota",
    links=pages.SKU | pages.HISTORY,
    settings=("QUOTA__PERIOD",),
    quiet_end=True,
    mode=Mode.OBSERVE,
    weigh=weigh_quota,
)
OVERAGE = Rule(
    "quota-overage",
    quota_overage,
    {"overage as much as the fee, or 10 without a fee, then at each doubling": Severity.WARNING},
    advice=f"{SEE} {PREMIUM}",
    group="quota",
    links=pages.SKU | pages.HISTORY,
    settings=("QUOTA__OVERAGE", "QUOTA__PERIOD"),
    settled=True,
    quiet_end=True,
    weigh=weigh_quota,
)


def _metered(
    survey: Survey, policy: Policy, now: datetime, accounts: Sequence[SigningAccount] = ()
) -> Iterator[_Metered]:
    period = period_of(now, policy.quota.billing_day)
    for account in accounts or survey.accounts:
        signed, terms = survey.signatures.get(account.id), policy.quota.terms(account.sku)
        if signed and terms:
            yield _Metered(survey, policy, account, terms, signed, period, signed.total(period), now)


def _what_it_costs(one: _Metered) -> str:
    """A signature above the quota; once there are some, all of them so far and to the end of the period."""
    price = one.price
    each = f"{four_digits(price.overage)} {price.currency}{' by list price' if price.listed else ''}"
    words = f"Nothing stops: signing goes on, and every further signature costs {each}"
    if not one.over:
        return f"{words}."
    so_far, ahead = f"{words}; so far {one.spent:,.2f} {price.currency}", one.ahead
    if isinstance(ahead, CannotSay):
        return f"{so_far}."
    return f"{so_far}, about {one.overage_of(ahead):,.2f} {price.currency} to the end of {one.month}."
