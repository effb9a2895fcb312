"""Close a look when all its subscriptions have ended, or when it is overdue, and let its messages go."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.domain.look import Look
from shared.flows.costs import Costs
from shared.flows.fleet import FleetJudge
from shared.flows.relay import Relay
from shared.ports.looks import Looks

OVERDUE = timedelta(minutes=50)
RECENT_LOOKS = 30


@dataclass(frozen=True, slots=True)
class Close:
    """Whoever finds a look complete closes it; a second one finds it closed. `desks` are asked for news of tickets."""

    looks: Looks
    fleet: FleetJudge
    relay: Relay
    costs: Costs
    desks: tuple[str, ...] = ()

    async def if_full(self, look_id: str, now: datetime) -> bool:
        """Close the look if every shard has ended."""
        look = await self.looks.get(look_id)
        return look is not None and look.closed is None and await self._close(look, now, overdue=False)

    async def overdue(self, now: datetime) -> None:
        """Close looks that are complete but were left open by a crash, and, as partial, those that take too long."""
        for look in await self.looks.recent(RECENT_LOOKS):
            if look.closed is None:
                await self._close(look, now, overdue=now - look.started > OVERDUE)

    async def _close(self, look: Look, now: datetime, *, overdue: bool) -> bool:
        ends = await self.looks.ends(look.id)
        unended = set(look.shards) - {end.subscription.id for end in ends}
        if unended and not overdue:
            return False
        await self.fleet.run(look, ends, now)
        partial = bool(unended or look.blind or any(end.blind for end in ends))
        calls = look.calls + sum(sum(end.calls.values()) for end in ends)
        accounts = sum(end.accounts for end in ends)
        done = replace(look, closed=now, partial=partial, calls=calls, accounts=accounts)
        if not await self.looks.close(done):
            return False
        await self.relay.wake_all(now)
        await self.relay.read_back(self.desks)
        if look.first and accounts:  # Whoever has just installed it is not kept waiting for the bill until tomorrow.
            await self.costs.plan(now)
        return True
