"""Judge what was read of one subscription, write it down with what to tell, and let it be known."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.domain.blind import About, Blind, Sight, hidden, unread
from shared.domain.decision import Deciding, Judgement
from shared.domain.finding import Rule
from shared.domain.happened import GONE_FOR
from shared.domain.kept import Kept, Standing
from shared.domain.look import Shard
from shared.domain.metering import PACE, Metering, Months, silent_hours
from shared.domain.policy import Policy
from shared.domain.price import prices_of
from shared.domain.refresh import Burst
from shared.domain.routing import Routes
from shared.domain.signatures import Signatures, signatures_of
from shared.domain.silence import Silence
from shared.domain.subscription import Moved, Subscription
from shared.domain.surroundings import surroundings_of
from shared.domain.survey import AccountFacts, News, SignaturesRead, Survey, facts_after, facts_gone
from shared.domain.usage import HOUR, Window, month_of
from shared.domain.view import view_of
from shared.flows.readings import Counts, Readings
from shared.flows.relay import Relay
from shared.ports.errors import Conflict
from shared.ports.shelves import Commit, Shelves
from shared.ports.silences import Silences
from shared.ports.views import Views

MAX_CONFLICTS = 8
MOVED_FOR = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Judge:
    """The rule book and the policy: from a survey to findings, and from findings to decisions."""

    rules: Sequence[Rule]
    policy: Policy
    routes: Routes

    def run(self, survey: Survey, kept: Kept, shard: Shard, silences: Sequence[Silence] = ()) -> Judgement:
        """Pure: the same input gives the same answer."""
        now = survey.taken
        findings = tuple(finding for rule in self.rules for finding in rule.findings(survey, self.policy, now))
        book = {rule.name: rule for rule in self.rules}
        deciding = Deciding(
            book,
            self.policy,
            self.routes,
            survey.subscription.id,
            shard.look,
            now,
            shard.first_look,
            surroundings_of(survey, self.rules, self.policy.tell.owner_tags),
            silences,
        )
        return Judgement(survey, findings, deciding.decide(findings, kept.memory, survey.blind))


@dataclass(frozen=True, slots=True)
class Conclude:
    """From what was read to what is kept, shown and told."""

    judge: Judge
    shelves: Shelves
    views: Views
    relay: Relay
    silences: Silences

    async def run(self, shard: Shard, kept: Kept, found: Readings, now: datetime) -> Judgement:
        """Safe to run twice, or two at once: memory is changed by ETag. Raises Conflict where that never ends."""

        silences = await self.silences.active(now)

        def decide(kept: Kept) -> tuple[Commit, Judgement]:
            survey = survey_of(shard, kept, found, self.judge.policy, now)
            judgement = self.judge.run(survey, kept, shard, silences)
            return _commit(kept, found, judgement, now), judgement

        judgement = await self._commit(kept, now, decide)
        await self.views.publish(
            view_of(judgement.survey, shard.look, judgement.findings, judgement.verdict.decisions, self.judge.policy)
        )
        # Also what another run decided and has not carried: the look may close now.
        await self.relay.carry(kept.subscription.id)
        if judgement.verdict.again:
            await self.relay.again(kept.subscription.id, judgement.verdict.again - now)
        return judgement

    async def keep(self, kept: Kept, found: Readings, now: datetime) -> None:
        """Keep what was read, and judge nothing yet."""

        def decide(kept: Kept) -> tuple[Commit, None]:
            standing = replace(kept.standing, daily=found.daily, refused=found.refused, remembered=f"{now:%Y-%m}")
            return Commit(
                _all_facts(kept, found, now), _usage(kept, found, now), _forgotten(kept, now), (), standing
            ), None

        await self._commit(kept, now, decide)

    async def remember(self, kept: Kept, found: Readings, now: datetime) -> None:
        """Append to history what is not as it was known; for the first time in a month all that is known."""
        whole = kept.standing.remembered != f"{now:%Y-%m}"
        news = _everything(kept, found, now) if whole else _news(kept, found, now)
        if news != News():
            await self.views.remember(kept.subscription.id, now, news)

    async def _commit[T](self, kept: Kept, now: datetime, decide: Callable[[Kept], tuple[Commit, T]]) -> T:
        """Somebody else's change means: read again, decide again."""
        for _ in range(MAX_CONFLICTS):
            commit, answer = decide(kept)
            try:
                await self.shelves.commit(kept, commit)
            except Conflict:
                kept = await self.shelves.read(kept.subscription, month_of(now))
            else:
                return answer
        raise Conflict(f"{kept.subscription.name}: changed by somebody else {MAX_CONFLICTS} times in a row")


def _news(kept: Kept, found: Readings, now: datetime) -> News:
    """What changed; of signatures, readings in which some hour is not counted as before."""
    facts = [facts for account_id, facts in _facts(kept, found, now).items() if kept.facts.get(account_id) != facts]
    read = [
        SignaturesRead(account_id, window.start, window.end, counts)
        for account_id, windows in found.usage.items()
        for window, counts in windows
        if Metering(account_id, now, kept.usage.get(account_id, {})).differs(counts)
    ]
    return News(tuple(facts), tuple(sorted(found.gone)), tuple(read))


def _everything(kept: Kept, found: Readings, now: datetime) -> News:
    """So that whoever replays a month needs nothing of the one before."""
    usage = dict(kept.usage) | _usage(kept, found, now)
    read = (
        SignaturesRead(account_id, month, one.read_until, {month + hour * HOUR: n for hour, n in one.hours.items()})
        for account_id, months in sorted(usage.items())
        for month, one in sorted(months.items())
        if one.read_until
    )
    return News(tuple(_all_facts(kept, found, now).values()), (), read, whole=True)


