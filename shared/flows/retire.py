"""Retire: one careful step for every account on its way out."""

import contextlib
import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime

from shared.domain.account import SigningAccount
from shared.domain.refresh import Refresh
from shared.domain.retirement.choice import chosen
from shared.domain.retirement.conditions import Condition, conditions
from shared.domain.retirement.evidence import fingerprint, notice
from shared.domain.retirement.gate import LOOKS, SEEN_FOR, Case, Circumstances, No, Yes, grace_ends, may_retire
from shared.domain.survey import AccountFacts
from shared.domain.walk import RetireState, Stage, Step, StepKind, Walk, WalkRow
from shared.domain.words import day
from shared.flows.cases import Cases, Seen, row_of
from shared.flows.erasing import Erasing
from shared.flows.following import Following
from shared.flows.known import AsKnown
from shared.flows.proving import Proving
from shared.ports.clock import Clock
from shared.ports.errors import Conflict
from shared.ports.messages import Messages

MOST_STEPS = 4  # At one run: healed, and a candidate again; seen once more, and announced.

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class OnItsWay:
    """An account, its row, and in that the walk as the audit tells it.

    `held`: somebody else is at it, or its audit cannot be read. It goes no further, and is a candidate all the same:
    breakers count it.
    """

    known: AsKnown
    account: SigningAccount
    row: WalkRow
    held: bool = False

    @property
    def walk(self) -> Walk:
        """As the audit tells it."""
        return self.row.walk


