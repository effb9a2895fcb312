"""Events from Event Grid to the receiver, through the runtime library: quick, seldom, and nobody's name is kept."""

import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.queue import TextBase64DecodePolicy
from azure.storage.queue.aio import QueueClient

from sandbox.authority import Authority, make_authority
from sandbox.azure.scenario.loading import load_scenario
from sandbox.stage import Stage, stage
from shared.store.azure_queues import queue_service
from shared.store.azure_tables import AzureRows, table_service
from shared.store.deliveries import TableDeliveries
from tests.conftest import PROJECT, SCHEDULES
from tests.contract.conftest import SandboxCredential
from tests.end_to_end.test_poison import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")

HEALTHY = PROJECT / "sandbox" / "scenarios" / "healthy.yaml"
PERSON = ("ana@contoso.example", "Ana Invented", "203.0.113.7", "arm.example")
WEBHOOK = "/runtime/webhooks/EventGrid?functionName="


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("events")


@pytest.fixture(scope="module")
def authority(folder: Path) -> Authority:
    return make_authority(folder / "authority")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def app(folder: Path, authority: Authority) -> AsyncIterator[Stage]:
    """The whole of it, after its first look."""
    async with stage(folder, authority, HEALTHY, SCHEDULES, load_scenario(HEALTHY).start) as ready:
        await ready.post(f"{ready.host}/admin/functions/watch", {})

        async def looked() -> bool:
            return await ran(ready, "look") > 0 and not await running(ready)

        assert await eventually(looked)
        yield ready


@asynccontextmanager
async def put_aside(app: Stage, authority: Authority) -> AsyncIterator[QueueClient]:
    """The queue of events that could not be read."""
    endpoint = app.environment["AzureWebJobsStorage__queueServiceUri"]
    async with queue_service(endpoint, SandboxCredential(), connection_verify=str(authority.trusted)) as queues:
        yield queues.get_queue_client("countersign-events-poison", message_decode_policy=TextBase64DecodePolicy())


@asynccontextmanager
async def outbox_rows(app: Stage, authority: Authority) -> AsyncIterator[AzureRows]:
    """The table of the outbox."""
    endpoint = app.environment["AzureWebJobsStorage__tableServiceUri"]
    async with table_service(endpoint, SandboxCredential(), connection_verify=str(authority.trusted)) as tables:
        yield AzureRows(tables, "Outbox")


async def ran(app: Stage, function: str) -> int:
    stats = await app.get(f"{app.host}/sandbox/stats")
    return int(stats["functions"][function]["invocations"])


async def running(app: Stage) -> int:
    """How many functions are at work."""
    stats = await app.get(f"{app.host}/sandbox/stats")
    return int(sum(each["running"] for each in stats["functions"].values()))


async def told(app: Stage) -> list[tuple[str, str]]:
    """Reason and rule of everything received."""
    received = await app.get(f"{app.receivers}/received")
    return [(item["reason"], item["rule"]) for entry in received for item in entry["body"]["data"]["items"]]


async def read_profiles(app: Stage) -> int:
    calls = await app.get(f"{app.azure}/sandbox/calls")
    return int(calls["kinds"].get("profile_list", 0))


async def test_five_copies_of_an_event_reach_the_receiver_once_by_two_readings_at_most(app: Stage) -> None:
    before = await read_profiles(app)
    await app.post(f"{app.azure}/sandbox/happen", {"suspend": "alpha/release"})
    await app.post(f"{app.azure}/sandbox/events/resource", {"about": "alpha/release", "copies": 5})

    async def heard() -> bool:
        return ("first", "profile-suspended") in await told(app)

    assert await eventually(heard)
    refreshes = await ran(app, "refresh")
    assert 1 <= await read_profiles(app) - before <= refreshes <= 2
    assert 5 == await ran(app, "resource_changed")
    assert 1 == (await told(app)).count(("first", "profile-suspended"))


