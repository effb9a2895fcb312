"""Requests on their way: at, just before and just after each boundary, and advice by reason."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.business_days import business_days_between
from shared.domain.finding import Severity
from shared.domain.policy import Policy, ValidationPolicy
from shared.domain.survey import Survey
from shared.domain.validation import ApplicantKind, FailureReason, RegisterEntry, ValidationStatus
from tests.unit.rules.samples import (
    ACTION,
    DAY,
    FAILED,
    ID,
    IN_PROGRESS,
    NOW,
    OTHER_ID,
    TODAY,
    account,
    entry,
    found,
    profile,
    survey,
)


def rules_of(said: RegisterEntry, rule: str) -> list[tuple[Severity, int]]:
    return [(one.severity, one.level) for one in found(rule, survey(said=[said]))]


@pytest.mark.parametrize(
    ("left", "level"), [(7, None), (4, None), (3, 1), (2, 1), (1, 2), (0, 2), (-1, 3), (-7, 3), (-8, None)]
)
def test_the_link_in_the_mail_is_counted_down_for_seven_days(left: int, level: int | None) -> None:
    said = entry(IN_PROGRESS, account="games", requested=TODAY - (7 - left) * DAY, email_verified=False)
    assert ([(Severity.WARNING, level)] if level else []) == rules_of(said, "validation-link")


@pytest.mark.parametrize(
    ("parts", "speaks"),
    [
        ({}, True),
        ({"email_verified": None}, True),
        ({"email_verified": True}, False),
        ({"kind": ApplicantKind.INDIVIDUAL}, False),
        ({"requested": None}, False),
        ({"status": ValidationStatus.FAILED}, False),
        ({"status": ValidationStatus.ACTION_REQUIRED}, True),
    ],
)
def test_only_a_request_that_waits_for_its_mail_runs_out(parts: dict[str, Any], speaks: bool) -> None:
    said: dict[str, Any] = {
        "status": IN_PROGRESS,
        "requested": TODAY - 6 * DAY,
        "email_verified": False,
        "account": "games",
    } | parts
    assert speaks == bool(found("validation-link", survey(said=[entry(**said)])))


@pytest.mark.parametrize(("days", "speaks"), [(19, False), (20, False), (21, True), (60, True)])
def test_a_request_is_stuck_after_twenty_business_days(days: int, speaks: bool) -> None:
    requested = TODAY
    while business_days_between(requested, TODAY) < days:
        requested -= DAY
    said = entry(IN_PROGRESS, account="games", requested=requested, email_verified=True)
    assert speaks == bool(found("validation-stalled", survey(said=[said])))


@given(st.dates(date(2023, 1, 1), date(2030, 1, 1)), st.integers(0, 400))
def test_business_days_are_mondays_to_fridays(first: date, days: int) -> None:
    """Weekends, month ends and leap days change nothing."""
    last = first + days * DAY
    counted = sum((first + number * DAY).weekday() < 5 for number in range(1, days + 1))
    assert counted == business_days_between(first, last)
    assert 0 == business_days_between(last, first) or first == last


@pytest.mark.parametrize(("used", "level"), [(None, 1), (0, 1), (1, 1), (2, 2), (3, 2)])
def test_few_attempts_left_are_told_again(used: int | None, level: int) -> None:
    assert [(Severity.WARNING, level)] == rules_of(
        entry(ACTION, account="games", attempts_used=used), "validation-action-required"
    )


def test_what_is_required_depends_on_who_is_validated() -> None:
    [of_person] = found("validation-action-required", survey(said=[entry(ACTION, kind=ApplicantKind.INDIVIDUAL)]))
    [of_company] = found("validation-action-required", survey(said=[entry(ACTION, kind=ApplicantKind.ORGANISATION)]))
    assert "follow the link there" in of_person.next_step
    assert "Upload the documents" in of_company.next_step


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (FailureReason.EMAIL_MISSED, "Make a new request in the portal"),
        (FailureReason.DOCUMENTS_EXHAUSTED, "Documents were supplied three times"),
        (FailureReason.NOT_ELIGIBLE, "younger than three years"),
        (FailureReason.UNDETERMINED, "could not decide"),
        (None, "could not decide"),
    ],
)
def test_a_failure_is_advised_on_by_its_reason(reason: FailureReason | None, words: str) -> None:
    [one] = found("validation-failed", lone(entry(FAILED, account="games", failure=reason)))
    assert Severity.WARNING == one.severity
    assert words in one.next_step
    assert ID in one.facts["To paste for support"]


def lone(*said: RegisterEntry, **parts: Any) -> Survey:
    """An account that never got a profile."""
    return survey(profiles={account().id: ()}, said=list(said), **parts)


def test_what_was_given_up_is_only_worth_knowing() -> None:
    [one] = found("validation-failed", lone(entry(FAILED, account="games", given_up_by="kim")))
    assert (Severity.INFO, True) == (one.severity, "given up by kim" in one.what)
    assert "delete the account" in one.next_step


GIVEN_UP = entry(FAILED, account="games", validation_id=OTHER_ID, given_up_by="kim")


@pytest.mark.parametrize(
    "seen",
    [
        survey(said=[GIVEN_UP]),
        survey(said=[replace(GIVEN_UP, given_up_by=""), entry()]),
        lone(GIVEN_UP, entry(IN_PROGRESS, account="games")),
        replace(survey(said=[GIVEN_UP]), profiles={}),
        survey(said=[GIVEN_UP], profiles={account().id: (profile(account(), None),)}),
    ],
)
def test_no_account_is_advised_to_be_deleted_that_signs_or_waits_or_was_not_read(seen: Survey) -> None:
    [one] = found("validation-failed", seen)
    assert "delete the account so" not in one.next_step
    assert "delete the account, so" not in one.next_step


def test_a_failed_request_of_an_account_that_signs_is_worth_knowing_and_no_more() -> None:
    [one] = found("validation-failed", survey(said=[replace(GIVEN_UP, given_up_by="")]))
    assert (Severity.INFO, "Signing goes on with the validation that is in use.") == (one.severity, one.stops)


def test_a_request_keeps_its_key_when_it_gets_its_id() -> None:
    waiting = entry(ACTION, account="Games", validation_id="")
    keys = [
        found("validation-action-required", lone(said))[0].key
        for said in (waiting, replace(waiting, validation_id=OTHER_ID))
    ]
    assert keys[0] == keys[1]


def test_a_request_without_an_id_is_done_when_the_account_uses_a_completed_validation() -> None:
    waiting = entry(ACTION, account="games", validation_id="", said_at=NOW - 200 * DAY)
    assert [] == found("validation-action-required", survey(said=[waiting, entry()]))
    assert [] != found("validation-action-required", survey(said=[replace(waiting, said_at=NOW), entry()]))


def test_without_a_day_of_the_request_it_is_counted_from_when_it_was_said() -> None:
    said = entry(IN_PROGRESS, account="games", validation_id="", said_at=NOW - 60 * DAY)
    [one] = found("validation-stalled", lone(said))
    assert "has been in progress since 21 Sep 2026" in one.what


def test_after_three_attempts_no_more_documents_are_asked_for() -> None:
    [one] = found("validation-action-required", lone(entry(ACTION, account="games", attempts_used=3)))
    assert "Documents were supplied three times" in one.next_step


@pytest.mark.parametrize(
    ("said", "profiled", "speaks"),
    [
        (entry(FAILED, account="games"), False, True),
        (entry(FAILED, account="GAMES"), False, True),
        (entry(FAILED, account="deleted-since"), False, False),
        (entry(FAILED, account="deleted-since"), True, True),
        (entry(FAILED, said_at=NOW - 179 * DAY), False, True),
        (entry(FAILED, said_at=NOW - 181 * DAY), False, False),
        (entry(FAILED, validation_id="", account="games"), False, True),
        (entry(), True, False),
        (entry(IN_PROGRESS), True, False),
    ],
)
def test_a_failure_concerns_the_account_it_was_requested_for_or_whoever_entered_it(
    said: RegisterEntry, profiled: bool, speaks: bool
) -> None:
    shown = {} if profiled else {account().id: ()}
    assert speaks == bool(found("validation-failed", survey(profiles=shown, said=[said])))


def test_days_and_attempts_are_settings() -> None:
    policy = Policy(validation=ValidationPolicy(link_days_left=(5,), attempts_left=2, stalled_days=3))
    said = entry(IN_PROGRESS, account="games", requested=TODAY - timedelta(days=7), email_verified=False)
    seen = survey(said=[said])
    assert [1, 1] == [len(found(rule, seen, policy)) for rule in ("validation-link", "validation-stalled")]
    [one] = found("validation-action-required", survey(said=[entry(ACTION, attempts_used=1)]), policy)
    assert 2 == one.level


REVOKED = replace(profile(account()), status="Disabled", certificates=tuple(
    replace(one, revocation_status="Succeeded") for one in profile(account()).certificates
))  # fmt: skip


@pytest.mark.parametrize(
    "seen",
    [
        replace(lone(GIVEN_UP), accounts=(account(provisioning_state="Suspended"),)),
        survey(said=[GIVEN_UP], profiles={account().id: (profile(account(), status="Suspended"),)}),
        survey(said=[GIVEN_UP], profiles={account().id: (REVOKED,)}),
        survey(said=[GIVEN_UP], profiles={account().id: (profile(account(), status="Disabled"),)}),
    ],
)
def test_evidence_of_an_investigation_is_never_advised_to_be_deleted(seen: Survey) -> None:
    """Nor what is bound to a validation of which nobody has said that it failed."""
    [one] = found("validation-failed", seen)
    assert "delete the account so" not in one.next_step
    assert "delete the account, so" not in one.next_step


def test_of_several_requests_for_one_account_the_one_said_last_speaks() -> None:
    older = replace(GIVEN_UP, given_up_by="", said_at=NOW - 9 * DAY)
    newer = replace(older, validation_id=ID, said_at=NOW - DAY, failure=FailureReason.NOT_ELIGIBLE)
    [one] = found("validation-failed", lone(older, newer))
    assert ("account:games", True) == (one.subject, "not eligible" in one.what)
