"""Rules about the signatures that the monthly fee includes (DOMAIN.md section 5)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from shared.domain.account import SigningAccount
from shared.domain.blind import About, Sight
from shared.domain.finding import Finding, Rule, Severity
from shared.domain.forecast import CannotSay, outlook
from shared.domain.period import period_name, period_of
from shared.domain.policy import Mode, Policy, SkuTerms
from shared.domain.price import UnitPrice, list_price
from shared.domain.rules import pages
from shared.domain.signatures import DAY, Signatures
from shared.domain.survey import Survey
from shared.domain.tags import tags_of
from shared.domain.usage import Window
from shared.domain.words import count, day, moment

INFO_BELOW_PERCENT = 80
PEAK_OF = 28  # Days whose busiest is the account's own peak.
LEAST_DAYS = 7  # So many must have been read before a day can be called a spike.
SPIKE_LASTS = 2  # Days, today included.


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
        name, price = one.account.name, one.price
        found = one.finding(
            QUOTA,
            one.subject,
            Severity.INFO if crossed[-1] < INFO_BELOW_PERCENT else Severity.WARNING,
            f"Account {name} ({survey.subscription.name}) has made {one.at_least}{one.used:,} of the "
            f"{one.terms.included_signatures:,} signatures included in {one.month} ({crossed[-1]} % crossed)",
            "Nothing stops: signing goes on, and every further signature costs "
            f"{price.overage.normalize():f} {price.currency}{' by list price' if price.listed else ''}"
            + (f"; so far {one.over * price.overage:,.2f} {price.currency}." if one.over else "."),
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
        ahead = outlook(one.signed, one.period, one.terms.included_signatures, now)
        if isinstance(ahead, CannotSay) or ahead.reached is None:
            continue
        cost = max(ahead.total - one.terms.included_signatures, 0) * one.price.overage
        early, late = day(ahead.earliest or ahead.reached), day(ahead.latest) if ahead.latest else "never this period"
        span = "" if early == late else f" (between {early} and {late})"
        yield one.finding(
            FORECAST,
            one.subject,
            Severity.WARNING,
            f"Account {one.account.name} ({survey.subscription.name}) will have used its "
            f"{one.terms.included_signatures:,} included signatures about {day(ahead.reached)}{span}",
            f"Signing goes on; overage to the end of {one.month} would be about {one.price.said(cost)}.",
            f"foreseen overage of {one.account.name}",
        )


def quota_overage(survey: Survey, policy: Policy, now: datetime) -> Iterator[Finding]:
    """Signatures above the quota have cost as much as the account's monthly fee, or a multiple of it."""
    for one in _metered(survey, policy, now):
        spent, fee = one.over * one.price.overage, one.price.fee
        if fee <= 0 or spent < fee:
            continue
        ahead = outlook(one.signed, one.period, one.terms.included_signatures, now)
        to_come = (
            f"cannot be foreseen: {ahead.why}"
            if isinstance(ahead, CannotSay)
            else f"about {one.price.said(max(ahead.total - one.terms.included_signatures, 0) * one.price.overage)}"
        )
        found = one.finding(
            OVERAGE,
            one.subject,
            Severity.WARNING,
            f"Account {one.account.name} ({survey.subscription.name}) has made {one.at_least}{one.over:,} signatures "
            f"above its quota in {one.month}: {one.price.said(spent)} so far",
            f"Signing goes on; overage to the end of {one.month}: {to_come}.",
            f"overage of {one.account.name} in {one.month}",
        )
        times = int(spent / fee)
        yield replace(found, level=times.bit_length(), next_word=f"at {2 ** times.bit_length()} times the monthly fee")


def signing_spike(survey: Survey, policy: Policy, now: datetime) -> Iterator[Finding]:
    """An account signed far more in a day than it ever did in the four weeks before: is a key being misused?"""
    for account in survey.accounts:
        signed = survey.signatures.get(account.id)
        if signed is None:
            continue
        on, number = _busiest(signed, now)
        peak = _peak(signed, now) if number >= policy.quota.spike_least else None
        if peak is None or number < policy.quota.spike_times * peak:
            continue
        name = account.name
        yield Finding(
            rule=SPIKE.name,
            subject=account.local_name,
            severity=Severity.CRITICAL,
            what=f"Account {name} ({survey.subscription.name}) made {number:,} signatures on {day(on)}; "
            f"its busiest day of the four weeks before had {peak:,}",
            stops="If a key is misused, somebody signs in your name.",
            next_step=SPIKE.advice,
            rests_on=(Sight(About.USAGE, account.id),),
            accounts=(name,),
            facts={"Subscription": survey.subscription.name, "Day": day(on)},
            problem=f"spike of signatures of {name}",
            resource=account.id,
        )


