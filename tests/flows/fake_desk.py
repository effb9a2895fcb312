"""A ticket desk in memory: it lags, it fails before and after the work, and people do things behind our back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from shared.domain.finding import Severity
from shared.domain.ticket import Status, Ticket
from shared.domain.ticket_text import Text
from shared.ports.desk import Draft
from shared.ports.errors import DeliveryError, NotThere

LAG = timedelta(seconds=30)


@dataclass(slots=True)
class Kept:
    """A ticket as the desk keeps it."""

    ticket: Ticket
    title: str
    severity: Severity
    texts: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    owners: tuple[str, ...] = ()


@dataclass(slots=True)
class FakeDesk:
    """`before` and `after` are what goes wrong at the next calls, by method: raised without, or after the work.

    A ticket with `troubled` in its title is never made.
    """

    now: Callable[[], datetime]
    kept: dict[str, Kept] = field(default_factory=dict)
    before: dict[str, list[Exception]] = field(default_factory=dict)
    after: dict[str, list[Exception]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    reopens: bool = True
    most_in_a_piece: int = 9
    troubled: str = ""

    def tickets(self) -> list[Kept]:
        return list(self.kept.values())

    async def open(self, draft: Draft) -> Ticket:
        self._begin("open")
        if self.troubled and self.troubled in draft.title:
            raise DeliveryError("The desk answered 503.", permanent=False)
        number = str(len(self.kept) + 1)
        now = self.now()
        ticket = Ticket(
            number, f"#{number}", f"https://desk.example/{number}", draft.marker, Status.OPEN, "Open", now, now
        )
        self.kept[number] = Kept(ticket, draft.title, draft.severity, [_words(draft.text)], owners=draft.owners)
        self._end("open")
        return ticket

    async def find(self, marker: str, since: datetime) -> Sequence[Ticket]:
        self._begin("find")
        known = (one.ticket for one in self.kept.values() if one.ticket.created + LAG <= self.now())
        return [ticket for ticket in known if ticket.marker == marker and ticket.created >= since]

    async def changed(self, since: datetime) -> Sequence[Ticket]:
        self._begin("changed")
        return [one.ticket for one in self.kept.values() if since <= one.ticket.changed <= self.now() - LAG]

    async def read(self, reference: str) -> Ticket:
        self._begin("read")
        return self._kept(reference).ticket

    async def comment(self, reference: str, text: Text, key: str) -> None:
        self._begin("comment")
        kept = self._kept(reference)
        kept.texts.append(_words(text))
        kept.keys.append(key)
        self._touch(reference)
        self._end("comment")

    async def said(self, reference: str, key: str, since: datetime) -> bool:  # noqa: ARG002
        self._begin("said")
        return key in self._kept(reference).keys

    async def set_severity(self, reference: str, severity: Severity) -> None:
        self._begin("set_severity")
        self._kept(reference).severity = severity
        self._touch(reference)

    async def close(self, reference: str) -> None:
        self._begin("close")
        if self._kept(reference).ticket.status is Status.OPEN:
            self.person(reference, Status.DONE, "countersign")
        self._end("close")

    async def reopen(self, reference: str) -> bool:
        self._begin("reopen")
        if self._kept(reference).ticket.status is not Status.OPEN and self.reopens:
            self.person(reference, Status.OPEN, "")
        self._end("reopen")
        return self._kept(reference).ticket.status is Status.OPEN

    async def check(self) -> None:
        self._begin("check")

    def pieces(self, text: Text) -> Sequence[Text]:
        most = self.most_in_a_piece
        return [text[at : at + most] for at in range(0, len(text), most)] if len(text) > most else [text]

    def person(self, reference: str, status: Status, by: str = "ana", assignee: str = "") -> None:
        """Somebody changes it."""
        kept = self._kept(reference)
        word = "won't fix" if status is Status.DISMISSED else str(status)
        kept.ticket = replace(
            kept.ticket,
            status=status,
            word=word,
            by=by,
            assignee=assignee or kept.ticket.assignee,
            changed=self.now(),
        )

    def _kept(self, reference: str) -> Kept:
        if reference not in self.kept:
            raise NotThere(reference)
        return self.kept[reference]

    def _touch(self, reference: str) -> None:
        kept = self._kept(reference)
        kept.ticket = replace(kept.ticket, changed=self.now())

    def _begin(self, call: str) -> None:
        self.calls.append(call)
        _raise(self.before.get(call))

    def _end(self, call: str) -> None:
        _raise(self.after.get(call))


def _raise(troubles: list[Exception] | None) -> None:
    if troubles:
        raise troubles.pop(0)


def lost() -> DeliveryError:
    """No answer in time."""
    return DeliveryError("No answer in time.", permanent=False, maybe_taken=True)


def refused() -> DeliveryError:
    """It will never be taken."""
    return DeliveryError("The desk answered 422.", permanent=True)


def _words(text: Text) -> str:
    return " ".join(
        word
        for block in text
        for word in (
            block.heading,
            *block.lines,
            *block.facts.values(),
            *block.items,
            *(link.url for link in block.links),
        )
    )
