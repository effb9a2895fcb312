"""Judge the fleet as a whole when a look closes: what no single subscription can tell."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.domain.blind import About, Blind, Sight, unread
from shared.domain.decision import Deciding
from shared.domain.fleet import FleetSurvey
from shared.domain.kept import Standing
from shared.domain.look import Look, ShardEnd
from shared.domain.matching import Surroundings
from shared.domain.policy import Policy
from shared.domain.routing import Routes
from shared.domain.rules.book import BOOK, FLEET_RULES
from shared.domain.subscription import Subscription
from shared.domain.usage import month_of
from shared.domain.view import SubscriptionView, finding_views
from shared.domain.words import count
from shared.flows.refusing import Refusing
from shared.flows.relay import Relay
from shared.ports.bills import Bills
from shared.ports.errors import Conflict
from shared.ports.looks import Looks
from shared.ports.outbox import Outbox
from shared.ports.retiring import RetireBook
from shared.ports.shelves import Commit, Shelves
from shared.ports.silences import Silences
from shared.ports.views import Views

FLEET = Subscription("fleet", "All subscriptions")
MAX_CONFLICTS = 8
LOOKS_BEFORE = 12


@dataclass(frozen=True, slots=True)
class FleetJudge:
    """Fleet-wide rules, with memory and intents of their own."""

    policy: Policy
    routes: Routes
    shelves: Shelves
    looks: Looks
    bills: Bills
    views: Views
    relay: Relay
    due_after: Callable[[datetime], datetime]
    planned_bills: Callable[[datetime], Awaitable[Collection[str]]]
    silences: Silences
    outbox: Outbox
    refusing: Refusing
    book: RetireBook
    mistakes: tuple[str, ...] = ()

    async def run(self, look: Look, ends: Sequence[ShardEnd], now: datetime) -> None:
        """Safe to repeat: memory knows what was said."""
        retiring = await self.book.state()
        silences, refusing = await self.silences.active(now), await self._refusing(now)
        deciding = Deciding(
            BOOK, self.policy, self.routes, FLEET.id, look.id, now, look.first, around_fleet(), silences
        )
        unended = await self._unended(look, ends)
        before = [known for known in await self.looks.recent(LOOKS_BEFORE) if known.id < look.id]
        planned = await self.planned_bills(now)
        scopes = tuple(scope for name, scope in (await self.bills.scopes()).items() if name in planned)
        blind = (*look.blind, *not_in_time(unended))
        for _ in range(MAX_CONFLICTS):
            kept = await self.shelves.read(FLEET, month_of(now))
            known = unread(look.blind, kept.standing.unread, now)
            since = min(known.values(), default=None)
            told = bool(self.routes.everyone)
            due = self.due_after(before[0].started) if before else None
            survey = FleetSurvey(
                look,
                ends,
                blind,
                since,
                self.mistakes,
                scopes,
                unended,
                before,
                told,
                due,
                silences,
                refusing,
                retiring,
            )
            findings = [found for rule in FLEET_RULES for found in rule.findings(survey, self.policy, now)]
            verdict = deciding.decide(findings, kept.memory, (*blind, *lost(ends)))
            try:
                await self.shelves.commit(
                    kept, Commit({}, {}, frozenset(), verdict.changes, Standing(known, look.blind))
                )
            except Conflict:
                continue
            shown = finding_views(findings, verdict.decisions)
            await self.views.publish(SubscriptionView(FLEET, look.id, now, (), shown, blind=tuple(blind)))
            await self.relay.carry(FLEET.id)
            return
        raise Conflict("the fleet's memory was changed by somebody else too often")

    async def _refusing(self, now: datetime) -> Mapping[str, str]:
        """Receivers that are set up and did not take what they were sent last, and why."""
        names = [name for name in await self.outbox.receivers() if self.routes.is_there(name)]
        return await self.refusing.found(names, now)

    async def _unended(self, look: Look, ends: Sequence[ShardEnd]) -> Sequence[str]:
        """Names of the subscriptions that did not end in time."""
        left = set(look.shards) - {end.subscription.id for end in ends}
        known = await self.looks.known() if left else {}
        return sorted(known[id_].name if id_ in known else id_ for id_ in left)


def around_fleet() -> Surroundings:
    """What routes and silences see of a problem of the whole: no account."""
    return Surroundings(FLEET.id, FLEET.name, {rule.name: rule.group for rule in FLEET_RULES})


def not_in_time(unended: Sequence[str]) -> Sequence[Blind]:
    """What lies in them was not seen."""
    reason = f"{count(len(unended), 'subscription')} could not be checked in time."
    return [Blind(About.ACCOUNTS, "", reason)] if unended else []


def lost(ends: Sequence[ShardEnd]) -> Sequence[Blind]:
    """What lies in subscriptions that could not be read at all was not seen either."""
    spots = [spot for end in ends for spot in end.blind if spot.hides(Sight(About.ACCOUNTS, end.subscription.scope))]
    return [Blind(About.ACCOUNTS, "", spots[0].reason)] if spots else []