@dataclass(frozen=True, slots=True)
class Retire:
    """Every step is written to the audit before anything rests on it; a run that dies is taken up by the next."""

    cases: Cases
    proving: Proving
    erasing: Erasing
    following: Following
    messages: Messages
    clock: Clock
    gate: Callable[[Case], Yes | No] = may_retire

    async def run(self, now: datetime) -> None:
        """Safe to run twice, or two at once. One account's trouble does not keep the others."""
        if not self.cases.policy.retire.on and not await self.cases.audit.policies():
            return
        await self._settings(now)
        _, changed = await self.cases.set_since()
        on_their_way: list[OnItsWay] = []
        for seen in await self.cases.seen(now):
            await self._vanished(seen, now)
            walked = [await self._walked(seen.known, account, changed, now) for account in seen.accounts]
            on_their_way += [one for one in walked if one]
        around = await self.cases.around([one.walk for one in on_their_way], now)
        held = ""
        for one in sorted(on_their_way, key=lambda one: (one.walk.announced or now, one.account.id)):
            held = await self._at_the_gate(one, around, now) or held
        await self._state(around, held, now)

    async def _settings(self, now: datetime) -> None:
        """Any change begins the waiting period anew."""
        policies, said = await self.cases.audit.policies(), self.cases.policy.retire.said
        if not policies or policies[-1][1] != said:
            await self.cases.audit.add_policy(now, said)

    async def _walked(
        self, known: AsKnown, account: SigningAccount, changed: datetime | None, now: datetime
    ) -> OnItsWay | None:
        """After this step. None where it is on no way."""
        try:
            return await self._one(known, account, changed, now)
        except Conflict:
            log.info("the retirement of %s was changed by somebody else", account.name)
        except ValueError:
            log.exception("the audit of %s cannot be read: nothing of it is deleted", account.name)
        row = (await self.cases.book.walks(known.survey.subscription.id)).get(account.id)
        return OnItsWay(known, account, row, held=True) if row else None

    async def _one(
        self, known: AsKnown, account: SigningAccount, changed: datetime | None, now: datetime
    ) -> OnItsWay | None:
        found = conditions(known.survey, account, self.cases.policy, known.survey.taken)
        row, walk = row_of(known.kept, account), await self.cases.walk(account.id, account.created)
        on = OnItsWay(known, account, row or _fresh_row(known, account.id, walk))
        if walk.stage.sent:
            walk = await self.following.follow(walk, account, known, now)
            return await self._kept(on, replace(on.row, walk=walk))
        for _ in range(MOST_STEPS):
            step = self._next(on, walk, found, changed, now)
            if step is None:
                break
            walk = await self._written(account, step)
        if walk.announced and not walk.proven and (proof := await self.proving.proof(known.survey, account, walk)):
            walk = await self._written(account, Step(now, StepKind.PROVEN, proof, pretended=self.cases.pretending))
        return await self._kept(on, replace(on.row, walk=walk))

    def _next(
        self, on: OnItsWay, walk: Walk, found: Collection[Condition], changed: datetime | None, now: datetime
    ) -> Step | None:
        """The step that follows from what is seen, short of deleting. What could not be seen makes none."""
        why, look = self._ends(on, walk, found, changed), {"look": on.known.look}
        if why and (walk.stage.open or walk.stage is Stage.PRETENDED):
            return self._step(on, now, StepKind.HEALED, why)
        if why or not _all_hold(found) or not on.known.look:
            return None
        if walk.stage in (Stage.NONE, Stage.HEALED):
            return replace(self._step(on, now, StepKind.CANDIDATE, "every condition holds"), facts=look)
        if walk.stage is not Stage.CANDIDATE:
            return None
        if len(walk.looks) < LOOKS and on.known.look not in walk.looks:
            return replace(self._step(on, now, StepKind.STILL, "at another check"), facts=look)
        long_enough = walk.since is not None and now - walk.since >= SEEN_FOR
        return self._announcement(on, now) if long_enough and len(walk.looks) >= LOOKS else None

    def _ends(self, on: OnItsWay, walk: Walk, found: Collection[Condition], changed: datetime | None) -> str:
        """Why it goes no further; "" where it may, or where that cannot be told."""
        terms, subscription = self.cases.policy.retire, on.known.survey.subscription
        if not terms.on or not chosen(terms.only, on.account, subscription):
            return "RETIRE__ONLY does not name it" if terms.on else "RETIRE__MODE is off"
        if on.account.created is None:
            return "Azure does not say when it was created"
        if kept := chosen(terms.never, on.account, subscription):
            return f"RETIRE__NEVER names it ({kept})"
        if walk.since and walk.stage.open and (changed is None or walk.since < changed):
            return "retiring was set up anew"
        return next((f"no longer so: {one.words} ({one.why})" for one in found if one.ends), "")

    def _announcement(self, on: OnItsWay, now: datetime) -> Step:
        policy = self.cases.policy
        not_before = grace_ends(now.date(), policy.retire.grace_workdays)
        facts = notice(on.known.survey, on.account, policy, not_before)
        return replace(self._step(on, now, StepKind.ANNOUNCED, f"not before {day(not_before)}"), facts=facts)

    def _step(self, on: OnItsWay, now: datetime, kind: StepKind, why: str) -> Step:
        seen = fingerprint(on.known.survey, on.account)
        return Step(now, kind, why, pretended=self.cases.pretending, evidence=seen)

    async def _written(self, account: SigningAccount, step: Step) -> Walk:
        await self.cases.audit.add(account.id, account.created, step)
        return await self.cases.walk(account.id, account.created)

    async def _kept(self, on: OnItsWay, row: WalkRow) -> OnItsWay | None:
        """The row follows the audit; what people are told of is judged anew."""
        before = row_of(on.known.kept, on.account)
        if row.walk.stage is Stage.NONE and before is None:
            return None
        if before != row:
            row = await self.cases.book.put(row)
        if (before.walk if before else None) != row.walk:
            log.info("retirement of %s: %s, %s", on.account.name, row.walk.stage, row.walk.why)
            await self.messages.refresh(Refresh(on.known.survey.subscription.id))
        return replace(on, row=row)

    async def _vanished(self, seen: Seen, now: datetime) -> None:
        """Accounts on their way that are not there any more, and rows of those that nobody knows any more."""
        for gone in seen.gone:
            try:
                await self._gone(seen.known, gone, now)
            except Conflict:
                log.info("the retirement of %s was changed by somebody else", gone.account.name)
            except ValueError:
                log.exception("the audit of %s cannot be read: it is not followed", gone.account.name)
        kept = seen.known.kept
        for account_id in kept.walks.keys() - kept.facts.keys() - kept.gone.keys():
            with contextlib.suppress(Conflict):
                await self.cases.book.forget(kept.walks[account_id])

    async def _gone(self, known: AsKnown, gone: AccountFacts, now: datetime) -> None:
        account = gone.account
        row = known.kept.walks.get(account.id) or WalkRow(Walk(account.id, account.created))
        walk = await self.cases.walk(account_id=account.id, created=row.walk.created)
        if walk.stage.sent:
            walk = await self.following.follow(walk, account, known, now)
        elif walk.stage.open:
            step = Step(now, StepKind.HEALED, "somebody else deleted it", pretended=self.cases.pretending)
            await self.cases.audit.add(account.id, row.walk.created, step)
            walk = await self.cases.walk(account.id, row.walk.created)
        if walk != row.walk:
            await self.cases.book.put(replace(row, walk=walk))
            await self.messages.refresh(Refresh(known.survey.subscription.id))

    async def _at_the_gate(self, on: OnItsWay, around: Circumstances, now: datetime) -> str:
        """Ask by what is known, then by what is read anew; the breaker that held it, if one did."""
        if on.held or not on.walk.stage.open:
            return ""
        try:
            case = await self.cases.case(on.known.survey, on.account, on.walk, around, now)
            answer = self.gate(replace(case, read_at=now))
            if isinstance(answer, No):
                return answer.reason if answer.breaker else ""
            await self._kept(on, await self.erasing.erase(case, on.row, self.clock.now()))
        except Conflict:
            log.info("somebody else is deleting %s", on.account.name)
        except ValueError:
            log.exception("the audit about %s cannot be read: nothing of it is deleted", on.account.name)
        return ""

    async def _state(self, around: Circumstances, held: str, now: datetime) -> None:
        """For telling and showing."""
        before, policy = await self.cases.book.state(), self.cases.policy.retire
        changed = before.policy != policy.said
        state = RetireState(
            policy=policy.said,
            before=before.policy if changed else before.before,
            changed=now if changed else before.changed,
            began=around.began,
            held=held,
            held_since=(before.held_since or now) if held else None,
            accounts=around.accounts,
            candidates=around.candidates,
            halt=await self.cases.shown_halt(),
            ran=now,
            reach=await self.cases.reach(now) if changed or before.accounts != around.accounts else before.reach,
        )
        await self.cases.book.put_state(state)


def _all_hold(found: Collection[Condition]) -> bool:
    return bool(found) and all(one.holds is True for one in found)


def _fresh_row(known: AsKnown, account_id: str, walk: Walk) -> WalkRow:
    """In place of that of an earlier incarnation."""
    there = known.kept.walks.get(account_id)
    return WalkRow(walk, etag=there.etag if there else "")
