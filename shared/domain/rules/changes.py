"""Rules about what changed of accounts between two looks: worth knowing, for a week."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from shared.domain.account import SigningAccount
from shared.domain.blind import About, Sight
from shared.domain.finding import Finding, Rule, Severity
from shared.domain.happened import KEPT_FOR, Happened, What
from shared.domain.policy import Policy
from shared.domain.rules import pages
from shared.domain.rules.retirement import retired
from shared.domain.survey import AccountFacts, Survey
from shared.domain.words import moment

NEWS_FOR = timedelta(days=7)


def account_appeared(survey: Survey, _policy: Policy, now: datetime) -> Iterator[Finding]:
    """A signing account was created, or came into sight: from now on it bills, and it is watched."""
    for known, one in _news(survey, What.APPEARED, now):
        yield _finding(
            APPEARED, survey, known, one, Severity.INFO, f"is new, {known.account.sku}, in {known.account.region}"
        )


def account_sku_changed(survey: Survey, _policy: Policy, now: datetime) -> Iterator[Finding]:
    """An account has another SKU than before: its fee and its included signatures change with the next period."""
    for known, one in _news(survey, What.SKU, now):
        yield _finding(SKU_CHANGED, survey, known, one, Severity.INFO, f"is {one.after} now, {one.before} before")


def account_deleted(survey: Survey, _policy: Policy, now: datetime) -> Iterator[Finding]:
    """A signing account was deleted. What it signed stays valid; its certificates are not revoked."""
    for known in survey.gone.values():
        if retired(known, survey.walks.get(known.account.id)):
            continue  # That is told by a rule of its own.
        for one in known.happened:
            if one.what is What.DELETED and now - one.at < NEWS_FOR:
                profiles = len(known.profiles or ())
                used = f", with {profiles} certificate profile{'' if profiles == 1 else 's'}" if profiles else ""
                yield _finding(DELETED, survey, known, one, Severity.WARNING, f"was deleted{used}")


def weigh_changes(survey: Survey, account: SigningAccount, _policy: Policy, _now: datetime) -> Iterator[str]:
    """What changed of it lately."""
    known = survey.facts.get(account.id)
    happened = known.happened if known else ()
    for one in happened:
        words = f", {one.before} to {one.after}" if one.before else ""
        yield f"{moment(one.at)}: {one.what}{words}{f' ({one.operation})' if one.operation else ''}"
    if not happened:
        since = f"; first seen {moment(known.first_seen)}" if known and known.first_seen else ""
        yield f"nothing changed in {KEPT_FOR.days} days{since}"


APPEARED = Rule(
    "account-appeared",
    account_appeared,
    {"within 7 days": Severity.INFO},
    advice="If nobody of yours created it, find out in the activity log who did.",
    group="hygiene",
    links=pages.ACTIVITY,
    settled=True,
    quiet_end=True,
    weigh=weigh_changes,
)
SKU_CHANGED = Rule(
    "account-sku-changed",
    account_sku_changed,
    {"within 7 days": Severity.INFO},
    advice="If nobody of yours changed it, find out in the activity log who did.",
    group="hygiene",
    links=pages.SKU | pages.ACTIVITY,
    settled=True,
    quiet_end=True,
    weigh=weigh_changes,
)
DELETED = Rule(
    "account-deleted",
    account_deleted,
    {"within 7 days": Severity.WARNING},
    advice="If nobody of yours deleted it, find out in the activity log who did. It can be created again under the "
    "same name, in full charge; its profiles and perhaps its validations are lost.",
    group="hygiene",
    links=pages.ACTIVITY,
    settled=True,
    quiet_end=True,
    weigh=weigh_changes,
)


def _news(survey: Survey, what: What, now: datetime) -> Iterator[tuple[AccountFacts, Happened]]:
    for account in survey.accounts:
        known = survey.facts.get(account.id)
        latest = [one for one in (known.happened if known else ()) if one.what is what and now - one.at < NEWS_FOR]
        if known and latest:
            yield known, latest[-1]


def _subject(account: SigningAccount, one: Happened) -> str:
    """An event that comes later may tell another time of the same deletion."""
    return account.local_name if one.what is What.DELETED else f"{account.local_name}/{one.at:%Y-%m-%d}"


def _finding(rule: Rule, survey: Survey, known: AccountFacts, one: Happened, severity: Severity, what: str) -> Finding:
    account = known.account
    how = one.operation or "no event told by which operation"
    return Finding(
        rule=rule.name,
        subject=_subject(account, one),
        severity=severity,
        what=f"Account {account.name} ({survey.subscription.name}) {what}",
        stops="Nothing can be signed with it any more." if one.what is What.DELETED else "Nothing stops.",
        next_step=rule.advice,
        rests_on=(Sight(About.ACCOUNTS, account.id),),
        accounts=(account.name,),
        facts={"When": moment(one.at), "Operation": how},
        began=one.at,
        problem=f"{one.what}: {account.name}",
        resource=survey.subscription.scope if one.what is What.DELETED else account.id,
        next_word="not about this",
    )
