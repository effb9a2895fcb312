"""What a person reads: one problem in lines, in an order that never changes, and many problems the worst first."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from shared.domain.finding import Finding
from shared.domain.memory import Intent, Reason
from shared.domain.words import count, moment, span

NAMED = 2  # So many problems are named in the line above all of them.
MARKS = {Reason.WORSE: "Worse", Reason.REPEAT: "Still open", Reason.RESOLVED: "Over"}


def worst_first(intents: Sequence[Intent]) -> list[Intent]:
    """Open problems by severity and by how many accounts they concern, then what is over; the older first."""
    return sorted(intents, key=_badness)


def _badness(intent: Intent) -> tuple[bool, int, int, datetime, tuple[str, ...]]:
    finding = intent.finding
    return intent.reason is Reason.RESOLVED, -finding.severity, -len(finding.accounts), intent.decided, intent.key


def title(intent: Intent) -> str:
    """Line one: what, where, by when."""
    return headline(intent.reason, intent.finding)


def headline(reason: Reason, finding: Finding) -> str:
    """The same, of a finding that is told for this reason."""
    mark = MARKS.get(reason)
    if reason is Reason.RESOLVED:
        return f"{mark}: {finding.problem or finding.what}"
    severity = finding.severity.word
    return f"{severity} ({mark.lower()}): {finding.what}" if mark else f"{severity}: {finding.what}"


def lines(intent: Intent, portal: str) -> list[str]:
    """The lines below the first."""
    return list(_over(intent) if intent.reason is Reason.RESOLVED else _open(intent, portal))


def summary(intents: Sequence[Intent]) -> str:
    """One line, which is all that some people see: 2 critical, 1 over: signing down for ..., and 2 more."""
    over = sum(intent.reason is Reason.RESOLVED for intent in intents)
    words = {"CRITICAL": ("critical", "critical"), "WARNING": ("warning", "warnings"), "INFO": ("note", "notes")}
    still = [intent for intent in intents if intent.reason is not Reason.RESOLVED]
    parts = [
        count(number, one, many)
        for severity, (one, many) in words.items()
        if (number := sum(intent.finding.severity.name == severity for intent in still))
    ]
    told = ", ".join([*parts, *([f"{over} over"] if over else [])])
    first = intents and all(intent.first_look for intent in intents)
    named = [intent.finding.problem or intent.finding.what for intent in worst_first(intents)]
    more = f" and {len(named) - NAMED} more" if len(named) > NAMED else ""
    return f"{"Countersign's first check" if first else 'Countersign'}: {told}: {'; '.join(named[:NAMED])}{more}"


def _open(intent: Intent, portal: str) -> Iterator[str]:
    finding = intent.finding
    yield f"If nothing is done: {finding.stops}"
    yield f"Next step: {finding.next_step}"
    yield f"{_since(finding)}: {moment(intent.since)}"
    yield f"You will hear again: {intent.next_word}."
    if intent.also:
        yield f"Also told: {', '.join(intent.also)}"
    if finding.means:
        yield f"What this is: {finding.means}"
    for name, value in finding.facts.items():
        yield f"{name}: {value}"
    if finding.resource:
        yield f"Portal: {portal}/#resource{finding.resource}"
    if finding.link:
        yield f"Microsoft's page: {finding.link}"


def _since(finding: Finding) -> str:
    """Where Azure does not tell when something began, only we can say since when we know."""
    return "Since" if finding.began else "First seen"


def _over(intent: Intent) -> Iterator[str]:
    lasted = intent.decided - intent.since
    yield f"It is no longer seen. {_since(intent.finding)}: {moment(intent.since)}, {span(lasted)} ago."
    if intent.also:
        yield f"Also told: {', '.join(intent.also)}"
