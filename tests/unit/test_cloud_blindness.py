"""Reasons for people: which role is missing, what went wrong, and nothing that must not be read."""

import pytest
from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    IncompleteReadError,
    ServiceRequestError,
    ServiceResponseTimeoutError,
)

from shared.cloud.blindness import MONITORING_READER, READER, blind, gone
from shared.domain.blind import About
from tests.unit.fake_transport import Reply

ID = "6f31b285-a708-4d4e-85f2-b29a7e63cf65"
SUBSCRIPTION = f"/subscriptions/{ID}"
ACCOUNT = f"{SUBSCRIPTION}/resourcegroups/rg/providers/microsoft.codesigning/codesigningaccounts/alpha"
SIGNED = "https://arm.example/operation?sig=c2VjcmV0"


def refused(status: int, code: object = "Odd") -> HttpResponseError:
    body = {"error": {"code": code, "message": f"see {SIGNED}"}}
    return HttpResponseError(response=Reply(status, body))


@pytest.mark.parametrize(
    ("error", "role", "reason"),
    [
        (
            refused(403, "AuthorizationFailed"),
            MONITORING_READER,
            (
                f"The Monitoring Reader role is missing on subscription {ID} (403 AuthorizationFailed): "
                "give it to the identity that Countersign runs as."
            ),
        ),
        (refused(403, "RequestDisallowedByPolicy"), READER, "Azure refused to answer (403 RequestDisallowedByPolicy)."),
        (refused(401), READER, "Azure did not accept the sign-in (401 Odd)."),
        (refused(404), READER, "Azure does not know what was asked for (404 Odd)."),
        (refused(502, SIGNED), READER, "Azure is having trouble of its own (502)."),
        (refused(409, 7), READER, "Azure refused to answer (409)."),
        (IncompleteReadError(SIGNED), READER, "Azure's answer was cut short or could not be understood."),
        (ValueError(SIGNED), READER, "Azure's answer was cut short or could not be understood."),
        (TimeoutError(), READER, "Azure did not answer in time."),
        (ServiceResponseTimeoutError(SIGNED), READER, "Azure did not answer in time."),
        (ServiceRequestError(SIGNED), READER, "The connection to Azure failed."),
        (AzureError(SIGNED), READER, "The connection to Azure failed."),
        (
            ClientAuthenticationError(SIGNED),
            READER,
            "Signing in to Azure failed: no identity was found, or it was not accepted.",
        ),
    ],
)
def test_a_reason_is_one_plain_sentence(error: Exception, role: str, reason: str) -> None:
    found = blind(About.USAGE, ACCOUNT, error, role)

    assert (found.about, found.scope, found.reason) == (About.USAGE, ACCOUNT, reason)


def test_a_subscription_that_is_not_there_hides_all_of_itself() -> None:
    found = blind(About.PROFILES, ACCOUNT, refused(404, "SubscriptionNotFound"))

    assert found.scope == SUBSCRIPTION


def test_without_a_right_anywhere_the_role_is_missing_everywhere() -> None:
    assert "on every subscription to be watched" in blind(About.ACCOUNTS, "", refused(403, "AccessDenied")).reason


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (refused(404, "ResourceNotFound"), True),
        (refused(404, "ResourceGroupNotFound"), True),
        (refused(404, "SubscriptionNotFound"), False),
        (refused(404, "InvalidResourceType"), False),
        (refused(403, "ResourceNotFound"), False),
        (HttpResponseError(response=Reply(404, "<html>")), False),
    ],
)
def test_gone_is_only_what_azure_says_is_gone(error: HttpResponseError, expected: bool) -> None:
    assert gone(error) == expected
