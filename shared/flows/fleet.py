"""Judge the fleet as a whole when a look closes: what no single subscription can tell."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.domain.blind import About, Blind
from shared.domain.decision import Deciding
from shared.domain.kept import Standing
from shared.domain.look import Look, ShardEnd
from shared.domain.policy import Policy
from shared.domain.routing import Routes
from shared.domain.rules.fleet import FLEET_RULES, FleetSurvey, fleet_findings
from shared.domain.subscription import Subscription
from shared.domain.usage import month_of
from shared.domain.words import count
from shared.flows.relay import Relay
from shared.ports.bills import Bills
from shared.ports.errors import Conflict
from shared.ports.shelves import Commit, Shelves

FLEET = Subscription("fleet", "All subscriptions")
MAX_CONFLICTS = 8


@dataclass(frozen=True, slots=True)
class FleetJudge:
    """Fleet-wide rules, with memory and intents of their own."""

    policy: Policy
    routes: Routes
    shelves: Shelves
    bills: Bills
    relay: Relay
    mistakes: tuple[str, ...] = ()

    async def run(self, look: Look, ends: Sequence[ShardEnd], now: datetime) -> None:
        """Safe to repeat: memory knows what was said."""
        deciding = Deciding(FLEET_RULES, self.routes, self.policy.tell, FLEET.id, look.id, now, look.first)
        blind = (*look.blind, *_unended(look, ends))
        for _ in range(MAX_CONFLICTS):
            kept = await self.shelves.read(FLEET, month_of(now))
            since = (kept.standing.unread_since or now) if look.blind else None
            survey = FleetSurvey(look, ends, blind, since, self.mistakes, tuple((await self.bills.scopes()).values()))
            findings = tuple(fleet_findings(survey, self.policy, now))
            verdict = deciding.decide(findings, kept.memory, blind)
            try:
                await self.shelves.commit(
                    kept, Commit({}, {}, frozenset(), verdict.changes, Standing(since, look.blind))
                )
            except Conflict:
                continue
            await self.relay.carry(FLEET.id)
            return
        raise Conflict("the fleet's memory was changed by somebody else too often")


def _unended(look: Look, ends: Sequence[ShardEnd]) -> Sequence[Blind]:
    """Subscriptions that did not end in time: what lies in them was not seen."""
    left = sorted(set(look.shards) - {end.subscription.id for end in ends})
    return (
        [Blind(About.ACCOUNTS, "", f"{count(len(left), 'subscription')} could not be checked in time.")] if left else []
    )
