"""Each message as a person would see it where it arrived, from what the stand-in received."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

NAMES = {
    "teams": "Teams",
    "slack": "Slack",
    "mail": "mail",
    "pagerduty": "PagerDuty",
    "webhook": "webhook",
    "event grid": "Event Grid",
}
TONES = {"Attention": "critical", "Warning": "warning", "Good": "over"}


@dataclass(frozen=True, slots=True)
class Block:
    """A problem in a message. `tone` is critical, warning, info or over; "" where a message has no colours."""

    title: str
    text: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """`where` is what people call it; `summary` is what they see before they open it."""

    where: str
    summary: str
    blocks: tuple[Block, ...]

    @property
    def text(self) -> str:
        """All of it."""
        return "\n\n".join([self.summary, *(f"{block.title}\n{block.text}".strip() for block in self.blocks)])


def shown(entry: Mapping[str, Any]) -> Shown:
    """Of whatever kind."""
    kind, body = entry["kind"], entry["body"]
    summary, blocks = _READ[kind](body)
    to = f" to {', '.join(body['to'])}" if kind == "mail" else ""
    return Shown(f"{NAMES[kind]}{to}", summary, tuple(blocks))


def _webhook(body: Mapping[str, Any]) -> tuple[str, list[Block]]:
    data = body["data"]
    return data["summary"], [_problem(item, item["text"].partition("\n")[2]) for item in data["items"]]


def _event_grid(body: list[Mapping[str, Any]]) -> tuple[str, list[Block]]:
    types = ", ".join(dict.fromkeys(event["type"] for event in body))
    return f"{len(body)} events: {types}", [_problem(event["data"], event["type"]) for event in body]


def _problem(item: Mapping[str, Any], text: str) -> Block:
    return Block(item["title"], text, "over" if item["reason"] == "resolved" else item["severity"])


def _pagerduty(body: Mapping[str, Any]) -> tuple[str, list[Block]]:
    payload, action = body["payload"], body["event_action"]
    _, _, text = payload["custom_details"]["text"].partition("\n")
    tone = "over" if action == "resolve" else payload["severity"]
    return f"{action}: {payload['summary']}", [Block(payload["summary"], text, tone)]


def _mail(body: Mapping[str, Any]) -> tuple[str, list[Block]]:
    return body["subject"], [Block("", body["text"].strip())]


def _teams(body: Mapping[str, Any]) -> tuple[str, list[Block]]:
    """A card's elements in order; a line above one begins the next problem."""
    first, *elements = body["attachments"][0]["content"]["body"]
    blocks: list[Block] = []
    for element in elements:
        line, tone = _line(element), TONES.get(next(iter(element.get("inlines", [{}]))).get("color", ""), "")
        if element.get("separator") or not blocks:
            blocks.append(Block(line, "", tone))
        else:
            last = blocks[-1]
            blocks[-1] = Block(last.title, f"{last.text}\n{line}".strip(), last.tone)
    return _line(first), blocks


def _line(element: Mapping[str, Any]) -> str:
    if element["type"] == "ActionSet":
        return " ".join(f"[{action['title']}]" for action in element["actions"])
    return str(element.get("text") or "".join(run["text"] for run in element.get("inlines", ())))


def _slack(body: Mapping[str, Any]) -> tuple[str, list[Block]]:
    payload = body.get("payload", body)
    lines = [line for block in payload.get("blocks", ()) for line in _slack_lines(block)]
    return payload.get("text", "").partition("\n")[0], [Block("", "\n".join(lines))]


def _slack_lines(block: Mapping[str, Any]) -> Iterator[str]:
    """A header is a line, and so is each section of a rich text."""
    if block["type"] == "rich_text":
        for section in block["elements"]:
            yield "".join(run.get("text") or run.get("url", "") for run in section["elements"]).strip()
    elif "text" in block:
        yield block["text"]["text"]
    for element in block.get("elements", ()) if block["type"] == "context" else ():
        yield element["text"]


_READ: Mapping[str, Callable[[Any], tuple[str, list[Block]]]] = {
    "webhook": _webhook,
    "event grid": _event_grid,
    "pagerduty": _pagerduty,
    "mail": _mail,
    "teams": _teams,
    "slack": _slack,
}
