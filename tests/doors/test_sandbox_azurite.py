"""Azurite as the sandbox starts it: it goes when its parent goes, and says what is missing."""

import asyncio
import sys
from asyncio.subprocess import PIPE
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from azure.storage.queue.aio import QueueServiceClient

from sandbox.azurite import azurite
from tests.doors.host_driver import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

PROJECT = Path(__file__).parent.parent.parent
PARENT = """
import asyncio
from sandbox.azurite import AzuriteError, azurite
async def main():
    try:
        async with azurite(None) as storage:
            print(storage.queue, flush=True)
            await asyncio.sleep(600)
    except AzuriteError as error:
        print(error, flush=True)
asyncio.run(main())
"""


async def is_gone(address: str) -> bool:
    return not await listens(address)


async def listens(address: str) -> bool:
    parts = urlsplit(address)
    try:
        _, writer = await asyncio.open_connection(parts.hostname, parts.port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


async def test_azurite_ends_when_its_parent_is_killed() -> None:
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", PARENT, stdout=PIPE, cwd=PROJECT)
    assert parent.stdout is not None
    address = (await parent.stdout.readline()).decode().strip()
    assert await listens(address)
    parent.kill()
    await parent.communicate()
    assert await eventually(lambda: is_gone(address))


async def test_a_machine_without_node_is_told_so() -> None:
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PARENT, stdout=PIPE, cwd=PROJECT, env={"PATH": "/nowhere"}
    )
    said, _ = await parent.communicate()
    assert said.decode().strip() == "Azurite did not start: Node was not found. Install Node 20 or later."


async def test_a_folder_keeps_what_was_stored(tmp_path: Path) -> None:
    for expected in ([], ["kept"]):
        async with (
            azurite(None, tmp_path) as storage,
            QueueServiceClient.from_connection_string(storage.connection_string) as queues,
        ):
            assert [queue.name async for queue in queues.list_queues()] == expected
            if not expected:
                await queues.create_queue("kept")
