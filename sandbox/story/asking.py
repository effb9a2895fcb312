"""Scenes in which somebody asks and answers: the commands as a person types them, each in a process of its own."""

import asyncio
import csv
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from sandbox.stage import PROJECT, Stage, StageError
from sandbox.story.telling import Scene
from shared.cli.running import URL
from shared.domain.explanation import Explanation
from shared.domain.words import count, listing
from shared.reports.check import row
from shared.reports.explanation import EXPLANATIONS

ENDS = "2028-11-19"
MISTYPED = "19.11.2028"


async def fill_in(stage: Stage, folder: Path) -> Scene:
    """The list is exported, filled in with a mistake, refused, corrected and taken in."""
    scene, file = Scene("ENTER"), folder / "to-look-up.csv"
    await command(stage, "register", "export", "--todo", str(file))
    lines = _lines(file)
    scene.say(row(scene.title, f"countersign register export --todo: {count(len(lines), 'date')} to look up"))
    for dates in ([ENDS, MISTYPED], [ENDS, ENDS]):
        _fill(file, lines, dates)
        said = await command(stage, "register", "import", str(file), may_fail=MISTYPED in dates)
        scene.say(row("", f"countersign register import: {said[-2 if MISTYPED in dates else -1]}"))
        for line in said[-1:] if MISTYPED in dates else said[:-1]:
            scene.say(row("", f"    {line}"))
    scene.end()
    return scene


async def why(stage: Stage, account: str) -> Scene:
    """What is known of one account, and why it is not retired."""
    scene = Scene("WHY")
    answer = await stage.get(f"{stage.host}/api/accounts/{account}/explanation")
    [found] = EXPLANATIONS.validate_python(answer)
    scene.say(row(scene.title, f"countersign explain {account}: {_verdict(found)}"))
    for problem in (problem for one in found.rules for problem in one.problems):
        heard = ", ".join(f"{one.receiver or 'nobody'}: {one.reason}" for one in problem.heard)
        scene.say(row("", f"{problem.severity}: {problem.what} ({heard})"))
    held = sum(1 for condition in found.retirement if condition.holds)
    scene.say(row("retire", f"{held} of {len(found.retirement)} conditions hold; not: {_conditions(found)}"))
    scene.end()
    return scene


async def what_if(stage: Stage, change: str, since: str) -> Scene:
    """The checks of the story with another setting."""
    scene = Scene("WHAT IF")
    said = await command(stage, "what-if", "--set", change, "--since", since)
    scene.say(row(scene.title, f"countersign what-if --set {change}: {said[0]}"))
    for line in said[1:-1]:
        scene.say(line)
    scene.end()
    return scene


async def command(stage: Stage, *words: str, may_fail: bool = False) -> Sequence[str]:
    """What it prints, complaints last. Raises StageError where it fails and may not."""
    environment = {**os.environ, **stage.environment, URL: stage.host}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "shared.cli.main", *words),
        cwd=PROJECT,
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    if process.returncode and not may_fail:
        raise StageError(f"countersign {' '.join(words)} failed: {err.decode().strip()}")
    complaints = err.decode().splitlines() if process.returncode else []
    return [*out.decode().splitlines(), *complaints]


def _lines(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as content:
        return list(csv.DictReader(content))


def _fill(file: Path, lines: Sequence[dict[str, str]], dates: Sequence[str]) -> None:
    filled = [line | {"status": "Completed", "expires": date} for line, date in zip(lines, dates, strict=False)]
    with file.open("w", encoding="utf-8", newline="") as content:
        writer = csv.DictWriter(content, list(lines[0]))
        writer.writeheader()
        writer.writerows(filled)


def _verdict(found: Explanation) -> str:
    speaking = [one.rule for one in found.rules if one.problems]
    return f"{count(len(found.rules), 'rule')} asked, {listing(speaking, 5) or 'none'} found something"


def _conditions(found: Explanation) -> str:
    return listing([f"{one.words} ({one.why})" for one in found.retirement if one.holds is not True], 3)
