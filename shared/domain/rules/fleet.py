"""Rules about the fleet as a whole, judged when a look closes."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.domain.blind import About, Blind, Sight
from shared.domain.cost import CostScope
from shared.domain.finding import Finding, Rule, Severity
from shared.domain.look import Look, ShardEnd
from shared.domain.policy import Policy
from shared.domain.words import count, listing, moment, span


@dataclass(frozen=True, slots=True)
class FleetSurvey:
    """A look with the ends of its shards, where it was blind, and since when the list of accounts was not readable.

    `mistakes` are wrong settings, a plain sentence each; `cost_scopes` those of which reading the bill is in trouble.
    """

    look: Look
    ends: Sequence[ShardEnd]
    blind: Sequence[Blind] = ()
    unread_since: datetime | None = None
    mistakes: Sequence[str] = ()
    cost_scopes: Sequence[CostScope] = ()


def nothing_visible(survey: FleetSurvey, _policy: Policy, _now: datetime) -> Iterator[Finding]:
    """No signing account is visible at all: that is a mistake in roles or settings until somebody says otherwise."""
    if survey.blind or survey.look.accounts or any(end.accounts for end in survey.ends):
        return
    yield Finding(
        rule=NOTHING_VISIBLE,
        subject="fleet",
        severity=Severity.WARNING,
        what="Countersign sees no signing account in any subscription",
        stops="Nothing is being watched.",
        next_step="Give Countersign's identity the Reader role on the subscriptions that hold signing accounts, for "
        "example: az role assignment create --assignee IDENTITY --role acdd72a7-3385-48ef-bd42-f606fba81ae7 "
        "--scope /subscriptions/ID",
        rests_on=(Sight(About.ACCOUNTS, ""),),
    )


def inventory_unreadable(survey: FleetSurvey, policy: Policy, now: datetime) -> Iterator[Finding]:
    """The list of all accounts could not be read: accounts known from before are checked, new ones are not noticed."""
    if not survey.look.blind:
        return
    since = survey.unread_since or now
    critical = now - since >= policy.unread_critical_after
    yield Finding(
        rule=INVENTORY_UNREADABLE,
        subject="fleet",
        severity=Severity.CRITICAL if critical else Severity.WARNING,
        what=f"The list of signing accounts could not be read, since {moment(since)}",
        stops="New accounts are not noticed; those known from before are still checked."
        if any(end.accounts for end in survey.ends)
        else "Nothing is watched.",
        next_step=survey.look.blind[0].reason,
        rests_on=(),
        began=since,
        problem="the list of signing accounts could not be read",
        next_word="" if critical else f"when it has lasted {span(policy.unread_critical_after)}",
    )


def settings_wrong(survey: FleetSurvey, _policy: Policy, _now: datetime) -> Iterator[Finding]:
    """An app setting is wrong: the watch goes on with its default, which is not what somebody meant."""
    if not survey.mistakes:
        return
    yield Finding(
        rule=SETTINGS_WRONG,
        subject=hashlib.sha256("\n".join(survey.mistakes).encode()).hexdigest()[:16],
        severity=Severity.WARNING,
        what=f"{count(len(survey.mistakes), 'app setting')} of Countersign {_is_are(survey.mistakes)} wrong: "
        + " ".join(survey.mistakes),
        stops="The watch goes on, with the defaults in place of what is wrong.",
        next_step="Correct the app settings of Countersign's function app.",
        rests_on=(),
        problem="wrong app settings of Countersign",
    )


def bill_unreadable(survey: FleetSurvey, _policy: Policy, now: datetime) -> Iterator[Finding]:
    """The bill could not be read: what is spent is known only as far as it was read before."""
    blind = [(scope, scope.blind) for scope in survey.cost_scopes if scope.blind]
    if not blind:
        return
    since = min(scope.unread_since or now for scope, _ in blind)
    names = {end.subscription.scope: end.subscription.name for end in survey.ends}
    where = listing([_billed(scope.scope, names) for scope, _ in blind])
    yield Finding(
        rule=BILL_UNREADABLE,
        subject="fleet",
        severity=Severity.WARNING,
        what=f"The bill of {where} could not be read, since {moment(since)}",
        stops="Costs are shown as they were read last; nothing is said of them.",
        next_step=blind[0][1].reason,
        rests_on=(),
        began=since,
        problem=f"the bill of {where} could not be read",
    )


def fleet_findings(survey: FleetSurvey, policy: Policy, now: datetime) -> Iterator[Finding]:
    """Everything that only shows when all subscriptions are seen together."""
    yield from nothing_visible(survey, policy, now)
    yield from inventory_unreadable(survey, policy, now)
    yield from settings_wrong(survey, policy, now)
    yield from bill_unreadable(survey, policy, now)


NOTHING_VISIBLE = "nothing-visible"
INVENTORY_UNREADABLE = "inventory-unreadable"
SETTINGS_WRONG = "settings-wrong"
BILL_UNREADABLE = "bill-unreadable"
BILLED = {
    "subscriptions": "subscription",
    "managementgroups": "management group",
    "billingaccounts": "billing account",
    "billingprofiles": "billing profile",
}


def _billed(scope: str, names: Mapping[str, str]) -> str:
    """subscription Games; management group contoso; billing account 1234."""
    *_, kind, name = scope.rsplit("/", 2)
    return f"{BILLED.get(kind, kind)} {names.get(scope, name)}".strip()


def _is_are(things: Sequence[object]) -> str:
    return "is" if len(things) == 1 else "are"


def _elsewhere(*_: object) -> Iterator[Finding]:
    """Judged when a look closes, not with a subscription."""
    yield from ()


FLEET_RULES: Mapping[str, Rule] = {
    NOTHING_VISIBLE: Rule(NOTHING_VISIBLE, _elsewhere),
    INVENTORY_UNREADABLE: Rule(INVENTORY_UNREADABLE, _elsewhere, repeats=True, needs_looks=2),
    SETTINGS_WRONG: Rule(SETTINGS_WRONG, _elsewhere, settled=True),
    BILL_UNREADABLE: Rule(BILL_UNREADABLE, _elsewhere, needs_looks=2),
}
