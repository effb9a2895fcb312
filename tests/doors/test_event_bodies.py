"""Event bodies in both schemas: what is understood, what is none of ours, and what is said of a bad one."""

import json
from datetime import UTC, date, datetime
from typing import Any

import azure.functions as func
import pytest
from azure.functions.eventgrid import EventGridEventInConverter
from azure.functions.meta import Datum

from functions.event_bodies import Event, changed_account, delivered_letter, event_of, reported_validation
from shared.domain.validation import RegisterEntry, ValidationStatus, Way
from shared.testimony import Unfit
from tests.conftest import PROJECT

SUBSCRIPTION = "1f3a6c1e-9d52-4b0e-8a77-0c2b5d8e4f10"
VALIDATION = "4931e07a-52c8-4d6f-9b13-6a0c8e7d2f95"
ACCOUNT = (
    f"/subscriptions/{SUBSCRIPTION}/resourcegroups/rg-one/providers/microsoft.codesigning/codesigningaccounts/alpha"
)
NOW = datetime(2026, 11, 20, 9, 7, tzinfo=UTC)
WROTE = {
    "resourceUri": ACCOUNT.replace("resourcegroups/rg-one", "resourceGroups/RG-One"),
    "operationName": "Microsoft.CodeSigning/codeSigningAccounts/write",
    "status": "Succeeded",
    "claims": {"name": "Ana"},
    "httpRequest": '{"clientIpAddress": "203.0.113.7"}',
}
SAID = {"subscription": SUBSCRIPTION.upper(), "validation": VALIDATION, "status": "Completed", "by": "a mail rule"}


def given(event_type: str, data: object, *, cloud: bool = False) -> Event:
    """As the runtime hands it to us."""
    time = "2026-11-20T09:06:30.1234567Z"
    body: dict[str, Any] = {"id": "7", "subject": "s", "data": data}
    if cloud:
        body |= {"specversion": "1.0", "source": "/s", "type": event_type, "time": time}
    else:
        body |= {"topic": "/s", "eventType": event_type, "eventTime": time, "dataVersion": "2"}
    decoded = EventGridEventInConverter.decode(Datum(json.dumps(body), "json"), trigger_metadata={})
    assert isinstance(decoded, func.EventGridEvent | func.CloudEvent)
    return event_of(decoded)  # type: ignore[arg-type]


@pytest.mark.parametrize("cloud", [False, True])
def test_both_schemas_say_the_same(cloud: bool) -> None:
    event = given("Microsoft.Resources.ResourceWriteSuccess", WROTE, cloud=cloud)

    assert ("7", "Microsoft.Resources.ResourceWriteSuccess") == (event.id, event.type)
    assert datetime(2026, 11, 20, 9, 6, 30, 123456, tzinfo=UTC) == event.time
    assert changed_account(event) == ACCOUNT


@pytest.mark.parametrize("tail", ["", "/certificateProfiles/release", "/certificateProfiles/a%20b"])
@pytest.mark.parametrize("verb", ["Write", "Delete", "Action"])
@pytest.mark.parametrize("outcome", ["Success", "Failure", "Cancel"])
def test_whatever_happens_to_an_account_or_in_it_is_about_the_account(tail: str, verb: str, outcome: str) -> None:
    event = given(f"Microsoft.Resources.Resource{verb}{outcome}", WROTE | {"resourceUri": f"{ACCOUNT}{tail}"})
    assert changed_account(event) == ACCOUNT


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("Microsoft.Storage.BlobCreated", {}),
        ("Microsoft.Resources.ResourceWriteSuccess", {"operationName": "Microsoft.Compute/virtualMachines/write"}),
        ("Microsoft.Resources.ResourceActionSuccess", {"resourceUri": f"/subscriptions/{SUBSCRIPTION}"}),
        ("Microsoft.Resources.ResourceWriteSuccess", {"resourceUri": ACCOUNT.replace(SUBSCRIPTION, "../..")}),
    ],
)
def test_what_is_none_of_ours_is_passed_over(kind: str, change: dict[str, object]) -> None:
    assert changed_account(given(kind, WROTE | change)) is None


@pytest.mark.parametrize("data", [None, "no json", [], {}, {"resourceUri": 7, "operationName": "x"}])
def test_a_resource_event_that_says_nothing_is_unfit(data: object) -> None:
    with pytest.raises(Unfit, match="names no operation or no resource"):
        changed_account(given("Microsoft.Resources.ResourceWriteSuccess", data))


def test_what_is_put_aside_holds_nothing_about_people() -> None:
    kept = json.loads(given("Microsoft.Resources.ResourceWriteSuccess", WROTE).kept())
    assert {"resourceUri", "operationName", "status"} == set(kept["data"])


