"""The scene of retirement: weeks of a small fleet, a pretended walk and an approved one."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from sandbox.authority import Authority
from sandbox.azure.register import at_start
from sandbox.story.ledger import Ledger
from sandbox.story.telling import Scene
from sandbox.story.weeks import DELETER, PERSON, Weeks, weeks_of
from shared.domain.retirement.plan import Planned
from shared.domain.walk import Stage as WalkStage
from shared.domain.words import count, day
from shared.reports.check import row

ACCOUNT = "trial-1"
OTHERS = ("legacy-1", "partner-1", "new-1")
# Days of a walk: five checks in eight days, the notice, and the first working day after ten workdays of grace.
SEEN_ON, NOTICED_ON, DUE_ON = (0, 2, 4, 6, 8), 9, 24
MOST_DAYS = 10


@dataclass(frozen=True, slots=True)
class Retired:
    """What came of it, for the page: the plan by accounts, and the calls that deleted.

    `deletes` by status and `by` identities, as the stand-in for Azure counted them; `elsewhere` are those that were not
    a delete of this account that Azure took. `others` is how many accounts there are beside it.
    """

    planned: tuple[Planned, ...]
    gone: Planned | None
    deletes: Mapping[str, int]
    by: Mapping[str, Mapping[str, int]]
    elsewhere: int
    others: int
    steps: int

    @property
    def went_well(self) -> bool:
        """One delete, taken, and by the identity that deletes alone."""
        once = dict(self.deletes) == {"202": 1} and dict(self.by.get("delete", {})) == {DELETER: 1}
        return once and not self.elsewhere and self.gone is not None


async def retire(authority: Authority) -> tuple[Scene, Retired]:
    """A pretended walk, then the same one approved, by two identities; and why three others are no candidates."""
    scene = Scene("RETIRE")
    async with weeks_of(authority) as weeks:
        await Ledger(weeks.storage).enter(weeks.azure.scenario, at_start(weeks.azure.scenario))
        weeks.set_up("report")
        await _walk(weeks, 0, None)
        pretended = await weeks.plan(ACCOUNT)
        sent = sum(_deletes(weeks).values())
        told = f"{_verdict(pretended)}: {pretended.walk.stage}, {pretended.saves}; {sent} delete calls"
        scene.say(row(scene.title, f"pretend   {ACCOUNT} {told}"))
        others = [await weeks.plan(name) for name in OTHERS]
        for one in others:
            scene.say(row("", f"          {one.account} NO: {_why_not(one)}"))
        weeks.set_up("approve")
        planned = await _walk(weeks, DUE_ON + 4, PERSON)
        retired = await _gone(weeks, planned, (*others,))
        scene.say(row("", f"approve   by {PERSON} on {day(weeks.clock.now().date())}: {_calls(retired)}"))
    scene.end()
    return scene, retired


async def _walk(weeks: Weeks, first: int, approver: str | None) -> Planned:
    """From the first check to the delete."""
    for number in SEEN_ON:
        await weeks.to(first + number)
    await weeks.to(first + NOTICED_ON)
    if approver:
        await weeks.home.retirements.seen(ACCOUNT, "", approver, weeks.clock.now())
    for number in range(NOTICED_ON + MOST_DAYS, DUE_ON, MOST_DAYS):
        await weeks.confirm(first + number)
    await weeks.to(first + DUE_ON)
    planned = await weeks.plan(ACCOUNT)
    if approver:
        now = weeks.clock.now()
        planned = await weeks.home.retirements.approve(ACCOUNT, "", planned.evidence, approver, now)
        await weeks.step()
    return planned


async def _gone(weeks: Weeks, planned: Planned, others: tuple[Planned, ...]) -> Retired:
    """Azure takes some 100 seconds; then it is asked whether the account is there."""
    weeks.clock.story.put(weeks.clock.now() + timedelta(minutes=5))
    await weeks.step()
    audit = weeks.home.retire.cases.audit
    steps = await audit.steps(planned.account_id, planned.walk.created)
    walk = await weeks.home.retire.cases.walk(planned.account_id, planned.walk.created)
    deletes, by = _deletes(weeks), weeks.azure.calls.seen()["by_client_id"]
    here = planned.account_id in weeks.azure.calls.targets("delete")
    return Retired(
        planned=(replace(planned, walk=walk), *others),
        gone=replace(planned, walk=walk, steps=tuple(steps)) if walk.stage is WalkStage.DELETED else None,
        deletes=deletes,
        by={kind: by[kind] for kind in ("profile_list", "delete") if kind in by},
        elsewhere=sum(deletes.values()) - here,
        others=len(weeks.azure.scenario.accounts) - 1,
        steps=sum(not step.pretended for step in steps),
    )


def _deletes(weeks: Weeks) -> Mapping[str, int]:
    """How often Azure was asked to delete an account, by what it answered."""
    found: Mapping[str, int] = weeks.azure.calls.seen()["statuses_by_kind"].get("delete", {})
    return found


def _verdict(one: Planned) -> str:
    return "YES (all conditions)" if all(condition.holds for condition in one.conditions) else "NO"


def _why_not(one: Planned) -> str:
    lacking = next(condition for condition in one.conditions if condition.holds is not True)
    return lacking.why


def _calls(retired: Retired) -> str:
    taken = retired.deletes.get("202", 0)
    confirmed = "404 confirmed" if retired.gone else "not confirmed"
    return (
        f"{count(taken, 'delete')}, {confirmed}, {count(retired.steps, 'step')} in the audit; "
        f"the other {retired.others} accounts: {retired.elsewhere} delete calls"
    )
