"""Rules about the signatures that the monthly fee includes (DOMAIN.md section 5)."""

from collections.abc import Iterator
from datetime import datetime

from shared.domain.account import SigningAccount
from shared.domain.blind import About, Sight
from shared.domain.finding import Finding, Rule, Severity
from shared.domain.policy import Policy, SkuTerms
from shared.domain.survey import Survey
from shared.domain.usage import SigningUsage
from shared.domain.words import count, moment

INFO_BELOW_PERCENT = 80


def signing_quota(survey: Survey, policy: Policy, now: datetime) -> Iterator[Finding]:
    """An account has used a good part of the month's included signatures. Signing is not cut off: more costs more."""
    for account in survey.accounts:
        usage, terms = survey.usage.get(account.id), policy.quota.terms(account.sku)
        if usage and terms:
            yield from _crossed(survey, policy, account, usage, terms, now)


QUOTA = Rule("signing-quota", signing_quota, settled=True, quiet_end=True)


def _crossed(
    survey: Survey, policy: Policy, account: SigningAccount, usage: SigningUsage, terms: SkuTerms, now: datetime
) -> Iterator[Finding]:
    percents = sorted(policy.quota.warn_percent)
    crossed = [percent for percent in percents if usage.total * 100 >= percent * terms.included_signatures]
    if not crossed:
        return
    over = max(usage.total - terms.included_signatures, 0)
    ahead = [percent for percent in percents if percent > crossed[-1]]
    unknown = usage.unknown_hours
    at_least = "" if usage.complete(now) else "at least "
    yield Finding(
        rule=QUOTA.name,
        subject=f"{account.local_name}/{usage.month:%Y-%m}",
        severity=Severity.INFO if crossed[-1] < INFO_BELOW_PERCENT else Severity.WARNING,
        level=len(crossed),
        what=f"Account {account.name} ({survey.subscription.name}) has made {at_least}{usage.total:,} of the "
        f"{terms.included_signatures:,} signatures included in {usage.month:%B} ({crossed[-1]} % crossed)",
        stops="Nothing stops: signing goes on, and every further signature costs "
        f"{terms.overage} USD by list price" + (f"; so far {over * terms.overage:.2f} USD." if over else "."),
        next_step="See which pipeline signs so much; an MSIX or a folder counts every file in it.",
        rests_on=(Sight(About.USAGE, account.id),),
        accounts=(account.name,),
        facts={
            "Subscription": survey.subscription.name,
            "SKU": account.sku,
            "Counted until": moment(usage.read_until or usage.month),
        }
        | ({"Not counted": f"{count(unknown, 'hour')} of which Azure says nothing"} if unknown else {}),
        next_word=f"at {ahead[0]} %" if ahead else "not before next month",
        problem=f"{crossed[-1]} % of the month's signatures used by {account.name}",
        resource=account.id,
    )
