"""Validations: told at each crossing, weighed against what Azure shows."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.account import SigningAccount
from shared.domain.finding import Finding, Severity
from shared.domain.policy import Policy, ValidationPolicy
from shared.domain.rules.validation import register_out_of_date, validation_expired, validation_expiring
from shared.domain.subscription import Subscription
from shared.domain.survey import Survey
from shared.domain.validation import RegisterEntry, ValidationStatus, Way
from tests.flows.fakes import DAY, Profile

ID = Profile().validation
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
OWNER = Subscription("11111111-1111-4111-8111-111111111111", "Games")
ACCOUNT = SigningAccount("/subscriptions/1/a", "games", OWNER.id, "rg", "westeurope", "Basic")


def entry(expires: date | None, status: ValidationStatus = ValidationStatus.COMPLETED) -> RegisterEntry:
    return RegisterEntry(OWNER.id, ID, status, "ana", NOW - 300 * DAY, Way.PERSON, expires, "Contoso")


def survey(said: RegisterEntry, profile: Profile | None, now: datetime = NOW, *, seen: bool = True) -> Survey:
    profiles = {ACCOUNT.id: (profile.shown(ACCOUNT.id, now),) if profile else ()}
    return Survey(
        OWNER,
        now,
        (ACCOUNT,),
        profiles=profiles if seen else {},
        last_seen={} if seen else profiles,
        register={ID: said},
    )


def expiring(left: int, now: datetime = NOW) -> list[Finding]:
    return list(validation_expiring(survey(entry(now.date() + left * DAY), Profile(), now), Policy(), now))


@pytest.mark.parametrize(
    ("left", "level", "severity"),
    [
        (60, 1, Severity.INFO),
        (59, 1, Severity.INFO),
        (31, 1, Severity.INFO),
        (30, 2, Severity.WARNING),
        (15, 2, Severity.WARNING),
        (14, 3, Severity.WARNING),
        (8, 3, Severity.WARNING),
        (7, 4, Severity.CRITICAL),
        (4, 4, Severity.CRITICAL),
        (3, 5, Severity.CRITICAL),
        (2, 5, Severity.CRITICAL),
        (1, 6, Severity.CRITICAL),
        (0, 6, Severity.CRITICAL),
    ],
)
def test_each_threshold_is_a_level_of_its_own(left: int, level: int, severity: Severity) -> None:
    [found] = expiring(left)
    assert (level, severity) == (found.level, found.severity)


@pytest.mark.parametrize("left", [61, 400, -1])
def test_nothing_expires_before_the_first_threshold_or_after_the_end(left: int) -> None:
    assert [] == expiring(left)


@pytest.mark.parametrize(
    ("left", "words"),
    [(30, "in 30 days: 1 account (games)"), (1, "in 1 day: 1 account (games)"), (0, "today: 1 account (games)")],
)
def test_line_one_says_what_where_and_by_when(left: int, words: str) -> None:
    [found] = expiring(left)
    assert found.what.startswith("Identity validation aaaaaaaa (Contoso) expires on")
    assert found.what.endswith(words)


@given(st.dates(date(2024, 1, 1), date(2040, 12, 31)), st.integers(0, 60), st.times())
def test_days_are_counted_by_the_calendar_in_utc(day: date, left: int, at: time) -> None:
    """Month ends, leap days and the hour of the look change nothing."""
    now = datetime.combine(day, at, UTC)
    [found] = expiring(left, now)
    assert sum(left <= days for days in Policy().validation.warn_days) == found.level
    assert [] == past(entry(day + left * DAY), Profile(), now)


@given(st.dates(date(2024, 1, 1), date(2040, 12, 31)), st.integers(0, 62))
def test_a_day_later_is_never_less_grave(day: date, left: int) -> None:
    expires = day + left * DAY
    first, second = (datetime.combine(on, time(7), UTC) for on in (day, day + DAY))

    def rank(now: datetime) -> tuple[int, int]:
        found = [*validation_expiring(survey(entry(expires), Profile(), now), Policy(), now)]
        return max(((one.severity, one.level) for one in found), default=(0, 0))

    assert rank(first) <= rank(second) or second.date() > expires


def past(said: RegisterEntry, profile: Profile | None, now: datetime = NOW, *, seen: bool = True) -> list[str]:
    given_survey = survey(said, profile, now, seen=seen)
    found: Iterable[Finding] = (
        *validation_expired(given_survey, Policy(), now),
        *register_out_of_date(given_survey, Policy(), now),
    )
    return [one.rule for one in found]


YESTERDAY = NOW.date() - DAY
LONG_AGO = NOW.date() - 20 * DAY
STOPPED = Profile(renews_until=NOW - 2 * DAY)
DEAD = Profile(renews_until=NOW - 40 * DAY, created=NOW - 90 * DAY)
JUST_BEFORE = Profile(created=NOW - 30 * DAY - timedelta(hours=13), renews_until=NOW - timedelta(hours=13))
OTHER = Profile(validation="bbbbbbbb-0000-4000-8000-000000000000")
COMPLETED, EXPIRED = ValidationStatus.COMPLETED, ValidationStatus.EXPIRED
FAILED, IN_PROGRESS = ValidationStatus.FAILED, ValidationStatus.IN_PROGRESS


@pytest.mark.parametrize(
    ("said", "profile", "found"),
    [
        (entry(NOW.date()), Profile(), []),
        (entry(YESTERDAY), STOPPED, ["validation-expired"]),
        (entry(YESTERDAY), Profile(), ["register-out-of-date"]),
        (entry(YESTERDAY), JUST_BEFORE, []),
        (entry(LONG_AGO), STOPPED, ["validation-expired"]),
        (entry(None, EXPIRED), Profile(), ["register-out-of-date"]),
        (entry(NOW.date() + 90 * DAY, EXPIRED), Profile(created=NOW), ["register-out-of-date"]),
        (entry(None), Profile(), []),
        (entry(YESTERDAY, FAILED), STOPPED, ["validation-expired"]),
        (entry(YESTERDAY, IN_PROGRESS), STOPPED, ["validation-expired"]),
        (entry(YESTERDAY), OTHER, []),
        (entry(YESTERDAY), None, []),
    ],
)
def test_past_its_date_it_has_lapsed_or_the_list_is_wrong(
    said: RegisterEntry, profile: Profile | None, found: list[str]
) -> None:
    assert found == past(said, profile)


def said_to_end(said: RegisterEntry, profile: Profile, *, seen: bool = True) -> list[tuple[Severity, int]]:
    given = survey(said, profile, seen=seen)
    return [(one.severity, one.level) for one in validation_expiring(given, Policy(), NOW)]


@pytest.mark.parametrize("seen", [True, False])
def test_between_its_last_day_and_the_proof_it_stays_what_was_told_a_day_before(seen: bool) -> None:
    """Certificates of three days show it a day and a half later; until then only the list says so."""
    assert [(Severity.CRITICAL, 6)] == said_to_end(entry(YESTERDAY), JUST_BEFORE, seen=seen)
    expired = replace(entry(YESTERDAY, EXPIRED), said_at=NOW)
    assert [(Severity.CRITICAL, 7)] == said_to_end(expired, JUST_BEFORE, seen=seen)
    assert [] == said_to_end(entry(YESTERDAY), Profile(), seen=seen)


def test_what_was_seen_before_proves_life_and_no_end() -> None:
    assert ["register-out-of-date"] == past(entry(YESTERDAY), Profile(), seen=False)
    assert [] == past(entry(YESTERDAY), STOPPED, seen=False)
    assert [(Severity.CRITICAL, 6)] == said_to_end(entry(YESTERDAY), STOPPED, seen=False)


@pytest.mark.parametrize(("profile", "severity"), [(STOPPED, Severity.CRITICAL), (DEAD, Severity.WARNING)])
def test_nobody_is_woken_for_what_has_been_dead_for_a_month(profile: Profile, severity: Severity) -> None:
    [found] = validation_expired(survey(entry(LONG_AGO), profile), Policy(), NOW)
    assert severity == found.severity


@pytest.mark.parametrize("status", [IN_PROGRESS, ValidationStatus.ACTION_REQUIRED, FAILED])
def test_a_renewal_that_is_under_way_or_failed_puts_no_end_off(status: ValidationStatus) -> None:
    said = entry(NOW.date() + 14 * DAY, status)
    [found] = validation_expiring(survey(said, Profile()), Policy(), NOW)
    assert (Severity.WARNING, 3) == (found.severity, found.level)
    assert ("do not make another one" in found.next_step) == said.open


@pytest.mark.parametrize(
    ("parts", "account", "speaks"),
    [
        ({}, None, True),
        ({"account": "games"}, "other", True),
        ({"account": "other"}, "other", False),
        ({}, "other", False),
        ({"status": EXPIRED}, None, False),
    ],
)
def test_an_entry_that_nothing_is_known_to_use_counts_only_where_it_may_be_used(
    parts: dict[str, Any], account: str | None, speaks: bool
) -> None:
    """One account that could not be read yet does not bring old entries back to life."""
    seen = replace(ACCOUNT, id="/subscriptions/1/b", name=account or "")
    accounts = (ACCOUNT, seen) if account else (ACCOUNT,)
    profiles = {seen.id: (OTHER.shown(seen.id, NOW),)} if account else {}
    said = replace(entry(NOW.date() + DAY), **parts)
    found = [*validation_expiring(Survey(OWNER, NOW, accounts, profiles, register={ID: said}), Policy(), NOW)]
    assert speaks == bool(found)
    assert [] == [
        one.rule
        for one in validation_expired(Survey(OWNER, NOW, accounts, profiles, register={ID: said}), Policy(), NOW)
    ]


def test_an_entry_without_an_id_is_bound_to_nothing() -> None:
    said = RegisterEntry(OWNER.id, "", COMPLETED, "ana", NOW, Way.PERSON, YESTERDAY, account="games")
    assert [] == past(said, Profile(validation=""))


def test_the_thresholds_are_a_setting_in_any_order() -> None:
    now = NOW + timedelta(hours=1)
    policy = Policy(validation=ValidationPolicy((10, 100, 50)))
    [found] = validation_expiring(survey(entry(now.date() + 40 * DAY), Profile(), now), policy, now)
    assert (2, "when 10 days are left") == (found.level, found.next_word)
