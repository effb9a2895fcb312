"""The validation list: what people say of identity validations, and what they said before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.domain.validation import RegisterEntry, Said


@dataclass(frozen=True, slots=True)
class Entered:
    """An entry as it lies there; `etag` changes with it."""

    entry: RegisterEntry
    etag: str


class Register(Protocol):
    """One entry a validation, or a request that has no id yet; all that was said is kept.

    `expected`: the ETag that the entry must still have, "" where it must not be there, None where the later word
    stands whatever is there. All writes raise Conflict: it is not as expected, or a newer release wrote it.
    """

    async def entered(self, subscription_id: str) -> Mapping[str, Entered]:
        """Every entry of a subscription, by `RegisterEntry.key`."""
        ...

    async def say(self, entry: RegisterEntry, expected: str | None = None) -> bool:
        """Put one entry in; False where something later is known. A request that got its id is one entry from then."""
        ...

    async def withdraw(self, said: Said, expected: str) -> None:
        """Take an entry out: it is about nothing. That it was there is kept."""
        ...

    async def history(self, subscription_id: str, key: str) -> Sequence[Said]:
        """Everything that was taken into one entry, oldest first."""
        ...

    async def said_since(self, subscription_id: str, since: datetime) -> Sequence[Said]:
        """All that was taken in of a whole subscription, in order; of what was said before `since` the last of each."""
        ...
