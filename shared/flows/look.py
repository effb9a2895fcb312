"""Look at one subscription: collect, judge, decide, and write down what to tell."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.domain.blind import About, Blind, Sight, hidden
from shared.domain.decision import Deciding, Verdict
from shared.domain.finding import Finding, Rule
from shared.domain.kept import Kept
from shared.domain.look import Shard, ShardEnd
from shared.domain.policy import Policy
from shared.domain.routing import Routes
from shared.domain.survey import AccountFacts, News, SignaturesRead, Survey
from shared.domain.usage import SigningUsage, month_of
from shared.domain.view import view_of
from shared.flows.close import Close
from shared.flows.collect import Collect, Readings
from shared.flows.relay import Relay
from shared.ports.azure import Meter
from shared.ports.errors import Conflict
from shared.ports.looks import Looks
from shared.ports.messages import Messages
from shared.ports.shelves import Commit, Shelves
from shared.ports.views import Views

MAX_ATTEMPTS = 5
LONGEST_DELAY = timedelta(minutes=15)
MAX_CONFLICTS = 8


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was made of one subscription."""

    survey: Survey
    findings: tuple[Finding, ...]
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Judge:
    """The rule book and the policy: from a survey to findings, and from findings to decisions."""

    rules: Sequence[Rule]
    policy: Policy
    routes: Routes

    def run(self, survey: Survey, kept: Kept, shard: Shard) -> Judgement:
        """Pure: the same input gives the same answer."""
        now = survey.taken
        findings = tuple(finding for rule in self.rules for finding in rule.judge(survey, self.policy, now))
        book = {rule.name: rule for rule in self.rules}
        deciding = Deciding(
            book, self.routes, self.policy.tell, survey.subscription.id, shard.look, now, shard.first_look
        )
        return Judgement(survey, findings, deciding.decide(findings, kept.memory, survey.blind))


@dataclass(frozen=True, slots=True)
class LookAt:
    """One subscription, from reading it to the end row of its look."""

    collect: Collect
    judge: Judge
    shelves: Shelves
    looks: Looks
    views: Views
    relay: Relay
    messages: Messages
    close: Close
    meter: Meter

    async def run(self, shard: Shard, now: datetime) -> None:
        """Safe to run twice, or two at once: memory is changed by ETag, the end row is inserted once."""
        calls = self.meter.start()
        kept = await self.shelves.read(shard.subscription, month_of(now))
        found = await self.collect.run(shard, kept, now)
        made = Counter(shard.calls) + Counter(calls)
        for patience in set(found.patience) - set(kept.patience):
            await self.shelves.hold(shard.subscription.id, patience)
        await self._remember(kept, found, now)
        if found.patience and shard.attempt < MAX_ATTEMPTS:
            await self._put_back(replace(shard, calls=dict(made)), kept, found, now)
            return
        judgement = await self._judge(shard, kept, found, now)
        await self.views.publish(
            view_of(judgement.survey, shard.look, judgement.findings, judgement.verdict.decisions, self.judge.policy)
        )
        # Also what another run decided and has not carried: the look may close now.
        await self.relay.carry(shard.subscription.id)
        await self.looks.end(shard.look, _end(judgement, dict(made), now))
        await self.close.if_full(shard.look, now)

    async def _judge(self, shard: Shard, kept: Kept, found: Readings, now: datetime) -> Judgement:
        """Judge what was read against what is kept."""

        def decide(kept: Kept) -> tuple[Commit, Judgement]:
            survey = _survey(shard, kept, found, now)
            judgement = self.judge.run(survey, kept, shard)
            return _commit(kept, found, judgement, now), judgement

        return await self._commit(kept, now, decide)

    async def _put_back(self, shard: Shard, kept: Kept, found: Readings, now: datetime) -> None:
        """Keep what was read, and go on later."""

        def decide(kept: Kept) -> tuple[Commit, None]:
            return Commit(_facts(kept, found), _usage(kept, found, now), found.gone, (), kept.unread_since), None

        await self._commit(kept, now, decide)
        later = replace(
            shard,
            done=tuple(sorted(found.done)),
            attempt=shard.attempt + 1,
            blind=tuple(dict.fromkeys(spot for spot in found.blind if spot.about is About.PROFILES)),
        )
        delay = min(max(row.until for row in found.patience) - now, LONGEST_DELAY)
        await self.messages.look(later, max(delay, timedelta(seconds=1)))

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

    async def _remember(self, kept: Kept, found: Readings, now: datetime) -> None:
        news = _news(kept, found, now)
        if news != News():
            await self.views.remember(kept.subscription.id, now, news)


