"""GitHub Flavored Markdown in which nothing that others wrote is markup, a link, a mention or a reference."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from shared.domain.message import Link, parted
from shared.domain.ticket_text import Block, Text
from shared.domain.words import plain
from shared.packing import Limits, packed, pieces

# GitHub makes something of such words after the Markdown is done, so that neither a backslash nor an entity helps
# (github/cmark-gfm issue 181): mentions, issues, commits, advisories, addresses, emoji, formulas. Code it leaves alone.
ACTIVE = re.compile(
    r"[@#$]|://|www\.|\bGH-\d|\bGHSA-|\bCVE-\d|:[\w+-]+:|(?<![0-9a-z])[0-9a-f]{7,}(?![0-9a-z])", re.IGNORECASE
)
ESCAPES = str.maketrans({one: f"\\{one}" for one in "\\`*_[]~"} | {"&": "&amp;", "<": "&lt;", ">": "&gt;"})
STARTS = re.compile(r"^([-+=]|\d{1,9}(?=[.)]))")  # Of lists, rules and headings.
IN_ADDRESS = str.maketrans({"&": "&amp;", "<": "%3C", ">": "%3E", "\\": "%5C", "`": "%60"})
BETWEEN = 3  # Characters between two things that stand in one text, at most.
SHARE = 4  # No single thing takes more than this part of the room; heading, name and value are three.


@dataclass(frozen=True, slots=True)
class Unit:
    """The least that stays together; `number` is the block that it comes from."""

    number: int
    block: Block


def written(text: Text) -> str:
    """Paragraphs, lists and links."""
    return "\n\n".join(part for block in text for part in _parts(block) if part)


def inline(text: str) -> str:
    """On one line, shown as it is: words that GitHub would make something of as code, the others escaped."""
    words = (_code(word) if ACTIVE.search(word) else word.translate(ESCAPES) for word in plain(text).split(" "))
    return STARTS.sub(_escaped_start, " ".join(words))


def split(text: Text, most: int) -> Sequence[Text]:
    """In as few texts of at most so many characters, as they are written, as they fit into; nothing is cut off."""
    if len(written(text)) <= most:
        return [text]
    groups = [[Unit(number, unit) for unit in _units(block, most)] for number, block in enumerate(text)]
    parts = packed(groups, lambda unit: len(written((unit.block,))) + BETWEEN, Limits(most))
    return [tuple(_joined(part)) for part in parts]


def _parts(block: Block) -> Iterator[str]:
    """Facts and items have bullets of their own, or they would be one list."""
    if heading := inline(block.heading):
        yield f"### {heading}"
    yield from (_paragraph(line) for line in block.lines)
    yield "\n".join(_fact(name, value) for name, value in block.facts.items())
    yield "\n".join(f"* {inline(item)}" for item in block.items)
    yield " · ".join(_link(link) for link in block.links)


def _paragraph(line: str) -> str:
    label, rest = parted(plain(line))
    return f"**{inline(label)}** {inline(rest)}" if label else inline(rest)


def _fact(name: str, value: str) -> str:
    """One without a name goes on with the one before it."""
    return f"- **{inline(name)}:** {inline(value)}".rstrip() if name else f"- {inline(value)}"


def _link(link: Link) -> str:
    if not link.opens:
        return inline(f"{link.title}: {link.url}")
    return f"[{inline(link.title) or inline(link.url)}](<{link.url.translate(IN_ADDRESS)}>)"


def _code(word: str) -> str:
    """Backticks stand beside the code, not in it: longer fences than some length are none."""
    runs = re.split(r"(`+)", word)
    return "".join(run.translate(ESCAPES) if run.startswith("`") else f"`{run}`" for run in runs if run)


def _escaped_start(found: re.Match[str]) -> str:
    return f"{found[0]}\\" if found[0].isdigit() else f"\\{found[0]}"


def _units(block: Block, most: int) -> list[Block]:
    """The heading stays with what follows it; a block that fits stays whole."""
    if len(written((block,))) + BETWEEN <= most:
        return [block]
    room = most // SHARE
    units = [Block(lines=(piece,)) for line in block.lines for piece in _cut(line, room)]
    units += [unit for name, value in block.facts.items() for unit in _facts(name, value, room)]
    units += [Block(items=(piece,)) for item in block.items for piece in _cut(item, room)]
    units += [unit for link in block.links for unit in _linked(link, room)]
    *before, heading = list(_cut(block.heading, room)) or [""]
    first, *rest = units or [Block()]
    return [*(Block(piece) for piece in before), replace(first, heading=heading), *rest]


def _facts(name: str, value: str, room: int) -> Iterator[Block]:
    *before, last = list(_cut(name, room)) or [""]
    first, *rest = list(_cut(value, room)) or [""]
    yield from (Block(lines=(piece,)) for piece in before)
    yield from (Block(facts={last: first}), *(Block(facts={"": piece}) for piece in rest))


def _linked(link: Link, room: int) -> Iterator[Block]:
    whole = Block(links=(link,))
    if len(written((whole,))) <= room:
        yield whole
    else:
        yield from (Block(lines=(piece,)) for piece in _cut(f"{link.title}: {link.url}", room))


def _cut(text: str, room: int, size: int = 0) -> Iterator[str]:
    """In pieces that take no more room when they are written; `size` is before that."""
    size = size or room
    for piece in pieces(plain(text), size):
        if len(inline(piece)) <= room:
            yield piece
        else:
            yield from _cut(piece, room, size // 2)


def _joined(units: Iterable[Unit]) -> list[Block]:
    """What comes from one block is one again, unless that would change the order or lose a fact of the same name."""
    joined: list[Unit] = []
    for unit in units:
        last = joined[-1] if joined else None
        if last and last.number == unit.number and _goes_below(last.block, unit.block):
            joined[-1] = Unit(unit.number, _merged(last.block, unit.block))
        else:
            joined.append(unit)
    return [unit.block for unit in joined]


def _goes_below(above: Block, below: Block) -> bool:
    late = bool(above.facts or above.items or above.links)
    return not (below.heading or (below.lines and late) or above.facts.keys() & below.facts.keys())


def _merged(above: Block, below: Block) -> Block:
    return Block(
        above.heading,
        above.lines + below.lines,
        {**above.facts, **below.facts},
        above.items + below.items,
        above.links + below.links,
    )
