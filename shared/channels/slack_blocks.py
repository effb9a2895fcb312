"""Slack's Block Kit: a message in blocks in which nothing is markup, and a text for where blocks are not shown."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import Any

from shared.domain.memory import Intent
from shared.domain.message import Item, Link, Message, Section, message_of, parted
from shared.domain.words import plain
from shared.packing import Limits, packed, pieces

type Element = dict[str, Any]

# Slack documents 50 blocks, and nothing about all of them together. Yet it refuses them as msg_blocks_too_long: 13,297
# characters in one block and 13,172 beside a divider (slackapi/bolt-js issue 2509), and 11,341 characters of text in
# several (issue 2867), so what surrounds the text counts as well. `_size` counts all of it, in its longest spelling.
LIMIT = 12_000
BLOCK = 250  # What a block takes beside its lines, generously: so there is no room for more than 48 of them.
MOST_IN_HEADING = 130  # Slack takes 150 characters, and "(2 of 3)" has to fit in.
MOST_IN_LINE = 700  # Characters; even if all of them take the most room, a line fits below the longest heading.
MOST_IN_SUMMARY = 600
MOST_IN_TEXT = 3_500  # Slack asks for fewer than 4,000, and posts what is longer in several messages.
NEW_LINE: Element = {"type": "text", "text": "\n"}


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it is read: runs of text and links, and the problem that it tells of.

    `section` is the one whose heading stands above it, None where there is no need for headings; `first`: it is the
    first line below it. `starts`: a block begins here.
    """

    runs: tuple[Element, ...]
    intent: Intent
    section: Section | None
    starts: bool = False
    first: bool = False

    @property
    def words(self) -> str:
        """As plain text."""
        return "".join(f"{run['text']}: {run['url']}" if "url" in run else run["text"] for run in self.runs)


@dataclass(frozen=True, slots=True)
class Posting:
    """One message: `text` is what notifications show and screen readers read, `intents` what it tells of."""

    text: str
    blocks: tuple[Element, ...]
    intents: tuple[Intent, ...]


def postings(intents: Sequence[Intent], portal: str) -> list[Posting]:
    """In as few messages as fit, the worst first, nothing cut off. None where there is nothing to tell.

    What other people wrote stands in rich text, where no character means anything. There are no buttons: even one that
    only opens a page makes Slack ask the app what to do, and shows a warning if nobody answers
    (slackapi/node-slack-sdk issue 869).
    """
    message = message_of(intents, portal)
    parts = packed(_groups(message), _size, Limits(_room(message)))
    places = [f" ({number} of {len(parts)})" if number > 1 else "" for number in range(1, len(parts) + 1)]
    return [_posting(message, lines, place) for lines, place in zip(parts, places, strict=True)]


def _posting(message: Message, lines: Sequence[Line], place: str) -> Posting:
    intents = {line.intent.key: line.intent for line in lines}
    blocks = [_header(_heading(message) + place), *_blocks(lines)]
    return Posting(_text(message, lines, place), tuple(blocks), tuple(intents.values()))


