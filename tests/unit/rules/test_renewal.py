"""Certificates live three days and are renewed daily: only when that stops is anything wrong."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.account import Certificate, CertificateProfile, SigningAccount
from shared.domain.finding import Finding, Severity
from shared.domain.policy import Policy
from shared.domain.rules.renewal import renewal_stopped, signing_down
from shared.domain.rules.trouble import profile_suspended
from shared.domain.subscription import Subscription
from shared.domain.survey import Survey
from tests.flows.fakes import DAY, LIFETIME, Profile

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
OWNER = Subscription("11111111-1111-4111-8111-111111111111", "Games")
ACCOUNT = SigningAccount("/subscriptions/1/a", "games", OWNER.id, "RG", "westeurope", "Basic")


def certificate(age: timedelta, lifetime: timedelta = LIFETIME, revoked: str = "") -> Certificate:
    return Certificate("1", "1", NOW - age, NOW - age + lifetime, revoked)


def profile(*certificates: Certificate, age: timedelta = 30 * DAY, status: str = "Active") -> CertificateProfile:
    return CertificateProfile(
        ACCOUNT.id, "release", "PublicTrust", status, "aaaaaaaa-1", created=NOW - age, certificates=certificates
    )


def judge(*profiles: CertificateProfile, now: datetime = NOW) -> list[Finding]:
    survey = Survey(OWNER, now, (ACCOUNT,), {ACCOUNT.id: profiles})
    rules = (renewal_stopped, signing_down, profile_suspended)
    return [found for rule in rules for found in rule(survey, Policy(), now)]


def names(*profiles: CertificateProfile) -> list[str]:
    return [found.rule for found in judge(*profiles)]


@pytest.mark.parametrize(
    ("age", "found"),
    [
        (HOUR, []),
        (24 * HOUR, []),
        (38 * HOUR, []),
        (38 * HOUR + SECOND, ["renewal-stopped"]),
        (72 * HOUR - SECOND, ["renewal-stopped"]),
        (72 * HOUR, ["signing-down"]),
        (30 * DAY, ["signing-down"]),
    ],
)
def test_renewal_has_stopped_after_half_a_lifetime_and_signing_is_down_at_its_end(
    age: timedelta, found: list[str]
) -> None:
    assert found == names(profile(certificate(age)))


def test_a_certificate_that_expires_in_2_days_is_normal() -> None:
    assert [] == names(profile(certificate(24 * HOUR)), profile(certificate(48 * HOUR), certificate(HOUR)))


@pytest.mark.parametrize(
    ("age", "found"), [(HOUR, []), (24 * HOUR - SECOND, []), (24 * HOUR, ["signing-down"]), (9 * DAY, ["signing-down"])]
)
def test_a_new_profile_has_a_day_to_get_its_first_certificate(age: timedelta, found: list[str]) -> None:
    assert found == names(profile(age=age))


def test_a_profile_that_never_got_a_certificate_says_so() -> None:
    [found] = judge(profile(age=2 * DAY))
    assert found.what.endswith("no certificate was ever issued")


def test_a_longer_lifetime_has_a_longer_half() -> None:
    assert [] == names(profile(certificate(86 * HOUR, 7 * DAY)))
    assert ["renewal-stopped"] == names(profile(certificate(87 * HOUR, 7 * DAY)))


@pytest.mark.parametrize("status", ["Requested", "Failed", "Unknown"])
def test_a_revoked_certificate_signs_nothing_whatever_became_of_the_revocation(status: str) -> None:
    [found] = judge(profile(certificate(HOUR, revoked=status)))
    assert ("signing-down", Severity.CRITICAL, None) == (found.rule, found.severity, found.began)
    assert "since" not in found.what
    assert "ever issued" not in found.what


def test_what_has_been_dead_for_a_month_wakes_nobody() -> None:
    edge = 30 * DAY + LIFETIME
    assert [Severity.CRITICAL] == [found.severity for found in judge(profile(certificate(edge)))]
    assert [Severity.WARNING] == [found.severity for found in judge(profile(certificate(edge + SECOND)))]


def test_one_problem_for_a_validation_names_all_it_takes_down() -> None:
    down = profile(certificate(90 * HOUR))
    [found] = judge(down, replace(down, name="nightly"))
    assert "aaaaaaaa-1" == found.subject
    assert "2 profiles: games/nightly (westeurope), games/release (westeurope)" in found.stops


@pytest.mark.parametrize(
    ("status", "severity"),
    [("Suspended", Severity.CRITICAL), ("suspended", Severity.CRITICAL), ("Disabled", Severity.WARNING)],
)
def test_a_suspended_profile_is_its_own_problem_and_hides_dead_certificates(status: str, severity: Severity) -> None:
    [found] = judge(profile(certificate(90 * HOUR), status=status))
    assert ("profile-suspended", "rg/games/release", severity) == (found.rule, found.subject, found.severity)


@pytest.mark.parametrize("status", ["Active", "", "SomethingNew"])
def test_a_status_nobody_knows_is_no_alarm(status: str) -> None:
    assert [] == names(profile(certificate(HOUR), status=status))


@given(st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)))  # noqa: DTZ001
def test_a_profile_that_is_renewed_daily_never_raises_anything(at: datetime) -> None:
    now = at.replace(tzinfo=UTC)
    shown = Profile(created=now - 400 * DAY).shown(ACCOUNT.id, now)
    assert [] == judge(shown, now=now)


@given(st.timedeltas(timedelta(), 60 * DAY))
def test_no_problem_began_in_the_future(age: timedelta) -> None:
    assert [] == [found for found in judge(profile(certificate(age))) if found.began and found.began > NOW]


@pytest.mark.parametrize(
    ("made", "found"),
    [
        (profile(certificate(-4 * SECOND), age=3 * SECOND), []),
        (replace(profile(), created=None, provisioning_state="Accepted", status=""), []),
        (replace(profile(), created=None, provisioning_state="Succeeded"), ["signing-down"]),
        (profile(certificate(HOUR, revoked="Succeeded"), age=2 * HOUR), ["signing-down"]),
        (profile(certificate(80 * HOUR), age=3 * HOUR), ["signing-down"]),
    ],
)
def test_a_profile_that_was_just_made_is_not_down(made: CertificateProfile, found: list[str]) -> None:
    assert found == names(made)


def test_what_is_suspended_as_a_whole_is_not_cured_by_new_profiles() -> None:
    suspended = replace(ACCOUNT, provisioning_state="Suspended")
    seen = Survey(OWNER, NOW, (suspended,), {ACCOUNT.id: (profile(certificate(90 * HOUR)),)})
    assert [] == [*renewal_stopped(seen, Policy(), NOW), *signing_down(seen, Policy(), NOW)]


def test_profiles_bound_to_nothing_have_nothing_in_common() -> None:
    down = replace(profile(certificate(90 * HOUR)), identity_validation_id="")
    found = judge(down, replace(down, name="nightly"))
    assert ["rg/games/nightly", "rg/games/release"] == sorted(one.subject for one in found)
    assert all("bound to none" in one.what for one in found)


@pytest.mark.parametrize(
    "dead",
    [
        profile(age=300 * DAY),
        profile(replace(certificate(200 * DAY, revoked="Succeeded"), revocation_asked=NOW - 199 * DAY), age=300 * DAY),
    ],
)
def test_what_never_signed_or_was_revoked_long_ago_wakes_nobody_either(dead: CertificateProfile) -> None:
    assert [Severity.WARNING] == [found.severity for found in judge(dead)]
