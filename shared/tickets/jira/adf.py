"""What a ticket says in Atlassian Document Format: JSON, in which text is never markup, a link or a mention."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from shared.domain.message import Link, parted
from shared.domain.ticket_text import Block, Text
from shared.domain.words import plain

type Node = dict[str, Any]

HEADING_LEVEL = 3  # 1 and 2 are as large as the ticket's own title.
BOLD: Node = {"type": "strong"}


def document(text: Text) -> Node:
    """A whole body: of a description, or of one comment."""
    return {"type": "doc", "version": 1, "content": [node for block in text for node in nodes(block)]}


def encoded(found: Any) -> bytes:
    """As it is sent."""
    return json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode()


def nodes(block: Block) -> Iterator[Node]:
    """What it says, in its order; what is empty is left out, for no text in a document may be."""
    if heading := _text(block.heading):
        yield {"type": "heading", "attrs": {"level": HEADING_LEVEL}, "content": heading}
    yield from (_line(line) for line in block.lines if plain(line))
    if block.facts:
        yield table(block.facts)
    if items := [item for item in block.items if plain(item)]:
        yield bullets(items)
    yield from (_paragraph(_link(link)) for link in block.links)


def table(facts: Mapping[str, str]) -> Node:
    """A row a fact, with its name in a header cell."""
    return {"type": "table", "content": [_row(name, value) for name, value in facts.items()]}


def bullets(items: Iterable[str]) -> Node:
    """A list."""
    return {
        "type": "bulletList",
        "content": [{"type": "listItem", "content": [_paragraph(_text(item))]} for item in items],
    }


def _row(name: str, value: str) -> Node:
    cells = [("tableHeader", _text(name)), ("tableCell", _text(value))]
    return {
        "type": "tableRow",
        "content": [{"type": kind, "content": [_paragraph(said)]} for kind, said in cells],
    }


def _line(line: str) -> Node:
    label, rest = parted(plain(line))
    return _paragraph([*_text(label, BOLD), {"type": "text", "text": f" {rest}"}] if label else _text(rest))


def _link(link: Link) -> list[Node]:
    title = plain(link.title) or plain(link.url)
    if link.opens:
        return _text(title, {"type": "link", "attrs": {"href": link.url}})
    return _text(f"{title}: {link.url}")


def _paragraph(content: list[Node]) -> Node:
    return {"type": "paragraph", "content": content} if content else {"type": "paragraph"}


def _text(text: str, *marks: Node) -> list[Node]:
    """On one line; nothing at all where it is empty."""
    if not (said := plain(text)):
        return []
    return [{"type": "text", "text": said, "marks": list(marks)} if marks else {"type": "text", "text": said}]
