"""Tickets as people see them, whichever desk keeps them, and what people do with them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from sandbox.receivers.stand_in import StandIn


@dataclass(frozen=True, slots=True)
class Seen:
    """A ticket as a person sees it, with markup undone. `priority`, `assignee`, `labels` as the desk has them."""

    reference: str
    title: str
    text: str
    comments: tuple[str, ...]
    is_open: bool
    priority: str
    assignee: str
    labels: tuple[str, ...] = ()


@runtime_checkable
class DeskStandIn(StandIn, Protocol):
    """A stand-in that keeps tickets, and what people do with them behind our back."""

    def seen(self) -> Sequence[Seen]:
        """Every ticket, the first made first."""
        ...

    def person_closes(self, reference: str, *, dismissed: bool = False) -> None:
        """As done, or as not to be done."""
        ...

    def person_reopens(self, reference: str) -> None:
        """It is open again."""
        ...

    def person_assigns(self, reference: str, who: str) -> None:
        """`who` is one of those that the stand-in knows."""
        ...

    def person_deletes(self, reference: str) -> None:
        """It is gone."""
        ...

    def throttle(self, seconds: int) -> None:
        """The next request is answered as the desk answers when it was asked too often, with so long to wait."""
        ...


@dataclass(frozen=True, slots=True)
class Happened:
    """One line of a ticket's life: when, what, and what was said."""

    at: str
    what: str
    said: str = ""


@dataclass(frozen=True, slots=True)
class Life:
    """A ticket as it stands, and how it came there."""

    desk: str
    ticket: Seen
    happened: tuple[Happened, ...] = ()


class Lives:
    """What happened to every ticket, seen by comparing what people see before and after each request."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._lives: dict[tuple[str, str], Life] = {}

    def look(self, stand_in: DeskStandIn, person: str = "") -> None:
        """After anything that may have changed a ticket; `person`: who did it, if not we."""
        at = self._now().isoformat(timespec="seconds")
        for seen in stand_in.seen():
            key = stand_in.kind, seen.reference
            before = self._lives.get(key)
            news = [Happened(at, what, said) for what, said in _news(before.ticket if before else None, seen, person)]
            self._lives[key] = Life(stand_in.kind, seen, (*(before.happened if before else ()), *news))

    def all(self) -> list[Life]:
        """By desk, the first made first."""
        return list(self._lives.values())


def _news(before: Seen | None, seen: Seen, person: str) -> Iterator[tuple[str, str]]:
    by = f" by {person}" if person else ""
    if before is None:
        yield f"opened{by}", seen.text
        return
    for comment in seen.comments[len(before.comments) :]:
        yield f"comment{by}", comment
    if seen.priority != before.priority:
        yield f"priority {seen.priority}{by}", ""
    if seen.assignee != before.assignee:
        yield f"assigned to {seen.assignee or 'nobody'}{by}", ""
    if seen.is_open is not before.is_open:
        yield f"{'opened again' if seen.is_open else 'closed'}{by}", ""
