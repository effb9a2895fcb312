"""Plan a look: ask once for every account, and put one message for each subscription."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from shared.domain.account import SigningAccount
from shared.domain.blind import About, Blind
from shared.domain.kept import CallKind, Patience
from shared.domain.look import Look, Shard, look_id
from shared.domain.subscription import Subscription
from shared.domain.survey import Fleet
from shared.domain.usage import month_of
from shared.domain.words import moment
from shared.flows.close import RECENT_LOOKS, Close
from shared.flows.fleet import FLEET
from shared.ports.azure import Inventory, Meter, Reachability
from shared.ports.errors import Throttled
from shared.ports.looks import Looks
from shared.ports.messages import Messages
from shared.ports.shelves import Shelves


@dataclass(frozen=True, slots=True)
class Watch:
    """From the clock to one message a subscription. `only`: ids of the subscriptions to be watched; all where empty.

    `named` are looked at whether or not the inventory lists anything in them.
    """

    inventory: Inventory
    shelves: Shelves
    looks: Looks
    messages: Messages
    close: Close
    meter: Meter
    reach: Reachability
    only: frozenset[str] = frozenset()
    named: frozenset[str] = frozenset()

    async def run(self, now: datetime) -> Look:
        """Plan a look at everything that can be seen, and at everything that was seen before."""
        calls = self.meter.start()
        recent = await self.looks.recent(RECENT_LOOKS)
        fleet = await self._fleet(now)
        reached = await self.reach.reach(sorted({account.uri for account in fleet.accounts}))
        known = await self.looks.known()
        busy = await self._underway(recent)
        wanted = _wanted(self.only | self.named, known, fleet.subscriptions)
        await self.looks.learn(
            [wanted[found.id] for found in fleet.subscriptions if known.get(found.id) != wanted[found.id]]
        )
        shards = [wanted[name] for name in sorted(wanted) if name not in busy and self._watched(name)]
        look = Look(
            id=look_id(now),
            started=now,
            shards=tuple(found.id for found in shards),
            accounts=len(fleet.accounts),
            calls=sum(calls.values()),
            first=not any(look.closed and look.accounts for look in recent),
            blind=fleet.blind,
            reached=reached,
        )
        # Messages go out before the look is written down: should we die in between, they are looked at all the same.
        await self._fan_out(look, shards, fleet)
        await self.looks.begin(look)
        await self.close.if_full(look.id, now)
        return look

    async def _fan_out(self, look: Look, shards: Sequence[Subscription], fleet: Fleet) -> None:
        accounts: dict[str, list[SigningAccount]] = {}
        for account in fleet.accounts:
            accounts.setdefault(account.subscription_id, []).append(account)
        for subscription in shards:
            listed = tuple(accounts.get(subscription.id, ()))
            await self.messages.look(
                Shard(look.id, subscription, listed, listed=not fleet.blind, first_look=look.first)
            )

    def _watched(self, subscription_id: str) -> bool:
        """One that was taken out of the settings is not looked at any more, though it is known."""
        return not self.only or subscription_id in self.only

    async def _fleet(self, now: datetime) -> Fleet:
        """The inventory, unless Azure asked for patience: then what is known from before has to do."""
        kept = await self.shelves.read(FLEET, month_of(now))
        held = [row for row in kept.patience if row.kind == CallKind.RESOURCE_GRAPH and row.until > now]
        if not held:
            try:
                return await self.inventory.fleet()
            except Throttled as throttled:
                held = [Patience(throttled.kind, throttled.scope, throttled.until)]
                await self.shelves.hold(FLEET.id, held[0])
        until = max(row.until for row in held)
        return Fleet((), (), (Blind(About.ACCOUNTS, "", f"Azure asked to wait until {moment(until)}."),))

    async def _underway(self, recent: Sequence[Look]) -> set[str]:
        """Subscriptions that an open look has not finished with: they are not planned again."""
        busy: set[str] = set()
        for look in recent:
            if look.closed is None:
                ended = {end.subscription.id for end in await self.looks.ends(look.id)}
                busy |= set(look.shards) - ended
        return busy


def _wanted(
    named: Iterable[str], known: Mapping[str, Subscription], found: Iterable[Subscription]
) -> Mapping[str, Subscription]:
    """By id; of one whose state was not told this time, the state is as it was."""
    wanted = {id_: Subscription(id_, id_) for id_ in named} | dict(known)
    for one in found:
        before = known.get(one.id)
        wanted[one.id] = replace(one, state=before.state) if before and not one.state else one
    return wanted
