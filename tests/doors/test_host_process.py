"""How the host starts and ends as a process."""

import asyncio
import base64
import signal
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Mapping
from pathlib import Path

import pytest
from azure.storage.queue.aio import QueueServiceClient

from sandbox.host.launch import host_command
from tests.doors.host_driver import sample_host

pytestmark = pytest.mark.asyncio(loop_scope="session")

PROJECT = Path(__file__).parent.parent.parent


async def run(app: Path, environment: Mapping[str, str] | None = None) -> tuple[int, str]:
    """The exit code and everything it said, of a host that ends by itself."""
    process = await asyncio.create_subprocess_exec(
        *host_command(app), stdin=PIPE, stdout=DEVNULL, stderr=PIPE, env=environment, cwd=PROJECT
    )
    async with asyncio.timeout(60):
        _, said = await process.communicate()
    return await process.wait(), said.decode()


def write_app(folder: Path, source: str, host_json: str = '{"version": "2.0"}') -> Path:
    (folder / "function_app.py").write_text(source, encoding="utf-8")
    (folder / "host.json").write_text(host_json, encoding="utf-8")
    return folder


async def test_an_app_that_cannot_be_imported_ends_the_host_with_a_sentence(tmp_path: Path) -> None:
    code, said = await run(write_app(tmp_path, "raise RuntimeError('at import')"))
    assert code == 1
    assert "RuntimeError: at import" in said
    sentence = f"{tmp_path}/function_app.py could not be imported and indexed, so the app has no functions at all."
    assert said.splitlines()[-1] == sentence


async def test_two_apps_in_one_file_are_none(tmp_path: Path) -> None:
    source = "import azure.functions as func\none = func.FunctionApp()\ntwo = func.FunctionApp()\n"
    code, said = await run(write_app(tmp_path, source))
    assert code == 1
    assert "More than one FunctionApp" in said


async def test_a_folder_without_an_app_is_named(tmp_path: Path) -> None:
    code, said = await run(tmp_path)
    assert (code, said.splitlines()[-1]) == (
        1,
        f"{tmp_path}/function_app.py does not exist: {tmp_path} is not a Functions app in the Python v2 model.",
    )


async def test_a_wrong_host_json_is_a_sentence(tmp_path: Path) -> None:
    source = "import azure.functions as func\napp = func.FunctionApp()\n"
    host_json = '{"extensions": {"queues": {"visibilityTimeout": "a minute"}}}'
    code, said = await run(write_app(tmp_path, source, host_json))
    assert (code, said.splitlines()[-1]) == (1, "host.json: 'a minute' is not a time span as hh:mm:ss.")


async def test_the_host_ends_when_its_stdin_does_and_lets_finish_what_runs(
    host_folder: Path, cloud_environment: Mapping[str, str], queues: QueueServiceClient
) -> None:
    async with sample_host(host_folder, cloud_environment) as host:
        await host.logged("'Functions.tick' is due next")
        queue = queues.get_queue_client(host.work_queue)
        await queue.send_message(base64.b64encode(b"slow").decode())
        await host.noted("work", body="slow")
        assert await host.running.child.end(30) == 0
        assert len(host.notes("worked", body="slow")) == 1
        assert (await queue.get_queue_properties()).approximate_message_count == 0


async def test_the_host_ends_when_asked_to(host_folder: Path, cloud_environment: Mapping[str, str]) -> None:
    async with sample_host(host_folder, cloud_environment) as host:
        host.running.child.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(30):
            assert await host.running.child.process.wait() == 0


async def test_a_host_without_storage_still_serves_http(host_folder: Path) -> None:
    async with sample_host(host_folder, {"PATH": "/usr/bin:/bin"}) as host, host.client.get("/somewhere") as response:
        assert await response.text() == "/somewhere"
        assert "work" not in host.running.functions
        assert "There is no app setting AzureWebJobsStorage__queueServiceUri" in host.log()
