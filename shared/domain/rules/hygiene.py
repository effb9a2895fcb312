"""Rules about what the watcher itself can see."""

from collections.abc import Iterator
from datetime import datetime

from shared.domain.account import SigningAccount, names
from shared.domain.blind import About, Blind, Sight
from shared.domain.finding import Finding, Rule, Severity
from shared.domain.policy import Policy
from shared.domain.survey import Survey
from shared.domain.words import count, listing, moment, span


def subscription_unreadable(survey: Survey, policy: Policy, now: datetime) -> Iterator[Finding]:
    """A subscription, or a part of it, could not be read: nothing there is resolved, and nothing new is noticed."""
    if not survey.blind:
        return
    since = survey.unread_since or now
    whole = next((spot for spot in survey.blind if spot.hides(Sight(About.ACCOUNTS, survey.subscription.scope))), None)
    name = survey.subscription.name
    critical = now - since >= policy.unread_critical_after
    yield Finding(
        rule=UNREADABLE.name,
        subject=survey.subscription.id,
        severity=Severity.CRITICAL if critical else Severity.WARNING,
        what=f"Subscription {name} could not be read since {moment(since)}: {_unwatched(survey)}"
        if whole
        else f"A part of subscription {name} could not be read: {_parts(survey)}",
        stops="Countersign does not notice new problems there, and closes none.",
        next_step=(whole or survey.blind[0]).reason,
        rests_on=(),
        accounts=names(account for account in survey.accounts if any(_touches(spot, account) for spot in survey.blind)),
        facts={"Subscription": f"{name} ({survey.subscription.id})"},
        began=since,
        problem=f"subscription {name} could not be read"
        if whole
        else f"a part of subscription {name} could not be read",
        resource=survey.subscription.scope,
        next_word="" if critical else f"when it has lasted {span(policy.unread_critical_after)}",
    )


UNREADABLE = Rule("subscription-unreadable", subscription_unreadable, repeats=True, needs_looks=2)


def _unwatched(survey: Survey) -> str:
    """5 accounts are not watched (a, b and 3 more)."""
    found = names(survey.accounts)
    return f"{count(len(found), 'account is', 'accounts are')} not watched ({listing(found)})" if found else "unwatched"


def _touches(spot: Blind, account: SigningAccount) -> bool:
    return spot.hides(Sight(spot.about, account.id))


def _parts(survey: Survey) -> str:
    def name(spot: Blind) -> str:
        return spot.scope.rsplit("/", 1)[-1]

    kinds = sorted({spot.about for spot in survey.blind})
    return "; ".join(
        str(kind)
        if all(spot.scope == survey.subscription.scope for spot in spots)
        else f"{kind} of {listing([name(spot) for spot in spots])}"
        for kind in kinds
        if (spots := [spot for spot in survey.blind if spot.about is kind])
    )
