"""Rules about retiring as a whole: what holds it, and that it was set up anew."""

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta

from shared.domain.finding import Finding, Rule, Severity
from shared.domain.fleet import FleetSurvey
from shared.domain.policy import Policy
from shared.domain.rules import pages
from shared.domain.walk import RetireState
from shared.domain.words import count, day, listing, moment

NEWS_FOR = timedelta(days=7)
WAITING_DAYS = 14
HELD_LONG = timedelta(days=14)


def retirement_held(survey: FleetSurvey, _policy: Policy, _now: datetime) -> Iterator[Finding]:
    """A breaker holds every retirement: what would be deleted looks like a mistake, or somebody holds it."""
    state = survey.retiring
    if not state.held or state.halt:
        return
    yield Finding(
        rule=HELD.name,
        subject="fleet",
        severity=Severity.WARNING,
        what=f"No account is retired: {state.held}",
        stops="Accounts that can never sign go on billing their full fee.",
        next_step=HELD.advice,
        rests_on=(),
        began=state.held_since,
        problem="every retirement is held",
    )


def retirement_halted(survey: FleetSurvey, _policy: Policy, now: datetime) -> Iterator[Finding]:
    """Somebody holds every retirement, until it is lifted again."""
    halt = survey.retiring.halt
    if halt is None:
        return
    yield Finding(
        rule=HALTED.name,
        subject="fleet",
        severity=Severity.WARNING if now - halt.at > HELD_LONG else Severity.INFO,
        what=f"Every retirement is held by {halt.by} since {moment(halt.at)}: {halt.why or 'without a reason'}",
        stops="Nothing is deleted; accounts that can never sign go on billing their full fee.",
        next_step=HALTED.advice,
        rests_on=(),
        began=halt.at,
        problem="every retirement is held by somebody",
        next_word=f"when it has lasted {HELD_LONG.days} days",
    )


def retirement_set_up(survey: FleetSurvey, _policy: Policy, now: datetime) -> Iterator[Finding]:
    """RETIRE__* was changed: whoever did so changes what may be deleted, so everybody hears of it."""
    state = survey.retiring
    if state.changed is None or now - state.changed >= NEWS_FOR:
        return
    until = state.changed + timedelta(days=WAITING_DAYS)
    yield Finding(
        rule=SET_UP.name,
        subject=hashlib.sha256(f"{state.policy}{state.changed}".encode()).hexdigest()[:16],
        severity=Severity.WARNING,
        what=f"Retiring was set up anew on {day(state.changed.date())}: {state.policy}",
        stops=f"Nothing is deleted before {moment(until)}; what was announced before is announced anew.",
        next_step=SET_UP.advice,
        rests_on=(),
        facts={name: text for name, text in (("Before", state.before), ("Names", _reach(state))) if text},
        began=state.changed,
        problem="retiring was set up anew",
        next_word="not about this",
    )


def _reach(state: RetireState) -> str:
    return listing([f"{one}: {count(accounts, 'account')}" for one, accounts in state.reach.items()], 9)


HELD = Rule(
    "retirement-held",
    retirement_held,
    {"a breaker has tripped": Severity.WARNING},
    advice="Look at the plan (countersign retire plan), say no to what must stay, or mend what was not seen.",
    group="retirement",
    links=pages.APP_SETTINGS,
    settings=("RETIRE__MODE", "RETIRE__HALT"),
    settled=True,
)
HALTED = Rule(
    "retirement-halted",
    retirement_halted,
    {"for 14 days": Severity.INFO, "longer": Severity.WARNING},
    advice="When it may go on: countersign retire resume.",
    group="retirement",
    links=pages.APP_SETTINGS,
    settings=("RETIRE__HALT",),
    settled=True,
    quiet_end=True,
)
SET_UP = Rule(
    "retirement-set-up",
    retirement_set_up,
    {"within 7 days": Severity.WARNING},
    advice="If nobody of yours changed it, hold it (countersign retire halt) and find out who did.",
    group="retirement",
    links=pages.APP_SETTINGS,
    settings=("RETIRE__MODE",),
    settled=True,
    quiet_end=True,
    to_everyone=True,
)
