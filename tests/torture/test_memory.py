"""Memory while a large fleet is looked at: a few subscriptions at a time, never all of them with all certificates."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sandbox.authority import make_authority
from sandbox.stage import PROJECT, Stage, stage
from tests.conftest import SCHEDULES

THOUSAND = PROJECT / "sandbox" / "scenarios" / "thousand.yaml"
START = datetime.fromisoformat("2026-11-20T09:01:00+00:00")
SUBSCRIPTIONS = {"quick": 3, "whole": 20}
ACCOUNTS_EACH = 500
MOST_MEGABYTES = 150
PATIENCE_SECONDS = 600
QUIET_POLLS = 6


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


async def looked(ready: Stage) -> dict[str, Any]:
    """What the host says once nothing has moved for a while. Raises TimeoutError."""
    before, quiet = -1, 0
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            stats: dict[str, Any] = await ready.get(f"{ready.host}/sandbox/stats")
            counts = stats["functions"].values()
            done, running = sum(one["invocations"] for one in counts), sum(one["running"] for one in counts)
            quiet = quiet + 1 if done == before and not running else 0
            if quiet == QUIET_POLLS:
                return stats
            before = done
            await asyncio.sleep(0.5)


async def test_a_large_fleet_is_looked_at_within_little_memory(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    subscriptions = SUBSCRIPTIONS[request.config.getoption("--torture")]
    scenario = fleet(tmp_path, subscriptions)
    async with stage(tmp_path, make_authority(tmp_path / "authority"), scenario, SCHEDULES, START) as ready:
        for hour in (0, 1):
            await ready.move_clock(START + timedelta(hours=hour, minutes=6, seconds=1))
            stats = await looked(ready)
        seen = (await ready.get(f"{ready.azure}/sandbox/calls"))["distinct_targets"]["profile_list"]

    peak = round(stats["process"]["peak_rss_bytes"] / 2**20)
    print(f"{seen} accounts in {subscriptions} subscriptions, looked at twice: {peak} MB at most")
    assert subscriptions * ACCOUNTS_EACH == seen
    assert 2 * subscriptions <= stats["functions"]["look"]["invocations"]
    assert peak < MOST_MEGABYTES
