"""The story of DEMO: a fleet is looked at four times, and each message is counted where it arrived."""

import asyncio
import os
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sandbox.authority import authority_in
from sandbox.azure.register import afterwards, at_start
from sandbox.azure.scenario.loading import load_scenario
from sandbox.azure.scenario.story import Scenario
from sandbox.stage import Stage, stage
from sandbox.story.ledger import Ledger, open_ledger
from sandbox.story.pages import write_out
from sandbox.story.proof import proved
from sandbox.story.telling import Scene, tell_change, tell_whole_check
from shared.domain.words import count
from shared.reports.check import Check, row

# The timer is due at seven past. The story opens just before; later moments lie just behind, so that it is overdue.
BEFORE = timedelta(seconds=1)
AFTER = timedelta(seconds=1)
STEPS = (timedelta(hours=1), timedelta(days=3), timedelta(days=3, hours=1))


@dataclass(slots=True)
class Story:
    """What happened so far."""

    scenario: Scenario
    stage: Stage
    ledger: Ledger
    scenes: list[Scene] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    received: list[Mapping[str, Any]] = field(default_factory=list)

    async def first_check(self) -> None:
        """The timer fires by itself."""
        scene = self._scene()
        check, fresh = await self._next()
        tell_whole_check(scene, check, fresh)

    async def later_check(self, at: datetime) -> None:
        """Time moves on, people say what they did, and the timer fires again."""
        scene = self._scene()
        before, now = self.checks[-1].look.started, at + AFTER
        for step in self.scenario.timeline:
            if before < step.at <= now:
                scene.say(row("MEANWHILE", step.says))
        await self.stage.move_clock(now)
        await self.ledger.enter(self.scenario, [one for one in afterwards(self.scenario) if before < one.at <= now])
        check, fresh = await self._next()
        tell_change(scene, check, await self.ledger.told(check.look), fresh)

    async def _next(self) -> tuple[Check, Sequence[Mapping[str, Any]]]:
        after = self.checks[-1].look.id if self.checks else ""
        look = await self.ledger.next_look(after)
        check = await self.ledger.check(look)
        everything = await self.stage.get(f"{self.stage.receivers}/received")
        fresh = everything[len(self.received) :]
        self.checks.append(check)
        self.received.extend(fresh)
        return check, fresh

    def _scene(self) -> Scene:
        scene = Scene(f"CHECK {len(self.scenes) + 1}")
        self.scenes.append(scene)
        return scene


async def run(scenario_file: Path, settings: Mapping[str, str], out: Path) -> int:
    """Start everything, play the story, write `out`, and end everything."""
    began, logs = time.monotonic(), out / "run" / "logs"
    _clear(out)
    scenario = load_scenario(scenario_file)
    print("Starting Azurite, the stand-ins for Azure and for receivers, and the Functions host ...", flush=True)
    async with stage(
        logs, authority_in(out / "run" / "authority"), scenario_file, settings, scenario.start - BEFORE
    ) as ready:
        os.environ |= dict(ready.environment)
        ledger = open_ledger(ready.environment)
        try:
            story = Story(scenario, ready, ledger)
            _opening(story, time.monotonic() - began)
            entered = await ledger.enter(scenario, at_start(scenario))
            print(row("REGISTER", f"{count(entered, 'entry', 'entries')} of the validation list put in"), flush=True)
            await story.first_check()
            for step in STEPS:
                await story.later_check(scenario.start + step)
            proof = await proved(story.stage, story.received, logs, settings)
        finally:
            await ledger.storage.close()
    seconds = time.monotonic() - began
    await asyncio.to_thread(write_out, out, story, proof, seconds)
    print(row("PROVED", f"{seconds:.0f} s; {proof.sentence}"))
    print(row("", f"Open {(out / 'index.html').relative_to(Path.cwd(), walk_up=True)} | make serve"))
    print(row("NEXT", "on your own subscriptions, read only, nothing deployed: .venv/bin/countersign look"))
    return 0 if proof.holds else 1


def _clear(out: Path) -> None:
    """Only what a story writes: something may be served from beside it."""
    for folder in ("messages", "run/logs"):
        shutil.rmtree(out / folder, ignore_errors=True)
    for name in ("index.html", "summary.json"):
        (out / name).unlink(missing_ok=True)


def _opening(story: Story, seconds: float) -> None:
    accounts = len(story.scenario.accounts)
    functions = len(story.stage.functions)
    print(
        f"{story.scenario.name}, {accounts} signing accounts, invented. Nothing leaves this machine. "
        f"{functions} functions indexed by Microsoft's runtime library. {seconds:.1f} s to start.",
        flush=True,
    )
