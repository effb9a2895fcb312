"""Silencing: somebody has a problem in hand, or does not want to hear of it for a while."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.domain.acknowledging import ACKNOWLEDGED_FOR, acknowledgement
from shared.domain.matching import Match
from shared.domain.memory import FindingMemory
from shared.domain.refresh import Refresh
from shared.domain.silence import Silence
from shared.domain.subscription import Subscription, watched
from shared.domain.usage import month_of
from shared.domain.validation import Fault
from shared.flows.answer import Speaker
from shared.flows.fleet import FLEET
from shared.flows.relay import LONGEST_DELAY
from shared.ports.looks import Looks
from shared.ports.messages import Messages
from shared.ports.shelves import Shelves
from shared.ports.silences import Silences
from shared.testimony import Unfit

MOST_LETTERS = 500


@dataclass(frozen=True, slots=True)
class Silencing:
    """`longest`: how long a silence may last. `only`: ids of the subscriptions to be watched; all where empty."""

    silences: Silences
    shelves: Shelves
    looks: Looks
    messages: Messages
    longest: timedelta
    only: frozenset[str] = frozenset()

    async def silence(self, match: Match, starts: datetime, ends: datetime, reason: str, speaker: Speaker) -> Silence:
        """Hold back what matches, from `starts` to `ends`. Raises Unfit."""
        if faults := list(self._faults(starts, ends, reason, speaker.at)):
            raise Unfit(faults)
        made = Silence(uuid.uuid4().hex[:12], match, starts, ends, speaker.name, reason.strip(), speaker.at)
        await self.silences.add(made)
        await self._judge_anew(made, speaker.at)
        return made

    async def acknowledge(
        self, account: str, rule: str, days: int | None, reason: str, speaker: Speaker
    ) -> Sequence[Silence]:
        """Every open problem of an account (or of a rule, or both) is in hand until it gets worse. Raises Unfit."""
        lasts = timedelta(days=days) if days is not None else ACKNOWLEDGED_FOR
        if not timedelta() < lasts <= ACKNOWLEDGED_FOR:
            raise Unfit([Fault("days", f"must be 1 to {ACKNOWLEDGED_FOR.days}: what lasts longer is a silence")])
        if not account and not rule:
            raise Unfit([Fault("account", "name an account, a rule or both")])
        found: list[Silence] = []
        for owner in (*(await self._subscriptions()), FLEET):
            memory = (await self.shelves.read(owner, month_of(speaker.at))).memory.values()
            about = (known for known in memory if _is_about(known, account, rule))
            found += [
                acknowledgement(
                    uuid.uuid4().hex[:12], owner.id, known, (speaker.at, lasts), speaker.name, reason.strip()
                )
                for known in about
            ]
        for made in found:
            await self.silences.add(made)
        for made in {one.match.subscriptions: one for one in found}.values():
            await self._judge_anew(made, speaker.at)
        return found

    async def end(self, silence_id: str, now: datetime) -> Silence | None:
        """It holds nothing back any more; None where there is none that lasts."""
        ended = await self.silences.end(silence_id, now)
        if ended:
            await self._judge_anew(ended, now)
        return ended

    def _faults(self, starts: datetime, ends: datetime, reason: str, now: datetime) -> Sequence[Fault]:
        found = []
        if ends <= max(starts, now):
            found.append(Fault("ends", "must be later than its start, and than now"))
        if ends - max(starts, now) > self.longest:
            words = f"is more than {self.longest.days} days later (SILENCE__MAX_DAYS)"
            found.append(Fault("ends", words))
        if not reason.strip():
            found.append(Fault("reason", "must say why: whoever wonders about the quiet reads it"))
        elif len(reason) > MOST_LETTERS:
            found.append(Fault("reason", f"must be shorter than {MOST_LETTERS} characters"))
        return found

    async def _judge_anew(self, silence: Silence, now: datetime) -> None:
        """Everything that it may concern: now, and when it ends, unless that is so far away that a check finds it."""
        for owner in await self._subscriptions():
            if silence.match.reaches((owner.id, owner.name)):
                await self.messages.refresh(Refresh(owner.id))
                if timedelta() < (left := silence.ends - now) <= LONGEST_DELAY:
                    await self.messages.refresh(Refresh(owner.id), left + timedelta(seconds=1))

    async def _subscriptions(self) -> Sequence[Subscription]:
        return list(watched(await self.looks.known(), self.only).values())


def _is_about(known: FindingMemory, account: str, rule: str) -> bool:
    wanted, finding = account.lower(), known.finding
    of_account = not wanted or wanted in [name.lower() for name in finding.accounts]
    return of_account and rule.lower() in ("", finding.rule) and any(told.open for told in known.told.values())
