"""What retirement would need: every condition holds for a failed first onboarding, and one thing is enough for a no."""

from dataclasses import replace
from typing import Any

import pytest

from shared.domain.policy import Policy
from shared.domain.retirement.conditions import conditions
from shared.domain.subscription import DailyFacts, Lock
from shared.domain.survey import Survey
from tests.unit.rules.samples import (
    DAY,
    FAILED,
    GAMES,
    ID,
    IN_PROGRESS,
    NOW,
    OTHER_ID,
    OWNER,
    account,
    entry,
    profile,
    signed,
    survey,
)

LOST = entry(FAILED, account="games", given_up_by="kim", said_at=NOW - DAY)
READ = DailyFacts({}, (), NOW)


def candidate(*said: Any, **parts: Any) -> Survey:
    """An account that never got a profile, three months old, with nothing signed."""
    known = survey(profiles={GAMES.id: ()}, said=said or (LOST,), signatures={GAMES.id: signed({})}, daily=READ)
    return replace(known, **parts)


def answers(seen: Survey) -> set[bool | None]:
    return {one.holds for one in conditions(seen, seen.accounts[0], Policy(), NOW)}


def test_a_failed_first_onboarding_meets_every_condition() -> None:
    assert {True} == answers(candidate())


@pytest.mark.parametrize(
    "seen",
    [
        candidate(replace(LOST, given_up_by="")),
        candidate(replace(LOST, said_at=NOW - 15 * DAY)),
        candidate(replace(LOST, stated_at=NOW - 15 * DAY)),
        candidate(LOST, entry(IN_PROGRESS, account="games", validation_id=OTHER_ID)),
        candidate(accounts=(account(provisioning_state="Suspended"),)),
        candidate(accounts=(account(provisioning_state="Deleting"),)),
        candidate(accounts=(account(created=NOW - 3 * DAY),)),
        candidate(accounts=(account(tags={"countersign-keep": "true"}),)),
        candidate(profiles={GAMES.id: (profile(GAMES),)}),
        candidate(profiles={GAMES.id: (profile(GAMES, None, identity_validation_id=OTHER_ID),)}),
        candidate(signatures={GAMES.id: signed({NOW.date() - 3 * DAY: 1})}),
        candidate(daily=DailyFacts({}, (Lock(OWNER.scope, "keep", "CanNotDelete"),), NOW)),
    ],
)
def test_one_no_is_enough(seen: Survey) -> None:
    assert False in answers(seen)


@pytest.mark.parametrize(
    "seen",
    [
        candidate(profiles={}),
        candidate(signatures={}),
        candidate(daily=DailyFacts()),
        candidate(LOST, entry(IN_PROGRESS, validation_id=OTHER_ID)),
        candidate(accounts=(GAMES, account("other"))),
        candidate(
            profiles={GAMES.id: (profile(GAMES, NOW - 5 * DAY, status="Disabled", identity_validation_id=ID),)},
            signatures={GAMES.id: signed({}, silent=True)},
        ),
    ],
)
def test_what_is_not_known_is_no_yes(seen: Survey) -> None:
    """An unread account, an open request that names none, hours of which Azure says nothing."""
    assert answers(seen) & {None, False}