@pytest.mark.parametrize("data", ["no json", ["a", 1], SAID | {"note": "x" * 20_000}])
def test_of_a_report_that_is_put_aside_nothing_is_lost(data: object) -> None:
    assert data == json.loads(given("Countersign.Validation.Reported", data).kept())["data"]


def test_the_report_in_the_documentation_is_one() -> None:
    text = (PROJECT / "docs" / "events.md").read_text("utf-8")
    sample = json.loads(text.partition("```json")[2].partition("```")[0])
    entry = reported_validation(given(sample["type"], sample["data"], cloud=True), NOW, 3)

    assert entry is not None
    assert entry.expires == date(2028, 11, 19)


@pytest.mark.parametrize("status", ["In Progress", "in progress", "InProgress", "in-progress", "IN_PROGRESS"])
def test_a_report_uses_the_words_of_the_portal_in_any_spelling(status: str) -> None:
    entry = reported_validation(given("Countersign.Validation.Reported", SAID | {"status": status}), NOW, 3)
    assert entry is not None
    assert entry.status is ValidationStatus.IN_PROGRESS


def test_a_report_is_an_entry_said_when_the_event_happened() -> None:
    data = SAID | {"expires": "2027-10-01", "organisation": " Fabrikam Inc ", "note": "renewed"}
    event = given("Countersign.Validation.Reported", json.dumps(data), cloud=True)

    assert event.time
    expected = RegisterEntry(
        SUBSCRIPTION,
        VALIDATION,
        ValidationStatus.COMPLETED,
        "a mail rule",
        event.time,
        Way.EVENT,
        expires=date(2027, 10, 1),
        organisation="Fabrikam Inc",
        note="renewed",
    )
    assert expected == reported_validation(event, NOW, 3)


def test_nobody_speaks_from_the_future() -> None:
    early = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
    entry = reported_validation(given("Countersign.Validation.Reported", SAID), early, 3)
    assert entry
    assert early == entry.said_at


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"subscription": "Main"}, "subscription: must be an id like"),
        ({"validation": None}, "validation: name a validation by its id, or the account"),
        ({"status": "Fine"}, "status: must be one of In Progress, Action Required, Completed, Failed, Expired"),
        ({"expires": "soon"}, "expires: must be a date like 2028-11-19"),
        ({"by": " "}, "by: must say who says so"),
        ({"note": "x" * 2_001}, "note: is too long"),
        ({"expiry": "2027-10-01"}, "expiry: is not a field of the validation list"),
    ],
)
def test_a_bad_report_is_answered_by_one_sentence_without_values(change: dict[str, object], sentence: str) -> None:
    with pytest.raises(Unfit) as told:
        reported_validation(given("Countersign.Validation.Reported", SAID | change), NOW, 3)

    assert str(told.value).startswith(sentence)
    assert VALIDATION not in str(told.value)


def test_events_of_another_type_are_no_reports() -> None:
    assert reported_validation(given("Something.Else", SAID), NOW, 3) is None


LETTER = "<look-1-mail-1@contoso.example>"
DELIVERED = {
    "sender": "countersign@contoso.example",
    "recipient": "ops@contoso.example",
    "internetMessageId": LETTER,
    "messageId": "6f0a6f2e-6c4e-5f0a-9f52-2f1f6a4f3d55",
    "status": "Delivered",
    "deliveryStatusDetails": {"statusMessage": "", "recipientMailServerHostName": "mx.contoso.example"},
    "deliveryAttemptTimestamp": "2026-11-20T09:06:29.99+00:00",
}


@pytest.mark.parametrize("cloud", [False, True])
def test_a_report_of_delivery_names_the_letter(cloud: bool) -> None:
    event = given("Microsoft.Communication.EmailDeliveryReportReceived", DELIVERED, cloud=cloud)
    assert LETTER == delivered_letter(event)


@pytest.mark.parametrize(
    "changed",
    [
        *({"status": status} for status in ("Failed", "Bounced", "Suppressed", "Quarantined", "Expanded", "", None, 1)),
        *({"internetMessageId": value} for value in (None, "", "no brackets", ["<a@b>"], "<a@b>\n<c@d>")),
    ],
)
def test_what_was_not_delivered_for_sure_names_none(changed: dict[str, object]) -> None:
    assert "" == delivered_letter(given("Microsoft.Communication.EmailDeliveryReportReceived", DELIVERED | changed))


def test_a_report_of_another_kind_names_none() -> None:
    assert "" == delivered_letter(given("Microsoft.Communication.EmailEngagementTrackingReportReceived", DELIVERED))
