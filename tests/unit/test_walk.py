"""The walk, told by its steps: what counts, what does not fit, and that a step written twice changes nothing more."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from shared.domain.walk import Stage, Step, StepKind, Walk, walk_of

START = datetime.fromisoformat("2026-12-01T10:00:00+00:00")
ID = "/subscriptions/s/resourcegroups/g/providers/microsoft.codesigning/codesigningaccounts/a"
WHOLE_WAY = (
    *(StepKind.CANDIDATE, StepKind.ANNOUNCED, StepKind.PROVEN, StepKind.APPROVED),
    *(StepKind.SENDING, StepKind.ACCEPTED, StepKind.GONE, StepKind.SETTLED),
)


def steps(*kinds: StepKind, **parts: object) -> list[Step]:
    """One an hour."""
    return [
        replace(Step(START + number * timedelta(hours=1), kind, f"step {number}"), **parts)  # type: ignore[arg-type]
        for number, kind in enumerate(kinds)
    ]


def walk(found: Sequence[Step], *, pretending: bool = False) -> Walk:
    return walk_of(ID, START, found, pretending=pretending)


def test_the_whole_way() -> None:
    after = [walk(steps(*WHOLE_WAY[:number])).stage for number in range(len(WHOLE_WAY) + 1)]
    assert [
        *(Stage.NONE, Stage.CANDIDATE, Stage.ANNOUNCED, Stage.ANNOUNCED, Stage.ANNOUNCED),
        *(Stage.DELETING, Stage.DELETING, Stage.DELETED, Stage.SETTLED),
    ] == after


@pytest.mark.parametrize("number", range(len(WHOLE_WAY)))
def test_a_step_that_is_there_twice_changes_nothing_more(number: int) -> None:
    """Where an answer was lost, the same line is written again."""
    once = steps(*WHOLE_WAY)
    twice = [*once[: number + 1], once[number], *once[number + 1 :]]
    known, again = walk(once), walk(twice)
    assert replace(known, approvals=()) == replace(again, approvals=())
    assert {one.by for one in known.approvals} == {one.by for one in again.approvals}


@pytest.mark.parametrize("end", [StepKind.HEALED, StepKind.EXCUSED])
def test_what_was_announced_and_approved_ends_with_the_walk(end: StepKind) -> None:
    ended = walk(steps(*WHOLE_WAY[:4], end))
    assert (None, None, (), None) == (ended.announced, ended.proven, ended.approvals, ended.since)
    assert (end is StepKind.HEALED) is (walk([*steps(*WHOLE_WAY[:4], end), *steps(StepKind.CANDIDATE)]).since == START)


def test_a_no_can_be_taken_back_and_begins_anew() -> None:
    back = steps(*WHOLE_WAY[:3], StepKind.EXCUSED, StepKind.CANDIDATE, StepKind.READMITTED)
    assert Stage.NONE is walk(back).stage
    assert Stage.CANDIDATE is walk([*back, *steps(StepKind.CANDIDATE)]).stage


def test_a_delete_that_was_sent_is_not_called_back_by_anybody() -> None:
    for kinds in ((StepKind.EXCUSED,), (StepKind.HEALED,), (StepKind.CANDIDATE,), (StepKind.SENDING,)):
        assert walk(steps(*WHOLE_WAY[:6])) == walk(steps(*WHOLE_WAY[:6], *kinds))


def test_after_an_accepted_delete_nothing_opens_the_way_again() -> None:
    """At most one accepted delete an incarnation, whatever is written afterwards."""
    for kind in (StepKind.THROTTLED, StepKind.BLOCKED, StepKind.UNKNOWN):
        after = walk(steps(*WHOLE_WAY[:6], kind, StepKind.APPROVED, StepKind.SENDING))
        assert (Stage.DELETING, START + timedelta(hours=5)) == (after.stage, after.accepted)


def test_of_two_that_send_at_once_the_first_one_written_counts() -> None:
    first, second = (replace(one, facts={"claim": name}) for one in steps(StepKind.SENDING) for name in ("a", "b"))
    assert "a" == walk([*steps(*WHOLE_WAY[:4]), first, second]).claim


def test_a_block_is_lifted_by_an_approval_that_came_after_it() -> None:
    blocked = steps(*WHOLE_WAY[:5], StepKind.BLOCKED)
    assert (Stage.BLOCKED, False) == (walk(blocked).stage, walk(blocked).released)
    later = replace(steps(StepKind.APPROVED)[0], at=START + timedelta(days=1))
    assert walk([*blocked, later]).released


def test_pretended_steps_count_where_it_is_pretended_only() -> None:
    pretended = steps(*WHOLE_WAY[:5], StepKind.PRETENDED, pretended=True)
    assert Stage.NONE is walk(pretended).stage
    assert Stage.PRETENDED is walk(pretended, pretending=True).stage
    assert Stage.NONE is walk(steps(*WHOLE_WAY), pretending=True).stage


def test_a_no_counts_whether_it_was_pretended_or_not() -> None:
    assert Stage.EXCUSED is walk(steps(StepKind.EXCUSED)).stage
    assert Stage.EXCUSED is walk(steps(StepKind.EXCUSED), pretending=True).stage


def test_steps_that_come_out_of_nowhere_lead_nowhere() -> None:
    """Nobody reaches a deletion by leaving steps out."""
    for kind in set(StepKind) - {StepKind.CANDIDATE, StepKind.EXCUSED}:
        assert Stage.NONE is walk(steps(kind)).stage
