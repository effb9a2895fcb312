"""Cases: one account before the gate, with everything that is known of it, of its walk, and of all the others."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from shared.domain.account import SigningAccount
from shared.domain.kept import Kept
from shared.domain.policy import Policy, RetireMode
from shared.domain.retirement.choice import reach
from shared.domain.retirement.conditions import conditions
from shared.domain.retirement.evidence import fingerprint
from shared.domain.retirement.gate import NEW_WITHIN, Case, Circumstances
from shared.domain.rules.concerns import requests
from shared.domain.subscription import Subscription, subscription_of
from shared.domain.survey import AccountFacts, Survey
from shared.domain.usage import month_of
from shared.domain.validation import ValidationStatus
from shared.domain.walk import Halt, StepKind, Walk, WalkRow, walk_of
from shared.flows.hearing import Hearing
from shared.flows.known import AsKnown, Known
from shared.ports.looks import Looks
from shared.ports.register import Register
from shared.ports.retiring import EVERYTHING, Audit, RetireBook

LATE = timedelta(hours=26)  # A check that began longer ago tells nothing of today.
LOOKS_BACK = 5
_HOLDING = (StepKind.HALTED, StepKind.LIFTED)


@dataclass(frozen=True, slots=True)
class Seen:
    """A subscription as it was read last, and the ids of all accounts, of whatever subscription, with an audit."""

    known: AsKnown
    walked: frozenset[str]

    @property
    def accounts(self) -> Sequence[SigningAccount]:
        """Those with a failed validation, and those that are or were on their way."""
        said, walks = requests(self.known.survey), self.known.kept.walks
        failed = {one.id for entry, some in said if entry.status is ValidationStatus.FAILED for one in some}
        return [one for one in self.known.survey.accounts if one.id in self.walked | walks.keys() | failed]

    @property
    def gone(self) -> Sequence[AccountFacts]:
        """Of those, the ones that are not there any more."""
        there, walks = {one.id for one in self.known.survey.accounts}, self.known.kept.walks
        known = self.known.kept.gone.items()
        return [one for id_, one in known if id_ in self.walked | walks.keys() and id_ not in there]


@dataclass(frozen=True, slots=True)
class Cases:
    """Everything is read from the audit; rows only say where to look."""

    known: Known
    register: Register
    book: RetireBook
    audit: Audit
    looks: Looks
    policy: Policy
    zone: ZoneInfo

    @property
    def pretending(self) -> bool:
        """What is done is written down as pretended, and nothing is deleted."""
        return self.policy.retire.mode is RetireMode.REPORT

    @property
    def hearing(self) -> Hearing:
        """What was said of validations."""
        return Hearing(self.register, self.audit)

    async def seen(self, now: datetime) -> Sequence[Seen]:
        """Every watched subscription in which somebody says that a validation failed, or an account was on its way."""
        walked = await self.audit.accounts()
        subscriptions = (await self.known.subscriptions()).values()
        found = [one for one in subscriptions if await self._matters(one, walked)]
        return [Seen(await self.known.as_read(one, now), walked) for one in found]

    async def reach(self, now: datetime) -> Mapping[str, int]:
        """How many of all accounts each part of the settings names."""
        subscriptions = (await self.known.subscriptions()).values()
        kept = [await self.known.shelves.read(one, month_of(now)) for one in subscriptions]
        found = [(facts.account, one.subscription) for one in kept for facts in one.facts.values()]
        return reach(self.policy.retire, found)

    async def walk(self, account_id: str, created: datetime | None) -> Walk:
        """By its audit alone; a delete that was really sent goes before. Raises ValueError where a line is damaged."""
        steps = await self.audit.steps(account_id, created)
        real = walk_of(account_id, created, steps, pretending=False)
        if real.stage.sent or not self.pretending:
            return real
        return walk_of(account_id, created, steps, pretending=True)

    async def around(self, walks: Iterable[Walk], now: datetime) -> Circumstances:
        """What holds for all of them."""
        began, changed = await self.set_since()
        taken, halted = await self._of_all(now)
        last = next((look for look in await self.looks.recent(LOOKS_BACK) if look.closed), None)
        partial = last is None or last.partial or bool(last.blind) or now - last.started > LATE
        on_their_way = [walk for walk in walks if walk.stage.open]
        new = [walk for walk in on_their_way if walk.since and now - walk.since < NEW_WITHIN]
        return Circumstances(
            accounts=last.accounts if last else 0,
            candidates=len(on_their_way),
            new=len(new),
            partial=partial,
            began=began,
            changed=changed,
            last_deleted=taken,
            halted=halted,
            zone=self.zone,
        )

    async def _of_all(self, now: datetime) -> tuple[str, str]:
        """Whose day it is, and what holds everything. What concerns all and cannot be read holds everything."""
        try:
            return await self.taken_today(now), self.held(await self.halt())
        except ValueError as error:
            return "", f"the audit of all retirements cannot be read ({error})"

    async def case(
        self, survey: Survey, account: SigningAccount, walk: Walk, around: Circumstances, now: datetime
    ) -> Case:
        """For the gate, judged by what was seen when the survey was taken."""
        heard = await self.hearing.of(survey, account)
        return Case(
            account=account,
            subscription=survey.subscription,
            policy=self.policy.retire,
            conditions=conditions(survey, account, self.policy, survey.taken),
            walk=walk,
            evidence=fingerprint(survey, account),
            speakers=heard.speakers,
            unheard=heard.unheard,
            around=around,
            read_at=survey.taken,
            now=now,
        )

    async def halt(self) -> Halt | None:
        """By its row, and by the audit as well: a row can be taken away."""
        if there := await self.book.halt():
            return there
        words = [one for one in await self.audit.steps(EVERYTHING, None) if one.kind in _HOLDING]
        last = words[-1] if words else None
        return Halt(last.by, last.at, last.why) if last and last.kind is StepKind.HALTED else None

    async def shown_halt(self) -> Halt | None:
        """For showing and lifting: by its row alone where the audit of all cannot be read."""
        try:
            return await self.halt()
        except ValueError:
            return await self.book.halt()

    def held(self, halt: Halt | None) -> str:
        """Why nothing may be deleted; "" where something may. The setting only forces it on."""
        if self.policy.retire.halted:
            return "RETIRE__HALT holds every retirement"
        return f"{halt.by} holds every retirement: {halt.why or 'without a reason'}" if halt else ""

    async def taken_today(self, now: datetime) -> str:
        """Whose day it is, by the audit as well: a row can be taken away."""
        steps = await self.audit.steps(EVERYTHING, None)
        sent = [step for step in steps if step.kind is StepKind.SENDING and step.pretended == self.pretending]
        today = [step.facts.get("account", "") for step in sent if self.today(step.at) == self.today(now)]
        return next(iter(today), "") or await self.book.day_of(self.today(now))

    def today(self, now: datetime) -> date:
        """Where the people are who would be called."""
        return now.astimezone(self.zone).date()

    async def _matters(self, subscription: Subscription, walked: Collection[str]) -> bool:
        if any(subscription_of(account_id) == subscription.id for account_id in walked):
            return True
        entered = await self.register.entered(subscription.id)
        failed = any(one.entry.status is ValidationStatus.FAILED for one in entered.values())
        return failed or bool(await self.book.walks(subscription.id))

    async def set_since(self) -> tuple[datetime | None, datetime | None]:
        """When retiring was set up at all, and when it was set up as it is now."""
        policies = await self.audit.policies()
        began = policies[0][0] if policies else None
        changed = None
        for at, said in reversed(policies):
            if said != self.policy.retire.said:
                break
            changed = at
        return began, changed


def row_of(kept: Kept, account: SigningAccount) -> WalkRow | None:
    """What is kept of its walk; None where nothing is, or of another incarnation."""
    row = kept.walks.get(account.id)
    return row if row and row.walk.created == account.created else None
