"""Timers: when they fire, how often, and on which of several hosts."""

from collections.abc import Mapping
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from uuid import uuid4

import pytest
from azure.core.exceptions import ResourceExistsError
from azure.storage.blob.aio import BlobServiceClient

from sandbox.authority import Authority
from sandbox.azurite import Storage
from sandbox.host.lease import CONTAINER
from tests.doors.host_driver import SampleHost, sample_host

pytestmark = pytest.mark.asyncio(loop_scope="session")

DAILY = "0 0 9 * * *"


async def test_a_timer_fires_by_the_clock_of_the_story(host_folder: Path, cloud_environment: Mapping[str, str]) -> None:
    """On time; once for many missed; also when time was turned back; and when no host was there to see it."""
    own = {"TICK_SCHEDULE": DAILY, "AzureFunctionsWebHost__hostid": uuid4().hex}
    async with sample_host(host_folder, cloud_environment, "--now", "2026-11-20T08:00:00Z", **own) as host:
        await host.logged("'Functions.tick' is due next at 2026-11-20T09:00:00+00:00")
        await host.set_clock("2026-11-20T08:59:59Z")
        await host.noted("tick", 1)
        await host.set_clock("2026-11-25T12:00:00Z")
        await host.noted("tick", 2)
        await host.set_clock("2026-11-26T08:59:59Z")
        await host.noted("tick", 3)
        await host.set_clock("2026-11-22T08:59:59Z")
        ticks = await host.noted("tick", 4)
    assert [(tick["at"][:13], tick["past_due"]) for tick in ticks] == [
        ("2026-11-20T09", False),
        ("2026-11-25T12", True),
        ("2026-11-26T09", False),
        ("2026-11-22T09", False),
    ]
    async with sample_host(host_folder, cloud_environment, "--now", "2026-11-29T10:00:00Z", **own) as host:
        (tick,) = await host.noted("tick")
    assert tick["past_due"]


async def test_what_came_due_before_the_host_had_its_lock_is_not_missed(
    host_folder: Path, cloud_environment: Mapping[str, str], authority: Authority, storage: Storage
) -> None:
    own = {"TICK_SCHEDULE": DAILY, "AzureFunctionsWebHost__hostid": uuid4().hex}
    async with AsyncExitStack() as stack:
        blobs = await stack.enter_async_context(
            BlobServiceClient.from_connection_string(
                storage.connection_string, connection_verify=str(authority.trusted)
            )
        )
        lock = blobs.get_blob_client(CONTAINER, f"locks/{own['AzureFunctionsWebHost__hostid']}/tick.Listener")
        with suppress(ResourceExistsError):
            await blobs.create_container(CONTAINER)
        await lock.upload_blob(b"")
        held = await lock.acquire_lease()
        host = await stack.enter_async_context(
            sample_host(host_folder, cloud_environment, "--now", "2026-11-20T08:59:00Z", **own)
        )
        await host.logged("Standing by for tick")
        await host.set_clock("2026-11-20T09:01:00Z")
        await held.release()
        (tick,) = await host.noted("tick")
    assert tick["past_due"]


async def test_of_two_hosts_one_runs_the_timer(host_folder: Path, cloud_environment: Mapping[str, str]) -> None:
    own = {
        "AzureFunctionsWebHost__hostid": uuid4().hex,
        "AzureWebJobs_every_second_Disabled": "false",
        "SAMPLE_NOTES": str(host_folder / f"{uuid4()}.notes"),
    }
    async with sample_host(host_folder, cloud_environment, **own) as standby_later:
        await standby_later.noted("every_second")
        async with sample_host(host_folder, cloud_environment, **own) as standby:
            await standby.logged("Standing by for every_second: another host has it")
            seen = len(standby.notes("every_second"))
            await standby.noted("every_second", seen + 2)
            first = standby_later.running.child.process.pid
            assert {note["process"] for note in standby.notes("every_second")} == {first}
            await standby_later.running.child.end(30)
            await standby.noted("every_second", process=standby.running.child.process.pid)


async def test_a_disabled_function_is_not_listened_for(host: SampleHost) -> None:
    assert "every_second" not in host.running.functions
    async with host.client.get("/admin/functions") as response:
        entries = {entry["name"]: entry for entry in await response.json()}
    assert entries["every_second"]["isDisabled"]
    assert host.notes("every_second") == []


async def test_a_missing_setting_stops_one_function_only(host: SampleHost) -> None:
    sentence = "'%NOBODY_SET_THIS%' names the app setting NOBODY_SET_THIS, and there is none."
    assert "unscheduled" not in host.running.functions
    assert host.running.functions["tick"] == "timerTrigger"
    async with host.client.get("/admin/host/status") as response:
        assert (await response.json())["errors"] == [sentence]
    assert f"'Functions.unscheduled' is not served. {sentence}" in host.log()


async def test_a_timer_with_a_retry_policy_is_tried_again(host: SampleHost) -> None:
    async with host.client.post("/admin/functions/flaky") as response:
        assert response.status == 202
    notes = await host.noted("flaky", 3)
    assert [note["retry"] for note in notes] == [0, 1, 2]


@pytest.mark.parametrize(("name", "status"), [("nobody", 404), ("work", 400)])
async def test_only_timers_are_run_on_request(host: SampleHost, name: str, status: int) -> None:
    async with host.client.post(f"/admin/functions/{name}") as response:
        assert response.status == status


async def test_the_clock_wants_a_moment(host: SampleHost) -> None:
    async with host.client.post("/sandbox/clock", json={"now": "soon"}) as response:
        assert response.status == 400
    async with host.client.get("/sandbox/clock") as response:
        assert (await response.json())["shifted"] is False
