"""What if: replay kept facts through the same judging and deciding, with the settings in force and with others."""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from shared.domain.blind import Blind
from shared.domain.budget import Spending, spending_of
from shared.domain.cost import AccountCost
from shared.domain.decision import Deciding
from shared.domain.finding import Rule
from shared.domain.fleet import FleetSurvey
from shared.domain.look import Look, Shard, ShardEnd
from shared.domain.matching import Surroundings
from shared.domain.memory import FindingMemory
from shared.domain.policy import Policy
from shared.domain.price import prices_of
from shared.domain.replay import Comparison, Past, Word
from shared.domain.routing import Routes
from shared.domain.rules.book import BOOK, FLEET_RULES, RULES
from shared.domain.subscription import Subscription
from shared.domain.surroundings import surroundings_of
from shared.domain.survey import Remembered, Survey
from shared.domain.usage import month_of, next_month
from shared.domain.words import count
from shared.flows.conclude import survey_of
from shared.flows.fleet import FLEET, LOOKS_BEFORE, around_fleet, lost, not_in_time
from shared.flows.readings import as_known
from shared.ports.looks import Looks
from shared.ports.register import Register
from shared.ports.shelves import Shelves
from shared.ports.views import Views

DAY = timedelta(days=1)
LONGEST_MONTH = timedelta(days=62)  # So far back a line is to be found from which everything known begins anew.


@dataclass(frozen=True, slots=True)
class Terms:
    """How rules are set, and who hears what."""

    policy: Policy
    routes: Routes


@dataclass(frozen=True, slots=True)
class _Seen[S]:
    """What one look saw, of a subscription or of the fleet, and where it was blind. `first`: it tells nothing yet."""

    owner_id: str
    look: str
    at: datetime
    survey: S
    blind: Sequence[Blind]
    around: Surroundings
    first: bool


@dataclass(slots=True)
class _Side:
    """One set of terms, with the memory that grows under it."""

    terms: Terms
    memory: dict[str, dict[str, FindingMemory]] = field(default_factory=dict)
    words: list[Word] = field(default_factory=list)

    def hear[S](self, rules: Sequence[Rule[S]], seen: _Seen[S]) -> None:
        """Judge and decide as a look does, and keep what would be told."""
        memory = self.memory.setdefault(seen.owner_id, {})
        found = [one for rule in rules for one in rule.findings(seen.survey, self.terms.policy, seen.at)]
        terms = self.terms
        deciding = Deciding(
            BOOK, terms.policy, terms.routes, seen.owner_id, seen.look, seen.at, surroundings=seen.around
        )
        verdict = deciding.decide(found, memory, seen.blind)
        for change in verdict.changes:
            if change.after is None:
                memory.pop(change.key, None)
            else:
                memory[change.key] = change.after
        if not seen.first:
            self.words += [
                Word(seen.at, seen.look, decision.receiver, decision.reason, decision.finding)
                for decision in verdict.decisions
                if decision.reason.tells and decision.receiver
            ]

    def priced(self, survey: Survey) -> Survey:
        """The same, with unit prices by these terms where there is no bill."""
        quota = self.terms.policy.quota
        prices = prices_of(survey.costs.values(), survey.signatures, quota, survey.taken, before=survey.prices)
        return replace(survey, prices=prices)


