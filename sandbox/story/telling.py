"""The story as it is printed: only what happened, with how long it took and what it cost."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.domain.look import Look
from shared.domain.words import count, moment
from shared.reports.check import Check, head, lines, row


@dataclass(slots=True)
class Scene:
    """One step of the story: what it is called, what was printed of it, and how long it took."""

    title: str
    began: float = field(default_factory=time.monotonic)
    text: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def say(self, line: str) -> None:
        """Print a line at once, and keep it."""
        self.text.append(line)
        print(line, flush=True)

    def end(self) -> float:
        """What was to happen has happened; how many seconds it took."""
        self.seconds = time.monotonic() - self.began
        return self.seconds


def tell_whole_check(scene: Scene, check: Check, received: Sequence[Mapping[str, Any]]) -> None:
    """The first check: everything that needs somebody, and who was told."""
    scene.say(row(scene.title, head(check, scene.end())))
    for line in lines(check):
        scene.say(line)
    tell_received(scene, received, check.look)


def tell_change(scene: Scene, check: Check, reasons: Mapping[str, int], received: Sequence[Mapping[str, Any]]) -> None:
    """A later check: only what is new, what is over, and what could not be read."""
    scene.say(
        row(
            scene.title,
            f"{moment(check.look.started)}   {scene.end():.1f} s, {count(check.look.calls, 'call')} to Azure",
        )
    )
    for item in _items(received):
        scene.say(row("", item["title"]))
    for line in lines(check):
        if line.startswith((row("NOT READ", ""), row("", "why:"))):
            scene.say(line)
    silent = [f"{number} {reason}" for reason, number in sorted(reasons.items()) if reason in _SILENT]
    if silent:
        scene.say(row("silent", ", ".join(silent)))
    tell_received(scene, received, check.look)


_SILENT = ("already told", "could not be read", "gone for too few checks yet", "seen on too few checks yet")


def tell_received(scene: Scene, received: Sequence[Mapping[str, Any]], look: Look) -> None:
    """What arrived at the receiver; counted there, not here."""
    messages = count(len(received), "message")
    partial = " (a part could not be read)" if look.partial else ""
    items = f" with {count(len(_items(received)), 'item')}" if received else ""
    scene.say(row("TOLD", f"webhook: {messages}{items}; check closed{partial}"))


def _items(received: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [item for entry in received for item in entry["body"]["data"]["items"]]


def later(now: datetime, start: datetime) -> str:
    """+1 h, +3 days."""
    hours = round((now - start).total_seconds() / 3600)
    return f"+{hours} h" if hours < 48 else f"+{hours // 24} days" + (f" {hours % 24} h" if hours % 24 else "")
