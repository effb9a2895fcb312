"""The Event Grid webhook: handshakes, schemas, and what it answers when a function fails."""

import json
from typing import Any
from uuid import uuid4

import pytest

from tests.doors.host_driver import SampleHost

pytestmark = pytest.mark.asyncio(loop_scope="session")

WEBHOOK = "/runtime/webhooks/EventGrid?functionName=Arrived&code=ignored"


def event(identifier: str | None = None, kind: str = "thing.happened") -> dict[str, Any]:
    return {
        "id": identifier or uuid4().hex,
        "topic": "/subscriptions/s",
        "subject": "a thing",
        "eventType": kind,
        "eventTime": "2026-11-20T09:07:00.1234567Z",
        "data": {},
        "dataVersion": "1",
    }


def cloud_event() -> dict[str, Any]:
    return {"specversion": "1.0", "id": uuid4().hex, "source": "/s", "type": "thing.happened", "data": {}}


async def test_the_validation_event_is_answered_with_its_code(host: SampleHost) -> None:
    asked = event(kind="Microsoft.EventGrid.SubscriptionValidationEvent") | {"data": {"validationCode": "a code"}}
    headers = {"aeg-event-type": "SubscriptionValidation"}
    async with host.client.post(WEBHOOK, json=[asked], headers=headers) as response:
        assert (response.status, await response.json()) == (200, {"validationResponse": "a code"})
    assert host.notes("arrived", id=asked["id"]) == []


async def test_a_sender_of_cloud_events_is_allowed(host: SampleHost) -> None:
    headers = {"WebHook-Request-Origin": "eventgrid.azure.net", "WebHook-Request-Rate": "120"}
    async with host.client.options(WEBHOOK, headers=headers) as response:
        assert response.status == 200
        assert response.headers["WebHook-Allowed-Origin"] == "eventgrid.azure.net"
        assert response.headers["WebHook-Allowed-Rate"] == "120"


async def test_each_event_of_a_batch_is_one_call(host: SampleHost) -> None:
    batch = [event(), event()]
    async with host.client.post(WEBHOOK, json=batch, headers={"aeg-event-type": "Notification"}) as response:
        assert response.status == 202
    assert [len(host.notes("arrived", id=each["id"], type="thing.happened")) for each in batch] == [1, 1]


async def test_cloud_events_come_alone_or_in_batches(host: SampleHost) -> None:
    alone, batch = cloud_event(), [cloud_event(), cloud_event()]
    for body, kind in ((alone, "cloudevents"), (batch, "cloudevents-batch")):
        headers = {"Content-Type": f"application/{kind}+json; charset=utf-8"}
        async with host.client.post(WEBHOOK, data=json.dumps(body), headers=headers) as response:
            assert response.status == 202
    assert [len(host.notes("arrived", id=each["id"], type="thing.happened")) for each in (alone, *batch)] == [1, 1, 1]


async def test_one_failed_event_fails_the_delivery(host: SampleHost) -> None:
    good = event()
    async with host.client.post(WEBHOOK, json=[event("fail"), good]) as response:
        assert response.status == 500
    assert len(host.notes("arrived", id=good["id"])) == 1


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (WEBHOOK, "no json", 400),
        (WEBHOOK, "[1]", 400),
        ("/runtime/webhooks/EventGrid?functionName=nobody", "[]", 404),
        ("/runtime/webhooks/EventGrid?functionName=work", "[]", 404),
        ("/runtime/webhooks/EventGrid", "[]", 404),
    ],
)
async def test_what_cannot_be_delivered_is_refused(host: SampleHost, path: str, body: str, status: int) -> None:
    async with host.client.post(path, data=body) as response:
        assert response.status == status
