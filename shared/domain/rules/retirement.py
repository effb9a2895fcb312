"""Rules about accounts on their way out: what will be deleted, what was, and where a person must decide."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from shared.domain.account import SigningAccount
from shared.domain.finding import Finding, Rule, Severity
from shared.domain.policy import Policy
from shared.domain.rules import pages
from shared.domain.savings import saves
from shared.domain.survey import AccountFacts, Survey
from shared.domain.walk import Stage, Walk
from shared.domain.words import day, moment

NEWS_FOR = timedelta(days=7)


def retirement_announced(survey: Survey, _policy: Policy, _now: datetime) -> Iterator[Finding]:
    """A signing account whose identity validation failed for good is to be deleted, so that its billing stops."""
    for account, walk in _on_their_way(survey, Stage.ANNOUNCED, Stage.DELETING):
        asked = "" if walk.proven else " The time to say no begins when somebody is known to have had this notice."
        no = f"the tag countersign-keep, a lock, or countersign retire excuse {account.name}"
        yield Finding(
            rule=ANNOUNCED.name,
            subject=subject_of(account),
            severity=Severity.WARNING,
            what=f"Account {account.name} ({survey.subscription.name}) will be deleted "
            f"{walk.facts.get('Deleted', 'soon')}: its identity validation failed",
            stops=f"Lost with it: {walk.facts.get('Lost', 'the account, its profiles and its history.')}",
            next_step=f"To keep it say no, in any of these ways: {no}. "
            f"If it may go: countersign retire seen {account.name}.{asked}",
            rests_on=(),
            accounts=(account.name,),
            facts={name: text for name, text in walk.facts.items() if name != "Lost"},
            began=walk.announced,
            problem=f"retirement of {account.name}",
            resource=account.id,
            next_word="when it was deleted, or is no longer to be",
        )


def retirement_blocked(survey: Survey, _policy: Policy, _now: datetime) -> Iterator[Finding]:
    """Deleting an account did not come to a good end. Nothing is tried again by itself: a person decides."""
    for account, walk in _on_their_way(survey, Stage.BLOCKED, Stage.FAILED):
        failed = walk.stage is Stage.FAILED
        mend = "delete it in the portal or ask Azure Support" if failed else "mend that, then approve it anew"
        commands = "" if failed else f": countersign retire approve {account.name}, or excuse {account.name}"
        yield Finding(
            rule=BLOCKED.name,
            subject=subject_of(account),
            severity=Severity.WARNING,
            what=f"Account {account.name} ({survey.subscription.name}) was not deleted: {walk.why}",
            stops="It bills its full fee until it is deleted.",
            next_step=f"Nothing is tried again by itself: {mend}{commands}.",
            rests_on=(),
            accounts=(account.name,),
            began=walk.blocked or walk.ended,
            problem=f"{account.name} was not deleted",
            resource=account.id,
        )


def account_retired(survey: Survey, policy: Policy, now: datetime) -> Iterator[Finding]:
    """An account was retired: it was deleted after its validation failed, and its billing stops."""
    for known in survey.gone.values():
        walk = survey.walks.get(known.account.id)
        if walk and retired(known, walk) and walk.ended and now - walk.ended < NEWS_FOR:
            deleted = walk.accepted or walk.ended
            yield _retired(survey, known.account, walk, deleted, saves(known.account, policy, deleted.date()))


def retired(known: AccountFacts, walk: Walk | None) -> bool:
    """It was us who deleted this incarnation."""
    if walk is None or walk.pretended or walk.created != known.account.created:
        return False
    return walk.stage in (Stage.DELETED, Stage.SETTLED) or walk.accepted is not None


def subject_of(account: SigningAccount) -> str:
    """A later account of the same name is another problem."""
    return f"{account.local_name}@{account.created:%Y%m%dT%H%M%S}" if account.created else account.local_name


def weigh_retirement(survey: Survey, account: SigningAccount, _policy: Policy, _now: datetime) -> Iterator[str]:
    """Where its walk stands."""
    walk = survey.walks.get(account.id)
    if walk is None or walk.stage is Stage.NONE:
        yield "it is not on its way out"
        return
    pretended = " (pretended)" if walk.pretended else ""
    yield f"{walk.stage}{pretended}{f': {walk.why}' if walk.why else ''}"
    if walk.since:
        yield f"candidate since {moment(walk.since)}"


ANNOUNCED = Rule(
    "retirement-announced",
    retirement_announced,
    {"from the notice until it is deleted, or is no longer to be": Severity.WARNING},
    advice="Say no in time if it is still needed; otherwise nothing is to be done.",
    group="retirement",
    links=pages.FAQ,
    settings=("RETIRE__MODE", "RETIRE__GRACE_WORKDAYS"),
    settled=True,
    weigh=weigh_retirement,
)
BLOCKED = Rule(
    "retirement-blocked",
    retirement_blocked,
    {"Azure refused, or nobody knows what came of it": Severity.WARNING},
    advice="Find out why, then approve the retirement anew, or say no to it.",
    group="retirement",
    links=pages.SUPPORT,
    settings=("RETIRE__MODE",),
    settled=True,
    weigh=weigh_retirement,
)
RETIRED = Rule(
    "account-retired",
    account_retired,
    {f"within {NEWS_FOR.days} days": Severity.WARNING},
    advice="Nothing is to be done; once a whole month shows no charge, its billing is known to have stopped.",
    group="retirement",
    links=pages.FAQ,
    settings=("RETIRE__MODE",),
    settled=True,
    quiet_end=True,
    weigh=weigh_retirement,
)


def _on_their_way(survey: Survey, *stages: Stage) -> Iterator[tuple[SigningAccount, Walk]]:
    """Of accounts that are there; what is only pretended is told nobody."""
    for account in survey.accounts:
        walk = survey.walks.get(account.id)
        if walk and walk.stage in stages and not walk.pretended and walk.created == account.created:
            yield account, walk


def _retired(survey: Survey, account: SigningAccount, walk: Walk, deleted: datetime, saved: str) -> Finding:
    approved = ", ".join(one.by for one in walk.approvals)
    facts = {"Deleted": moment(deleted), "Saves": saved, "Approved by": approved, "Billing": _billing(walk)}
    return Finding(
        rule=RETIRED.name,
        subject=subject_of(account),
        severity=Severity.WARNING,
        what=f"Account {account.name} ({survey.subscription.name}) was retired on {day(deleted.date())}: it {saved}",
        stops="Nothing stops: its validation had failed, so nothing could be signed with it.",
        next_step=RETIRED.advice,
        rests_on=(),
        accounts=(account.name,),
        facts={name: text for name, text in facts.items() if text},
        began=deleted,
        problem=f"{account.name} was retired",
        resource=survey.subscription.scope,
        next_word="not about this",
    )


def _billing(walk: Walk) -> str:
    return walk.why if walk.stage is Stage.SETTLED else "no month without a charge is known yet"
