"""What a person reads: one problem in lines, in an order that never changes, and many problems the worst first."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby

from shared.domain.finding import Finding, Severity
from shared.domain.memory import NOT_LOOKED_FOR, Intent, Reason
from shared.domain.words import count, moment, plain, span

NAMED = 2  # So many problems are named in the line above all of them.
LABEL = re.compile(r"([A-Z][\w' ]{1,23}:) (.+)", re.DOTALL)
FEW = 3  # More of one kind are put together, and what they have in common is said once.
MARKS = {
    Reason.WORSE: "Worse",
    Reason.REPEAT: "Still open",
    Reason.RESOLVED: "Over",
    Reason.ESCALATED: "Not acknowledged",
    Reason.ACKNOWLEDGED: "Acknowledged",
    Reason.REOPENED: "Closed, and still there",
}
PLURALS = {Severity.CRITICAL: "critical", Severity.WARNING: "warnings", Severity.INFO: "notes"}
SINGULARS = {Severity.CRITICAL: "critical", Severity.WARNING: "warning", Severity.INFO: "note"}


@dataclass(frozen=True, slots=True)
class Link:
    """A page to open; opening it changes nothing."""

    title: str
    url: str

    @property
    def opens(self) -> bool:
        """An address that a button may open; any other stands there as text."""
        return re.fullmatch(r"https://[!-~]+", self.url) is not None


@dataclass(frozen=True, slots=True)
class Item:
    """One problem as a person reads it: line one, the sentences below it, facts by name, and pages to open.

    `severity` is None when it is over. `intent` is what it was made of, for what machines want to know.
    """

    intent: Intent
    severity: Severity | None
    title: str
    lines: tuple[str, ...]
    facts: Mapping[str, str]
    links: tuple[Link, ...]

    @property
    def text(self) -> str:
        """All of it as plain text, title first."""
        facts = [f"{name}: {value}" for name, value in self.facts.items()]
        links = [f"{link.title}: {link.url}" for link in self.links]
        return "\n".join([self.title, *self.lines, *facts, *links])


@dataclass(frozen=True, slots=True)
class Section:
    """Problems that are alike in severity, or of one kind: then `lines` say once what holds for all of them.

    `links` are pages that all of several problems have in common; their items do not name them again.
    """

    heading: str
    severity: Severity | None
    items: tuple[Item, ...]
    lines: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """Many problems, complete: `summary` is all that some people see."""

    summary: str
    sections: tuple[Section, ...]

    @property
    def items(self) -> Sequence[Item]:
        """Every problem, in order."""
        return [item for section in self.sections for item in section.items]


def message_of(intents: Sequence[Intent], portal: str) -> Message:
    """The worst first, and what is over last."""
    alike: dict[tuple[str, Reason], list[Intent]] = {}
    for intent in intents:
        alike.setdefault(_kind(intent), []).append(intent)
    many = {kind for kind, found in alike.items() if len(found) > FEW}
    sections: list[Section] = []
    ordered = sorted(worst_first(intents), key=lambda one: (one.over, -one.finding.severity))
    for (over, severity), found in groupby(ordered, key=lambda one: (one.over, one.finding.severity)):
        level = list(found)
        few = [intent for intent in level if _kind(intent) not in many]
        if few:
            sections.append(_section(few, portal, None if over else severity))
        for kind in dict.fromkeys(_kind(intent) for intent in level if _kind(intent) in many):
            of_kind = [intent for intent in level if _kind(intent) == kind]
            sections.append(_alike(_section(of_kind, portal, None if over else severity)))
    return Message(summary(intents), _over_last(sections))


def item_of(intent: Intent, portal: str) -> Item:
    """One problem."""
    over, finding = intent.over, intent.finding
    said = [intent.note, *(_over(intent) if over else _open(intent))]
    return Item(
        intent,
        None if over else finding.severity,
        title(intent),
        tuple(plain(line) for line in said if line),
        {} if over else {plain(name): plain(value) for name, value in finding.facts.items()},
        () if over else tuple(_links(finding, portal)),
    )


def parted(line: str) -> tuple[str, str]:
    """Next step: ask for it -> (Next step:, ask for it), so that the label can be bold; "" where it has none."""
    found = LABEL.fullmatch(line)
    return (found[1], found[2]) if found else ("", line)


def worst_first(intents: Sequence[Intent]) -> list[Intent]:
    """Open problems by severity and by how many accounts they concern, then what is over; the older first."""
    return sorted(intents, key=_badness)


def _badness(intent: Intent) -> tuple[bool, int, int, datetime, tuple[str, ...]]:
    finding = intent.finding
    return intent.over, -finding.severity, -len(finding.accounts), intent.decided, intent.key


def title(intent: Intent) -> str:
    """Line one: what, where, by when."""
    return plain(headline(intent.reason, intent.finding))


def headline(reason: Reason, finding: Finding) -> str:
    """The same, of a finding that is told for this reason."""
    mark = MARKS.get(reason)
    if reason in (Reason.RESOLVED, Reason.ACKNOWLEDGED):
        return f"{mark}: {finding.problem or finding.what}"
    severity = finding.severity.word
    return f"{severity} ({mark.lower()}): {finding.what}" if mark else f"{severity}: {finding.what}"


def summary(intents: Sequence[Intent]) -> str:
    """One line, which is all that some people see: 2 critical, 1 over: signing down for ..., and 2 more."""
    over = sum(intent.over for intent in intents)
    still = [intent for intent in intents if not intent.over]
    parts = [
        count(number, SINGULARS[severity], PLURALS[severity])
        for severity in reversed(Severity)
        if (number := sum(intent.finding.severity is severity for intent in still))
    ]
    told = ", ".join([*parts, *([f"{over:,} over"] if over else [])])
    first = intents and all(intent.first_look for intent in intents)
    named = [intent.finding.problem or intent.finding.what for intent in worst_first(intents)]
    more = f" and {len(named) - NAMED:,} more" if len(named) > NAMED else ""
    who = "Countersign's first check" if first else "Countersign"
    return plain(f"{who}: {told}: {'; '.join(named[:NAMED])}{more}")


def _kind(intent: Intent) -> tuple[str, Reason]:
    return intent.finding.rule, intent.reason


def _section(intents: Iterable[Intent], portal: str, severity: Severity | None) -> Section:
    items = tuple(item_of(intent, portal) for intent in intents)
    words = PLURALS if len(items) > 1 else SINGULARS
    heading = f"{len(items):,} {words[severity] if severity else 'over'}"
    if len(items) == 1:
        return Section(heading, severity, items)
    links = tuple(link for link in items[0].links if all(link in item.links for item in items))
    own = tuple(replace(item, links=tuple(link for link in item.links if link not in links)) for item in items)
    return Section(heading, severity, own, links=links)


def _alike(section: Section) -> Section:
    """What all of them say is said once."""
    common = set(section.items[0].lines).intersection(*(item.lines for item in section.items[1:]))
    shared = tuple(line for line in section.items[0].lines if line in common)
    items = tuple(
        replace(item, lines=tuple(line for line in item.lines if line not in common)) for item in section.items
    )
    return replace(section, heading=f"{section.heading}, all of one kind", lines=shared, items=items)


def _over_last(sections: Iterable[Section]) -> tuple[Section, ...]:
    return tuple(sorted(sections, key=lambda one: one.severity is None))


def _open(intent: Intent) -> Iterator[str]:
    finding = intent.finding
    yield f"If nothing is done: {finding.stops}"
    yield f"Next step: {finding.next_step}"
    yield f"{_since(finding)}: {moment(intent.since)}"
    yield f"You will hear again: {intent.next_word}."
    if intent.also:
        yield f"Also told: {', '.join(intent.also)}"
    if finding.means:
        yield f"What this is: {finding.means}"


def _links(finding: Finding, portal: str) -> Iterator[Link]:
    if finding.resource:
        yield Link("Portal", f"{portal}/#resource{finding.resource}")
    if finding.link:
        yield Link("Microsoft's page", finding.link)


def _since(finding: Finding) -> str:
    """Where Azure does not tell when something began, only we can say since when we know."""
    return "Since" if finding.began else "First seen"


def _over(intent: Intent) -> Iterator[str]:
    lasted = intent.decided - intent.since
    gone = "" if intent.note == NOT_LOOKED_FOR else "It is no longer seen. "
    yield f"{gone}{_since(intent.finding)}: {moment(intent.since)}, {span(lasted)} ago."
    if intent.also:
        yield f"Also told: {', '.join(intent.also)}"
