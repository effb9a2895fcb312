"""What waits for each receiver."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from shared.domain.memory import Intent
from shared.ports.channel import Part, Thread


@dataclass(frozen=True, slots=True)
class Batch:
    """A frozen sending: which intents, in which parts, which of them the receiver took, and which it never will.

    `receipts` are what the channel answered to parts that it took, `refused` why it did not take others, both by the
    part's index; `threaded`: the channel gives receipts. `maybe_taken`: a part may have arrived of which nobody knows,
    for its sending began and has no known end: then the same parts are sent again, never others. `trouble` is why it
    was not taken the last time. `failure`: nothing of what is left will ever be sent. `given_up` and `replayed` are set
    in the record of it.
    """

    id: str
    receiver: str
    members: tuple[str, ...]
    parts: tuple[Part, ...]
    frozen: datetime
    sent: frozenset[int] = frozenset()
    attempts: int = 0
    not_before: datetime | None = None
    failure: str = ""
    etag: str = ""
    receipts: Mapping[int, str] = field(default_factory=dict)
    refused: Mapping[int, str] = field(default_factory=dict)
    maybe_taken: bool = False
    trouble: str = ""
    threaded: bool = False
    given_up: datetime | None = None
    replayed: datetime | None = None

    @property
    def done(self) -> bool:
        """Every part was taken, or never will be."""
        return bool(self.failure) or len(self.sent | self.refused.keys()) == len(self.parts)

    @property
    def lost(self) -> bool:
        """Something of it was not delivered."""
        return bool(self.failure or self.refused)

    @property
    def untouched(self) -> bool:
        """The receiver has nothing of it, for sure: what waits now may be told instead."""
        return not (self.sent or self.refused or self.maybe_taken or self.failure)

    @property
    def why(self) -> str:
        """Why something was not delivered."""
        return self.failure or next(iter(self.refused.values()), "")

    def only(self, indexes: Collection[int]) -> "Batch":
        """With these of its parts, in their order; `members` are left as they are."""
        places = {index: place for place, index in enumerate(sorted(indexes))}
        return replace(
            self,
            parts=tuple(self.parts[index] for index in places),
            sent=frozenset(places[index] for index in self.sent & places.keys()),
            refused={places[index]: why for index, why in self.refused.items() if index in places},
            receipts={places[index]: receipt for index, receipt in self.receipts.items() if index in places},
        )

    def holds_lost(self, intent: Intent) -> bool:
        """Whether this member is among what was not delivered."""
        taken = {problem for index in self.sent for problem in self.parts[index].problems}
        refused = {problem for index in self.refused for problem in self.parts[index].problems}
        return intent.problem in refused or (bool(self.failure) and intent.problem not in taken)


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of replaying: so many wait again, so many were overtaken by later news of the same problem."""

    again: int = 0
    overtaken: int = 0


class Outbox(Protocol):
    """What waits for each receiver. Everything survives a crash at any point."""

    async def accept(self, intents: Sequence[Intent]) -> None:
        """Take intents; a copy of one that was taken before is refused in silence, also after delivery."""
        ...

    async def receivers(self) -> Sequence[str]:
        """Everyone to whom anything was ever to be told."""
        ...

    async def expecting(self) -> Sequence[str]:
        """Those of them for whom something may wait now."""
        ...

    async def rest(self, receiver: str) -> None:
        """Nothing waits for this one, if that is still so."""
        ...

    async def claim(self, receiver: str, holder: str, now: datetime, until: datetime) -> bool:
        """Whether `holder` may deliver to this receiver until `until`."""
        ...

    async def release(self, receiver: str, holder: str) -> None:
        """Give the claim back, if it is still ours."""
        ...

    async def stuck(self, receiver: str, now: datetime) -> datetime | None:
        """Since when something has waited that nothing keeps from being told, where that is for hours."""
        ...

    async def waiting(self, receiver: str, limit: int = 0) -> Sequence[tuple[str, Intent]]:
        """Key and intent, oldest first; all where there is no limit."""
        ...

    async def frozen(self, receiver: str) -> Batch | None:
        """The batch that was frozen and not finished."""
        ...

    async def freeze(self, batch: Batch) -> Batch:
        """Write a batch down before any of it is sent. Raises TooLarge; so does `mark`."""
        ...

    async def mark(self, batch: Batch) -> Batch:
        """Write down what was sent, tried and failed. Raises Conflict when the claim was lost."""
        ...

    async def finish(self, batch: Batch, now: datetime) -> None:
        """All parts are with the receiver, or never will be: keep the record, the threads, and what was lost."""
        ...

    async def threads(self, receiver: str) -> Mapping[str, Thread]:
        """Problems that are open at a receiver whose channel gave receipts, by `Intent.problem`."""
        ...

    async def refusing(self, receiver: str, now: datetime) -> str:
        """Why the receiver did not take what it was sent lately, or why nothing comes to it; "" where all is well."""
        ...

    async def undelivered(self, receiver: str, since: datetime | None = None) -> Sequence[Batch]:
        """Batches of which something was given up since then, oldest first; those that were replayed too."""
        ...

    async def lost(self, batch: Batch) -> Sequence[Intent]:
        """What of a batch that was given up was not delivered."""
        ...

    async def replay(self, batch: Batch, now: datetime) -> Replayed:
        """What was given up waits again, but for what later news of the same problem has overtaken."""
        ...
