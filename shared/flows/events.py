"""What events say: an account changed and is read again soon, or somebody reported a validation."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.domain.refresh import Refresh
from shared.domain.subscription import subscription_of
from shared.domain.validation import RegisterEntry
from shared.ports.bursts import Bursts
from shared.ports.messages import Messages
from shared.ports.register import Register

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Events:
    """At least once and in any order. The first of a burst is looked at now, the others together when it is over."""

    bursts: Bursts
    register: Register
    messages: Messages

    async def changed(self, account_id: str, happened: datetime, now: datetime, operation: str = "") -> None:
        """Something happened to an account, as its lower-case ARM id says; `operation` where it was done to itself.

        The row is written first: a crash before the message costs no second look, for the event is delivered again
        when the burst is over.
        """
        before, after = await self.bursts.change(
            account_id, lambda burst: burst.with_event(happened, now).with_operation(operation, happened)
        )
        refresh = Refresh(subscription_of(account_id), account_id)
        if after.until != before.until:
            await self.messages.refresh(refresh)
        elif after.trailing and not before.trailing and after.until:
            await self.messages.refresh(refresh, max(after.until - now, timedelta()))

    async def reported(self, entry: RegisterEntry) -> None:
        """Testimony by event; what was said later stands."""
        if await self.register.say(entry):
            await self.messages.refresh(Refresh(entry.subscription_id))
        else:
            _log.info("a report of %s is older than what is known", entry.title)
