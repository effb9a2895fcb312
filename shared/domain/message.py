"""What a person reads: one problem in lines, in the order of DEFAULTS.md, and many problems the worst first."""

from collections.abc import Iterator, Sequence

from shared.domain.memory import Intent, Reason
from shared.domain.words import count, moment, span

MARKS = {Reason.WORSE: "Worse", Reason.REPEAT: "Still open", Reason.RESOLVED: "Over"}


def worst_first(intents: Sequence[Intent]) -> list[Intent]:
    """Open problems by severity, then what is over; the older first."""
    return sorted(intents, key=lambda i: (i.reason is Reason.RESOLVED, -i.finding.severity, i.decided, i.key))


def title(intent: Intent) -> str:
    """Line one: what, where, by when."""
    mark = MARKS.get(intent.reason)
    if intent.reason is Reason.RESOLVED:
        return f"{mark}: {intent.finding.problem or intent.finding.what}"
    severity = intent.finding.severity.word
    return f"{severity} ({mark.lower()}): {intent.finding.what}" if mark else f"{severity}: {intent.finding.what}"


def lines(intent: Intent, portal: str) -> list[str]:
    """The lines below the first."""
    return list(_over(intent) if intent.reason is Reason.RESOLVED else _open(intent, portal))


def summary(intents: Sequence[Intent]) -> str:
    """One line about all of them: 2 critical, 3 warnings, 1 over."""
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
    return f"Countersign's first check: {told}" if first else f"Countersign: {told}"


def _open(intent: Intent, portal: str) -> Iterator[str]:
    finding = intent.finding
    yield f"If nothing is done: {finding.stops}"
    yield f"Next step: {finding.next_step}"
    yield f"Since: {moment(intent.since)}"
    yield f"You will hear again: {intent.next_word}."
    yield f"Also told: {', '.join(intent.also)}" if intent.also else "Nobody else was told."
    for name, value in finding.facts.items():
        yield f"{name}: {value}"
    if finding.resource:
        yield f"Portal: {portal}/#resource{finding.resource}"


def _over(intent: Intent) -> Iterator[str]:
    lasted = intent.decided - intent.since
    yield f"It began on {moment(intent.since)} and lasted {span(lasted)}. Nothing is left to do."
    if intent.also:
        yield f"Also told: {', '.join(intent.also)}"
