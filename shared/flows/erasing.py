"""Erasing: record, act, record. One delete, sent once, after everything was read and judged anew."""

import logging
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.domain.account import SigningAccount
from shared.domain.refresh import Refresh
from shared.domain.retirement.gate import FRESH_FOR, Case, No, Yes, may_retire
from shared.domain.walk import Step, StepKind, Walk, WalkRow
from shared.flows.cases import Cases
from shared.flows.fresh import Fresh
from shared.flows.snapshot import Snapshot
from shared.ports.clock import Clock
from shared.ports.messages import Messages
from shared.ports.retiring import EVERYTHING, Erased, Eraser, Fate

AGAIN = timedelta(hours=1)  # Where Azure asks for patience and does not say for how long.
BY_FATE: Mapping[Fate, StepKind] = {
    Fate.ACCEPTED: StepKind.ACCEPTED,
    Fate.NOT_THERE: StepKind.GONE,
    Fate.LOCKED: StepKind.BLOCKED,
    Fate.REFUSED: StepKind.BLOCKED,
    Fate.THROTTLED: StepKind.THROTTLED,
    Fate.UNKNOWN: StepKind.UNKNOWN,
    Fate.PRETENDED: StepKind.PRETENDED,
}

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Erasing:
    """Whatever dies in between, the audit tells the next run whether a delete may have been sent.

    `gate` is another one in tests only, which show that each of its checks is needed.
    """

    cases: Cases
    fresh: Fresh
    snapshot: Snapshot
    eraser: Eraser
    messages: Messages
    clock: Clock
    gate: Callable[[Case], Yes | No] = may_retire

    async def erase(self, known: Case, row: WalkRow, now: datetime) -> WalkRow:
        """The row as it is then. Raises Conflict where somebody else is at it."""
        survey = await self.fresh.survey(known.account, known.subscription, now)
        account = next((one for one in survey.accounts if one.id == known.account.id), None)
        if account is None:
            await self.messages.refresh(Refresh(known.subscription.id, known.account.id))
            return row
        walk = await self.cases.walk(account.id, account.created)
        around = replace(known.around, halted=self.cases.held(await self.cases.halt()))
        case = await self.cases.case(survey, account, walk, around, self.clock.now())
        case = replace(case, unheard=case.unheard or await self.cases.hearing.hidden(survey, account))
        answer = self.gate(case)
        if isinstance(answer, No):
            log.info("%s is not deleted, read anew: %s", account.name, answer.reason)
            await self.messages.refresh(Refresh(known.subscription.id, account.id))
            return replace(row, walk=await self._ended(case, walk))
        claimed = await self.cases.book.put(replace(row, walk=walk, claim=uuid.uuid4().hex, claimed=self.clock.now()))
        if not await self._has_the_day(account):
            return claimed
        await self.snapshot.keep(account, survey, self.clock.now())
        return replace(claimed, walk=await self._send(case, claimed.claim))

    async def _ended(self, case: Case, walk: Walk) -> Walk:
        """What was seen when it was read anew may be a no, that nobody sees at the next check any more."""
        ends = next((one for one in case.conditions if one.ends), None)
        if ends is None or not walk.stage.open:
            return walk
        why = f"no longer so, read anew: {ends.words} ({ends.why})"
        return await self._written(case.account, Step(case.now, StepKind.HEALED, why, pretended=case.pretended))

    async def _has_the_day(self, account: SigningAccount) -> bool:
        """One a day: by a row, which settles a race, and by the audit, from which nothing can be taken away."""
        now, book = self.clock.now(), self.cases.book
        taken = await self.cases.taken_today(now) or account.id
        if account.id != taken or account.id != await book.take_day(self.cases.today(now), account.id):
            return False
        facts, pretended = {"account": account.id}, self.cases.pretending
        sending = Step(now, StepKind.SENDING, account.name, pretended=pretended, facts=facts)
        await self.cases.audit.add(EVERYTHING, None, sending)
        return True

    async def _send(self, case: Case, claim: str) -> Walk:
        """Written down first; then whether all of it still is ours to do is asked once more, right before the call."""
        account = case.account
        sending = Step(
            self.clock.now(),
            StepKind.SENDING,
            "every condition holds, read anew",
            pretended=case.pretended,
            evidence=case.evidence,
            facts={"claim": claim},
        )
        walk = await self._written(account, sending)
        if walk.sending is None or walk.claim != claim:
            return walk
        return await self._written(account, await self._asked(case))

    async def _asked(self, case: Case) -> Step:
        """The step that Azure's answer makes."""
        halted = self.cases.held(await self.cases.book.halt())
        late = self.clock.now() - case.read_at > FRESH_FOR
        if halted or late:
            why = halted or "reading it again took too long"
            return Step(self.clock.now(), StepKind.THROTTLED, f"not sent: {why}", pretended=case.pretended)
        erased = await self.eraser.erase(case.account)
        return self._answered(case, erased)

    def _answered(self, case: Case, erased: Erased) -> Step:
        now = self.clock.now()
        until = (erased.until or now + AGAIN) if erased.fate is Fate.THROTTLED else None
        approved = ", ".join(one.by for one in case.walk.approvals)
        facts = {"Approved": approved} if approved else {}
        return Step(now, BY_FATE[erased.fate], erased.why, pretended=case.pretended, until=until, facts=facts)

    async def _written(self, account: SigningAccount, step: Step) -> Walk:
        await self.cases.audit.add(account.id, account.created, step)
        return await self.cases.walk(account.id, account.created)
