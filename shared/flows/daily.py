"""Read what changes seldom, once a day: whether the providers are registered, and locks."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.domain.blind import About, Blind, Sight, hidden
from shared.domain.kept import CallKind, Kept
from shared.domain.subscription import DailyFacts, Subscription
from shared.flows.readings import Readings
from shared.ports.azure import SubscriptionReader
from shared.ports.errors import Throttled

DAILY = timedelta(hours=23, minutes=30)


@dataclass(frozen=True, slots=True)
class Daily:
    """Facts of a subscription as a whole. What could not be read is not known any more, and tried at the next look.

    While an account is on its way out, they are read at every look: a lock is a no.
    """

    reader: SubscriptionReader

    async def read(self, subscription: Subscription, kept: Kept, found: Readings, now: datetime) -> None:
        """Into `found.daily`, which holds what is known where nothing is due."""
        found.daily = kept.standing.daily
        whole = Sight(About.ACCOUNTS, subscription.scope)
        leaving = any(row.walk.stage.open for row in kept.walks.values())
        if not (leaving or _due(found.daily, now)) or hidden([whole], found.blind):
            return
        registrations = await _asked(
            found,
            CallKind.PROVIDERS,
            Sight(About.REGISTRATIONS, subscription.scope),
            lambda: self.reader.registrations(subscription),
        )
        locks = await _asked(
            found, CallKind.LOCKS, Sight(About.LOCKS, subscription.scope), lambda: self.reader.locks(subscription)
        )
        complete = registrations is not None and locks is not None
        found.daily = DailyFacts(registrations, locks, now if complete else None)


def _due(known: DailyFacts, now: datetime) -> bool:
    return known.read_at is None or now - known.read_at >= DAILY


async def _asked[T](
    found: Readings, kind: CallKind, sight: Sight, read: Callable[[], Awaitable[T | Blind]]
) -> T | None:
    """None where it could not be read, or not yet."""
    try:
        answer = None if found.waits(kind, sight.scope) else await read()
    except Throttled as throttled:
        found.wait(throttled)
        answer = None
    if isinstance(answer, Blind):
        found.blind.append(answer)
        return None
    if answer is None:
        found.unasked.add(sight)
    return answer
