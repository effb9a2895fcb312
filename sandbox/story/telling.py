"""The story as it is printed: only what happened, with how long it took and what it cost."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.receivers.arrived import NAMES
from shared.domain.memory import Reason
from shared.domain.words import count, moment
from shared.reports.check import Check, head, lines, row

SHORT = 140


@dataclass(slots=True)
class Scene:
    """One step of the story: what it is called, what was printed of it, and how long it took."""

    title: str
    check: Check | None = None
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
    tell_received(scene, received, partial=check.look.partial)


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
    tell_received(scene, received, partial=check.look.partial)


def tell_event(scene: Scene, received: Sequence[Mapping[str, Any]]) -> None:
    """What was told because of an event."""
    for item in _items(received):
        scene.say(row("", item["title"]))
    tell_received(scene, received, partial=False)


def tell_tickets(scene: Scene, lives: Sequence[Mapping[str, Any]]) -> None:
    """How many there were, and the longest life among them."""
    still = sum(life["ticket"]["is_open"] for life in lives)
    closed = len(lives) - still
    scene.say(row(scene.title, f"GitHub: {count(len(lives), 'ticket')}, {still} open, {closed} closed"))
    for life in sorted(lives, key=lambda life: -len(life["happened"]))[:1]:
        for step in life["happened"]:
            said = " ".join(step["said"].split())
            text = f"{step['what']}: {said}" if said else step["what"]
            at = moment(datetime.fromisoformat(step["at"]))
            scene.say(row("", f"#{life['ticket']['reference']} {at}  {short(text)}"))


_SILENT = (Reason.ALREADY_TOLD, Reason.COULD_NOT_SEE, Reason.GONE_TOO_SHORT, Reason.TOO_FEW_LOOKS)


def tell_received(scene: Scene, received: Sequence[Mapping[str, Any]], *, partial: bool) -> None:
    """What arrived at the receiver; counted there, not here."""
    unread = "; a part could not be read" if partial else ""
    kinds = [f"{name} {len(found)}" for kind, name in NAMES.items() if (found := _of(kind, received))]
    problems = f"{count(len(_items(received)), 'problem')}: " if received else "nobody, of nothing"
    scene.say(row("TOLD", f"{problems}{' | '.join(kinds)}{unread}"))


def tell_ticket_news(scene: Scene, before: Sequence[Mapping[str, Any]], lives: Sequence[Mapping[str, Any]]) -> None:
    """What happened to tickets since, by what it was."""
    seen = {life["ticket"]["reference"]: len(life["happened"]) for life in before}
    news = Counter(
        step["what"] for life in lives for step in life["happened"][seen.get(life["ticket"]["reference"], 0) :]
    )
    if news:
        scene.say(row("", f"GitHub: {', '.join(f'{number} {what}' for what, number in news.items())}"))


def short(text: str) -> str:
    """A line of the story; the whole text is on the page."""
    return text if len(text) <= SHORT else f"{text[: SHORT - 1]}…"


def _of(kind: str, received: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [entry for entry in received if entry["kind"] == kind]


def _items(received: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The webhook hears of everything, so it is counted there."""
    return [item for entry in _of("webhook", received) for item in entry["body"]["data"]["items"]]
