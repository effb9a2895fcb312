"""A ticket's text in HTML as Azure DevOps keeps it, in which nothing that others wrote is more than text."""

import re
from collections.abc import Iterator
from html import escape

from shared.domain.message import Link, parted
from shared.domain.ticket_text import Block, Text
from shared.domain.words import plain

# What Azure Boards makes mentions, references and links of when it stands in one run of text. Inside an element of its
# own it reads the same and is copied the same, and is one with nothing beside it.
LIVE = re.compile(r"[@#]|!(?=[0-9])|://|(?<=www)\.", re.IGNORECASE)
TABLE = "<table><tbody>", "</tbody></table>"
LIST = "<ul>", "</ul>"
LINKS = "<p>", "</p>"
BETWEEN_LINKS = " · "


def written(text: Text) -> str:
    """All of it; "" where there is nothing."""
    return "".join(part for block in text for part in _parts(block))


def inert(text: str) -> str:
    """As it was written, line by line."""
    return "<br>".join(_inert_line(plain(line)) for line in text.splitlines())


def _inert_line(line: str) -> str:
    pieces: list[str] = []
    end = 0
    for found in LIVE.finditer(line):
        pieces += [escape(line[end : found.start()]), f"<span>{found[0]}</span>"]
        end = found.end()
    return "".join([*pieces, escape(line[end:])])


def _parts(block: Block) -> Iterator[str]:
    if block.heading:
        yield f"<h3>{inert(block.heading)}</h3>"
    yield from (_paragraph(line) for line in block.lines)
    if block.facts:
        rows = (f"<tr><td><b>{inert(name)}:</b></td><td>{inert(said)}</td></tr>" for name, said in block.facts.items())
        yield "".join(rows).join(TABLE)
    if block.items:
        yield "".join(f"<li>{inert(item)}</li>" for item in block.items).join(LIST)
    if block.links:
        yield BETWEEN_LINKS.join(_link(link) for link in block.links).join(LINKS)


def _paragraph(line: str) -> str:
    label, rest = parted(line)
    return f"<p><b>{inert(label)}</b> {inert(rest)}</p>" if label else f"<p>{inert(rest)}</p>"


def _link(link: Link) -> str:
    if link.opens:
        return f'<a href="{escape(link.url)}">{inert(link.title)}</a>'
    return inert(f"{link.title}: {link.url}")
