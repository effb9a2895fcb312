"""Following a delete that was sent: until the account is gone and its billing has stopped, or somebody must look."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from shared.domain.account import SigningAccount
from shared.domain.blind import Blind
from shared.domain.cost import final, month_end
from shared.domain.savings import saves
from shared.domain.subscription import in_subscription
from shared.domain.walk import Stage, Step, StepKind, Walk
from shared.flows.cases import Cases
from shared.flows.known import AsKnown
from shared.ports.azure import AccountReader
from shared.ports.bills import Bills
from shared.ports.errors import Throttled

UNCERTAIN = timedelta(minutes=10)  # After so long whoever sent it will not write down any more what came of it.
KEPT_AFTER = timedelta(minutes=30)
LOOKED_AFTER = timedelta(days=7)  # Of one that failed.
LASTS_TOO_LONG = timedelta(hours=2)  # Deleting takes some 100 seconds (DOMAIN.md section 4).


@dataclass(frozen=True, slots=True)
class Following:
    """By GET of the account, never by the operation's address."""

    cases: Cases
    accounts: AccountReader
    bills: Bills

    async def follow(self, walk: Walk, account: SigningAccount, known: AsKnown, now: datetime) -> Walk:
        """The walk after what is seen now."""
        steps: tuple[Step, ...] = ()
        if walk.stage in (Stage.DELETING, Stage.FAILED) and not _left_alone(walk, now):
            steps = await self._deleting(walk, account, now)
        elif walk.stage is Stage.DELETED and walk.ended:
            steps = await self._settled(walk.ended, account, known, now)
        for step in steps:
            await self.cases.audit.add(account.id, walk.created, step)
        return await self.cases.walk(account.id, walk.created) if steps else walk

    async def _deleting(self, walk: Walk, account: SigningAccount, now: datetime) -> tuple[Step, ...]:
        try:
            there = await self.accounts.account(account)
        except Throttled:
            return ()
        if isinstance(there, Blind):
            return ()
        if walk.pretended:
            return (Step(now, StepKind.THROTTLED, "pretending was interrupted", pretended=True),)
        if there is None or there.created != walk.created:
            taken = () if walk.accepted else (Step(now, StepKind.ACCEPTED, "it is gone, so it was sent"),)
            return (*taken, Step(now, StepKind.GONE, "Azure does not know it any more (404)"))
        return _still_there(walk, there, now)

    async def _settled(
        self, deleted: datetime, account: SigningAccount, known: AsKnown, now: datetime
    ) -> tuple[Step, ...]:
        """After the first whole month without a charge, once nothing of it moves any more."""
        month = (deleted.date().replace(day=1) + timedelta(days=32)).replace(day=1)
        if not final(month, now) or not await self._read(month, known):
            return ()
        charged = [one for one in known.kept.costs.get(account.id, ()) if one.month == month and one.charges]
        if charged:
            return ()
        saved = saves(account, self.cases.policy, deleted.date())
        return (Step(now, StepKind.SETTLED, f"no charge in {month:%B %Y}: it {saved}"),)

    async def _read(self, month: date, known: AsKnown) -> bool:
        """The bill that would hold its charges was read, after the month had come to its end."""
        subscription = known.survey.subscription
        for bill in await self.bills.of(month):
            about = bill.scope == subscription.scope or not in_subscription(bill.scope)
            if about and bill.read_at.date() > month_end(month):
                return True
        return False


def _still_there(walk: Walk, there: SigningAccount, now: datetime) -> tuple[Step, ...]:
    deleting = there.provisioning_state.lower() == "deleting"
    if walk.stage is Stage.FAILED:
        return ()
    if walk.accepted is None:
        if deleting:
            return (Step(now, StepKind.ACCEPTED, "Azure is deleting it, so it was sent"),)
        why = "nobody knows whether the delete was sent, and the account is there as before: a person decides"
        return (Step(now, StepKind.BLOCKED, why),)
    lasted = now - walk.accepted
    if deleting and lasted > LASTS_TOO_LONG:
        return (Step(now, StepKind.FAILED, "Azure took the delete, and does not come to its end"),)
    if not deleting and lasted > KEPT_AFTER:
        state = there.provisioning_state or "there"
        return (Step(now, StepKind.FAILED, f"Azure took the delete, and the account is {state} again"),)
    return ()


def _left_alone(walk: Walk, now: datetime) -> bool:
    """Whoever sent it may still be at it; or it failed so long ago that nothing will come of it any more."""
    if walk.stage is Stage.FAILED:
        return walk.ended is not None and now - walk.ended > LOOKED_AFTER
    return walk.sending is not None and now - walk.sending < UNCERTAIN
