"""The validation list itself: what nobody has entered, confirmed or brought up to date."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.happened import Happened, What
from shared.domain.refresh import Burst
from shared.domain.survey import AccountFacts, Survey, facts_after
from shared.domain.validation import ApplicantKind, RegisterEntry, Trust, ValidationStatus, Way
from tests.unit.rules.samples import (
    ACTION,
    COMPLETED,
    DAY,
    FAILED,
    GAMES,
    ID,
    IN_PROGRESS,
    NOW,
    OLD,
    OTHER_ID,
    TODAY,
    account,
    entry,
    found,
    profile,
    survey,
)

DATED = entry(expires=TODAY + 300 * DAY)


@pytest.mark.parametrize(
    ("said", "missing"),
    [
        ([], True),
        ([DATED], False),
        ([replace(DATED, expires=None)], True),
        ([replace(DATED, expires=None, status=ValidationStatus.EXPIRED)], False),
        ([replace(DATED, validation_id=OTHER_ID)], True),
    ],
)
def test_an_id_in_use_without_a_date_is_asked_for(said: list[RegisterEntry], missing: bool) -> None:
    assert missing == bool(found("register-missing", survey(said=said)))


def test_what_is_missing_is_one_problem_a_subscription_and_asked_for_once_a_week() -> None:
    one, two = account("one"), account("two")
    seen = survey(one, two, profiles={two.id: (profile(two, identity_validation_id=OTHER_ID),)})
    [asked] = found("register-missing", seen)
    assert "2 expiry dates of identity validations in Games" in asked.what
    assert (timedelta(days=7), ("one", "two")) == (asked.again, asked.accounts)


@pytest.mark.parametrize(
    ("parts", "speaks"),
    [
        ({"created": NOW - 7 * DAY}, True),
        ({"created": NOW - timedelta(days=6, hours=23)}, False),
        ({"created": None}, True),
    ],
)
def test_an_account_without_profile_is_asked_about_after_seven_days(parts: dict[str, Any], speaks: bool) -> None:
    lone = account(**parts)
    assert speaks == bool(found("account-unexplained", survey(lone, profiles={lone.id: ()})))


@pytest.mark.parametrize(
    "said",
    [
        entry(IN_PROGRESS, account="games"),
        entry(IN_PROGRESS, account="Games", validation_id=""),
        entry(FAILED, account="games"),
        entry(ACTION, account="GAMES"),
    ],
)
def test_an_account_that_somebody_has_spoken_of_is_not_asked_about(said: RegisterEntry) -> None:
    assert [] == found("account-unexplained", survey(profiles={GAMES.id: ()}, said=[said]))


def test_an_account_whose_profiles_could_not_be_read_is_not_taken_for_one_without() -> None:
    assert [] == found("account-unexplained", replace(survey(), profiles={}))


@pytest.mark.parametrize(("days", "speaks"), [(180, False), (180.9, False), (181, True)])
def test_an_entry_is_to_be_confirmed_after_half_a_year(days: float, speaks: bool) -> None:
    said = replace(DATED, said_at=NOW - timedelta(days=days))
    assert speaks == bool(found("register-unconfirmed", survey(said=[said])))


def test_an_entry_that_no_profile_uses_need_not_be_confirmed() -> None:
    said = replace(DATED, validation_id=OTHER_ID, said_at=OLD)
    assert [] == found("register-unconfirmed", survey(said=[said]))


@pytest.mark.parametrize(
    ("trust", "kind", "speaks"),
    [
        (Trust.PUBLIC, "PublicTrust", False),
        (Trust.PUBLIC, "publictrusttest", False),
        (Trust.PUBLIC, "VBSEnclave", False),
        (Trust.PUBLIC, "PrivateTrust", True),
        (Trust.PRIVATE, "PrivateTrustCIPolicy", False),
        (Trust.PRIVATE, "PublicTrust", True),
        (Trust.PRIVATE, "SomethingNew", False),
        (None, "PrivateTrust", False),
    ],
)
def test_a_validation_serves_profiles_of_its_kind(trust: Trust | None, kind: str, speaks: bool) -> None:
    seen = survey(said=[replace(DATED, trust=trust)], profiles={GAMES.id: (profile(GAMES, profile_type=kind),)})
    assert speaks == bool(found("validation-kind", seen))


def rebound(said: list[RegisterEntry], now_bound: str = ID) -> Survey:
    happened = (Happened(What.REBOUND, NOW - 5 * DAY, OTHER_ID, ID, "release"),)
    shown = (profile(GAMES, identity_validation_id=now_bound),)
    facts = {GAMES.id: AccountFacts(GAMES, shown, OLD, happened)}
    return survey(said=said, profiles={GAMES.id: shown}, facts=facts)


@pytest.mark.parametrize(
    ("seen", "speaks"),
    [
        (rebound([]), True),
        (rebound([replace(DATED, expires=None)]), True),
        (rebound([DATED]), False),
        (rebound([], now_bound=OTHER_ID), False),
    ],
)
def test_a_profile_bound_to_another_validation_wants_its_date(seen: Survey, speaks: bool) -> None:
    assert speaks == bool(found("profile-rebound", seen))


@pytest.mark.parametrize(("kind", "speaks"), [("PublicTrust", False), ("PrivateTrust", True), ("SomethingNew", False)])
def test_individuals_are_validated_for_public_trust_only(kind: str, speaks: bool) -> None:
    said = replace(DATED, kind=ApplicantKind.INDIVIDUAL)
    seen = survey(said=[said], profiles={GAMES.id: (profile(GAMES, profile_type=kind),)})
    assert speaks == bool(found("validation-kind", seen))


def test_a_request_under_way_is_to_be_confirmed_too() -> None:
    waiting = entry(IN_PROGRESS, account="games", validation_id="", said_at=NOW - 200 * DAY)
    assert 1 == len(found("register-unconfirmed", survey(said=[waiting], profiles={GAMES.id: ()})))


@pytest.mark.parametrize("status", [IN_PROGRESS, ACTION])
def test_a_renewal_without_a_date_is_asked_for(status: ValidationStatus) -> None:
    assert found("register-missing", survey(said=[entry(status)]))


def after(*ids: str | None) -> AccountFacts:
    """An account whose one profile was seen bound to each of these, or not there, one after the other."""
    facts = None
    for number, bound in enumerate(ids):
        shown = () if bound is None else (profile(GAMES, identity_validation_id=bound),)
        now = NOW + number * timedelta(hours=1)
        facts = facts_after(facts, GAMES, shown, Burst(GAMES.id), now, appears=False)
    assert facts
    return facts


@pytest.mark.parametrize(
    ("ids", "rebound"),
    [
        ((ID, ID), []),
        ((ID, OTHER_ID), [(ID, OTHER_ID)]),
        ((ID, None, OTHER_ID), [(ID, OTHER_ID)]),
        ((ID, None, None, ID), []),
        ((ID, "", OTHER_ID), [(ID, OTHER_ID)]),
        ((ID, None, OTHER_ID, ID), [(ID, OTHER_ID), (OTHER_ID, ID)]),
    ],
)
def test_a_profile_that_was_deleted_and_made_again_is_bound_anew(
    ids: tuple[str | None, ...], rebound: list[tuple[str, str]]
) -> None:
    """The cure of a lapsed validation is just that, and an event makes us look in between."""
    assert rebound == [(one.before, one.after) for one in after(*ids).happened]


def test_nothing_of_a_profile_that_stays_is_kept_twice() -> None:
    assert {} == after(ID, ID, OTHER_ID, OTHER_ID).bound


EVENT = Way.EVENT
ASKED: dict[str, Any] = {"requested": OLD.date(), "attempts_used": 3}


@pytest.mark.parametrize(
    ("known", "said", "carried"),
    [
        ({"status": COMPLETED, "expires": TODAY - DAY}, COMPLETED, {"expires": TODAY - DAY}),
        ({"status": ValidationStatus.EXPIRED, "expires": TODAY - DAY}, COMPLETED, {"expires": None}),
        ({"status": ACTION, "expires": TODAY + 30 * DAY}, COMPLETED, {"expires": TODAY + 30 * DAY}),
        ({"status": COMPLETED, "expires": TODAY + 30 * DAY}, IN_PROGRESS, {"expires": TODAY + 30 * DAY}),
        ({"status": COMPLETED, "expires": TODAY + 30 * DAY}, ValidationStatus.EXPIRED, {"expires": None}),
        ({"status": COMPLETED} | ASKED, IN_PROGRESS, {"requested": None, "attempts_used": None}),
        ({"status": IN_PROGRESS} | ASKED, ACTION, ASKED),
        ({"status": FAILED, "given_up_by": "kim"} | ASKED, ACTION, {"attempts_used": None, "given_up_by": ""}),
    ],
)
def test_an_event_carries_nothing_of_another_request_into_this_one(
    known: dict[str, Any], said: ValidationStatus, carried: dict[str, Any]
) -> None:
    after_it = entry(said, way=EVENT, said_at=NOW).over(entry(**known))
    assert carried == {name: getattr(after_it, name) for name in carried}
