"""Rules about what an account costs, from the bill and from what is signed with it (DOMAIN.md section 6)."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from shared.domain.account import CertificateProfile, SigningAccount, investigated
from shared.domain.blind import About, Sight
from shared.domain.cost import month_end, totals
from shared.domain.finding import Finding, Rule, Severity
from shared.domain.happened import What
from shared.domain.period import period_of
from shared.domain.policy import Mode, Policy
from shared.domain.price import CENT, of_month
from shared.domain.rules import pages
from shared.domain.rules.concerns import requests
from shared.domain.signatures import DAY, Signatures, midnight
from shared.domain.survey import Survey
from shared.domain.tags import tags_of
from shared.domain.usage import Window, last_month, month_of
from shared.domain.validation import RegisterEntry, ValidationStatus
from shared.domain.words import amounts, count, day, four_digits

TOLERANCE = Decimal("0.1")  # The metric is not the bill: so far apart they may be, and
LEAST_DIFFERENCE = Decimal(1)  # at least so much, before somebody should look.
MONTHLY = timedelta(days=30)

type Said = Mapping[str, Sequence[RegisterEntry]]
"""What the validation list says, by the ids of the accounts that it concerns."""


def paying_for_nothing(survey: Survey, policy: Policy, now: datetime) -> Iterator[Finding]:
    """An account bills its monthly fee, but has no usable certificate profile or has not signed for long."""
    said = _said(survey)
    for account in survey.accounts:
        why = _idle(survey, account, said.get(account.id, ()), policy, now)
        if not why or tags_of(account, survey.subscription).kept(now.date()):
            continue
        price = survey.prices.of(account.sku, policy.quota)
        fee = f"{price.said(price.fee)} a month" if price else "its monthly fee"
        yield Finding(
            rule=IDLE.name,
            subject=account.local_name,
            severity=Severity.WARNING,
            what=f"Account {account.name} ({survey.subscription.name}) costs {fee} for nothing: {why}",
            stops="It bills on, in full, every month.",
            next_step=IDLE.advice,
            rests_on=(Sight(About.PROFILES, account.id), Sight(About.USAGE, account.id)),
            accounts=(account.name,),
            facts=_facts(survey, account),
            problem=f"idle account {account.name}",
            resource=account.id,
            again=MONTHLY,
        )


def cost_unusual(survey: Survey, policy: Policy, now: datetime) -> Iterator[Finding]:
    """This month an account has already cost a multiple of the whole month before. It is a guess."""
    month = now.date().replace(day=1)
    for account in survey.accounts:
        costs = survey.costs.get(account.id, ())
        this, before = of_month(costs, month), of_month(costs, month - DAY)
        if this is None or before is None or not before.settled:
            continue
        for currency, amount in this.totals.items():
            was = before.totals.get(currency, Decimal())
            if was <= 0 or amount < was * policy.cost.unusual_times or amount - was < policy.cost.unusual_least:
                continue
            yield Finding(
                rule=UNUSUAL.name,
                subject=f"{account.local_name}/{month:%Y-%m}/{currency.lower()}",
                severity=Severity.WARNING,
                what=f"Account {account.name} ({survey.subscription.name}) has cost {amount:,.2f} {currency} in "
                f"{month:%B} so far, {was:,.2f} in the whole month before",
                stops="It goes on costing.",
                next_step=UNUSUAL.advice,
                rests_on=(Sight(About.COSTS, account.id),),
                accounts=(account.name,),
                facts=_facts(survey, account),
                problem=f"unusual cost of {account.name}",
                resource=account.id,
            )


def bill_differs(survey: Survey, policy: Policy, now: datetime) -> Iterator[Finding]:
    """The bill of the last month that settled is not what the account's SKU and signatures explain. It is a guess."""
    month = last_month(month_of(now)).date()
    for account in survey.accounts:
        billed, price = of_month(survey.costs.get(account.id, ()), month), survey.prices.of(account.sku, policy.quota)
        signed = _signed_in(survey, account, month)
        if billed is None or not billed.settled or signed is None or _changed_since(survey, account, month):
            continue
        if price is None or price.listed or set(billed.totals) != {price.currency}:
            continue
        expected, was = price.month(signed), billed.totals[price.currency]
        if abs(was - expected) < max(LEAST_DIFFERENCE, TOLERANCE * expected):
            continue
        yield Finding(
            rule=DIFFERS.name,
            subject=f"{account.local_name}/{month:%Y-%m}",
            severity=Severity.WARNING,
            what=f"Account {account.name} ({survey.subscription.name}) was billed {was:,.2f} {price.currency} for "
            f"{month:%B}; its SKU and {count(signed, 'signature')} explain {expected:,.2f}",
            stops="Money may be paid for nothing, or owed.",
            next_step=DIFFERS.advice,
            rests_on=(Sight(About.COSTS, account.id), Sight(About.USAGE, account.id)),
            accounts=(account.name,),
            facts=_facts(survey, account) | {"Billed": amounts(billed.totals)},
            problem=f"unexplained bill of {account.name} for {month:%B}",
            resource=account.id,
        )


