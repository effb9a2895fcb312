"""Retirements in words for a terminal, and as JSON over the API."""

from collections.abc import Iterator, Sequence

from pydantic import TypeAdapter

from shared.domain.retirement.conditions import Condition
from shared.domain.retirement.plan import Overview, Planned
from shared.domain.walk import Stage, Step
from shared.domain.words import count, moment

OVERVIEW: TypeAdapter[Overview] = TypeAdapter(Overview)
PLANS: TypeAdapter[list[Planned]] = TypeAdapter(list[Planned])

ANSWERS = {True: "yes", False: "NO", None: "not known"}
HOW = {
    "off": "Retiring is off (RETIRE__MODE): nothing is planned and nothing is deleted.",
    "report": "Nothing is deleted: it is only written down what would be (RETIRE__MODE is report).",
    "approve": "Accounts are deleted once people have approved it.",
    "auto": "Accounts are deleted by themselves, where nobody says no in time.",
}


def listed(overview: Overview) -> Iterator[str]:
    """One line an account."""
    yield from _whole(overview)
    for one in overview.accounts:
        since = f" since {moment(one.walk.since)}" if one.walk.since else ""
        yield f"{one.account} ({one.subscription}, {one.sku}): {stage_of(one)}{since}; {one.next}"
    if not overview.accounts:
        yield "No account has a failed identity validation."


def planned(overview: Overview) -> Iterator[str]:
    """What would happen, and the reason for each no."""
    yield from _whole(overview)
    going = [one for one in overview.accounts if one.walk.stage not in (Stage.NONE, Stage.HEALED)]
    staying = [one for one in overview.accounts if one not in going]
    for one in going:
        yield f"{one.account} ({one.subscription}): {stage_of(one)}"
        yield f"  next:  {one.next}"
        if one.due:
            yield f"  no:    until {one.due} anybody can say no"
        yield f"  lost:  {one.loses}"
        yield f"  money: it {one.saves}"
    for one in staying:
        yield f"{one.account} ({one.subscription}): NO, {_first_no(one)}"
    if not overview.accounts:
        yield "No account has a failed identity validation."


def explained(one: Planned) -> Iterator[str]:
    """Every condition, the gate's answer, who approved, and every step so far."""
    yield f"{one.account} ({one.subscription}, {one.sku}): {stage_of(one)}"
    yield f"  {one.account_id}"
    yield ""
    yield "CONDITIONS, all of which must hold"
    yield from (f"  {_condition(condition)}" for condition in one.conditions)
    yield ""
    yield f"GATE      {one.verdict}"
    yield f"NEXT      {one.next}"
    if one.due:
        yield f"NO        until {one.due} anybody can say no"
    yield f"LOST      {one.loses}"
    yield f"MONEY     it {one.saves}"
    yield f"APPROVED  {_approved(one)}"
    yield f"EVIDENCE  {one.evidence}"
    yield ""
    yield "STEPS in the audit" if one.steps else "No step has been taken."
    yield from (f"  {_step(step)}" for step in one.steps)


def asked(one: Planned) -> Iterator[str]:
    """What somebody sees before they approve."""
    yield f"{one.account} ({one.subscription}, {one.sku}) would be deleted."
    yield f"  lost:     {one.loses}"
    yield f"  money:    it {one.saves}; creating it again is charged in full again"
    yield f"  approved: {_approved(one)}"
    yield f"  next:     {one.next}"
    yield f"  evidence: {one.evidence}"
    yield from (f"  {_condition(condition)}" for condition in one.conditions)


def _whole(overview: Overview) -> Iterator[str]:
    yield HOW.get(overview.mode, overview.mode)
    if overview.halted:
        why = overview.halted.why or "without a reason"
        yield f"HELD by {overview.halted.by} since {moment(overview.halted.at)}: {why}"
    elif overview.state.held:
        yield f"HELD: {overview.state.held}"
    yield from reached(overview)


def grid(accounts: Sequence[Planned]) -> Sequence[tuple[str, Sequence[tuple[str, str]]]]:
    """A row for each condition: in words, and for each account the answer with its reason."""
    by_condition = zip(*(one.conditions for one in accounts), strict=True)
    return [(row[0].words, [(ANSWERS[one.holds], one.why) for one in row]) for row in by_condition]


def reached(overview: Overview) -> Iterator[str]:
    """How many accounts each part of the settings names."""
    for one, accounts in overview.state.reach.items():
        yield f"{one} names {count(accounts, 'account') if accounts else 'NO account in view'}."


def stage_of(one: Planned) -> str:
    """Where it stands, in words."""
    stage = "no candidate" if one.walk.stage is Stage.NONE else str(one.walk.stage)
    return f"{stage} (pretended)" if one.walk.pretended and one.walk.stage is not Stage.NONE else stage


def _first_no(one: Planned) -> str:
    lacking = [condition for condition in one.conditions if condition.holds is not True]
    if not lacking:
        return one.verdict if one.verdict != "yes" else "it has only now become a candidate"
    found = lacking[0]
    known = "it is not so that" if found.holds is False else "it is not known whether"
    return f"{known} {found.words}: {found.why}"


def _condition(condition: Condition) -> str:
    return f"{ANSWERS[condition.holds]:<9} {condition.words} ({condition.why})"


def _approved(one: Planned) -> str:
    names: Sequence[str] = [f"{approval.by}, {moment(approval.at)}" for approval in one.approvals]
    needed = count(one.approvals_needed, "approval") if one.approvals_needed else "no approval"
    past = len(one.walk.approvals) - len(one.approvals)
    lapsed = f"; {count(past, 'approval')} no longer counts" if past == 1 else f"; {past} no longer count" * bool(past)
    return f"{'; '.join(names) or 'by nobody'} ({needed} needed){lapsed}"


def _step(step: Step) -> str:
    pretended = " (pretended)" if step.pretended else ""
    return f"{moment(step.at)}  {step.kind}{pretended} by {step.by}{f': {step.why}' if step.why else ''}"
