"""The stand-in as a process: its ready line, its end, and a client in another process that only has an environment."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract.sandbox_azure import SCENARIOS
from tests.contract.sandbox_process import started

SUBSCRIPTION = "6f31b285-a708-4d4e-85f2-b29a7e63cf65"  # Main, in healthy.yaml.
CLIENT = """
import asyncio, json, sys
from datetime import datetime, timedelta
from azure.identity.aio import DefaultAzureCredential
from azure.mgmt.artifactsigning.aio import ArtifactSigningMgmtClient
from azure.monitor.querymetrics.aio import MetricsClient

origin, subscription = sys.argv[1:]
scopes = ["https://management.azure.com/.default"]
now = datetime.fromisoformat("2026-11-22T09:07:00Z")

async def main():
    async with DefaultAzureCredential() as credential:
        options = {"base_url": origin, "credential_scopes": scopes}
        async with ArtifactSigningMgmtClient(credential, subscription, **options) as arm:
            ids = [account.id async for account in arm.code_signing_accounts.list_by_subscription()]
        async with MetricsClient(origin + "/metrics/eastus", credential) as monitor:
            results = await monitor.query_resources(
                resource_ids=[each for each in ids if each.endswith("gamma")],
                metric_namespace="microsoft.codesigning/codesigningaccounts",
                metric_names=["SignCompleted"],
                timespan=(now - timedelta(hours=1), now),
                granularity=timedelta(minutes=1),
                aggregations=["Total"],
            )
    print(json.dumps([len(ids), sum(point.total for point in results[0].metrics[0].timeseries[0].data)]))

asyncio.run(main())
"""


def _arguments(folder: Path, *more: str) -> tuple[str, ...]:
    return ("--scenario", str(SCENARIOS / "healthy.yaml"), "--certs", str(folder), *more)


def test_a_client_needs_nothing_but_its_environment(tmp_path: Path) -> None:
    with started("sandbox.azure", *_arguments(tmp_path, "--now", "2026-11-22T09:07:00Z")) as (process, ready):
        environment = {
            **os.environ,
            "SSL_CERT_FILE": str(tmp_path / "ca.pem"),
            "IDENTITY_ENDPOINT": ready["identity"],
            "IDENTITY_HEADER": ready["identity_header"],
        }
        command = [
            sys.executable,
            "-W",
            "error",
            "-c",
            CLIENT,
            ready["listening"],
            SUBSCRIPTION,
        ]
        client = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603
        assert process.poll() is None
    assert client.stderr == ""
    assert json.loads(client.stdout) == [3, pytest.approx(1000 / 24, abs=1)]


@pytest.mark.parametrize("how", ["stdin", "SIGTERM", "SIGINT"])
def test_it_ends_when_it_is_told_to(tmp_path: Path, how: str) -> None:
    with started("sandbox.azure", *_arguments(tmp_path, "--latency-ms", "1")) as (process, ready):
        assert set(ready) == {"listening", "identity", "identity_header", "tenant"}
        assert ready["listening"].startswith("https://127.0.0.1:")
        assert ready["identity"].endswith("/msi/token")
        if how == "stdin":
            assert process.stdin is not None
            process.stdin.close()
        else:
            process.send_signal(signal.Signals[how])
        assert process.wait(10) == 0


def test_a_mistake_in_a_scenario_ends_it_with_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text((SCENARIOS / "healthy.yaml").read_text("utf-8").replace("signs:", "sings:", 1), "utf-8")
    command = [sys.executable, "-m", "sandbox.azure", "--scenario", str(path), "--certs", str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603
    assert ended.returncode == 2
    assert ended.stderr == f"{path}: accounts[0] (alpha).sings: is not a word that can stand here\n"
