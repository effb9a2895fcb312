"""make look: one more check on what `make serve` keeps up."""

import json
import os
from pathlib import Path

import aiohttp

from sandbox.stage import StageError
from sandbox.story.ledger import open_ledger
from sandbox.story.serve import ADDRESSES
from shared.reports.check import head, lines, row

NOBODY = "Nothing is being served: run `make serve` in another terminal first."


async def look(out: Path) -> int:
    """Ask the host for it, wait till it is closed, and print it. Raises StageError when nothing is up."""
    path = out / "serve" / ADDRESSES
    if not path.exists():
        raise StageError(NOBODY)
    addresses = json.loads(path.read_text("utf-8"))
    os.environ |= addresses["environment"]
    ledger = open_ledger(addresses["environment"])
    try:
        await _ask("GET", f"{addresses['host']}/admin/host/status")
        recent = await ledger.looks.recent(1)
        await _ask("POST", f"{addresses['host']}/admin/functions/watch")
        check = await ledger.check(await ledger.next_look(recent[0].id if recent else ""))
    finally:
        await ledger.storage.close()
    print(row("CHECK", head(check)))
    print("\n".join(lines(check)))
    print(row("TOLD", f"see {addresses['receivers']}"))
    return 0


async def _ask(method: str, url: str) -> None:
    try:
        async with aiohttp.request(method, url, json={}) as answer:
            if answer.status >= 400:
                raise StageError(f"The host answered {answer.status} to {method} {url}.")
    except aiohttp.ClientConnectionError as error:
        raise StageError(NOBODY) from error
