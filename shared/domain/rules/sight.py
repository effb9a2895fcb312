"""Rules about what cannot be seen of a subscription, or of one account."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from shared.domain.account import SigningAccount, names
from shared.domain.blind import About, Blind, Sight
from shared.domain.finding import Finding, Rule, Severity
from shared.domain.policy import Policy
from shared.domain.rules import pages
from shared.domain.survey import Survey
from shared.domain.words import count, listing, moment, span

# Without these nobody knows whether signing works; nobody is woken for locks, registrations or bills.
GRAVE = (About.ACCOUNTS, About.PROFILES, About.USAGE, About.REGISTER)


def subscription_unreadable(survey: Survey, policy: Policy, now: datetime) -> Iterator[Finding]:
    """A subscription, or a part of it, could not be read: nothing there is resolved, and nothing new is noticed."""
    lost = _out_of_sight(survey)
    blind = [spot for spot in survey.blind if spot.scope not in lost]
    whole = [spot for spot in blind if spot.hides(Sight(About.ACCOUNTS, survey.subscription.scope))]
    if blind:
        yield _unreadable(survey, policy, now, whole) if whole else _partly_unreadable(survey, policy, now, blind)


def _unreadable(survey: Survey, policy: Policy, now: datetime, whole: Sequence[Blind]) -> Finding:
    name, since = survey.subscription.name, survey.unread_since(whole)
    critical = now - since >= policy.unread_critical_after
    return Finding(
        rule=UNREADABLE.name,
        subject=survey.subscription.id,
        severity=Severity.CRITICAL if critical else Severity.WARNING,
        what=f"Subscription {name} could not be read since {moment(since)}: {_unwatched(survey)}",
        stops="Countersign does not notice new problems there, and closes none.",
        next_step=whole[0].reason,
        rests_on=(),
        accounts=names(survey.accounts),
        facts={"Subscription": f"{name} ({survey.subscription.id})"},
        began=since,
        problem=f"subscription {name} could not be read",
        resource=survey.subscription.scope,
        next_word="" if critical else f"when it has lasted {span(policy.unread_critical_after)}",
    )


def _partly_unreadable(survey: Survey, policy: Policy, now: datetime, blind: Sequence[Blind]) -> Finding:
    """A problem of its own, which the loss of the whole hides and does not end."""
    name, grave = survey.subscription.name, [spot for spot in blind if spot.about in GRAVE]
    critical = bool(grave) and now - survey.unread_since(grave) >= policy.unread_critical_after
    return Finding(
        rule=UNREADABLE.name,
        subject=f"{survey.subscription.id}/part",
        severity=Severity.CRITICAL if critical else Severity.WARNING,
        what=f"A part of subscription {name} could not be read: {_parts(survey, blind)}",
        stops="Countersign does not notice new problems there, and closes none.",
        next_step=(grave or blind)[0].reason,
        rests_on=tuple(Sight(spot.about, spot.scope) for spot in blind),
        accounts=names(account for account in survey.accounts if any(_touches(spot, account) for spot in blind)),
        facts={"Subscription": f"{name} ({survey.subscription.id})"},
        began=survey.unread_since(blind),
        problem=f"a part of subscription {name} could not be read",
        resource=survey.subscription.scope,
        next_word=f"when it has lasted {span(policy.unread_critical_after)}" if grave and not critical else "",
    )


def account_out_of_sight(survey: Survey, policy: Policy, now: datetime) -> Iterator[Finding]:
    """An account is listed no more and cannot be asked for: access to it was lost. It is not taken for deleted."""
    for account_id, spot in _out_of_sight(survey).items():
        account = next(one for one in survey.accounts if one.id == account_id)
        critical = now - survey.unread_since([spot]) >= policy.unread_critical_after
        yield Finding(
            rule=OUT_OF_SIGHT.name,
            subject=account.local_name,
            severity=Severity.CRITICAL if critical else Severity.WARNING,
            what=f"Account {account.name} ({survey.subscription.name}) is out of sight: listed no more, and it could "
            "not be read",
            stops="Countersign does not notice new problems of it, and closes none. It still bills if it is there.",
            next_step=spot.reason,
            rests_on=(),
            accounts=(account.name,),
            facts={"Subscription": survey.subscription.name},
            problem=f"account {account.name} out of sight",
            resource=account.id,
            next_word="" if critical else f"when it has lasted {span(policy.unread_critical_after)}",
        )


def weigh_sight(survey: Survey, account: SigningAccount, _policy: Policy, _now: datetime) -> Iterator[str]:
    """What of it could not be read."""
    spots = [spot for spot in survey.blind if _touches(spot, account)]
    yield from (f"{spot.about} could not be read: {spot.reason}" for spot in spots)
    if not spots:
        yield "everything of it was read"


UNREADABLE = Rule(
    "subscription-unreadable",
    subscription_unreadable,
    {"for 2 checks": Severity.WARNING, "for 24 hours": Severity.CRITICAL},
    advice="Give Countersign's identity back the roles that it needs there: Reader and Monitoring Reader.",
    group="hygiene",
    links=pages.ROLES,
    settings=("UNREAD__CRITICAL_HOURS",),
    repeats=True,
    needs_looks=2,
    weigh=weigh_sight,
)


OUT_OF_SIGHT = Rule(
    "account-out-of-sight",
    account_out_of_sight,
    {"for 2 checks": Severity.WARNING, "for 24 hours": Severity.CRITICAL},
    advice="Give Countersign's identity the Reader role on the account's subscription, or take away the deny "
    "assignment or the role that was narrowed.",
    group="hygiene",
    links=pages.ROLES,
    settings=("UNREAD__CRITICAL_HOURS",),
    repeats=True,
    needs_looks=2,
    weigh=weigh_sight,
)


def _out_of_sight(survey: Survey) -> dict[str, Blind]:
    """Accounts that are hidden by themselves, not with their subscription."""
    there = {account.id for account in survey.accounts}
    return {spot.scope: spot for spot in survey.blind if spot.about is About.ACCOUNTS and spot.scope in there}


def _unwatched(survey: Survey) -> str:
    """5 accounts are not watched (a, b and 3 more)."""
    found = names(survey.accounts)
    return f"{count(len(found), 'account is', 'accounts are')} not watched ({listing(found)})" if found else "unwatched"


def _touches(spot: Blind, account: SigningAccount) -> bool:
    return spot.hides(Sight(spot.about, account.id))


def _parts(survey: Survey, blind: Sequence[Blind]) -> str:
    def name(spot: Blind) -> str:
        return spot.scope.rsplit("/", 1)[-1]

    kinds = sorted({spot.about for spot in blind})
    return "; ".join(
        str(kind)
        if all(spot.scope == survey.subscription.scope for spot in spots)
        else f"{kind} of {listing([name(spot) for spot in spots])}"
        for kind in kinds
        if (spots := [spot for spot in blind if spot.about is kind])
    )
