"""Judge the fleet as a whole when a look closes: what no single subscription can tell."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.domain.account import Subscription
from shared.domain.decision import Deciding
from shared.domain.look import Look, ShardEnd
from shared.domain.policy import Policy
from shared.domain.routing import Routes
from shared.domain.rules.fleet import FLEET_RULES, fleet_findings
from shared.domain.usage import month_of
from shared.flows.relay import Relay
from shared.ports import Commit, Conflict, Shelves

FLEET = Subscription("fleet", "All subscriptions")
MAX_CONFLICTS = 8


@dataclass(frozen=True, slots=True)
class FleetJudge:
    """Fleet-wide rules, with memory and intents of their own."""

    policy: Policy
    routes: Routes
    shelves: Shelves
    relay: Relay

    async def run(self, look: Look, ends: Sequence[ShardEnd], now: datetime) -> None:
        """Safe to repeat: memory knows what was said."""
        deciding = Deciding(FLEET_RULES, self.routes, self.policy.tell, FLEET.id, now, look.first)
        findings = tuple(fleet_findings(look, ends, now))
        for _ in range(MAX_CONFLICTS):
            kept = await self.shelves.read(FLEET, month_of(now))
            verdict = deciding.decide(findings, kept.memory, look.blind)
            try:
                await self.shelves.commit(kept, Commit({}, {}, frozenset(), verdict.changes, None))
            except Conflict:
                continue
            if any(change.intents for change in verdict.changes):
                await self.relay.carry(FLEET.id)
            return
        raise Conflict("the fleet's memory was changed by somebody else too often")
