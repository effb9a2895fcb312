"""Rules about whether a subscription, and what is tagged in it, is in order."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.domain.account import SigningAccount, names
from shared.domain.blind import About, Sight
from shared.domain.finding import Finding, Rule, Severity
from shared.domain.policy import Policy
from shared.domain.rules import pages
from shared.domain.rules.concerns import where
from shared.domain.survey import Survey
from shared.domain.tags import QUOTA, mistakes_in, tags_of
from shared.domain.words import day

PROVIDER = "microsoft.codesigning"
ENABLED = "enabled"


def provider_not_registered(survey: Survey, policy: Policy, _now: datetime) -> Iterator[Finding]:
    """Microsoft.CodeSigning is not registered in a subscription: it shows no accounts there, and no error either."""
    registrations = survey.daily.registrations
    expected = bool(survey.accounts or survey.register or survey.subscription.id in policy.watched)
    if registrations is None or not expected:
        return
    state = registrations.get(PROVIDER, "NotRegistered")
    if state.lower() in ("registered", "registering"):
        return
    yield Finding(
        rule=NOT_REGISTERED.name,
        subject=survey.subscription.id,
        severity=Severity.WARNING,
        what=f"Microsoft.CodeSigning is {state} in subscription {survey.subscription.name}",
        stops="Accounts there are not listed, and none can be created.",
        next_step=NOT_REGISTERED.advice.replace("ID", survey.subscription.id),
        rests_on=(Sight(About.REGISTRATIONS, survey.subscription.scope),),
        accounts=names(survey.accounts),
        problem=f"Microsoft.CodeSigning not registered in {survey.subscription.name}",
        resource=survey.subscription.scope,
    )


def subscription_state(survey: Survey, _policy: Policy, _now: datetime) -> Iterator[Finding]:
    """A subscription with signing accounts is not Enabled: a payment is due, or it was disabled, and signing ends."""
    state = survey.subscription.state
    if not state or state.lower() == ENABLED or not survey.accounts:
        return
    down = state.lower() in ("disabled", "deleted")
    name = survey.subscription.name
    yield Finding(
        rule=STATE.name,
        subject=survey.subscription.id,
        severity=Severity.CRITICAL if down else Severity.WARNING,
        level=int(down),
        what=f"Subscription {name} is {state}: {where(survey.accounts)}",
        stops="Signing stops for all of them." if down else "When it is disabled, signing stops for all of them.",
        next_step=STATE.advice,
        rests_on=(Sight(About.ACCOUNTS, survey.subscription.scope),),
        accounts=names(survey.accounts),
        problem=f"subscription {name} not Enabled",
        resource=survey.subscription.scope,
    )


def subscription_moved(survey: Survey, _policy: Policy, _now: datetime) -> Iterator[Finding]:
    """A subscription came under another tenant: roles are lost with it, and signing accounts cannot be moved."""
    moved = survey.moved
    if moved is None or not survey.accounts:
        return
    yield Finding(
        rule=MOVED.name,
        subject=f"{survey.subscription.id}/{moved.after}",
        severity=Severity.WARNING,
        what=f"Subscription {survey.subscription.name} belongs to tenant {moved.after} since {day(moved.noticed)}, "
        f"before to {moved.before}",
        stops="Roles of the old tenant no longer count there; pipelines that sign may be refused.",
        next_step=MOVED.advice,
        rests_on=(Sight(About.ACCOUNTS, survey.subscription.scope),),
        accounts=names(survey.accounts),
        problem=f"change of tenant of {survey.subscription.name}",
        resource=survey.subscription.scope,
    )


def tag_malformed(survey: Survey, _policy: Policy, _now: datetime) -> Iterator[Finding]:
    """A tag of Countersign on an account, its group or its subscription cannot be read: the default is in force."""
    for place in _tagged(survey):
        mistakes = mistakes_in(place.tags)
        if mistakes:
            yield Finding(
                rule=TAG.name,
                subject=place.subject,
                severity=Severity.WARNING,
                what=f"A tag of {place.title} cannot be read: " + " ".join(mistakes).rstrip("."),
                stops=f"What somebody wanted for {where(place.accounts)} is not in force.",
                next_step=TAG.advice,
                rests_on=tuple(Sight(About.ACCOUNTS, account.id) for account in place.accounts),
                accounts=names(place.accounts),
                problem=f"unreadable tag of {place.title}",
                resource=place.resource,
            )


def weigh_subscription(survey: Survey, _account: SigningAccount, _policy: Policy, _now: datetime) -> Iterator[str]:
    """State, tenant and provider of its subscription."""
    registrations = survey.daily.registrations
    state = "not known" if registrations is None else registrations.get(PROVIDER, "NotRegistered")
    owner = survey.subscription
    yield f"subscription {owner.name} is {owner.state or 'in a state that Azure did not tell'}"
    yield f"Microsoft.CodeSigning there: {state}"
    if survey.subscription.tenant_id:
        yield f"tenant {survey.subscription.tenant_id}"


def weigh_tags(survey: Survey, account: SigningAccount, _policy: Policy, _now: datetime) -> Iterator[str]:
    """What is tagged."""
    tags = tags_of(account, survey.subscription)
    said = [
        *([f"{QUOTA} {', '.join(map(str, tags.warn_percent))}"] if tags.warn_percent else []),
        *([f"owner {tags.owner}"] if tags.owner else []),
        *(["keep" + (f" until {day(tags.keep_until)}" if tags.keep_until else "")] if tags.keep else []),
    ]
    yield f"tagged: {'; '.join([*said, *tags.mistakes])}" if said or tags.mistakes else "no tag of Countersign"


NOT_REGISTERED = Rule(
    "provider-not-registered",
    provider_not_registered,
    {"where accounts, entries or settings say that there is signing": Severity.WARNING},
    advice="Register it: az provider register --namespace Microsoft.CodeSigning --subscription ID",
    group="hygiene",
    links=pages.PROVIDERS,
    settings=("WATCH__SCOPES",),
    settled=True,
    weigh=weigh_subscription,
)
STATE = Rule(
    "subscription-state",
    subscription_state,
    {"Warned or PastDue": Severity.WARNING, "Disabled": Severity.CRITICAL},
    advice="Ask whoever owns its billing to pay what is due, or to enable it again.",
    group="hygiene",
    links=pages.STATES,
    repeats=True,
    settled=True,
    weigh=weigh_subscription,
)
MOVED = Rule(
    "subscription-moved",
    subscription_moved,
    {"another tenant than before": Severity.WARNING},
    advice="Ask whoever moved it whether signing was meant to move, and give roles there anew, Countersign's included.",
    group="hygiene",
    links=pages.ROLES,
    settled=True,
    quiet_end=True,
    weigh=weigh_subscription,
)
TAG = Rule(
    "tag-malformed",
    tag_malformed,
    {"cannot be read": Severity.WARNING},
    advice="Correct the tag.",
    group="hygiene",
    links=pages.TAGS,
    settled=True,
    weigh=weigh_tags,
)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where tags are: what it is called, and the accounts that they are about."""

    subject: str
    title: str
    resource: str
    tags: Mapping[str, str]
    accounts: Sequence[SigningAccount]


def _tagged(survey: Survey) -> Iterator[_Place]:
    """One problem a place, however many accounts are in it."""
    owner = survey.subscription
    if survey.accounts:
        yield _Place(owner.id, f"subscription {owner.name}", owner.scope, owner.tags, survey.accounts)
    groups: dict[str, list[SigningAccount]] = {}
    for account in survey.accounts:
        groups.setdefault(account.resource_group.lower(), []).append(account)
        title = f"account {account.name} ({owner.name})"
        yield _Place(account.local_name, title, account.id, account.tags, (account,))
    for group, accounts in groups.items():
        title = f"resource group {accounts[0].resource_group} ({owner.name})"
        resource = accounts[0].id.partition("/providers/")[0]
        yield _Place(f"{group}/", title, resource, accounts[0].group_tags, accounts)
