"""Cases: one account before the gate, with everything that is known of it, of its walk, and of all the others."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from shared.domain.account import SigningAccount
from shared.domain.kept import Kept
from shared.domain.policy import Policy, RetireMode
from shared.domain.retirement.conditions import conditions
from shared.domain.retirement.evidence import fingerprint, requests_of
from shared.domain.retirement.gate import NEW_WITHIN, Case, Circumstances
from shared.domain.rules.concerns import requests
from shared.domain.survey import Survey
from shared.domain.validation import ValidationStatus
from shared.domain.walk import Halt, StepKind, Walk, WalkRow, walk_of
from shared.flows.known import AsKnown, Known
from shared.ports.looks import Looks
from shared.ports.register import Register
from shared.ports.retiring import EVERYTHING, Audit, RetireBook

LATE = timedelta(hours=26)  # A check that began longer ago tells nothing of today.
LOOKS_BACK = 5


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

    async def seen(self, now: datetime) -> Sequence[AsKnown]:
        """Every watched subscription in which somebody says that a validation failed, or an account is on its way."""
        subscriptions = (await self.known.subscriptions()).values()
        return [await self.known.read(one, now) for one in subscriptions if await self._matters(one.id)]

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
            last_deleted=await self.taken_today(now),
            halted=why_halted(await self.book.halt(), by_setting=self.policy.retire.halted),
            zone=self.zone,
        )

    async def case(
        self, survey: Survey, account: SigningAccount, walk: Walk, around: Circumstances, now: datetime
    ) -> Case:
        """For the gate, judged by what was seen when the survey was taken."""
        return Case(
            account=account,
            subscription=survey.subscription,
            policy=self.policy.retire,
            conditions=conditions(survey, account, self.policy, survey.taken),
            walk=walk,
            evidence=fingerprint(survey, account),
            speakers=await self._speakers(survey, account),
            around=around,
            read_at=survey.taken,
            now=now,
        )

    async def _speakers(self, survey: Survey, account: SigningAccount) -> frozenset[str]:
        """Everybody who ever said how it is with one of its validations, in lower case."""
        names: set[str] = set()
        for entry in requests_of(survey, account):
            said = [one.entry for one in await self.register.history(entry.subscription_id, entry.key)]
            names |= {name.lower() for one in (*said, entry) for name in (one.said_by, one.given_up_by) if name}
        return frozenset(names)

    async def taken_today(self, now: datetime) -> str:
        """Whose day it is, by the audit as well: a row can be taken away."""
        steps = await self.audit.steps(EVERYTHING, None)
        sent = [step for step in steps if step.kind is StepKind.SENDING and step.pretended == self.pretending]
        today = [step.facts.get("account", "") for step in sent if self.today(step.at) == self.today(now)]
        return next(iter(today), "") or await self.book.day_of(self.today(now))

    def today(self, now: datetime) -> date:
        """Where the people are who would be called."""
        return now.astimezone(self.zone).date()

    async def _matters(self, subscription_id: str) -> bool:
        entered = await self.register.entered(subscription_id)
        failed = any(one.entry.status is ValidationStatus.FAILED for one in entered.values())
        return failed or bool(await self.book.walks(subscription_id))

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


def concerned(known: AsKnown) -> Sequence[SigningAccount]:
    """Accounts with a failed validation, and those that are on their way."""

    said = requests(known.survey)
    failed = {one.id for entry, some in said if entry.status is ValidationStatus.FAILED for one in some}
    return [one for one in known.survey.accounts if one.id in known.kept.walks or one.id in failed]


def row_of(kept: Kept, account: SigningAccount) -> WalkRow | None:
    """What is kept of its walk; None where nothing is, or of another incarnation."""
    row = kept.walks.get(account.id)
    return row if row and row.walk.created == account.created else None


def why_halted(halt: Halt | None, *, by_setting: bool) -> str:
    """The setting only forces it on."""
    if by_setting:
        return "RETIRE__HALT holds every retirement"
    return f"{halt.by} holds every retirement: {halt.why or 'without a reason'}" if halt else ""
