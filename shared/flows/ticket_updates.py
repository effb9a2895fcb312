"""What is to happen with each ticket, from what is told: pure, and the same for every desk."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from pydantic import TypeAdapter

from shared.domain.finding import Severity
from shared.domain.memory import Intent, Reason
from shared.domain.message import Item, item_of, worst_first
from shared.domain.ticket_text import Block, Text
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
MORE_WAIT = "More problems wait for tickets of their own"
NONE_WAITS = "All of these have a ticket of their own by now, or are over."


class Doing(StrEnum):
    """`KEEP`: it is to be open, and nothing is new. `REMARK`: something is that changes nothing about the problem.

    `SAY`: there is news of the problem, and a ticket that was closed is opened again. `BEGIN`: it begins, so that a
    ticket which nobody wants to solve is not the place for it. `CLOSE`: all that it was about is over.
    """

    KEEP = "keep"
    REMARK = "remark"
    SAY = "say"
    BEGIN = "begin"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class Update:
    """What is to happen with one ticket. `text` is for a new one, `comment` for one that is there, where it differs.

    `name` is the same for the same news, in whatever batch it is told ([0-9a-f], 16): by it nothing is said twice.
    """

    ticket: str
    name: str
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


def summary_of(batch_id: str, rest: Sequence[Intent], threads: Mapping[str, Thread], most_new: int) -> Part | None:
    """The ticket that names what has none of its own yet; None where nothing is new.

    It is open as long as there is a thread of its own, and closed when nothing that it named waits any more.
    """
    unnamed = worst_first([intent for intent in rest if intent.problem not in threads])
    if unnamed:
        said = f"At most {most_new} tickets are opened at a check (TICKETS__MAX_NEW); each of these gets its own later."
        items = tuple(item_of(intent, "").title for intent in unnamed)
        severity = max(intent.finding.severity for intent in unnamed)
        text: Text = (Block(f"{count(len(items), 'problem')} without a ticket of their own", (said,), items=items),)
        update = Update(SUMMARY, _name(unnamed), Doing.SAY, MORE_WAIT, severity, text)
        named = tuple(intent.problem for intent in unnamed)
        return Part(f"{batch_id}-rest", CONTENT_TYPE, written(update), opens=(SUMMARY,), names=named)
    if SUMMARY in threads and not any(thread.waits for thread in threads.values()):
        over = (Block(lines=(NONE_WAITS,)),)
        update = Update(SUMMARY, "none-waits", Doing.CLOSE, MORE_WAIT, Severity.WARNING, over)
        return Part(f"{batch_id}-rest", CONTENT_TYPE, written(update), ends=(SUMMARY,))
    return None


def written(update: Update) -> str:
    """As JSON."""
    return UPDATE.dump_json(update).decode()


def _update(key: str, intents: Sequence[Intent], others: int, portal: str) -> Update:
    still = [intent for intent in intents if not intent.over]
    news = [intent for intent in intents if intent.reason is not Reason.REPEAT]
    more = _others(others)
    items = [_item(intent, portal) for intent in still or intents]
    told = [_item(intent, portal) for intent in news]
    return Update(
        key,
        _name(intents),
        _doing(intents, over=not still and not others),
        _title(still or intents),
        max(intent.finding.severity for intent in still or intents),
        (*_blocks(items), *more),
        (*_blocks(told), *more) if told != items else (),
        tuple(dict.fromkeys(owner for intent in intents for owner in intent.owners)),
    )


def _doing(intents: Sequence[Intent], *, over: bool) -> Doing:
    """What is the most to be done for any of them."""
    if over:
        return Doing.CLOSE
    of_reason = {Reason.REPEAT: Doing.KEEP, Reason.ACKNOWLEDGED: Doing.REMARK, Reason.FIRST: Doing.BEGIN}
    wanted = {of_reason.get(intent.reason, Doing.SAY) for intent in intents}
    return next(doing for doing in (Doing.BEGIN, Doing.SAY, Doing.REMARK, Doing.KEEP) if doing in wanted)


def _name(intents: Iterable[Intent]) -> str:
    """By what was decided: the same problem again is another word of it."""
    decided = "\n".join(sorted("|".join(intent.key) for intent in intents))
    return hashlib.sha256(decided.encode()).hexdigest()[:16]


def _item(intent: Intent, portal: str) -> Item:
    """A mere repeat is not said in a ticket."""
    note = STAYS_CLOSED if intent.reason is Reason.REOPENED else intent.note
    return item_of(replace(intent, next_word=NEXT_WORD, note=note), portal)


def _others(number: int) -> Text:
    if not number:
        return ()
    are = "is" if number == 1 else "are"
    return (Block(lines=(f"{count(number, 'more problem')} of this ticket {are} still open.",)),)


def _title(intents: Sequence[Intent]) -> str:
    """Without the severity: that is the ticket's priority, and may change."""
    first, *more = (plain(intent.finding.what) for intent in intents)
    return f"{first}; and {len(more)} more" if more else first


def _blocks(items: Iterable[Item]) -> Text:
    return tuple(Block(item.title, item.lines, item.facts, links=item.links) for item in items)
