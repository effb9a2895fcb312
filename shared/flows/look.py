"""Look at one subscription: collect, conclude, and say how it ended."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.domain.blind import About
from shared.domain.budget import Spending, spending_of
from shared.domain.decision import Judgement
from shared.domain.look import Shard, ShardEnd
from shared.domain.usage import month_of
from shared.flows.close import Close
from shared.flows.collect import Collect
from shared.flows.conclude import Conclude
from shared.flows.readings import Readings
from shared.ports.azure import Meter
from shared.ports.looks import Looks
from shared.ports.messages import Messages
from shared.ports.shelves import Shelves

MAX_ATTEMPTS = 5
LONGEST_DELAY = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class LookAt:
    """One subscription, from reading it to the end row of its look."""

    collect: Collect
    conclude: Conclude
    shelves: Shelves
    looks: Looks
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
        await self.conclude.remember(kept, found, now)
        if found.patience and shard.attempt < MAX_ATTEMPTS:
            await self.conclude.keep(kept, found, now)
            await self.messages.look(*_later(replace(shard, calls=dict(made)), found, now))
            return
        judgement = await self.conclude.run(shard, kept, found, now)
        spent = spending_of(judgement.survey, self.conclude.judge.policy, now)
        await self.looks.end(shard.look, _end(judgement, dict(made), spent, now))
        await self.close.if_full(shard.look, now)


def _later(shard: Shard, found: Readings, now: datetime) -> tuple[Shard, timedelta]:
    """The message to go on with, and when."""
    later = replace(
        shard,
        done=tuple(sorted(found.done)),
        attempt=shard.attempt + 1,
        blind=tuple(dict.fromkeys(spot for spot in found.blind if spot.about is About.PROFILES)),
    )
    delay = min(max(row.until for row in found.patience) - now, LONGEST_DELAY)
    return later, max(delay, timedelta(seconds=1))


def _end(judgement: Judgement, calls: Mapping[str, int], spent: Mapping[str, Spending], now: datetime) -> ShardEnd:
    told = Counter(str(decision.reason) for decision in judgement.verdict.decisions if decision.receiver)
    return ShardEnd(
        subscription=judgement.survey.subscription,
        ended=now,
        accounts=len(judgement.survey.accounts),
        blind=judgement.survey.blind,
        findings=Counter(finding.severity.name.lower() for finding in judgement.findings),
        told=told,
        calls=calls,
        spent=spent,
    )