def billed_after_deletion(survey: Survey, policy: Policy, _now: datetime) -> Iterator[Finding]:
    """An account that was deleted is still charged for, after the period in which it was deleted."""
    for account_id, known in survey.gone.items():
        if known.gone is None:
            continue
        ended = period_of(known.gone, policy.quota.billing_day).end.date()
        charges = [charge for cost in survey.costs.get(account_id, ()) for charge in cost.charges]
        late = [charge for charge in charges if charge.day >= ended]
        total = {paid: amount for paid, amount in totals(late).items() if amount >= CENT}
        if not total:
            continue
        name, last = known.account.name, max(charge.day for charge in late if charge.amount > 0)
        yield Finding(
            rule=AFTER_DELETION.name,
            subject=known.account.local_name,
            severity=Severity.WARNING,
            what=f"Account {name} ({survey.subscription.name}) is still billed, {amounts(total)} up to "
            f"{day(last)}, though it was deleted on {day(known.gone)}",
            stops="It goes on costing.",
            next_step=AFTER_DELETION.advice,
            rests_on=(Sight(About.COSTS, account_id),),
            accounts=(name,),
            facts={"Subscription": survey.subscription.name, "Resource": account_id},
            problem=f"bill of the deleted account {name}",
            again=MONTHLY,
        )


def weigh_idle(survey: Survey, account: SigningAccount, policy: Policy, now: datetime) -> Iterator[str]:
    """Whether it is used, and whether somebody asked to keep it."""
    signed = survey.signatures.get(account.id, Signatures())
    yield _idle(survey, account, _said(survey).get(account.id, ()), policy, now) or (
        f"it is used: last signature {day(signed.last_day)}" if signed.last_day else "not idle, as far as is known"
    )
    if tags_of(account, survey.subscription).kept(now.date()):
        yield "it is tagged to be kept"


def weigh_cost(survey: Survey, account: SigningAccount, policy: Policy, _now: datetime) -> Iterator[str]:
    """What it costs by its SKU, and what was billed."""
    price = survey.prices.of(account.sku, policy.quota)
    if price:
        where = "by list price" if price.listed else "by the last bill that settled"
        each = four_digits(price.overage)
        yield f"{price.fee:,.2f} {price.currency} a month, {each} a signature above the quota, {where}"
    for cost in sorted(survey.costs.get(account.id, ()), key=lambda one: one.month):
        yield f"billed for {cost.month:%B %Y}{'' if cost.settled else ' so far'}: {amounts(cost.totals)}"
    if not survey.costs.get(account.id):
        yield "no bill of it was read"


IDLE = Rule(
    "cost-idle",
    paying_for_nothing,
    {"no usable profile, or no signature for 30 days": Severity.WARNING},
    advice="Delete the account if nobody needs it: it is never prorated, so do it before the next period begins. Its "
    "identity validations may be deleted with it, so do not if another account uses them; what was signed stays valid. "
    "If it is to stay, tag it countersign-keep with true or a last day.",
    group="cost",
    links=pages.FAQ,
    settings=("COST__IDLE_DAYS",),
    weigh=weigh_idle,
)
UNUSUAL = Rule(
    "cost-unusual",
    cost_unusual,
    {"twice the month before, and 10 more": Severity.WARNING},
    advice="See which meter grew: overage means signatures, a fee means another SKU.",
    group="cost",
    links=pages.COST_ANALYSIS,
    settled=True,
    quiet_end=True,
    mode=Mode.OBSERVE,
    weigh=weigh_cost,
)
DIFFERS = Rule(
    "bill-differs",
    bill_differs,
    {"10 % and 1 unit of currency apart": Severity.WARNING},
    advice="Compare the meters in Cost analysis with the signatures counted; metrics are not billing records.",
    group="cost",
    links=pages.COST_ANALYSIS,
    settled=True,
    quiet_end=True,
    mode=Mode.OBSERVE,
    weigh=weigh_cost,
)
AFTER_DELETION = Rule(
    "billed-after-deletion",
    billed_after_deletion,
    {"charged after the period in which it was deleted": Severity.WARNING},
    advice="Ask Azure Support for the money back, with the id of the resource and the day of its deletion.",
    group="cost",
    links=pages.SUPPORT | pages.COST_ANALYSIS,
    settled=True,
    quiet_end=True,
    weigh=weigh_cost,
)


