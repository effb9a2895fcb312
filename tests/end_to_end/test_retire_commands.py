"""Retiring, as somebody types the commands: what is planned and why, approving, saying no, and holding everything."""

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from tests.end_to_end.test_commands import Served, serving
from tests.flows.fakes import START
from tests.flows.retirement_truth import TrueAccount, TrueProfile, Word
from tests.flows.retiring_world import RetiringWorld, key_of
from tests.flows.test_api import LOCAL

DAY = timedelta(days=1)
SETTINGS = {**LOCAL, "RETIRE__MODE": "approve", "RETIRE__ONLY": "subscription:Sub1"}


@pytest.fixture
def served(capsys: pytest.CaptureFixture[str]) -> Iterator[Served]:
    """One account that was announced, one of which a request is under way, and one that signs."""
    world = RetiringWorld(settings=dict(SETTINGS))
    asyncio.run(fleet_with_a_notice(world))
    with serving(world, capsys) as found:
        yield found


async def fleet_with_a_notice(world: RetiringWorld) -> None:
    """One account that was announced, one of which a request is under way, and one that signs."""
    old, waiting = world.add_account("old"), world.add_account("waiting")
    world.add_account("games", TrueProfile("release", "f0000000-0000-4000-8000-000000000009", first=START - 30 * DAY))
    for number in range(8):
        world.clock.at = START + number * DAY
        await world.look()
        if not number:
            await world.gave_up(old)
            await world.gave_up(waiting)
            await world.settle(world.clock.now())
        if number == 2:
            await world.say(_again(waiting, world.clock.now()))
        await world.retire()
        await world.settle(world.clock.now())


def _again(account: TrueAccount, now: datetime) -> Word:
    """Another request for it is under way."""
    return Word(account.subscription, key_of(account), account.name, "In Progress", "kim", now)


def test_the_plan_says_what_comes_next_and_why_not(served: Served) -> None:
    code, out, _ = served.run("retire", "plan")
    assert 0 == code
    assert "Accounts are deleted once people have approved it." == out[0]
    assert "old (Sub1): announced" in out
    [saves] = [line for line in out if line.startswith("  money:")]
    assert "  money: it saves 9.99 USD a month from January, if it is deleted by 31 Dec 2026" == saves
    [no] = [line for line in out if line.startswith("waiting (Sub1): NO")]
    assert "is In Progress" in no


def test_an_account_is_explained_with_every_condition_and_every_step(served: Served) -> None:
    code, out, _ = served.run("retire", "explain", "old")
    told = "\n".join(out)
    assert 0 == code
    assert 11 == sum(line.startswith("  yes ") for line in out)
    assert "APPROVED  by nobody (1 approval needed)" in out
    assert "candidate by countersign: every condition holds" in told
    assert "announced by countersign: not before 11 Dec 2026" in told


def test_whoever_approves_has_seen_what_would_go(served: Served) -> None:
    code, out, error = served.run("retire", "approve", "old")
    assert 2 == code
    assert "old (Sub1, Basic) would be deleted." == out[0]
    evidence = error[0].rpartition(" ")[2]
    assert ["Nothing was approved. Whoever has read this: --evidence " + evidence] == error
    code, out, _ = served.run("retire", "approve", "old", "--evidence", evidence)
    assert (0, "old: announced; waits: nobody is known to have had the notice") == (
        code,
        out[0].partition(": a pager")[0],
    )
    code, _, error = served.run("retire", "approve", "old", "--evidence", "0")
    assert (1, ["What is known of it has changed since it was shown: look at it again."]) == (code, error)


def test_a_no_ends_it_and_can_be_taken_back(served: Served) -> None:
    assert (0, ["old: excused; excused: we appeal"]) == served.run("retire", "excuse", "old", "--why", "we appeal")[:2]
    assert "old (Sub1, Basic): excused; excused: we appeal" in served.run("retire", "list")[1]
    assert 0 == served.run("retire", "excuse", "old", "--undo")[0]
    code, _, error = served.run("retire", "excuse", "old", "--undo")
    assert (1, ["Nobody has said no to the retirement of old."]) == (code, error)


def test_somebody_has_seen_it_and_somebody_holds_everything(served: Served) -> None:
    code, out, _ = served.run("retire", "seen", "old")
    assert (0, "old: announced; waits: the time to say no ends with 11 Dec 2026") == (code, out[0])
    assert 0 == served.run("retire", "halt", "--why", "audit")[0]
    assert any(line.startswith("HELD by ana since ") for line in served.run("retire", "plan")[1])
    assert (0, ["Retirements go on."]) == served.run("retire", "resume")[:2]
    assert (1, ["Nobody holds the retirements."]) == served.run("retire", "resume")[::2]


def test_an_account_that_nobody_knows(served: Served) -> None:
    code, _, error = served.run("retire", "explain", "nobody")
    assert (1, ["No signing account called nobody has been seen."]) == (code, error)
