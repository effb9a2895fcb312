"""The host is killed again and again, wherever it is: each truth is told at least once, at most once more a kill."""

import asyncio
import json
import random
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sandbox.authority import make_authority
from sandbox.azure.scenario.loading import load_scenario
from sandbox.child import Child, child
from sandbox.stage import PROJECT, Stage, stage
from tests.conftest import SCHEDULES

HEALTHY = PROJECT / "sandbox" / "scenarios" / "healthy.yaml"
# Longer than anything that a dead host may hold by the app's clock: a look, a claim, a failed delivery's pause.
AFTER_A_KILL = timedelta(minutes=61)
KILLS = {"quick": 12, "whole": 100}
PATIENCE_SECONDS = 90
# The stage's own host stays out of it.
DISABLED = [f"AzureWebJobs.{name}.Disabled" for name in ("watch", "look", "close_looks", "costs", "tell", "sweep")]


@dataclass(slots=True)
class Town:
    """The stage with a host that dies and comes back, at a later time each time."""

    stage: Stage
    folder: Path
    now: datetime
    kills: int = 0
    expected: Counter[tuple[str, str]] = field(default_factory=Counter)

    async def cycle(self, profile: str, does: str, chance: random.Random) -> None:
        """Something happens; the host looks and is killed on the way; a new one brings it to its end."""
        await self.stage.post(f"{self.stage.azure}/sandbox/happen", [{does: profile}])
        self.expected[profile, "resolved" if does == "resume" else "first"] += 1
        async with self._host() as (host, address):
            await self._start_look(address)
            await asyncio.sleep(chance.uniform(0, 3))
            host.process.kill()
            self.kills += 1
        async with self._host() as (host, address):
            await self._start_look(address)
            await self._all_told()

    async def received(self) -> list[dict[str, Any]]:
        answer: list[dict[str, Any]] = await self.stage.get(f"{self.stage.receivers}/received")
        return answer

    @asynccontextmanager
    async def _host(self) -> AsyncIterator[tuple[Child, str]]:
        """Another host on the stage's storage and Azure, an hour later for all of them."""
        self.now += AFTER_A_KILL
        await self.stage.post(f"{self.stage.azure}/sandbox/clock", {"now": self.now.isoformat()})
        arguments = ["--app", str(PROJECT), "--now", self.now.isoformat(), "--until-stdin-closes"]
        environment = {name: value for name, value in self.stage.environment.items() if name not in DISABLED}
        with (self.folder / "killed-hosts.log").open("ab") as log:
            command = [sys.executable, "-m", "sandbox.host", *arguments]
            async with child(command, stderr=log, environment=environment, folder=PROJECT) as started:
                ready = json.loads(await started.output.readline())
                started.forget_output()
                yield started, ready["listening"]

    async def _start_look(self, address: str) -> None:
        for function in ("close_looks", "sweep", "watch"):
            await self.stage.post(f"{address}/admin/functions/{function}", {})

    async def _all_told(self) -> None:
        """Raises TimeoutError when a truth does not arrive."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while self.expected - told(await self.received()):
                await asyncio.sleep(0.1)


def told(received: list[dict[str, Any]]) -> Counter[tuple[str, str]]:
    """(profile, reason) -> how often, repeats of one message left out.

    Days pass in this story, so other things are told as well; what is counted is what was done on purpose.
    """
    counts: Counter[tuple[str, str]] = Counter()
    for entry in received:
        if not entry["repeated"] and entry["status"] == 200:
            for item in entry["body"]["data"]["items"]:
                _, rule, subject = item["key"].split("|", 2)
                if rule == "profile-suspended":
                    counts[subject.partition("/")[2], item["reason"]] += 1
    return counts


async def test_a_killed_host_loses_nothing_and_repeats_at_most_once_a_kill(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    cycles = KILLS[request.config.getoption("--torture")]
    seed = random.SystemRandom().randrange(10**6)
    chance = random.Random(seed)  # noqa: S311
    print(f"seed {seed}")
    start = load_scenario(HEALTHY).start
    settings = SCHEDULES | dict.fromkeys(DISABLED, "1")
    async with stage(tmp_path, make_authority(tmp_path / "authority"), HEALTHY, settings, start) as ready:
        town = Town(ready, tmp_path, start)
        for number in range(cycles):
            await town.cycle("alpha/release", "resume" if number % 2 else "suspend", chance)
        received = await town.received()
    repeats = sum(1 for entry in received if entry["repeated"])
    assert {} == dict(town.expected - told(received)), "every truth was told"
    assert {} == dict(told(received) - town.expected), "and none twice under another key"
    assert repeats <= town.kills
    print(f"{town.kills} kills, {len(received)} messages, {repeats} of them repeats")