def _text(message: Message, lines: Sequence[Line], place: str) -> str:
    """The summary, and below it everything, where that is short enough: screen readers do not look into blocks.

    Escaped as "Formatting text for app surfaces" asks for.
    """
    said = plain(message.summary)
    first = (said if len(said) <= MOST_IN_SUMMARY else _heading(message)) + place
    texts = ("\n".join([first, *(line.words for line in lines)]), first)
    escaped = [text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") for text in texts]
    return escaped[0] if len(escaped[0]) <= MOST_IN_TEXT else escaped[1]


def _heading(message: Message) -> str:
    """The summary, or what stands in it before the first name: who speaks, and of how many.

    A header is plain text, but whether Slack decodes &, < and > there is not said anywhere, so it has none of them.
    """
    summary = plain(message.summary)
    fits = len(summary) <= MOST_IN_HEADING and not set(summary) & set("&<>")
    return summary if fits else ": ".join(summary.split(": ")[:2])


def _blocks(lines: Sequence[Line]) -> list[Element]:
    """Lines of one problem in one block; where a message begins within a section, its heading says so."""
    blocks: list[Element] = []
    for place, line in enumerate(lines):
        headed = line.section if line.first or not place else None
        if headed:
            blocks.append(_header(headed.heading if line.first else _continued(headed)))
        if headed or line.starts or not place:
            section = {"type": "rich_text_section", "elements": list(line.runs)}
            blocks.append({"type": "rich_text", "elements": [section]})
        else:
            blocks[-1]["elements"][0]["elements"] += [NEW_LINE, *line.runs]
    return blocks


def _header(text: str) -> Element:
    return {"type": "header", "text": {"type": "plain_text", "text": text, "emoji": False}}


def _continued(section: Section) -> str:
    return f"{section.heading}, continued"


def _groups(message: Message) -> Iterator[list[Line]]:
    """What should stay together: each problem, the first one with what its section says of all."""
    if message.items and _heading(message) != plain(message.summary):
        intent = message.items[0].intent
        yield [Line(runs, intent, None, starts=not place) for place, runs in enumerate(_runs(message.summary))]
    for section in message.sections:
        above = [*_texts(section.lines), *_links(section.links)]
        headed = section if len(message.items) > 1 else None
        for place, item in enumerate(section.items):
            head = [] if place else above
            starts = {0, len(head)} if item.lines or not place else set()
            lines = enumerate([*head, *_problem(item)])
            yield [
                Line(runs, item.intent, headed, number in starts, first=not place and not number)
                for number, runs in lines
            ]


def _problem(item: Item) -> Iterator[tuple[Element, ...]]:
    """The title begins with the severity in words, so no color has to say it."""
    for runs in _runs(item.title):
        yield tuple(_bold(run) for run in runs)
    yield from _texts(item.lines)
    yield from _runs(" · ".join(f"{name}: {value}" for name, value in item.facts.items()))
    yield from _links(item.links)


def _texts(lines: Sequence[str]) -> Iterator[tuple[Element, ...]]:
    for line in lines:
        for place, runs in enumerate(_runs(line)):
            yield runs if place else _labelled(runs[0])


def _runs(text: str) -> Iterator[tuple[Element, ...]]:
    """One text, in as many lines as it needs."""
    for piece in pieces(plain(text), MOST_IN_LINE):
        yield ({"type": "text", "text": piece},)


def _labelled(run: Element) -> tuple[Element, ...]:
    """Next step: in bold, so that the eye finds it."""
    label, rest = parted(run["text"])
    return (_bold(run | {"text": f"{label} "}), run | {"text": rest}) if label else (run,)


def _bold(run: Element) -> Element:
    return run | {"style": {"bold": True}}


def _links(links: Sequence[Link]) -> Iterator[tuple[Element, ...]]:
    """What is no safe address stands there as text."""
    for few in batched([link for link in links if _opens(link)], 5, strict=False):
        runs = [({"type": "text", "text": " · "}, {"type": "link", "url": one.url, "text": one.title}) for one in few]
        yield tuple(run for pair in runs for run in pair)[1:]
    for link in links:
        if not _opens(link):
            yield from _runs(f"{link.title}: {link.url}")


def _opens(link: Link) -> bool:
    return link.opens and len(link.url) <= MOST_IN_LINE


def _room(message: Message) -> int:
    """Without the heading, and that of a section that goes on."""
    going_on = max((len(json.dumps(_header(_continued(section)))) for section in message.sections), default=0)
    return LIMIT - len(json.dumps(_header(f"{_heading(message)} (999 of 999)"))) - going_on - 2 * BLOCK


def _size(line: Line) -> int:
    """Characters of JSON in ASCII; with a heading, where one stands above it."""
    heading = BLOCK + len(json.dumps(line.section.heading)) if line.section and line.first else 0
    return len(json.dumps([NEW_LINE, *line.runs])) + heading + (BLOCK if line.starts else 0)
