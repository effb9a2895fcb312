"""Why, as lines of text: what Azure shows, what people say, each rule, and what retirement would need."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from textwrap import wrap

from pydantic import TypeAdapter

from shared.domain.explanation import Explanation, Heard, RuleAnswer, Verdict
from shared.domain.memory import Reason
from shared.domain.ticket import standing
from shared.domain.words import moment
from shared.reports.check import pad

EXPLANATIONS = TypeAdapter(list[Explanation])
WIDTH = 120
LABEL = 24
HOLDS = {True: "yes", False: "NO", None: "?"}


def explained(found: Explanation) -> Iterator[str]:
    """From what needs somebody to what is fine."""
    read = f"read {moment(found.read_at)}" if found.read_at else "not read yet"
    yield f"{found.account.name} in {found.subscription.name}, {read}, judged {moment(found.at)}"
    problems = [one for one in found.rules if one.problems]
    yield ""
    yield "PROBLEMS" if problems else "PROBLEMS   none"
    for one in problems:
        yield from _problem(one)
    yield ""
    yield "WHAT AZURE SHOWS"
    for label, text in found.evidence:
        yield from _lines(label, text)
    yield ""
    yield "WHAT PEOPLE SAY" if found.testimony else "WHAT PEOPLE SAY   the validation list says nothing of it"
    for label, text in found.testimony:
        yield from _lines(label, text)
    yield ""
    yield "EVERY RULE, with the numbers it goes by"
    for numbers, rules in groupby(found.rules, key=lambda one: one.numbers):
        yield from _rules(numbers, list(rules))
    yield ""
    yield "RETIREMENT would need all of it:"
    for condition in found.retirement:
        yield from _lines(HOLDS[condition.holds], f"{condition.words}: {condition.why}", 6)


def _rules(numbers: Sequence[str], rules: Sequence[RuleAnswer]) -> Iterator[str]:
    """Rules that go by the same numbers, first those that have found something."""
    for verdict in Verdict:
        names = [one.rule + (" (observes)" if one.mode == "observe" else "") for one in rules if one.verdict is verdict]
        if names:
            yield from _lines(str(verdict), ", ".join(names))
    for number in numbers:
        yield from _lines("", f"- {number}")


def _problem(answer: RuleAnswer) -> Iterator[str]:
    for problem in answer.problems:
        over = " (no longer found)" if answer.verdict is Verdict.STANDS else ""
        yield from _lines(f"{problem.severity}{over}", problem.what)
        for heard in problem.heard:
            yield from _lines("", _heard(heard))


def _heard(heard: Heard) -> str:
    """webhook: already told (first, Fri 20 Nov 2026 09:07 UTC); webhook: would be told at the next check (first)."""
    who = heard.receiver or "nobody"
    last = f" (last: {heard.last}, {moment(heard.at)})" if heard.at else ""
    last += f"; ticket {standing(heard.ticket)}, {heard.ticket.url}" if heard.ticket else ""
    if heard.reason in [reason for reason in Reason if reason.tells]:
        return f"{who}: would be told at the next check ({heard.reason}){last}"
    return f"{who}: {heard.reason}{last}"


def _lines(label: str, text: str, width: int = LABEL) -> Iterator[str]:
    """A label in its column, and a text that goes on below itself."""
    first, *rest = wrap(text, WIDTH - width - 2, break_long_words=False, break_on_hyphens=False) or [""]
    if len(label) >= width:
        yield f"  {label}"
        label = ""
    yield f"  {pad(label, width)}{first}".rstrip()
    yield from (f"  {' ' * width}{line}" for line in rest)