def _said(survey: Survey) -> Said:
    found: dict[str, list[RegisterEntry]] = {}
    for entry, accounts in requests(survey):
        for account in accounts:
            found.setdefault(account.id, []).append(entry)
    return found


def _idle(survey: Survey, account: SigningAccount, said: Sequence[RegisterEntry], policy: Policy, now: datetime) -> str:
    """Why it is called idle; "" where it is used, new, under way, or cannot be judged."""
    profiles, days = survey.profiles.get(account.id), timedelta(days=policy.cost.idle_days)
    born = _born(survey, account)
    if profiles is None or born is None or now - born < days or investigated(account, profiles):
        return ""
    if any(entry.open for entry in said):
        return ""  # Somebody is at it.
    if any(profile.usable for profile in profiles):
        return _unused(survey, account, days, now)
    return _without_profile(profiles, said)


def _without_profile(profiles: Sequence[CertificateProfile], said: Sequence[RegisterEntry]) -> str:
    """One that has failed and was not given up is told by another rule."""
    given_up = [entry.given_up_by for entry in said if entry.given_up_by]
    if any(entry.status is ValidationStatus.FAILED for entry in said) and not given_up:
        return ""
    without = "no certificate profile" if not profiles else "no usable certificate profile"
    return f"{without}, its validation failed and was given up by {given_up[0]}" if given_up else without


def _unused(survey: Survey, account: SigningAccount, days: timedelta, now: datetime) -> str:
    """Since when nothing was signed; "" where something was, or nobody can know."""
    signed = survey.signatures.get(account.id)
    # Signatures are kept for this month and the one before; early in March that is a day or two less than 30.
    since = max(midnight((now - days).date()), last_month(month_of(now)))
    if signed is None or not signed.complete(Window(since, now), now) or (signed.last_day or date.min) >= since.date():
        return ""
    if signed.last_day is None and not _metric_tells(survey):
        return ""  # Nothing but silence, of every account: that may be the metric's, not theirs.
    return (
        f"no signature since {day(signed.last_day)}" if signed.last_day else f"no signature since {day(since)} at least"
    )


def _born(survey: Survey, account: SigningAccount) -> datetime | None:
    """When it was created, or seen first."""
    known = survey.facts.get(account.id)
    return account.created or (known.first_seen if known else None)


def _metric_tells(survey: Survey) -> bool:
    """Azure has told signatures of some account of the subscription."""
    return any(signed.last_day for signed in survey.signatures.values())


def _signed_in(survey: Survey, account: SigningAccount, month: date) -> int | None:
    """Signatures of a whole month; None where it was not read to its end or some hours are unknown."""
    signed = survey.signatures.get(account.id)
    whole = Window(midnight(month), midnight(month_end(month) + DAY))
    if signed is None or not signed.covers(whole) or signed.unknown_hours(whole):
        return None
    return signed.total(whole)


def _changed_since(survey: Survey, account: SigningAccount, month: date) -> bool:
    """Born since that month began, or of another SKU of late: then the bill is a mixture.

    A change counts from the next period, so one of the month before may be in it, too.
    """
    known, born = survey.facts.get(account.id), _born(survey, account)
    changed = any(one.what is What.SKU for one in (known.happened if known else ()))
    return born is None or born >= midnight(month) or changed


def _facts(survey: Survey, account: SigningAccount) -> dict[str, str]:
    owner = tags_of(account, survey.subscription).owner
    found = {"Subscription": survey.subscription.name, "SKU": account.sku, "Owner": owner}
    return {name: value for name, value in found.items() if value}
