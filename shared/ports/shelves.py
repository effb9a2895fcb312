"""What is kept of each subscription."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.domain.kept import Kept, Patience, Standing
from shared.domain.memory import Change, Intent
from shared.domain.metering import Months
from shared.domain.subscription import Subscription
from shared.domain.survey import AccountFacts


@dataclass(frozen=True, slots=True)
class Commit:
    """What one look at a subscription changes, all of it or, with a Conflict, to be decided again.

    `forgotten` are ids of accounts that were deleted long ago.
    """

    facts: Mapping[str, AccountFacts]
    usage: Mapping[str, Months]
    forgotten: frozenset[str]
    changes: Sequence[Change]
    standing: Standing


@dataclass(frozen=True, slots=True)
class Lying:
    """An intent where it was decided, waiting to be carried. `key` and `mark` are the store's own."""

    key: str
    mark: str
    intent: Intent


class Shelves(Protocol):
    """What is kept of each subscription. `commit` raises Conflict."""

    async def read(self, subscription: Subscription, month: datetime) -> Kept:
        """Everything kept of one subscription in one query; usage and costs of `month` and the one before."""
        ...

    async def commit(self, kept: Kept, commit: Commit) -> None:
        """Write what differs from `kept`, a memory never parted from its intents; nothing when nothing differs."""
        ...

    async def patience(self, subscription_id: str) -> Sequence[Patience]:
        """What Azure asked to wait for, also what is over."""
        ...

    async def hold(self, subscription_id: str, patience: Patience) -> None:
        """Tell all workers to wait; a later end stays."""
        ...

    async def intents(self, subscription_id: str) -> Sequence[Lying]:
        """What was decided to be told and has not been carried to the outbox."""
        ...

    async def carried(self, subscription_id: str, lying: Sequence[Lying]) -> None:
        """Forget intents that lie in the outbox now, with their marks. Safe to repeat."""
        ...

    async def marked(self) -> Sequence[tuple[str, datetime]]:
        """Subscriptions in which intents may lie, and the time of the oldest mark: a short list, never a scan."""
        ...

    async def unmark(self, subscription_id: str, until: datetime) -> None:
        """Nothing lies there: remove marks made up to `until`."""
        ...