def _news(kept: Kept, found: Readings, now: datetime) -> News:
    """What changed; of signatures, readings after which some hour is not counted as before."""
    facts = [facts for account_id, facts in _facts(kept, found).items() if kept.facts.get(account_id) != facts]
    known = {account_id: usage.hours for account_id, usage in kept.usage.items()}
    counted = {id_ for id_, usage in _usage(kept, found, now).items() if usage.hours != known.get(id_, {})}
    read = [
        SignaturesRead(account_id, window.start, window.end, counts)
        for account_id, (window, counts) in found.usage.items()
        if account_id in counted
    ]
    return News(tuple(facts), tuple(sorted(found.gone)), tuple(read))


def _facts(kept: Kept, found: Readings) -> dict[str, AccountFacts]:
    """Newest facts: what was read now over what is known."""
    facts: dict[str, AccountFacts] = {}
    for account in found.accounts:
        before = kept.facts.get(account.id)
        profiles = found.profiles.get(account.id, before.profiles if before else None)
        facts[account.id] = AccountFacts(account, profiles)
    return facts


def _usage(kept: Kept, found: Readings, now: datetime) -> dict[str, SigningUsage]:
    read = {}
    for account_id, (window, counts) in found.usage.items():
        before = kept.usage.get(account_id) or SigningUsage(account_id, month_of(now))
        read[account_id] = before.replaced(window, counts)
    return read


def _survey(shard: Shard, kept: Kept, found: Readings, now: datetime) -> Survey:
    """What was seen in all messages of this look; accounts that were out of sight are left out."""
    blind = tuple(dict.fromkeys((*kept.blind, *found.blind, *_unread(shard, kept, found, now))))
    facts = _facts(kept, found)
    seen = {
        account_id: known.profiles
        for account_id, known in facts.items()
        if known.profiles is not None and not hidden([Sight(About.PROFILES, account_id)], blind)
    }
    unseen = {
        account_id: known.profiles
        for account_id, known in facts.items()
        if known.profiles is not None and account_id not in seen
    }
    unread_since = (kept.unread_since or now) if blind else None
    return Survey(
        subscription=shard.subscription,
        taken=now,
        accounts=found.accounts,
        profiles=seen,
        last_seen=unseen,
        usage=dict(kept.usage) | _usage(kept, found, now),
        register=kept.register,
        blind=blind,
        unread_since=unread_since,
    )


def _unread(shard: Shard, kept: Kept, found: Readings, now: datetime) -> list[Blind]:
    """What was never read because Azure asked for patience too often."""
    if not found.patience:
        return []
    reason = f"Azure asked for patience {shard.attempt + 1} times; it is read again at the next check."
    return [Blind(sight.about, sight.scope, reason) for sight in found.left_unread(kept, now)]


def _commit(kept: Kept, found: Readings, judgement: Judgement, now: datetime) -> Commit:
    return Commit(
        facts=_facts(kept, found),
        usage=_usage(kept, found, now),
        gone=found.gone,
        changes=judgement.verdict.changes,
        unread_since=judgement.survey.unread_since,
    )


def _end(judgement: Judgement, calls: Mapping[str, int], now: datetime) -> ShardEnd:
    told = Counter(str(decision.reason) for decision in judgement.verdict.decisions if decision.receiver)
    return ShardEnd(
        subscription=judgement.survey.subscription,
        ended=now,
        accounts=len(judgement.survey.accounts),
        blind=judgement.survey.blind,
        findings=Counter(finding.severity.name.lower() for finding in judgement.findings),
        told=told,
        calls=calls,
    )
