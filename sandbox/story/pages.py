"""What the story leaves behind: summary.json, every message as it was received, and one page that shows it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from sandbox.receivers.arrived import shown
from sandbox.story.playing import Story
from sandbox.story.proof import Proof
from shared import config
from shared.app_settings import Settings
from shared.domain.words import moment
from shared.reports.check import lines
from shared.reports.retirement import grid

START = ("ALERT__WEBHOOK_URL", "ALERT__WEBHOOK_SECRET", "WATCH_SCHEDULE", "COSTS_SCHEDULE")


def write_out(out: Path, story: Story, proof: Proof, seconds: float) -> None:
    """`out/summary.json`, `out/messages/NN-KIND.json` and `.txt` (mail as `.html`, too), tickets, `out/index.html`."""
    _messages(out / "messages", story.received)
    (out / "summary.json").write_text(
        json.dumps(_summary(story, proof, seconds), indent=2, ensure_ascii=False), "utf-8"
    )
    (out / "tickets.json").write_text(json.dumps(story.tickets, indent=2, ensure_ascii=False), "utf-8")
    (out / "index.html").write_text(_page(story, proof), "utf-8")


def _messages(folder: Path, received: Sequence[Mapping[str, Any]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number, entry in enumerate(received, 1):
        name = f"{number:02}-{entry['kind'].replace(' ', '-')}"
        (folder / f"{name}.json").write_text(json.dumps(entry, indent=2, ensure_ascii=False), "utf-8")
        (folder / f"{name}.txt").write_text(f"{shown(entry).text}\n", "utf-8")
        if entry["kind"] == "mail":
            (folder / f"{name}.html").write_text(entry["body"]["html"], "utf-8")


def _summary(story: Story, proof: Proof, seconds: float) -> dict[str, Any]:
    checks = [
        {
            "title": scene.title,
            "started": check.look.started.isoformat(),
            "accounts": len(check.accounts),
            "subscriptions": len(check.views),
            "calls_to_azure": check.look.calls,
            "partial": check.look.partial,
            "seconds": round(scene.seconds, 2),
            "findings": [asdict(finding) for finding in check.findings],
            "printed": scene.text,
        }
        for scene in story.scenes
        if (check := scene.check)
    ]
    events = [
        {"title": scene.title, "seconds": round(scene.seconds, 2), "printed": scene.text}
        for scene in story.scenes
        if not scene.check
    ]
    return {
        "scenario": story.scenario.name,
        "seconds": round(seconds, 1),
        "functions": list(story.stage.functions),
        "checks": checks,
        "events": events,
        "messages": len(story.received),
        "retirement": _retirement(story),
        "proof": asdict(proof) | {"holds": proof.holds},
    }


def _retirement(story: Story) -> dict[str, Any]:
    if story.retired is None:
        return {}
    steps = story.retired.gone.steps if story.retired.gone else ()
    return {
        "deletes": dict(story.retired.deletes),
        "by_identity": {kind: dict(by) for kind, by in story.retired.by.items()},
        "audit": [{"at": step.at.isoformat(), "step": step.kind, "by": step.by, "why": step.why} for step in steps],
        "stages": {one.account: one.walk.stage for one in story.retired.planned},
    }


def _page(story: Story, proof: Proof) -> str:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=select_autoescape(["j2"]), undefined=StrictUndefined
    )
    settings, _ = config.read(story.stage.environment)
    return environment.get_template("page.html.j2").render(
        scenario=story.scenario.name,
        scenes=story.scenes,
        when=moment(story.checks[-1].look.started),
        checks=len(story.checks),
        cost=_cost(story),
        last=story.checks[-1],
        received=[shown(entry) for entry in story.received],
        tickets=story.tickets,
        retired=story.retired,
        grid=grid(story.retired.planned if story.retired else ()),
        mistyped=_mistyped(),
        settings=_start_settings(settings),
        proof=proof,
        moment=moment,
    )


def _cost(story: Story) -> str:
    """What the last check knew of the bill; "" where it was not read."""
    said = [line.removeprefix("COST").strip() for line in lines(story.checks[-1]) if line.startswith("COST")]
    return "".join(said)


def _start_settings(settings: Settings) -> list[tuple[str, str, str]]:
    """Name, value and meaning; secrets are hidden, addresses too, since many hold a secret."""
    found = []
    for name, field in Settings.model_fields.items():
        if field.alias in START:
            value = getattr(settings, name)
            shown = "(hidden)" if hasattr(value, "get_secret_value") else str(value)
            found.append((str(field.alias), shown, str(field.description)))
    return found


def _mistyped() -> str:
    """What a mistyped setting is answered with, by the code that answers it."""
    _, mistakes = config.read({"VALIDATION__WARN_DAY": "60"})
    return mistakes[0].sentence
