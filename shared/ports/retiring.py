"""What retiring needs: an audit that is only added to, rows beside it, and the one hand that deletes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from shared.domain.account import SigningAccount
from shared.domain.validation import Said
from shared.domain.walk import Halt, RetireState, Step, WalkRow

EVERYTHING = "/all"  # In place of an account's id: where the audit keeps what concerns all of them.


class Audit(Protocol):
    """Append blobs in a container of its own, one an incarnation of an account. What was added is never changed.

    A step may be there twice, where an answer was lost. A line that cannot be read raises ValueError: then nothing is
    known, and nothing is deleted.
    """

    async def steps(self, account_id: str, created: datetime | None) -> Sequence[Step]:
        """All of one incarnation, in the order in which they were written."""
        ...

    async def add(self, account_id: str, created: datetime | None, step: Step) -> None:
        """Returns when it is written."""
        ...

    async def snapshot(self, account_id: str, created: datetime | None, at: datetime, text: str) -> str:
        """Keep all that is known of an account before it goes, as JSON; the name of the blob. Never replaced."""
        ...

    async def accounts(self) -> frozenset[str]:
        """ARM ids, in lower case, of all that have ever had a step."""
        ...

    async def words(self, subscription_id: str, key: str) -> Sequence[Said]:
        """All that was ever taken into one entry of the validation list, whoever said it, or withdrawn from it."""
        ...

    async def all_words(self, subscription_id: str) -> Sequence[Sequence[Said]]:
        """The same of every entry that a subscription has or had, each as it was written."""
        ...

    async def add_word(self, said: Said) -> None:
        """Somebody or something says so, or withdraws it."""
        ...

    async def policies(self) -> Sequence[tuple[datetime, str]]:
        """Each way in which retiring was set (`RetirePolicy.said`), with its beginning, oldest first."""
        ...

    async def add_policy(self, at: datetime, said: str) -> None:
        """It is set like this from now on."""
        ...


class RetireBook(Protocol):
    """Rows. All writes of a `WalkRow` raise Conflict where somebody else was faster, or a newer release wrote it."""

    async def walks(self, subscription_id: str) -> Mapping[str, WalkRow]:
        """By lower-case ARM id of the account."""
        ...

    async def put(self, row: WalkRow) -> WalkRow:
        """Insert where it has no ETag, or else replace; with its new ETag."""
        ...

    async def forget(self, row: WalkRow) -> None:
        """Take a row away: nobody knows its account any more. Raises Conflict."""
        ...

    async def take_day(self, day: date, account_id: str) -> str:
        """Whose day it is: insert-only, so that one account a day is deleted, whoever runs."""
        ...

    async def day_of(self, day: date) -> str:
        """Whose day it is; "" for nobody's."""
        ...

    async def halt(self) -> Halt | None:
        """Read anew each time."""
        ...

    async def set_halt(self, halt: Halt | None) -> None:
        """Hold everything, or go on."""
        ...

    async def state(self) -> RetireState:
        """As it was put last."""
        ...

    async def put_state(self, state: RetireState) -> None:
        """The last one wins: it is only shown and told."""
        ...


class Fate(StrEnum):
    """What came of asking Azure to delete."""

    ACCEPTED = "accepted"
    NOT_THERE = "not there"
    LOCKED = "locked"
    REFUSED = "refused"
    THROTTLED = "throttled"
    UNKNOWN = "unknown"
    PRETENDED = "pretended"


@dataclass(frozen=True, slots=True)
class Erased:
    """`why` is Azure's answer in a sentence for people, without addresses; `until` how long it asked for patience."""

    fate: Fate
    why: str
    until: datetime | None = None


class Eraser(Protocol):
    """The only hand that deletes, with an identity of its own."""

    async def erase(self, account: SigningAccount) -> Erased:
        """One request, never repeated. Raises nothing: what nobody can know is UNKNOWN."""
        ...