@dataclass(frozen=True, slots=True)
class WhatIf:
    """Read only. `heard` is told how many checks there are, and then of each that is done."""

    shelves: Shelves
    looks: Looks
    views: Views
    register: Register
    heard: Callable[[str], None] = print

    async def run(self, now: Terms, then: Terms, rules: frozenset[str], since: datetime) -> Comparison:
        """`rules` are names of those that the difference touches: of all others both would say the same."""
        looks = await self.looks.since(since)
        ends = {look.id: await self.looks.ends(look.id) for look in looks}
        sides, wanted = [_Side(now), _Side(then)], [rule for rule in RULES if rule.name in rules]
        owners = {end.subscription.id: end.subscription for one in ends.values() for end in one}
        self.heard(f"Replaying {count(len(looks), 'check')} of {count(len(owners), 'subscription')}, twice ...")
        spent: dict[str, list[Mapping[str, Mapping[str, Spending]]]] = {}
        for owner in owners.values():
            async for look, survey in self._seen(owner, looks, ends):
                for side in sides:
                    around = surroundings_of(survey, RULES, side.terms.policy.tell.owner_tags)
                    seen, begins = side.priced(survey), look is looks[0]
                    side.hear(wanted, _Seen(owner.id, look.id, survey.taken, seen, survey.blind, around, begins))
                both = [spending_of(side.priced(survey), side.terms.policy, survey.taken) for side in sides]
                spent.setdefault(look.id, [{}, {}])
                spent[look.id] = [{**was, owner.id: one} for was, one in zip(spent[look.id], both, strict=True)]
        whole = [rule for rule in FLEET_RULES if rule.name in rules]
        for which, side in enumerate(sides if whole else ()):
            shown = {id_: _with_spending(found, spent.get(id_, [{}, {}])[which]) for id_, found in ends.items()}
            for look_seen in _fleet(looks, shown):
                side.hear(whole, look_seen)
        words = [tuple(sorted(side.words, key=lambda word: (word.at, word.finding.key))) for side in sides]
        first, last = (looks[0].started, looks[-1].started) if looks else (None, None)
        return Comparison(len(looks), len(owners), first, last, words[0], words[1])

    async def _seen(
        self, owner: Subscription, looks: Sequence[Look], ends: Mapping[str, Sequence[ShardEnd]]
    ) -> AsyncIterator[tuple[Look, Survey]]:
        """What each look saw of one subscription."""
        mine = [(look, end) for look in looks for end in ends[look.id] if end.subscription.id == owner.id]
        if not mine:
            return
        past = await self._past(owner, mine[0][0].started, mine[-1][1].ended)
        lines = _Lines(self.views, owner.id, await self._first_day(owner.id, mine[0][1].ended.date()))
        for look, end in mine:
            past.take(await lines.until(end.ended))
            kept = past.at(end)
            survey = survey_of(
                Shard(look.id, end.subscription, ()), kept, as_known(kept, end.ended), Policy(), end.ended
            )
            past.standing = replace(
                past.standing,
                unread=survey.unread,
                prices=survey.prices,
                tenant_id=end.subscription.tenant_id or past.standing.tenant_id,
                moved=survey.moved,
            )
            yield look, survey

    async def _past(self, owner: Subscription, first: datetime, last: datetime) -> Past:
        """Bills and daily facts as they are known today, and everything that was said."""
        costs: dict[str, dict[date, AccountCost]] = {}
        month, daily = month_of(first), None
        while month <= last:
            kept = await self.shelves.read(owner, month)
            daily = kept.standing.daily
            for account_id, found in kept.costs.items():
                costs.setdefault(account_id, {}).update({cost.month: cost for cost in found})
            month = next_month(month)
        past = Past(costs={id_: tuple(found.values()) for id_, found in costs.items()})
        past.words = list(await self.register.said_since(owner.id, first))
        past.standing = replace(past.standing, daily=daily or past.standing.daily)
        return past

    async def _first_day(self, subscription_id: str, day: date) -> date:
        """The last day until then on which all that was known was written down, or the first of which anything is."""
        found = day
        for back in range(LONGEST_MONTH.days):
            lines = await self.views.remembered(subscription_id, day - back * DAY)
            if lines:
                found = day - back * DAY
            if any(line.whole for line in lines):
                break
        return found


def _with_spending(ends: Sequence[ShardEnd], spent: Mapping[str, Mapping[str, Spending]]) -> Sequence[ShardEnd]:
    return [replace(end, spent=spent.get(end.subscription.id, {})) for end in ends]


def _fleet(looks: Sequence[Look], ends: Mapping[str, Sequence[ShardEnd]]) -> Iterator[_Seen[FleetSurvey]]:
    """What each look saw of the whole when it closed."""
    since: datetime | None = None
    for number, look in enumerate(looks):
        closed = look.closed or max((end.ended for end in ends[look.id]), default=look.started)
        since = (since or closed) if look.blind else None
        unended = sorted(set(look.shards) - {end.subscription.id for end in ends[look.id]})
        before = looks[max(number - LOOKS_BEFORE, 0) : number][::-1]
        blind = (*look.blind, *not_in_time(unended))
        survey = FleetSurvey(look, ends[look.id], blind, since, unended=unended, before=before)
        hidden = (*blind, *lost(ends[look.id]))
        yield _Seen(FLEET.id, look.id, closed, survey, hidden, around_fleet(), first=number == 0)


@dataclass(slots=True)
class _Lines:
    """History of one subscription, read day by day."""

    views: Views
    subscription_id: str
    day: date
    waiting: list[Remembered] = field(default_factory=list)

    async def until(self, moment: datetime) -> Iterable[Remembered]:
        """What was written down until then and not given yet."""
        while self.day <= moment.date():
            self.waiting.extend(await self.views.remembered(self.subscription_id, self.day))
            self.day += DAY
        ready = [line for line in self.waiting if line.at <= moment]
        self.waiting = [line for line in self.waiting if line.at > moment]
        return ready
