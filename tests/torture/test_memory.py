"""Memory while a large fleet is looked at: a few subscriptions at a time, never all of them with all certificates."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from sandbox.authority import make_authority
from sandbox.stage import PROJECT, Stage, stage
from tests.conftest import SCHEDULES

THOUSAND = PROJECT / "sandbox" / "scenarios" / "thousand.yaml"
START = datetime.fromisoformat("2026-11-20T09:07:01+00:00")
BEGIN = START - timedelta(minutes=5)
SUBSCRIPTIONS = {"quick": 3, "whole": 20}
ACCOUNTS_EACH = 500
MOST_MEGABYTES = 150
PATIENCE_SECONDS = 600
BEFORE = "1970-01-01T00:00:00+00:00"


def fleet(folder: Path, subscriptions: int) -> Path:
    """The fleet of a thousand, with so many subscriptions of 500 accounts."""
    text = THOUSAND.read_text("utf-8")
    for of_the_thousand, wanted in (
        ("count: 1000", f"count: {subscriptions * ACCOUNTS_EACH}"),
        ("count: 20", f"count: {subscriptions}"),
        ("spread: 20", f"spread: {subscriptions}"),
    ):
        assert of_the_thousand in text
        text = text.replace(of_the_thousand, wanted)
    path = folder / "fleet.yaml"
    path.write_text(text, "utf-8")
    return path


async def closed(ready: Stage, since: datetime) -> None:
    """As somebody who asks the app itself. Raises TimeoutError."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while datetime.fromisoformat((await ready.get(f"{ready.host}/api/health"))["last_check"] or BEFORE) < since:
            await asyncio.sleep(0.5)


async def test_a_large_fleet_is_looked_at_within_little_memory(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    subscriptions = SUBSCRIPTIONS[request.config.getoption("--torture")]
    scenario = fleet(tmp_path, subscriptions)
    async with stage(tmp_path, make_authority(tmp_path / "authority"), scenario, SCHEDULES, BEGIN) as ready:
        for hour in (0, 1):
            now = START + timedelta(hours=hour)
            await ready.move_clock(now)
            await closed(ready, now)
        process = (await ready.get(f"{ready.host}/sandbox/stats"))["process"]
        seen = (await ready.get(f"{ready.azure}/sandbox/calls"))["distinct_targets"]["profile_list"]

    peak = round(process["peak_rss_bytes"] / 2**20)
    print(f"{seen} accounts in {subscriptions} subscriptions, looked at twice: {peak} MB at most")
    assert subscriptions * ACCOUNTS_EACH == seen
    assert peak < MOST_MEGABYTES