async def test_a_report_is_put_into_the_list_and_judged_at_once(app: Stage) -> None:
    data = {
        "subscription": "6F31B285-a708-4d4e-85f2-b29a7e63cf65",
        "account": "alpha",
        "status": "inprogress",
        "by": "the mail rule of ana",
    }
    before = await ran(app, "refresh")
    report = {"topic": "countersign-in", "type": "Countersign.Validation.Reported", "data": data}
    await app.post(f"{app.azure}/sandbox/events/own", report)

    async def judged() -> bool:
        return await ran(app, "refresh") > before

    assert await eventually(judged)


async def test_what_cannot_be_read_is_put_aside_without_what_it_says_of_people(
    app: Stage, authority: Authority
) -> None:
    claims = {"name": PERSON[1], "email": PERSON[0]}
    resource: dict[str, Any] = {
        "id": "1",
        "topic": "t",
        "subject": PERSON[0],
        "eventType": "Microsoft.Resources.ResourceWriteSuccess",
        "eventTime": "2026-11-20T09:07:00Z",
        "data": {"resourceUri": 7, "claims": claims, "httpRequest": {"clientIpAddress": PERSON[2]}},
        "dataVersion": "2",
    }
    report = resource | {
        "eventType": "Countersign.Validation.Reported",
        "data": {"subscription": "all", "status": "Lost"},
    }
    async with aiohttp.ClientSession() as http:
        for function, event in (("resource_changed", resource), ("validation_reported", report)):
            headers = {"aeg-event-type": "Notification"}
            async with http.post(f"{app.host}{WEBHOOK}{function}", json=[event], headers=headers) as answer:
                assert 202 == answer.status, "it would not get better"
    async with put_aside(app, authority) as client:

        async def both() -> bool:
            with contextlib.suppress(ResourceNotFoundError):
                return len(await client.peek_messages(9)) == 2
            return False

        assert await eventually(both)
        kept = [json.loads(message.content) for message in await client.peek_messages(9)]
    assert [{"resourceUri": 7}, {"subscription": "all", "status": "Lost"}] == [event["data"] for event in kept]


async def test_a_letter_that_was_delivered_is_noted(app: Stage, authority: Authority) -> None:
    message_id = "<look-1-mail-1@contoso.example>"
    report = {
        "id": "2",
        "topic": "/subscriptions/s/resourcegroups/rg/providers/microsoft.communication/communicationservices/mail",
        "subject": f"sender/{PERSON[0]}/message/7",
        "eventType": "Microsoft.Communication.EmailDeliveryReportReceived",
        "eventTime": "2026-11-20T09:07:00Z",
        "data": {"recipient": PERSON[0], "internetMessageId": message_id, "messageId": "7", "status": "Delivered"},
        "dataVersion": "1.0",
    }
    headers = {"aeg-event-type": "Notification"}
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{app.host}{WEBHOOK}mail_delivered", json=[report], headers=headers) as answer,
    ):
        assert 202 == answer.status
    async with outbox_rows(app, authority) as rows:
        assert await TableDeliveries(rows).at(message_id)


async def test_nobodys_name_was_logged(app: Stage, folder: Path) -> None:
    """Also not by what the earlier tests made it do."""
    logs = "".join(path.read_text("utf-8", errors="replace") for path in folder.glob("*.log"))
    assert "An event was put on countersign-events-poison: data: names no operation or no resource" in logs
    assert "status: must be one of" in logs
    assert [] == [word for word in PERSON if word in logs]


async def test_health_has_a_door_of_its_own_and_everything_else_goes_to_the_api(app: Stage) -> None:
    async with aiohttp.ClientSession(app.host) as http:
        async with http.get("/api/health") as answer:
            assert "problems" in await answer.json()
        async with http.get("/api/register") as answer:
            lines = (await answer.json())["lines"]
            assert (200, True) == (answer.status, any(line["account"] == "alpha" for line in lines))
        async with http.get("/api/accounts/alpha/explanation") as answer:
            [found] = await answer.json()
            assert "alpha" == found["account"]["name"]
        async with http.get("/nothing/here") as answer:
            assert (404, "no-store") == (answer.status, answer.headers["Cache-Control"])
        async with http.post("/api/register/import", data={"a": "b"}) as answer:
            assert 403 == answer.status
