"""What would have been told more and less with other settings, as lines of text."""

from collections.abc import Iterator, Sequence

from shared.domain.message import headline
from shared.domain.replay import Comparison, Word
from shared.domain.words import count, moment
from shared.reports.check import row

SHOWN = 40
UNKNOWN = (
    "Replayed from what is kept: what Azure showed and people said at each check. Bills, registrations and locks are "
    "those known today. Not replayed: settings that decide what is read, whether a bill could be read, and what "
    "Countersign says of itself (late, misconfigured, nobody told)."
)


def compared(found: Comparison) -> Iterator[str]:
    """More, less, and how much is the same."""
    if found.checks < 2 or not found.began or not found.ended:
        yield "There are too few checks in that time to replay: at least two are needed."
        return
    yield (
        f"{count(found.checks, 'check')} of {count(found.subscriptions, 'subscription')} replayed, from "
        f"{moment(found.began)} to {moment(found.ended)}. What stood at the first of them counts as told."
    )
    yield from _part("MORE", found.more)
    yield from _part("LESS", found.less)
    yield from _moved(found.moved)
    same = len(found.before) - len(found.less) - len(found.moved)
    yield row("SAME", count(same, "message item") if same else "nothing")
    yield UNKNOWN


def _part(label: str, words: Sequence[Word]) -> Iterator[str]:
    yield row(label, count(len(words), "message item") if words else "nothing")
    told: dict[tuple[str, str], list[str]] = {}
    for word in words:
        told.setdefault((moment(word.at), headline(word.reason, word.finding)), []).append(word.receiver)
    for (at, said), receivers in list(told.items())[:SHOWN]:
        yield row("", f"{at}  {said}  ({', '.join(receivers)})")
    if len(told) > SHOWN:
        yield row("", f"and {len(told) - SHOWN:,} more; --since with less time shows fewer")


def _moved(pairs: Sequence[tuple[Word, Word]]) -> Iterator[str]:
    if pairs:
        yield row("MOVED", f"{count(len(pairs), 'message item')} told at another time")
    for then, now in pairs[:SHOWN]:
        yield row(
            "", f"{moment(then.at)} instead of {moment(now.at)}  {then.receiver}  {headline(then.reason, then.finding)}"
        )
