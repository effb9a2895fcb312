"""Refresh: read one account again, and judge its subscription from what is known."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.domain.blind import About, Sight, hidden
from shared.domain.look import Look, Shard
from shared.domain.refresh import Refresh
from shared.domain.subscription import Subscription
from shared.domain.usage import month_of
from shared.flows.collect import Collect
from shared.flows.conclude import Conclude
from shared.ports.bursts import Bursts
from shared.ports.looks import Looks
from shared.ports.messages import Messages
from shared.ports.shelves import Shelves

MAX_ATTEMPTS = 5
AFTER_THE_FIRST = timedelta(minutes=1)
RECENT = 5
LATE = timedelta(hours=2)
# A certificate of a day is renewed so long before it is called late.
STALE_AFTER = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class RefreshOne:
    """Between two looks. It counts as a part of the latest one: "for N looks" is not hastened by events.

    `only`: ids of the subscriptions to be watched; all where empty.
    """

    collect: Collect
    conclude: Conclude
    bursts: Bursts
    shelves: Shelves
    looks: Looks
    messages: Messages
    only: frozenset[str] = frozenset()
    due_after: Callable[[datetime], datetime] | None = None

    async def run(self, refresh: Refresh, now: datetime) -> None:
        """Safe to run twice, or two at once. A subscription that no look has seen is left to the next one."""
        subscription = await self._watched(refresh.subscription_id)
        looks = await self.looks.recent(RECENT)
        if subscription is None or not looks:
            return
        if looks[0].first and looks[0].closed is None:
            # The very first look tells all at once when it closes; nothing goes ahead of it.
            await self._later(refresh, now + AFTER_THE_FIRST, now)
            return
        kept = await self.shelves.read(subscription, month_of(now))
        found = await self.collect.one(refresh.account_id, kept, now)
        for patience in set(found.patience) - set(kept.patience):
            await self.shelves.hold(subscription.id, patience)
        if found.patience:
            await self._later(refresh, max(row.until for row in found.patience), now)
            return
        if refresh.account_id and not hidden([Sight(About.PROFILES, refresh.account_id)], found.blind):
            # Before anything is concluded: a look that began earlier must not put back what it read before this.
            await self.bursts.change(refresh.account_id, lambda burst: burst.with_reading(now))
        await self.conclude.remember(kept, found, now)
        if any(look.closed and now < self._stale_from(look) for look in looks):
            await self.conclude.run(Shard(looks[0].id, kept.subscription, ()), kept, found, now)
        else:  # After an outage the other accounts are known by old facts: the look that comes next judges.
            await self.conclude.keep(kept, found, now)

    def _stale_from(self, look: Look) -> datetime:
        """Half a day after it, or a while after the next one was due, where checks are rare."""
        due = self.due_after(look.started) + LATE if self.due_after else look.started
        return max(look.started + STALE_AFTER, due)

    async def _later(self, refresh: Refresh, at: datetime, now: datetime) -> None:
        """After some attempts the next look has to do."""
        if refresh.attempt < MAX_ATTEMPTS:
            delay = max(at - now, timedelta(seconds=1))
            await self.messages.refresh(replace(refresh, attempt=refresh.attempt + 1), delay)

    async def _watched(self, subscription_id: str) -> Subscription | None:
        if self.only and subscription_id not in self.only:
            return None
        return (await self.looks.known()).get(subscription_id)
