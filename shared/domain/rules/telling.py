"""Rules about telling itself: nobody who hears, a receiver that takes nothing, a silence that ends."""

from collections.abc import Iterator
from datetime import datetime

from shared.domain.finding import Finding, Rule, Severity
from shared.domain.fleet import RECEIVER_REFUSES, UNREAD_TICKETS, FleetSurvey
from shared.domain.policy import Policy
from shared.domain.rules import pages
from shared.domain.silence import SILENCE_ENDS as SILENCE_ENDS_RULE
from shared.domain.words import moment


def nobody_told(survey: FleetSurvey, _policy: Policy, _now: datetime) -> Iterator[Finding]:
    """Nobody is told of anything: no receiver is set up, or none is named for any severity."""
    if not survey.told:
        yield Finding(
            rule=NOBODY.name,
            subject="fleet",
            severity=Severity.WARNING,
            what="Nobody is told of any problem",
            stops="Problems are only shown.",
            next_step=NOBODY.advice,
            rests_on=(),
            problem="nobody told",
        )


def receiver_refuses(survey: FleetSurvey, _policy: Policy, _now: datetime) -> Iterator[Finding]:
    """A receiver did not take what it was to be told: what it missed lies in the list of undelivered messages."""
    for name, why in survey.refusing.items():
        unread = why.startswith(UNREAD_TICKETS)
        yield Finding(
            rule=REFUSES.name,
            subject=name,
            severity=Severity.WARNING,
            what=f"Tickets of {name} cannot be read" if unread else f"Receiver {name} does not take messages",
            stops="What people do with them is not heeded." if unread else "Whoever relies on it hears of nothing.",
            next_step=REFUSES.advice,
            rests_on=(),
            facts={"Answer": why},
            problem=f"tickets of {name} unread" if unread else f"receiver {name} takes no messages",
        )


def silence_ends(survey: FleetSurvey, _policy: Policy, now: datetime) -> Iterator[Finding]:
    """A long silence is about to end: what it holds back and is still true will be told then."""
    for silence in survey.silences:
        if silence.ends_soon(now):
            yield Finding(
                rule=SILENCE_ENDS.name,
                subject=silence.id,
                severity=Severity.WARNING,
                what=f"A silence by {silence.author} ends on {moment(silence.ends)}: {silence.match.says}",
                stops="From then on everything that it holds back and is still true is told.",
                next_step=SILENCE_ENDS.advice,
                rests_on=(),
                began=silence.starts,
                facts={"Reason": silence.reason} if silence.reason else {},
                problem=f"a silence by {silence.author} ends",
            )


NOBODY: Rule[FleetSurvey] = Rule(
    "nobody-told",
    nobody_told,
    {"no receiver": Severity.WARNING},
    advice="Set where to tell: ALERT__MAIL_TO, ALERT__TEAMS_URL or another; docs/receivers.md lists them.",
    group="hygiene",
    links=pages.APP_SETTINGS,
    settings=(
        "ALERT__MAIL_TO",
        "ALERT__TEAMS_URL",
        "ALERT__WEBHOOK_URL",
        "ALERT__CRITICAL",
        "ALERT__WARNING",
        "ALERT__INFO",
    ),
    settled=True,
)
REFUSES: Rule[FleetSurvey] = Rule(
    RECEIVER_REFUSES,
    receiver_refuses,
    {"a message was given up, or has waited for half an hour": Severity.WARNING},
    advice="Correct its settings, try it with: countersign channels test NAME, and then send what it missed: "
    "countersign undelivered replay NAME.",
    group="hygiene",
    links=pages.APP_SETTINGS,
    settings=("ALERT__FALLBACK",),
    settled=True,
)
SILENCE_ENDS: Rule[FleetSurvey] = Rule(
    SILENCE_ENDS_RULE,
    silence_ends,
    {"a silence of more than 7 days, a day before its end": Severity.WARNING},
    advice="Solve what it holds back, or silence it again: countersign silences list.",
    group="hygiene",
    settled=True,
    quiet_end=True,
)
