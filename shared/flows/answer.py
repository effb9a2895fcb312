"""A person's word about an identity validation: said, taken back, or brought in by a file."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from shared.domain.refresh import Refresh
from shared.domain.subscription import Subscription, watched
from shared.domain.validation import Fault, RegisterEntry, Said, Way, pending_key
from shared.ports.errors import Conflict
from shared.ports.looks import Looks
from shared.ports.messages import Messages
from shared.ports.register import Entered, Register
from shared.reports.register_csv import SAID_AT, LineFault, Sheet, exported_at, says_nothing
from shared.testimony import FIELDS, Unfit, entry_of, entry_over, said_by

MOST_TRIES = 5


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who says something, when, and by what way."""

    name: str
    at: datetime
    way: Way


@dataclass(frozen=True, slots=True)
class Brought:
    """What one line of a file changes. `before` is "" for all fields of a new entry; both hold only what differs."""

    line: int
    title: str
    new: bool
    before: Mapping[str, str]
    after: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Import:
    """What came of a file: `unsaid` lines only name what they are about, `same` say what is known already.

    `done`: it was written; otherwise nothing was.
    """

    changes: tuple[Brought, ...] = ()
    same: int = 0
    unsaid: int = 0
    faults: tuple[LineFault, ...] = ()
    done: bool = False


@dataclass(slots=True)
class _Reading:
    """A file against what is known."""

    speaker: Speaker
    max_years_ahead: int
    subscriptions: Mapping[str, Subscription]
    entered: dict[str, Mapping[str, Entered]] = field(default_factory=dict)
    entries: dict[tuple[str, str], tuple[int, RegisterEntry]] = field(default_factory=dict)
    seen: dict[tuple[str, str], int] = field(default_factory=dict)
    changes: list[Brought] = field(default_factory=list)
    faults: list[LineFault] = field(default_factory=list)
    same: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """Everything is judged anew when somebody has spoken. `only`: ids of the subscriptions to be watched, if named."""

    register: Register
    looks: Looks
    messages: Messages
    only: frozenset[str] = frozenset()
    max_years_ahead: int = 3

    async def say(self, said: Mapping[str, Any], speaker: Speaker, expected: str | None = None) -> Entered:
        """The whole of an entry. Raises Unfit, and Conflict where it is not as expected or something later is."""
        args = speaker.name, speaker.at, speaker.way, self.max_years_ahead
        entry = entry_of(said, *args)
        entered = await self.register.entered(entry.subscription_id)
        pending = entered.get(pending_key(entry.account))
        if pending and entry.validation_id and entry.key not in entered:  # A request that has got its id.
            entry = entry_over(pending.entry, said, *args)
        return await self._take(entry, expected)

    async def change(self, known: Entered, given: Mapping[str, Any], speaker: Speaker) -> Entered:
        """Some fields of an entry. Raises the same."""
        args = speaker.name, speaker.at, speaker.way, self.max_years_ahead
        return await self._take(entry_over(known.entry, given, *args), known.etag)

    async def _take(self, entry: RegisterEntry, expected: str | None) -> Entered:
        if entry.subscription_id not in await self._subscriptions():
            raise Unfit([Fault("subscription", NOT_SEEN)])
        if not await self.register.say(entry, expected):
            raise Conflict("somebody has said something later")
        await self.messages.refresh(Refresh(entry.subscription_id))
        return (await self.register.entered(entry.subscription_id))[entry.key]

    async def withdraw(self, subscription_id: str, key: str, speaker: Speaker, expected: str | None = None) -> bool:
        """Take an entry out; False where there is none. Raises Conflict."""
        there = (await self.register.entered(subscription_id)).get(key)
        if there is None:
            return False
        last = replace(there.entry, said_by=speaker.name, said_at=speaker.at, way=speaker.way)
        await self.register.withdraw(Said(last, withdrawn=True), there.etag if expected is None else expected)
        await self.messages.refresh(Refresh(subscription_id))
        return True

    async def take_in(self, sheet: Sheet, speaker: Speaker, *, part: bool = False, only_look: bool = False) -> Import:
        """A file. With a fault nothing is written, unless a `part` is wanted: then the lines without one are."""
        reading = _Reading(speaker, self.max_years_ahead, await self._subscriptions(), faults=list(sheet.faults))
        told = [(line, cells) for line, cells in sheet.lines if not says_nothing(cells)]
        for line, cells in told:
            await self._read(reading, line, cells)
        writes = bool(reading.entries) and not only_look and (part or not reading.faults)
        if writes:
            await self._write(reading)
        return Import(
            tuple(reading.changes),
            reading.same,
            len(sheet.lines) - len(told),
            tuple(sorted(reading.faults, key=lambda fault: (fault.line, fault.column))),
            done=writes and bool(reading.changes),
        )

    async def _read(self, reading: _Reading, line: int, cells: Mapping[str, str]) -> None:
        try:
            subscription_id = _subscription(cells, reading.subscriptions)
            if subscription_id not in reading.entered:
                reading.entered[subscription_id] = await self.register.entered(subscription_id)
            known = _known(reading.entered[subscription_id], cells)
            exported = cells.get(SAID_AT)
            said = {name: value for name, value in cells.items() if name != SAID_AT} | {"subscription": subscription_id}
            speaker = reading.speaker
            args = speaker.name, speaker.at, speaker.way, reading.max_years_ahead
            entry = entry_over(known, said, *args) if known else entry_of(said, *args)
        except Unfit as unfit:
            reading.faults += [LineFault(line, fault.field, fault.words) for fault in unfit.faults]
            return
        before = reading.seen.setdefault((entry.subscription_id, entry.key), line)
        change = _change(line, known, entry)
        if before != line:
            reading.faults.append(LineFault(line, "", f"is about the same as line {before}"))
        elif change and known and exported is not None and exported != exported_at(known):
            words = f"was said anew by {known.said_by} since this was exported: export it again"
            reading.faults.append(LineFault(line, "", words))
        elif change:
            reading.entries[entry.subscription_id, entry.key] = (line, entry)
            reading.changes.append(change)
        else:
            reading.same += 1

    async def _write(self, reading: _Reading) -> None:
        """One by one; of what was not taken a fault is made, and whatever was written is judged."""
        written = set()
        try:
            for line, entry in reading.entries.values():
                if await self._written(entry):
                    written.add(entry.subscription_id)
                else:
                    words = (
                        f"was not taken: {entry.title} was changed by somebody else meanwhile, or by a newer release"
                    )
                    reading.faults.append(LineFault(line, "", words))
                    reading.changes = [change for change in reading.changes if change.line != line]
        finally:
            for subscription_id in sorted(written):
                await self.messages.refresh(Refresh(subscription_id))

    async def _written(self, entry: RegisterEntry) -> bool:
        for _ in range(MOST_TRIES):
            try:
                return await self.register.say(entry)
            except Conflict:
                continue
        return False

    async def _subscriptions(self) -> Mapping[str, Subscription]:
        return watched(await self.looks.known(), self.only)


