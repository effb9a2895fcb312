"""What is to happen with each ticket, from what is told: pure, and the same for every desk."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from pydantic import TypeAdapter

from shared.domain.finding import Severity
from shared.domain.memory import Intent, Reason
from shared.domain.message import Item, item_of, worst_first
from shared.domain.ticket_text import Block, Text
from shared.domain.trial import RULE as TRIAL
from shared.domain.words import count, plain
from shared.ports.channel import Part, Thread

CONTENT_TYPE = "application/vnd.countersign.ticket+json"
SUMMARY = "summary"
GROUP = "group/"
NEXT_WORD = "here, when it gets worse or changes, and when it is over"

STAYS_CLOSED = (
    "A ticket that was closed as done is opened again while its problem lasts. To have it stay closed, close it as not "
    "to be done: not planned, won't do, cancelled, whatever the word is here."
)


class Doing(StrEnum):
    """`KEEP`: it is to be open, and nothing is new. `SAY`: something is. `CLOSE`: all that it was about is over."""

    KEEP = "keep"
    SAY = "say"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class Update:
    """What is to happen with one ticket. `text` is for a new one, `comment` for one that is there, where it differs."""

    ticket: str
    doing: Doing
    title: str
    severity: Severity
    text: Text
    comment: Text = ()
    owners: tuple[str, ...] = ()

    @property
    def news(self) -> Text:
        """What is said in a ticket that is there."""
        return self.comment or self.text


UPDATE = TypeAdapter[Update](Update)


@dataclass(frozen=True, slots=True)
class Rationed:
    """What is told to a desk now, and what waits until there is room for tickets of its own."""

    now: Sequence[Intent]
    rest: Sequence[Intent] = field(default_factory=tuple)


def rationed(intents: Sequence[Intent], threads: Mapping[str, Thread], room: int) -> Rationed:
    """What has a ticket or needs none is told; of new ones the worst, as far as there is room."""
    now: list[Intent] = []
    rest: list[Intent] = []
    there = {thread.receipt for thread in threads.values() if not thread.waits}
    for intent in worst_first(intents):
        key = ticket_of(intent, threads)
        if intent.over or key in there or intent.finding.rule == TRIAL:
            now.append(intent)
        elif room > 0:
            room -= 1
            there.add(key)
            now.append(intent)
        else:
            rest.append(intent)
    return Rationed(now, rest)


def ticket_of(intent: Intent, threads: Mapping[str, Thread]) -> str:
    """A problem stays with the ticket that it opened, even if its route has been grouped in another way since."""
    thread = threads.get(intent.problem)
    if thread and not thread.waits and thread.receipt:
        return thread.receipt
    return f"{GROUP}{intent.group}" if intent.group else intent.problem


def updates(
    intents: Sequence[Intent], threads: Mapping[str, Thread], portal: str
) -> Iterator[tuple[Update, Sequence[Intent]]]:
    """One a ticket, with the problems that it tells of; the worst first."""
    told = {intent.problem for intent in intents}
    still = Counter(thread.receipt for problem, thread in threads.items() if problem not in told and not thread.waits)
    of_ticket: dict[str, list[Intent]] = {}
    for intent in worst_first(intents):
        of_ticket.setdefault(ticket_of(intent, threads), []).append(intent)
    for key, some in of_ticket.items():
        yield _update(key, some, still[key], portal), some


def summary_of(
    batch_id: str, rest: Sequence[Intent], told: Sequence[Intent], threads: Mapping[str, Thread], most_new: int
) -> Part | None:
    """The ticket that names what has none of its own yet; None where nothing is new."""
    unnamed = [intent for intent in rest if intent.problem not in threads]
    named = {problem for problem, thread in threads.items() if thread.waits}
    left = named - {intent.problem for intent in told}
    if not unnamed and (left or not named):
        return None
    severity = max((intent.finding.severity for intent in rest), default=Severity.WARNING)
    if not unnamed:
        over = (Block(lines=("All of these have a ticket of their own by now, or are over.",)),)
        update = Update(SUMMARY, Doing.CLOSE, "", severity, over)
    else:
        title = f"{count(len(unnamed), 'more problem waits', 'more problems wait')} for a ticket of their own"
        said = f"At most {most_new} tickets are opened at a check (TICKETS__MAX_NEW); each of these gets its own later."
        text = (Block(title, (said,), items=tuple(item_of(intent, "").title for intent in worst_first(unnamed))),)
        update = Update(SUMMARY, Doing.SAY, title, severity, text)
    return Part(f"{batch_id}-rest", CONTENT_TYPE, written(update), names=tuple(one.problem for one in unnamed))


def written(update: Update) -> str:
    """As JSON."""
    return UPDATE.dump_json(update).decode()


def _update(key: str, intents: Sequence[Intent], others: int, portal: str) -> Update:
    still = [intent for intent in intents if not intent.over]
    news = [intent for intent in intents if intent.reason is not Reason.REPEAT]
    more = _others(others)
    doing = Doing.CLOSE if not still and not others else Doing.SAY if news else Doing.KEEP
    items = [_item(intent, portal) for intent in still or intents]
    told = [_item(intent, portal) for intent in news]
    return Update(
        key,
        doing,
        _title(still or intents),
        max(intent.finding.severity for intent in still or intents),
        (*_blocks(items), *more),
        (*_blocks(told), *more) if told != items else (),
        tuple(dict.fromkeys(owner for intent in intents for owner in intent.owners)),
    )


def _item(intent: Intent, portal: str) -> Item:
    """A mere repeat is not said in a ticket."""
    note = STAYS_CLOSED if intent.reason is Reason.REOPENED else intent.note
    return item_of(replace(intent, next_word=NEXT_WORD, note=note), portal)


def _others(number: int) -> Text:
    if not number:
        return ()
    return (Block(lines=(f"{count(number, 'more problem', 'more problems')} of this ticket still open.",)),)


def _title(intents: Sequence[Intent]) -> str:
    """Without the severity: that is the ticket's priority, and may change."""
    first, *more = (plain(intent.finding.what) for intent in intents)
    return f"{first}; and {len(more)} more" if more else first


def _blocks(items: Iterable[Item]) -> Text:
    return tuple(Block(item.title, item.lines, item.facts, links=item.links) for item in items)
