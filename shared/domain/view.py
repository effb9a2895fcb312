"""A compact view of one subscription, written when it has been looked at; pages and the story read it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.domain.blind import Blind
from shared.domain.finding import Finding, Severity
from shared.domain.memory import Decision, Reason
from shared.domain.period import period_of
from shared.domain.policy import Policy
from shared.domain.subscription import Subscription
from shared.domain.survey import Survey


@dataclass(frozen=True, slots=True)
class AccountView:
    """One line of a table of accounts. `signatures` is None where unknown; `fee` is USD a month by list price."""

    name: str
    region: str
    sku: str
    profiles: int | None
    signatures: int | None
    included: int | None
    fee: str
    fine: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class FindingView:
    """An open finding as pages show it, with what was decided for each receiver."""

    rule: str
    severity: str
    what: str
    next_step: str
    accounts: tuple[str, ...]
    inhibited: bool = False
    observed: bool = False
    told: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class SubscriptionView:
    """Everything of one subscription that a page shows."""

    subscription: Subscription
    look: str
    taken: datetime
    accounts: tuple[AccountView, ...]
    findings: tuple[FindingView, ...]
    blind: tuple[Blind, ...] = ()


def view_of(
    survey: Survey, look: str, findings: Sequence[Finding], decisions: Sequence[Decision], policy: Policy
) -> SubscriptionView:
    """What a page shows of a survey and of what was made of it."""
    observed = {decision.finding.key for decision in decisions if decision.reason is Reason.OBSERVING}
    real = [found for found in findings if found.severity > Severity.INFO and found.key not in observed]
    troubled = {name for finding in real for name in finding.accounts}
    return SubscriptionView(
        subscription=survey.subscription,
        look=look,
        taken=survey.taken,
        accounts=tuple(_account(survey, policy, index, troubled) for index in range(len(survey.accounts))),
        findings=finding_views(findings, decisions),
        blind=survey.blind,
    )


def _account(survey: Survey, policy: Policy, index: int, troubled: set[str]) -> AccountView:
    account = survey.accounts[index]
    profiles, signed = survey.profiles.get(account.id), survey.signatures.get(account.id)
    terms = policy.quota.terms(account.sku)
    new = profiles is not None and any(not profile.certificates and profile.usable for profile in profiles)
    return AccountView(
        name=account.name,
        region=account.region,
        sku=account.sku,
        profiles=None if profiles is None else len(profiles),
        signatures=signed.total(period_of(survey.taken, policy.quota.billing_day)) if signed else None,
        included=terms.included_signatures if terms else None,
        fee=f"{terms.fee}" if terms else "",
        fine=account.name not in troubled and profiles is not None,
        note="new: no certificate yet" if new and account.name not in troubled else "",
    )


def finding_views(findings: Sequence[Finding], decisions: Sequence[Decision]) -> tuple[FindingView, ...]:
    """As pages show them."""
    told: dict[str, list[tuple[str, str]]] = {}
    for decision in decisions:
        told.setdefault(decision.finding.key, []).append((decision.receiver, str(decision.reason)))
    return tuple(_finding(finding, tuple(told.get(finding.key, ()))) for finding in findings)


def _finding(finding: Finding, told: tuple[tuple[str, str], ...]) -> FindingView:
    return FindingView(
        rule=finding.rule,
        severity=finding.severity.word,
        what=finding.what,
        next_step=finding.next_step,
        accounts=finding.accounts,
        inhibited=any(reason == Reason.INHIBITED for _, reason in told),
        observed=any(reason == Reason.OBSERVING for _, reason in told),
        told=told,
    )
