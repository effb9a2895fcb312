"""A queue message that is not ours goes to the poison queue at once, is logged once, and stops nothing else."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from azure.core.exceptions import ResourceNotFoundError
from azure.storage.queue import TextBase64EncodePolicy
from azure.storage.queue.aio import QueueServiceClient

from sandbox.authority import make_authority
from sandbox.azure.scenario.loading import load_scenario
from sandbox.stage import Stage, stage
from shared.store.azure_queues import queue_service
from tests.conftest import PROJECT, SCHEDULES
from tests.contract.conftest import SandboxCredential

HEALTHY = PROJECT / "sandbox" / "scenarios" / "healthy.yaml"
BAD = ("not json", '{"schema": 1}', '{"schema": 99, "packed": "x"}', '{"schema": 1, "packed": "damaged"}', "[]", "\x00")


async def eventually(holds: Callable[[], Awaitable[bool]], seconds: float = 60) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if await holds():
            return True
        await asyncio.sleep(0.1)
    return False


async def waiting_on(queues: QueueServiceClient, name: str) -> int:
    try:
        properties = await queues.get_queue_client(name).get_queue_properties()
    except ResourceNotFoundError:
        return 0
    return properties.approximate_message_count or 0


async def invocations(app: Stage, function: str) -> int:
    stats = await app.get(f"{app.host}/sandbox/stats")
    return int(stats["functions"][function]["invocations"])


async def test_a_damaged_message_is_put_aside_at_once_and_the_rest_goes_on(tmp_path: Path) -> None:
    authority = make_authority(tmp_path / "authority")
    start = load_scenario(HEALTHY).start
    settings = SCHEDULES
    async with stage(tmp_path, authority, HEALTHY, settings, start) as app:
        endpoint = app.environment["AzureWebJobsStorage__queueServiceUri"]
        async with queue_service(endpoint, SandboxCredential(), connection_verify=str(authority.trusted)) as queues:
            client = queues.get_queue_client("countersign-look", message_encode_policy=TextBase64EncodePolicy())
            for body in BAD:
                await client.send_message(body)

            async def all_put_aside() -> bool:
                handled = await invocations(app, "look") >= len(BAD)
                return handled and await waiting_on(queues, "countersign-look-poison") == len(BAD)

            assert await eventually(all_put_aside)
            assert len(BAD) == await invocations(app, "look"), "each was tried once"
        await app.post(f"{app.host}/admin/functions/watch", {})

        async def looked_at() -> bool:
            return await invocations(app, "look") > len(BAD)

        assert await eventually(looked_at)
    log = (tmp_path / "sandbox.host.log").read_text("utf-8")
    assert len(BAD) == log.count("was put on countersign-look-poison")
