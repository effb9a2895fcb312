"""Microsoft Teams: Adaptive Cards for a workflow that starts "When a Teams webhook request is received"."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import SecretStr

from shared.domain.finding import Severity
from shared.domain.memory import Intent
from shared.domain.message import Item, Link, Message, Section, message_of, parted
from shared.domain.words import plain
from shared.http import Answer, Http, refusal
from shared.packing import Limits, packed, pieces
from shared.ports.channel import Part, Thread, part_of

type Element = dict[str, Any]

CONTENT_TYPE = "application/json; charset=utf-8"
CARD_TYPE = "application/vnd.microsoft.card.adaptive"
# Teams takes 28 KiB, and counts the card after it was written into a JSON string once more: `_bytes` counts like that.
# The workflow has answered 202 by then, so what is too long vanishes in silence: better to stay well below.
LIMIT_BYTES = 26_000
MOST_IN_HEADING = 300  # Characters; a longer summary goes below the heading.
MOST_IN_BLOCK = 800  # Characters; even if all of them take the most bytes, a block fits beside the longest heading.
MOST_BUTTONS = 6  # In a row; Teams hides further ones.
COLORS = {Severity.CRITICAL: "Attention", Severity.WARNING: "Warning", Severity.INFO: "Default", None: "Good"}


@dataclass(frozen=True, slots=True)
class Block:
    """One element of a card, the problem that it tells of, and the section that it stands in (None: above them).

    `goes_on`: something of the section stands before it.
    """

    element: Element
    intent: Intent
    section: Section | None = None
    goes_on: bool = False


@dataclass(frozen=True, slots=True)
class Teams:
    """A channel or a chat. `portal` is the cloud's portal, for links.

    Names and notes of other people stand in text runs, where nothing is Markdown: TextBlock and FactSet are Markdown in
    Teams, and its clients disagree about how to escape it (microsoft/AdaptiveCards issues 5590 and 5758).
    Nothing in Teams heeds the Idempotency-Key; it is sent for flows of one's own, which can drop what they had before.
    """

    per_problem = False
    remembers = False

    http: Http
    url: SecretStr
    portal: str

    def compose(self, batch_id: str, intents: Sequence[Intent], threads: Mapping[str, Thread]) -> Sequence[Part]:  # noqa: ARG002
        """In as few cards as fit, the worst first, nothing cut off."""
        message = message_of(intents, self.portal)
        heading = _heading(message)
        continued = max((_bytes(_section_heading(section, "continued")) for section in message.sections), default=0)
        room = LIMIT_BYTES - _bytes(_envelope(f"{heading} (999 of 999)", [])) - continued
        parts = packed(_groups(message, heading), lambda block: _bytes(block.element), Limits(room))
        return [
            _part(f"{batch_id}-{number}", heading if number == 1 else f"{heading} ({number} of {len(parts)})", blocks)
            for number, blocks in enumerate(parts, 1)
        ]

    async def send(self, part: Part) -> str:
        """Returns when the workflow took it; what becomes of it there is never heard. Raises DeliveryError."""
        headers = {"Content-Type": part.content_type, "Idempotency-Key": part.key}
        answer = await self.http.post(self.url.get_secret_value(), part.body.encode(), headers)
        if error := refusal("Teams", _as_meant(answer)):
            raise error
        return ""


def _as_meant(answer: Answer) -> Answer:
    """The older connectors answer 200 whatever Teams said, and then name its status in the text."""
    text = answer.body.lower()
    if not 200 <= answer.status < 300 or b"message delivery failed" not in text:
        return answer
    named = re.search(rb"http error ([45]\d\d)", text)
    return replace(answer, status=int(named[1]) if named else 502)


def _part(key: str, heading: str, blocks: Sequence[Block]) -> Part:
    first = blocks[0]
    again = [_section_heading(first.section, "continued")] if first.goes_on and first.section else []
    elements = [*again, *(block.element for block in blocks)]
    intents = {block.intent.key: block.intent for block in blocks}
    body = json.dumps(_envelope(heading, elements), ensure_ascii=False)
    return part_of(key, CONTENT_TYPE, body, list(intents.values()))


def _envelope(heading: str, elements: Sequence[Element]) -> Element:
    """The message that a workflow takes; `summary` and `fallbackText` are what some notifications show."""
    title = _text(heading, size="Large", weight="Bolder")
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.5",
        "fallbackText": _escaped(heading),
        "msteams": {"width": "Full"},
        "body": [title, *elements],
    }
    attachment = {"contentType": CARD_TYPE, "contentUrl": None, "content": card}
    return {"type": "message", "summary": heading, "attachments": [attachment]}


def _heading(message: Message) -> str:
    """The summary, or what stands in it before the first name: who speaks, and of how many."""
    summary = plain(message.summary)
    return summary if len(summary) <= MOST_IN_HEADING else ": ".join(summary.split(": ")[:2])


def _groups(message: Message, heading: str) -> Iterator[list[Block]]:
    """What should stay together: each problem, the first one with what its section says of all."""
    if message.items and heading != plain(message.summary):
        yield [Block(element, message.items[0].intent) for element in _texts(message.summary)]
    for section in message.sections:
        head = [_section_heading(section)] if len(message.items) > 1 else []
        head += [*_lines(section.lines), *_buttons(section.links)]
        for place, item in enumerate(section.items):
            elements = [*([] if place else head), *_problem(item)]
            yield [
                Block(element, item.intent, section, goes_on=bool(place or number))
                for number, element in enumerate(elements)
            ]


def _section_heading(section: Section, more: str = "") -> Element:
    """Only our own words, so it may be a TextBlock, which alone can be a heading to screen readers."""
    text = f"{section.heading}, {more}" if more else section.heading
    looks = {"style": "heading", "size": "Medium", "weight": "Bolder", "spacing": "Large", "wrap": True}
    return {"type": "TextBlock", "text": text, **looks}


def _problem(item: Item) -> Iterator[Element]:
    title, *more = _texts(item.title, weight="Bolder", color=COLORS[item.severity])
    yield title | {"separator": True, "spacing": "Medium"}
    yield from more
    yield from _lines(item.lines)
    yield from _lines([" · ".join(f"{name}: {value}" for name, value in item.facts.items())], isSubtle=True)
    yield from _buttons(item.links)


def _lines(lines: Sequence[str], **looks: Any) -> Iterator[Element]:
    for line in lines:
        for number, element in enumerate(_texts(line, **looks)):
            yield element if number else (element if looks else _labelled(element)) | {"spacing": "Small"}


def _labelled(element: Element) -> Element:
    """Next step: in bold, so that the eye finds it."""
    first, *more = element["inlines"]
    label, rest = parted(first["text"])
    if not label:
        return element
    bold = first | {"text": f"{label} ", "weight": "Bolder"}
    return element | {"inlines": [bold, first | {"text": rest}, *more]}


def _texts(text: str, **looks: Any) -> Iterator[Element]:
    """One text, in as many elements as it needs."""
    for number, piece in enumerate(pieces(plain(text), MOST_IN_BLOCK)):
        element = _text(piece, **looks)
        yield element | {"spacing": "None"} if number else element


def _text(text: str, **looks: Any) -> Element:
    """Read as it is, but for {{DATE(...)}} and {{TIME(...)}}, which are taken apart: no run holds a whole one."""
    runs = re.split(r"(?<=\{\{)(?=(?:DATE|TIME)\()", text, flags=re.IGNORECASE)
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": run, **looks} for run in runs]}


def _buttons(links: Sequence[Link]) -> Iterator[Element]:
    """What cannot be a button stands there as text."""
    opening = [link for link in links if _opens(link)]
    yield from _lines([f"{link.title}: {link.url}" for link in links if not _opens(link)])
    for start in range(0, len(opening), MOST_BUTTONS):
        row = opening[start : start + MOST_BUTTONS]
        actions = [{"type": "Action.OpenUrl", "title": link.title, "url": link.url} for link in row]
        yield {"type": "ActionSet", "spacing": "Small", "actions": actions}


def _opens(link: Link) -> bool:
    return link.opens and len(link.url) <= MOST_IN_BLOCK


def _escaped(text: str) -> str:
    """For the one text that has to be Markdown."""
    return re.sub(r"([\\`*_\[\]<>{}~#])", r"\\\1", text)


def _bytes(element: Element) -> int:
    """As Teams counts: the JSON in a JSON string. msteams-docs issue 11274: 24,453 bytes were 28,897."""
    return len(json.dumps(json.dumps(element, ensure_ascii=False))) + len(", ")
