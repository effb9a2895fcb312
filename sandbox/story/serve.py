"""make serve: keep the whole town up until Ctrl-C, and say where everything is."""

import asyncio
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from sandbox.authority import authority_in
from sandbox.azure.register import at_start
from sandbox.azure.scenario.loading import load_scenario
from sandbox.receivers.settings import EVERYONE
from sandbox.stage import INHERITED, Stage, stage
from sandbox.story.ledger import open_ledger
from sandbox.story.playing import AFTER, BEFORE
from sandbox.story.settings import billed
from shared.reports.check import row

ADDRESSES = "serve.json"
SETTINGS = "local.settings.json"


async def serve(scenario_file: Path, settings: Mapping[str, str], out: Path) -> int:
    """Start everything, let the first check happen, and wait."""
    scenario = load_scenario(scenario_file)
    folder = out / "serve"
    shutil.rmtree(folder / "logs", ignore_errors=True)
    print("Starting Azurite, the stand-ins for Azure and for receivers, and the Functions host ...", flush=True)
    authority, settings = authority_in(folder / "authority"), {**settings, **billed(scenario)}
    start = scenario.start - BEFORE
    async with stage(folder / "logs", authority, scenario_file, settings, start, EVERYONE) as ready:
        os.environ |= dict(ready.environment)
        ledger = open_ledger(ready.environment)
        try:
            await ledger.enter(scenario, at_start(scenario))
            await ready.move_clock(scenario.start + AFTER)
            await ledger.next_look("")
        finally:
            await ledger.storage.close()
        _write_down(ready, folder)
        print(row("Functions", f"{ready.host}   health: {ready.host}/api/health"))
        print(row("API", f"{ready.host}/api/openapi.json   COUNTERSIGN_URL={ready.host} countersign register todo"))
        print(row("Pages", f"{ready.host}/retirement"))
        print(row("Receivers", f"{ready.receivers}   what arrived, newest first"))
        print(row("Azure", f"{ready.azure}   the stand-in"))
        print(row("Logs", f"{folder / 'logs'}"))
        print(row("func", f"{folder / 'local.settings.json'} lets `func start` serve the same app"))
        print("`make look` makes one more check happen. Ctrl-C ends all of it.", flush=True)
        try:
            await asyncio.Event().wait()
        finally:
            for name in (ADDRESSES, SETTINGS):
                (folder / name).unlink(missing_ok=True)
    return 0


def _write_down(ready: Stage, folder: Path) -> None:
    """For `make look`, and for whoever runs Core Tools beside it."""
    addresses = {
        "host": ready.host,
        "receivers": ready.receivers,
        "azure": ready.azure,
        "environment": dict(ready.environment),
    }
    _write_secret(folder / ADDRESSES, addresses)
    own = {name: value for name, value in ready.environment.items() if name not in INHERITED}
    values = {"FUNCTIONS_WORKER_RUNTIME": "python", **own}
    _write_secret(folder / SETTINGS, {"IsEncrypted": False, "Values": values})


def _write_secret(path: Path, content: Mapping[str, object]) -> None:
    """For nobody else to read."""
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(json.dumps(content, indent=2), "utf-8")
