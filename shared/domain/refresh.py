"""Looks at one account between the looks at everything, because an event said that something changed."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

# What comes within so long of the first event of a burst is read together, when it is over. Event Grid delivers again
# after 10 seconds at the earliest: what a crash lost is then a burst of its own.
BURST = timedelta(seconds=10)
# By so much Azure's clock may be behind ours: where it is not sure, an event was not seen. Shorter than a burst.
CLOCKS_APART = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Refresh:
    """One account (its lower-case ARM id) to be read again; none: only judge anew what is known of the subscription."""

    subscription_id: str
    account_id: str = ""
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class Burst:
    """What events made us do about one account: `until` when the last burst lasts, and whether its end is looked at.

    `read_at` is when the account was last read because of an event: what happened before it has been seen. `operation`
    is what the latest event that named one says was done to the account itself, at `operated`.
    """

    account_id: str
    until: datetime | None = None
    trailing: bool = False
    read_at: datetime | None = None
    operation: str = ""
    operated: datetime | None = None

    def open(self, now: datetime) -> bool:
        """Whether the last burst is still on."""
        return self.until is not None and now < self.until

    def with_event(self, happened: datetime, now: datetime) -> "Burst":
        """The first of a burst is looked at now, all others by one look when it is over."""
        if self.read_at is not None and happened + CLOCKS_APART < self.read_at:
            return self
        if self.open(now):
            return replace(self, trailing=True)
        return replace(self, until=now + BURST, trailing=False)

    def with_operation(self, operation: str, happened: datetime) -> "Burst":
        """What was done to the account; events come in any order, and the latest counts."""
        if not operation or (self.operated is not None and happened < self.operated):
            return self
        return replace(self, operation=operation, operated=happened)

    def with_reading(self, at: datetime) -> "Burst":
        """It was read; what is older was seen."""
        return replace(self, read_at=at if self.read_at is None else max(at, self.read_at))