NOT_SEEN = "is none of those that are watched; one that holds a signing account is known after the next check"


def _subscription(cells: Mapping[str, str], known: Mapping[str, Subscription]) -> str:
    """By id or by name. Raises Unfit."""
    wanted = cells.get("subscription", "").strip().lower()
    found = [id_ for id_, one in known.items() if wanted in (id_, one.name.lower())]
    if len(found) != 1:
        words = "must be given" if not wanted else "is the name of several: give its id" if found else NOT_SEEN
        raise Unfit([Fault("subscription", words)])
    return found[0]


def _known(entered: Mapping[str, Entered], cells: Mapping[str, str]) -> RegisterEntry | None:
    """The entry that a line is about; a request that just got its id is the one for the same account."""
    validation, account = cells.get("validation", "").strip().lower(), cells.get("account", "").strip()
    found = entered.get(validation) or entered.get(pending_key(account))
    return found.entry if found else None


def _change(line: int, known: RegisterEntry | None, entry: RegisterEntry) -> Brought | None:
    before = said_by(known) if known else dict.fromkeys(FIELDS, "")
    after = said_by(entry)
    differing = [name for name in FIELDS if before[name] != after[name]]
    if known and not differing:
        return None
    return Brought(
        line,
        entry.title,
        known is None,
        {name: before[name] for name in differing},
        {name: after[name] for name in differing},
    )
