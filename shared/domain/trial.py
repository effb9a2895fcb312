"""A test message: the same as an alert, about nothing."""

from dataclasses import replace
from datetime import datetime

from shared.domain.finding import Finding, Severity
from shared.domain.memory import Intent, Reason

RULE = "test"


def trial(receiver: str, asked_by: str, now: datetime) -> Intent:
    """For one receiver. Each is a problem of its own, so that it is taken however often it is tried."""
    finding = Finding(
        rule=RULE,
        subject=f"{now:%Y%m%dT%H%M%S%f}",
        severity=Severity.INFO,
        what=f"A test of {receiver}, asked for by {asked_by}",
        stops="Nothing stops: this is a test message.",
        next_step="Nothing is to be done. Where it opened something, close it.",
        rests_on=(),
        problem=f"a test of {receiver}",
        means="Whoever sets up a receiver can see in this way that messages arrive, and what they look like.",
    )
    return Intent(receiver, Reason.FIRST, finding, now, now, now, 1, "test", "not at all")


def trial_over(intent: Intent) -> Intent:
    """Its end, for who would keep it open."""
    return replace(intent, reason=Reason.RESOLVED, version=intent.version + 1, next_word="")
