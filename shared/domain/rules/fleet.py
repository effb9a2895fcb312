"""Rules about the fleet as a whole, judged when a look closes."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from shared.domain.blind import About, Sight
from shared.domain.finding import Finding, Rule, Severity
from shared.domain.fleet import FleetSurvey
from shared.domain.policy import Policy
from shared.domain.rules import pages
from shared.domain.words import count, listing, moment, span

LATE = timedelta(hours=2)  # A look that begins so much later than it was due is told.


def nothing_visible(survey: FleetSurvey, _policy: Policy, _now: datetime) -> Iterator[Finding]:
    """No signing account is visible at all: that is a mistake in roles or settings until somebody says otherwise."""
    if survey.blind or survey.look.accounts or any(end.accounts for end in survey.ends):
        return
    yield Finding(
        rule=NOTHING_VISIBLE.name,
        subject="fleet",
        severity=Severity.WARNING,
        what="Countersign sees no signing account in any subscription",
        stops="Nothing is being watched.",
        next_step=NOTHING_VISIBLE.advice,
        rests_on=(Sight(About.ACCOUNTS, ""),),
        problem="no signing account visible",
    )


def inventory_unreadable(survey: FleetSurvey, policy: Policy, now: datetime) -> Iterator[Finding]:
    """The list of all accounts could not be read: accounts known from before are checked, new ones are not noticed."""
    if not survey.look.blind:
        return
    since = survey.unread_since or now
    critical = now - since >= policy.unread_critical_after
    yield Finding(
        rule=INVENTORY_UNREADABLE.name,
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
        rule=SETTINGS_WRONG.name,
        subject=hashlib.sha256("\n".join(survey.mistakes).encode()).hexdigest()[:16],
        severity=Severity.WARNING,
        what=f"{count(len(survey.mistakes), 'app setting')} of Countersign {_is_are(survey.mistakes)} wrong: "
        + " ".join(survey.mistakes),
        stops="The watch goes on, with the defaults in place of what is wrong.",
        next_step=SETTINGS_WRONG.advice,
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
        rule=BILL_UNREADABLE.name,
        subject="fleet",
        severity=Severity.WARNING,
        what=f"The bill of {where} could not be read, since {moment(since)}",
        stops="Costs are shown as they were read last; nothing is said of them.",
        next_step=blind[0][1].reason,
        rests_on=(),
        began=since,
        problem=f"the bill of {where} could not be read",
    )


def endpoint_unreachable(survey: FleetSurvey, _policy: Policy, _now: datetime) -> Iterator[Finding]:
    """A service that signing needs did not answer: signatures fail, or come without a timestamp and die in 3 days."""
    for reached in survey.look.reached:
        if reached.answered:
            continue
        yield Finding(
            rule=UNREACHABLE.name,
            subject=reached.address.lower(),
            severity=Severity.WARNING,
            what=f"The {reached.service} ({reached.address}) did not answer",
            stops="Signatures without a timestamp are worthless when their certificate ends, after three days."
            if "timestamp" in reached.service
            else "Nothing can be signed in that region while it does not answer.",
            next_step=UNREACHABLE.advice,
            # Which endpoints there are is known from the list of accounts: without it none was asked.
            rests_on=() if "timestamp" in reached.service else (Sight(About.ACCOUNTS, ""),),
            facts={"Why": reached.problem},
            problem=f"{reached.service} did not answer",
        )


def watch_late(survey: FleetSurvey, _policy: Policy, _now: datetime) -> Iterator[Finding]:
    """Countersign did not check when its schedule says so: what happened meanwhile is told late."""
    started = survey.look.started
    if survey.due is None or not survey.before or started - survey.due < LATE:
        return
    yield Finding(
        rule=LATE_RULE.name,
        subject="fleet",
        severity=Severity.WARNING,
        what=f"Countersign did not check between {moment(survey.before[0].started)} and {moment(started)}; "
        f"a check was due at {moment(survey.due)}",
        stops="What happened meanwhile was not noticed, and is told late.",
        next_step=LATE_RULE.advice,
        rests_on=(),
        began=survey.due,
        problem="late check",
    )


def look_unfinished(survey: FleetSurvey, _policy: Policy, _now: datetime) -> Iterator[Finding]:
    """A check did not come to its end in time: some subscriptions are not watched."""
    if survey.unended:
        yield Finding(
            rule=UNFINISHED.name,
            subject="fleet",
            severity=Severity.WARNING,
            what=f"{count(len(survey.unended), 'subscription')} could not be checked in time: "
            f"{listing(survey.unended, 9)}",
            stops="Nothing new is noticed there, and nothing closed.",
            next_step=UNFINISHED.advice,
            rests_on=(),
            problem="subscriptions not checked in time",
        )


NOTHING_VISIBLE: Rule[FleetSurvey] = Rule(
    "nothing-visible",
    nothing_visible,
    {"no account in any subscription": Severity.WARNING},
    advice="Give Countersign's identity the Reader role on the subscriptions that hold signing accounts, for "
    "example: az role assignment create --assignee IDENTITY --role acdd72a7-3385-48ef-bd42-f606fba81ae7 "
    "--scope /subscriptions/ID",
    group="hygiene",
    links=pages.ROLES,
    settings=("WATCH__SCOPES",),
)
INVENTORY_UNREADABLE: Rule[FleetSurvey] = Rule(
    "inventory-unreadable",
    inventory_unreadable,
    {"for 2 checks": Severity.WARNING, "for 24 hours": Severity.CRITICAL},
    advice="Give Countersign's identity the Reader role back.",
    group="hygiene",
    links=pages.ROLES,
    settings=("UNREAD__CRITICAL_HOURS",),
    repeats=True,
    needs_looks=2,
)
SETTINGS_WRONG: Rule[FleetSurvey] = Rule(
    "settings-wrong",
    settings_wrong,
    {"an app setting is wrong or unknown": Severity.WARNING},
    advice="Correct the app settings of Countersign's function app.",
    group="hygiene",
    links=pages.APP_SETTINGS,
    settled=True,
)
BILL_UNREADABLE: Rule[FleetSurvey] = Rule(
    "bill-unreadable",
    bill_unreadable,
    {"for 2 checks": Severity.WARNING},
    advice="Give Countersign's identity the Cost Management Reader role there.",
    group="hygiene",
    links=pages.COST_ROLES,
    settings=("COST__SCOPES",),
    needs_looks=2,
)
UNREACHABLE: Rule[FleetSurvey] = Rule(
    "endpoint-unreachable",
    endpoint_unreachable,
    {"no answer at 3 checks": Severity.WARNING},
    advice="Try it from where you sign. If it answers there, Countersign's own way to the internet is closed; if it "
    "does not, do not release without a timestamp, and see Azure's service health.",
    group="hygiene",
    links=pages.INTEGRATE,
    needs_looks=3,
)
LATE_RULE: Rule[FleetSurvey] = Rule(
    "watch-late",
    watch_late,
    {"2 hours later than WATCH_SCHEDULE says": Severity.WARNING},
    advice="See in the function app whether it was stopped, or whether its timer failed.",
    group="hygiene",
    links=pages.APP_SETTINGS,
    settings=("WATCH_SCHEDULE",),
    settled=True,
    quiet_end=True,
)
UNFINISHED: Rule[FleetSurvey] = Rule(
    "look-unfinished",
    look_unfinished,
    {"at 2 checks": Severity.WARNING},
    advice="See the queue countersign-look and its poison queue, and the log of the function look.",
    group="hygiene",
    needs_looks=2,
)
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
