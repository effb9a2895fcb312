"""The errors that cross the border. Every other expected outcome is a value."""

from datetime import datetime, timedelta


class Conflict(Exception):
    """Somebody else changed it first: read again and decide again."""


class NotThere(Exception):
    """What was asked for is gone, or out of reach, and what holds it is not."""


class TooLarge(Exception):
    """More than the store keeps in one piece: try with less."""


class DeliveryError(Exception):
    """A receiver did not take a message. `permanent`: sending the same again will not help.

    `maybe_taken`: nobody knows whether it was taken (no answer in time), so the same is sent again, never another.
    """

    def __init__(
        self, reason: str, *, permanent: bool, retry_after: timedelta | None = None, maybe_taken: bool = False
    ) -> None:
        super().__init__(reason)
        self.permanent = permanent
        self.retry_after = retry_after
        self.maybe_taken = maybe_taken


class InDoubt(DeliveryError):
    """Nobody knows yet whether an earlier try did its work: nothing was asked of the receiver now."""


class Throttled(Exception):
    """Azure asked for patience: nothing of this `kind` may go to this `scope` before `until` (UTC)."""

    def __init__(self, kind: str, scope: str, until: datetime) -> None:
        super().__init__(f"{kind} for {scope} is throttled until {until:%H:%M:%S} UTC")
        self.kind = kind
        self.scope = scope
        self.until = until