def _all_facts(kept: Kept, found: Readings, now: datetime) -> dict[str, AccountFacts]:
    """Of accounts that are there, and of those that are gone."""
    return _facts(kept, found, now) | _gone(kept, found, now)


def _facts(kept: Kept, found: Readings, now: datetime) -> dict[str, AccountFacts]:
    """Newest facts: what was read now over what is known."""
    facts: dict[str, AccountFacts] = {}
    for account in found.accounts:
        before = kept.facts.get(account.id)
        burst = kept.bursts.get(account.id, Burst(account.id))
        if before and (burst.read_at or found.began) > found.began:
            facts[account.id] = before  # An event made somebody read it since.
            continue
        profiles = found.profiles.get(account.id, before.profiles if before else None)
        facts[account.id] = facts_after(before, account, profiles, burst, now, appears=not found.first)
    return facts


def _gone(kept: Kept, found: Readings, now: datetime) -> dict[str, AccountFacts]:
    """Facts of deleted accounts, as they were last, and by which operation where an event told it since."""
    known = dict(kept.gone) | {account_id: kept.facts[account_id] for account_id in found.gone & kept.facts.keys()}
    there = {account.id for account in found.accounts}
    return {
        account_id: facts_gone(facts, kept.bursts.get(account_id, Burst(account_id)), now)
        for account_id, facts in known.items()
        if account_id not in there
    }


def _forgotten(kept: Kept, now: datetime) -> frozenset[str]:
    """Deleted so long ago that no bill can speak of them any more."""
    return frozenset(id_ for id_, facts in kept.gone.items() if facts.gone and now - facts.gone > GONE_FOR)


def _usage(kept: Kept, found: Readings, now: datetime) -> dict[str, Months]:
    read = {}
    for account_id, windows in found.usage.items():
        known = Metering(account_id, now, kept.usage.get(account_id, {}))
        for window, counts in windows:
            known = known.read(window, counts or _silent(kept, found, account_id, window, now))
        read[account_id] = known.months
    return read


def _silent(kept: Kept, found: Readings, account_id: str, window: Window, now: datetime) -> Counts:
    """No points at all: zero where nothing could have been signed, by the profiles as they were and as they are."""
    before, after = kept.facts.get(account_id), found.profiles.get(account_id)
    if before is None or before.profiles is None or after is None or now - window.start > PACE:
        return {}
    return silent_hours(window, (*before.profiles, *after))


def survey_of(shard: Shard, kept: Kept, found: Readings, policy: Policy, now: datetime) -> Survey:
    """What was seen in all messages of this look; accounts that were out of sight are left out."""
    blind = tuple(dict.fromkeys((*kept.blind, *found.blind, *_unread(shard, found))))
    facts = _facts(kept, found, now)
    known = {id_: one.profiles for id_, one in facts.items() if one.profiles is not None}
    signatures = _signatures(dict(kept.usage) | _usage(kept, found, now), facts)
    seen = {id_: profiles for id_, profiles in known.items() if not hidden([Sight(About.PROFILES, id_)], blind)}
    return Survey(
        subscription=shard.subscription,
        taken=now,
        accounts=found.accounts,
        profiles=seen,
        last_seen={id_: profiles for id_, profiles in known.items() if id_ not in seen},
        signatures=signatures,
        register=kept.register,
        blind=blind,
        unread=unread(blind, kept.standing.unread, now),
        daily=found.daily,
        costs=kept.costs,
        facts=facts,
        gone=_gone(kept, found, now),
        moved=_moved(shard.subscription, kept.standing, now),
        prices=prices_of(kept.costs.values(), signatures, policy.quota, now, before=kept.standing.prices),
        walks={id_: row.walk for id_, row in kept.walks.items()},
    )


def _signatures(usage: Mapping[str, Months], there: Iterable[str]) -> dict[str, Signatures]:
    return {account_id: signatures_of(usage[account_id]) for account_id in there if account_id in usage}


def _moved(subscription: Subscription, standing: Standing, now: datetime) -> Moved | None:
    """Another tenant than the last time; said for as long as changes are."""
    if standing.tenant_id and subscription.tenant_id and standing.tenant_id != subscription.tenant_id:
        return Moved(standing.tenant_id, subscription.tenant_id, now)
    moved = standing.moved
    return moved if moved and now - moved.noticed < MOVED_FOR else None


def _unread(shard: Shard, found: Readings) -> list[Blind]:
    """What was never read because Azure asked for patience too often."""
    if not found.patience:
        return []
    reason = f"Azure asked for patience {shard.attempt + 1} times; it is read again at the next check."
    return [Blind(sight.about, sight.scope, reason) for sight in found.left_unread()]


def _commit(kept: Kept, found: Readings, judgement: Judgement, now: datetime) -> Commit:
    survey = judgement.survey
    return Commit(
        facts=_all_facts(kept, found, now),
        usage=_usage(kept, found, now),
        forgotten=_forgotten(kept, now),
        changes=judgement.verdict.changes,
        standing=Standing(
            survey.unread,
            survey.blind,
            found.daily,
            found.refused,
            survey.subscription.tenant_id or kept.standing.tenant_id,
            survey.moved,
            remembered=f"{now:%Y-%m}",
            prices=survey.prices,
        ),
    )
