"""People's part in retiring: what is planned and why, approving, saying no, and holding everything."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from shared.domain.account import SigningAccount
from shared.domain.policy import RetireMode
from shared.domain.refresh import Refresh
from shared.domain.retirement.evidence import loses
from shared.domain.retirement.gate import (
    Case,
    Circumstances,
    No,
    grace_ends,
    may_retire,
    needed,
    standing_approvals,
)
from shared.domain.retirement.plan import Overview, Planned
from shared.domain.savings import saves, will_save
from shared.domain.walk import Halt, Stage, Step, StepKind, Walk
from shared.domain.words import day, moment
from shared.flows.cases import Cases
from shared.flows.known import AsKnown
from shared.ports.errors import NotThere
from shared.ports.messages import Messages
from shared.ports.retiring import EVERYTHING


class NotNow(Exception):
    """What was asked for cannot be done; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Found:
    """One account as it is known, before the gate."""

    known: AsKnown
    case: Case

    @property
    def account(self) -> SigningAccount:
        """Which one."""
        return self.case.account

    @property
    def walk(self) -> Walk:
        """By its audit."""
        return self.case.walk


@dataclass(frozen=True, slots=True)
class Retirements:
    """All by name or ARM id of an account; `subscription` by name or id where the name is not enough ("" else)."""

    cases: Cases
    messages: Messages

    async def overview(self, now: datetime) -> Overview:
        """Accounts with a failed validation, and those on their way."""
        pairs = [(seen.known, one) for seen in await self.cases.seen(now) for one in seen.accounts]
        found = await self._found(pairs, now)
        halt, mode = await self.cases.shown_halt(), self.cases.policy.retire.mode
        return Overview(mode, await self.cases.book.state(), halt, tuple(self._planned(one) for one in found))

    async def explain(self, account: str, subscription: str, now: datetime) -> Sequence[Planned]:
        """With every step of the audit; also of accounts that are no candidates. Empty where nothing is known."""
        planned = []
        for one in await self._named(account, subscription, now):
            steps = await self.cases.audit.steps(one.account.id, one.account.created)
            planned.append(self._planned(one, tuple(steps)))
        return planned

    async def approve(self, account: str, subscription: str, evidence: str, by: str, now: datetime) -> Planned:
        """`evidence` as it was shown to whoever approves. Raises NotThere, NotNow."""
        one = await self._only(account, subscription, now)
        if not one.walk.stage.open:
            raise NotNow(f"{one.account.name} is not on its way out: {self._planned(one).next}.")
        if by.lower() in one.case.speakers:
            raise NotNow("Whoever said how it is with a validation does not approve: somebody else must.")
        if evidence != one.case.evidence:
            raise NotNow("What is known of it has changed since it was shown: look at it again.")
        return await self._step(one, StepKind.APPROVED, "", by, now)

    async def excuse(self, account: str, subscription: str, why: str, by: str, now: datetime) -> Planned:
        """No: the walk ends, and does not begin again. Raises NotThere, NotNow (a delete was sent already)."""
        one = await self._only(account, subscription, now)
        if one.walk.stage.sent:
            raise NotNow(f"It is too late for {one.account.name}: {one.walk.stage}.")
        if one.walk.stage is Stage.EXCUSED:
            return self._planned(one)
        return await self._step(one, StepKind.EXCUSED, why, by, now)

    async def readmit(self, account: str, subscription: str, by: str, now: datetime) -> Planned:
        """Take a no back; the walk begins anew. Raises NotThere, NotNow."""
        one = await self._only(account, subscription, now)
        if one.walk.stage is not Stage.EXCUSED:
            raise NotNow(f"Nobody has said no to the retirement of {one.account.name}.")
        return await self._step(one, StepKind.READMITTED, "", by, now)

    async def seen(self, account: str, subscription: str, by: str, now: datetime) -> Planned:
        """Somebody has read the notice: grace begins. Raises NotThere, NotNow."""
        one = await self._only(account, subscription, now)
        if one.walk.announced is None:
            raise NotNow(f"The retirement of {one.account.name} has not been announced.")
        if one.walk.proven:
            return self._planned(one)
        return await self._step(one, StepKind.PROVEN, f"{by} has read the notice", by, now)

    async def halt(self, why: str, by: str, now: datetime) -> Halt:
        """Nothing is deleted until it is lifted."""
        halt = Halt(by, now, why)
        await self.cases.book.set_halt(halt)
        await self.cases.audit.add(EVERYTHING, None, Step(now, StepKind.HALTED, why, by))
        return halt

    async def lift(self, by: str, now: datetime) -> bool:
        """Whether there was anything to lift."""
        there = await self.cases.shown_halt()
        await self.cases.book.set_halt(None)
        if there:
            await self.cases.audit.add(EVERYTHING, None, Step(now, StepKind.LIFTED, by=by))
        return there is not None

    async def _step(self, one: Found, kind: StepKind, why: str, by: str, now: datetime) -> Planned:
        """Into the audit first; the row follows with the next run."""
        step = Step(now, kind, why, by, pretended=self.cases.pretending, evidence=one.case.evidence)
        await self.cases.audit.add(one.account.id, one.account.created, step)
        await self.messages.refresh(Refresh(one.case.subscription.id))
        [after] = await self._found([(one.known, one.account)], now)
        return self._planned(after)

    async def _only(self, account: str, subscription: str, now: datetime) -> Found:
        found = await self._named(account, subscription, now)
        if not found:
            raise NotThere
        if len(found) > 1:
            raise NotNow(f"There are {len(found)} accounts called {account}: say in which subscription, by its id.")
        return found[0]

    async def _named(self, account: str, subscription: str, now: datetime) -> Sequence[Found]:
        wanted, where = account.strip().lower(), subscription.strip().lower()
        pairs = []
        for owner in (await self.cases.known.subscriptions()).values():
            if where in ("", owner.id, owner.name.lower()):
                known = await self.cases.known.as_read(owner, now)
                named = [one for one in known.survey.accounts if wanted in (one.name.lower(), one.id)]
                pairs += [(known, one) for one in named]
        return await self._found(pairs, now)

    async def _found(self, pairs: Sequence[tuple[AsKnown, SigningAccount]], now: datetime) -> list[Found]:
        """Before the gate, with what holds for all of them as the last run saw it. Raises NotNow."""
        around = await self._around(now)
        found = []
        for known, account in pairs:
            try:
                walk = await self.cases.walk(account.id, account.created)
                case = await self.cases.case(known.survey, account, walk, around, now)
            except ValueError as error:
                unsure = f"Nothing about {account.name} is known for sure, and nothing is done: {error}."
                raise NotNow(unsure) from error
            found.append(Found(known, case))
        return found

    async def _around(self, now: datetime) -> Circumstances:
        rows = [row for seen in await self.cases.seen(now) for row in seen.known.kept.walks.values()]
        return await self.cases.around([row.walk for row in rows], now)

    def _saves(self, one: Found, due: date) -> str:
        """Of one that is gone, from the day on which that was asked for; of the others from when they can be."""
        walk, policy = one.walk, self.cases.policy
        went = walk.accepted or walk.ended if walk.stage.sent or walk.stage is Stage.PRETENDED else None
        return saves(one.account, policy, went.date()) if went else will_save(one.account, policy, due)

    def _planned(self, one: Found, steps: tuple[Step, ...] = ()) -> Planned:
        case, policy, walk = one.case, self.cases.policy, one.walk
        answer = may_retire(replace(case, read_at=case.now))  # It is read again before anything is deleted.
        today = case.now.date()
        ends = grace_ends(walk.proven.date() if walk.proven else today, policy.retire.grace_workdays)
        return Planned(
            account=one.account.name,
            account_id=one.account.id,
            subscription=case.subscription.name,
            sku=one.account.sku,
            walk=walk,
            looks=len(walk.looks),
            conditions=tuple(case.conditions),
            verdict=answer.reason if isinstance(answer, No) else "yes",
            next=_next(walk, answer.reason if isinstance(answer, No) else "", policy.retire.mode),
            evidence=case.evidence,
            approvals_needed=needed(one.account, policy.retire),
            approvals=tuple(standing_approvals(case)),
            due=day(ends) if walk.proven else "",
            loses=loses(one.known.survey, one.account),
            saves=self._saves(one, max(ends, today)),
            steps=steps,
        )


def _next(walk: Walk, no: str, mode: RetireMode) -> str:
    """What comes next, in a sentence."""
    match walk.stage:
        case Stage.DELETING:
            since = walk.accepted or walk.sending
            return f"Azure is deleting it, since {moment(since)}" if since else str(walk.stage)
        case Stage.DELETED:
            return "deleted; once its bill shows no charge for a whole month, its billing has stopped"
        case Stage.SETTLED | Stage.FAILED | Stage.EXCUSED | Stage.PRETENDED:
            return f"{walk.stage}: {walk.why}" if walk.why else str(walk.stage)
    if not no:
        return "would be deleted at the next step (pretended)" if not mode.deletes else "deleted at the next step"
    return f"waits: {no}" if walk.stage.open else no
