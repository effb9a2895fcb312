"""The story of the demo: looks at a fleet, an event in between, and what came of it printed and written down."""

import asyncio
import os
import shutil
import time
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from sandbox.authority import authority_in
from sandbox.azure.register import at_start
from sandbox.azure.scenario.loading import load_scenario
from sandbox.receivers.settings import EVERYONE
from sandbox.stage import stage
from sandbox.story.asking import fill_in, what_if, why
from sandbox.story.ledger import open_ledger
from sandbox.story.pages import write_out
from sandbox.story.playing import BEFORE, Story
from sandbox.story.proof import proved
from sandbox.story.retiring import retire
from sandbox.story.settings import billed
from shared.domain.words import count
from shared.reports.check import row

# Time goes in leaps here: that no check was made in between is no news.
LEAPS = {"RULES__WATCH_LATE": "off"}
ONBOARDING = "onboarding-2"
STEPS = (timedelta(days=3), timedelta(days=3, hours=1))


async def run(scenario_file: Path, settings: Mapping[str, str], out: Path) -> int:
    """Start everything, play the story, write `out`, and end everything."""
    began, logs = time.monotonic(), out / "run" / "logs"
    _clear(out)
    scenario = load_scenario(scenario_file)
    print("Starting Azurite, the stand-ins for Azure and for receivers, and the Functions host ...", flush=True)
    authority, settings = authority_in(out / "run" / "authority"), {**settings, **billed(scenario), **LEAPS}
    async with stage(logs, authority, scenario_file, settings, scenario.start - BEFORE, EVERYONE) as ready:
        os.environ |= dict(ready.environment)
        ledger = open_ledger(ready.environment)
        try:
            story = Story(scenario, ready, ledger)
            _opening(story, time.monotonic() - began)
            entered = await ledger.enter(scenario, at_start(scenario))
            print(row("REGISTER", f"{count(entered, 'entry', 'entries')} of the validation list put in"), flush=True)
            await story.bill()
            await story.first_check()
            await story.person_changes(scenario.start + timedelta(minutes=30), ONBOARDING, "close", "ben")
            await story.later_check(scenario.start + timedelta(hours=1))
            await story.event(timedelta(hours=1, minutes=5), "games-eu/release")
            story.scenes.append(await fill_in(story.stage, out / "run"))
            story.scenes.append(await why(story.stage, "onboarding-2"))
            first, second = STEPS
            await story.later_check(scenario.start + first)
            await story.person_changes(scenario.start + first + timedelta(minutes=30), ONBOARDING, "dismiss", "ben")
            await story.later_check(scenario.start + second)
            await story.lives_of_tickets()
            since = f"{scenario.start - timedelta(days=1):%Y-%m-%d}"
            story.scenes.append(await what_if(story.stage, "QUOTA__WARN_PERCENT=60,80", since))
            scene, story.retired = await retire(authority)
            story.scenes.append(scene)
            proof = await proved(story.stage, story.received, logs, settings)
        finally:
            await ledger.storage.close()
    seconds = time.monotonic() - began
    await asyncio.to_thread(write_out, out, story, proof, seconds)
    print(row("PROVED", f"{seconds:.0f} s; {proof.sentence}"))
    print(row("", f"Open {(out / 'index.html').relative_to(Path.cwd(), walk_up=True)} | make serve"))
    print(row("NEXT", "on your own subscriptions, read only, nothing deployed: .venv/bin/countersign look"))
    return 0 if proof.holds and story.retired and story.retired.went_well else 1


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
