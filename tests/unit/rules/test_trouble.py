"""What Azure itself says is wrong, and where testimony and evidence do not go together."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from shared.domain.finding import Severity
from shared.domain.signatures import Signatures
from shared.domain.survey import Survey
from shared.domain.validation import RegisterEntry
from tests.unit.rules.samples import (
    ACTION,
    DAY,
    FAILED,
    GAMES,
    IN_PROGRESS,
    NOW,
    TODAY,
    account,
    certificate,
    daily,
    entry,
    found,
    profile,
    signed,
    survey,
)


def revoked(**parts: Any) -> Survey:
    one = certificate(NOW - DAY, revocation_status="Succeeded", **parts)
    return survey(profiles={GAMES.id: (profile(GAMES, certificates=(one, certificate(NOW))),)})


@pytest.mark.parametrize(
    ("parts", "speaks"),
    [
        ({"revocation_asked": NOW}, True),
        ({"revocation_asked": NOW - timedelta(days=29, hours=23)}, True),
        ({"revocation_asked": NOW - 30 * DAY}, False),
        ({}, True),
        ({"expires": NOW - 31 * DAY}, False),
    ],
)
def test_a_revocation_is_told_for_thirty_days(parts: dict[str, Any], speaks: bool) -> None:
    assert speaks == bool(found("certificate-revoked", revoked(**parts)))


def test_a_revocation_that_failed_is_worse_and_says_why() -> None:
    bad = certificate(NOW, revocation_status="Failed", revocation_asked=NOW, revocation_failure="no such key")
    [one] = found("certificate-revoked", survey(profiles={GAMES.id: (profile(GAMES, certificates=(bad,)),)}))
    assert (Severity.CRITICAL, 2, "no such key") == (one.severity, one.level, one.facts["Why it failed"])


@pytest.mark.parametrize(
    ("state", "speaks"),
    [("Succeeded", 0), ("Accepted", 0), ("Updating", 0), ("", 0), ("Failed", 1), ("canceled", 1), ("Brandnew", 0)],
)
def test_an_operation_that_failed_or_was_cancelled_is_told_of_accounts_and_of_profiles(state: str, speaks: int) -> None:
    assert speaks == len(found("provisioning-failed", survey(account(provisioning_state=state))))
    shown = {GAMES.id: (profile(GAMES, provisioning_state=state),)}
    assert speaks == len(found("provisioning-failed", survey(profiles=shown)))


@pytest.mark.parametrize(("state", "speaks"), [("Suspended", True), ("suspended", True), ("Succeeded", False)])
def test_a_suspended_account_is_critical(state: str, speaks: bool) -> None:
    assert speaks * [Severity.CRITICAL] == [
        one.severity for one in found("account-suspended", survey(account(provisioning_state=state)))
    ]


LATE, FRESH = NOW - timedelta(hours=38, minutes=1), NOW - timedelta(hours=37, minutes=59)


@pytest.mark.parametrize(
    ("said", "newest", "speaks"),
    [
        (entry(FAILED, said_at=NOW - 3 * DAY), NOW, True),
        (entry(FAILED, said_at=NOW - timedelta(hours=25)), NOW - timedelta(hours=0), True),
        (entry(FAILED, said_at=NOW - timedelta(hours=24)), NOW, False),
        (entry(IN_PROGRESS, said_at=NOW - 3 * DAY), NOW, True),
        (entry(ACTION, said_at=NOW - 3 * DAY), NOW, True),
        (entry(FAILED, said_at=NOW), LATE, False),
        (entry(expires=TODAY + 90 * DAY), FRESH, False),
        (entry(expires=TODAY + 90 * DAY), LATE, True),
        (entry(), LATE, True),
        (entry(expires=TODAY - DAY), LATE, False),
    ],
)
def test_the_list_and_the_certificates_must_agree(said: RegisterEntry, newest: Any, speaks: bool) -> None:
    assert speaks == bool(found("contradiction", survey(said=[said], profiles={GAMES.id: (profile(GAMES, newest),)})))


def test_what_could_not_be_seen_contradicts_nothing() -> None:
    seen = survey(said=[entry(expires=TODAY + 90 * DAY)])
    hidden = replace(seen, profiles={}, last_seen={GAMES.id: (profile(GAMES, LATE),)})
    assert [] == found("contradiction", hidden)


def silent(counted: Signatures, **parts: Any) -> bool:
    return bool(found("signing-silent", survey(signatures={GAMES.id: counted}, **parts)))


def until(days_ago: int, *, weekdays: range = range(7)) -> dict[date, int]:
    """Signs on these weekdays, the last time so many days ago."""
    return {on: n for on, n in daily(50, 50).items() if on <= TODAY - days_ago * DAY and on.weekday() in weekdays}


@pytest.mark.parametrize(("days_ago", "speaks"), [(1, False), (2, False), (3, True), (10, True)])
def test_two_usual_days_without_a_signature_are_silence(days_ago: int, speaks: bool) -> None:
    """Today is not over, so it does not count: the last one three days ago means two days missed."""
    assert speaks == silent(signed(until(days_ago)))


def test_weekends_without_signatures_are_normal() -> None:
    """Friday noon; the last signature on Thursday of a week that begins on Monday, or on the Friday before."""
    workdays = range(5)
    assert not silent(signed(until(1, weekdays=workdays)))
    monday = NOW + 3 * DAY
    signatures = signed({on: n for on, n in daily(50, 50, monday).items() if on.weekday() in workdays}, monday)
    seen = survey(signatures={GAMES.id: signatures}, profiles={GAMES.id: (profile(GAMES, monday),)})
    assert [] == found("signing-silent", seen, now=monday)


@pytest.mark.parametrize(
    "counted",
    [
        signed({}),
        signed({TODAY - 9 * DAY: 5}),
        replace(signed(until(10)), read_until=NOW - 9 * DAY),
        replace(signed(until(10)), since=NOW - 20 * DAY),
    ],
)
def test_without_a_pattern_or_with_days_unread_silence_cannot_be_said(counted: Signatures) -> None:
    assert not silent(counted)


def test_where_nothing_can_be_signed_silence_is_another_rules_matter() -> None:
    assert not silent(signed(until(10)), profiles={GAMES.id: (profile(GAMES, NOW - 9 * DAY),)})