def weigh_quota(survey: Survey, account: SigningAccount, policy: Policy, now: datetime) -> Iterator[str]:
    """Used, included, and what is foreseen."""
    for one in _metered(survey, policy, now, (account,)):
        used = 100 * one.used / one.terms.included_signatures
        yield (
            f"{one.at_least}{one.used:,} of {one.terms.included_signatures:,} signatures in {one.month} "
            f"({used:.1f} %), told at {', '.join(map(str, one.percents))} %"
        )
        ahead = outlook(one.signed, one.period, one.terms.included_signatures, now)
        if isinstance(ahead, CannotSay):
            yield f"the end of the period cannot be foreseen: {ahead.why}"
        else:
            yield f"foreseen at the end of the period: {ahead.total:,} ({ahead.least:,} to {ahead.most:,})"
        return
    yield "no signatures of it are known, or its SKU is not"


def weigh_spike(survey: Survey, account: SigningAccount, _policy: Policy, now: datetime) -> Iterator[str]:
    """The busier of today and yesterday against the peak before."""
    signed = survey.signatures.get(account.id)
    on, number = _busiest(signed, now) if signed else (now.date(), 0)
    peak = _peak(signed, now) if signed else None
    before = "of the four weeks before too little is known" if peak is None else f"its peak before was {peak:,}"
    yield f"{number:,} signatures on {day(on)}; {before}"


QUOTA = Rule(
    "signing-quota",
    signing_quota,
    {"50 %": Severity.INFO, "80 %": Severity.WARNING, "90 %": Severity.WARNING, "100 %": Severity.WARNING},
    advice="See which pipeline signs so much; an MSIX or a folder counts every file in it.",
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
    advice="See which pipeline signs so much. Above 23,000 signatures a month Premium is cheaper, by list price.",
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
    {"overage as much as the fee, then at each doubling": Severity.WARNING},
    advice="See which pipeline signs so much; an MSIX or a folder counts every file in it. Above 23,000 signatures a "
    "month Premium is cheaper, by list price; a change counts from the next period.",
    group="quota",
    links=pages.SKU | pages.HISTORY,
    settings=("QUOTA__OVERAGE", "QUOTA__PERIOD"),
    settled=True,
    quiet_end=True,
    weigh=weigh_quota,
)
SPIKE = Rule(
    "signing-spike",
    signing_spike,
    {"10 times the busiest day of four weeks, and at least 1,000": Severity.CRITICAL},
    advice="Ask who released so much on that day. If nobody did: take the signer role from every identity that has it, "
    "look at the signing history, and revoke the certificates of that day.",
    group="quota",
    links=pages.HISTORY | pages.REVOKE,
    settings=("QUOTA__SPIKE", "QUOTA__SPIKE_LEAST"),
    repeats=True,
    settled=True,
    quiet_end=True,
    weigh=weigh_spike,
)


def _metered(
    survey: Survey, policy: Policy, now: datetime, accounts: Sequence[SigningAccount] = ()
) -> Iterator[_Metered]:
    period = period_of(now, policy.quota.billing_day)
    for account in accounts or survey.accounts:
        signed, terms = survey.signatures.get(account.id), policy.quota.terms(account.sku)
        if signed and terms:
            yield _Metered(survey, policy, account, terms, signed, period, signed.total(period), now)


def _busiest(signed: Signatures, now: datetime) -> tuple[date, int]:
    """The busier of today and yesterday, and its number."""
    on = max((now.date() - number * DAY for number in range(SPIKE_LASTS)), key=lambda one: (signed.on(one), one))
    return on, signed.on(on)


def _peak(signed: Signatures, now: datetime) -> int | None:
    """The busiest day of the four weeks before; None where too little of them is known.

    Days of which Azure says nothing are not quiet days: they count only where others show what is usual.
    """
    before = [now.date() - number * DAY for number in range(SPIKE_LASTS, SPIKE_LASTS + PEAK_OF)]
    known, peak = sum(one in signed.days for one in before), max(signed.on(one) for one in before)
    enough = known >= LEAST_DAYS or (peak > 0 and sum(signed.read(one) for one in before) >= LEAST_DAYS)
    return peak if enough else None
