"""A text in as few pieces as fit into one body or comment each, measured as it will be written; nothing is cut off."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from shared import packing
from shared.domain.ticket_text import Block, Text
from shared.domain.words import plain

type Measure = Callable[[Text], int]

SHARE = 6  # No single thing takes more than this part of a piece; heading, name and value may come together.


@dataclass(frozen=True, slots=True)
class _Unit:
    """The least that stays together, as a block; `source` is the block that it comes from."""

    source: int
    block: Block


def pieces(text: Text, most: int, measure: Measure) -> Sequence[Text]:
    """Each measures `most` at most. A text that fits is one piece, as it is.

    A block that fits into one piece is not parted, and a list of names between two names.
    """
    if measure(text) <= most:
        return [text]
    units = [_Unit(source, one) for source, block in enumerate(text) for one in _units(block, most, measure)]
    found: list[Text] = []
    while units:
        number = _fitting(units, most, measure)
        found.append(_joined(units[:number]))
        units = units[number:]
    return found


def _fitting(units: Sequence[_Unit], most: int, measure: Measure) -> int:
    """How many of the first ones fit together; by doubling and halving, for measuring is dear."""
    fits, over = 1, 2
    while over <= len(units) and measure(_joined(units[:over])) <= most:
        fits, over = over, 2 * over
    over = min(over, len(units) + 1)
    while over - fits > 1:
        middle = (fits + over) // 2
        fits, over = (middle, over) if measure(_joined(units[:middle])) <= most else (fits, middle)
    return fits


def _units(block: Block, most: int, measure: Measure) -> Iterator[Block]:
    """One that fits stays whole; else the heading stays with what comes first below it."""
    if measure((block,)) <= most:
        yield block
        return
    room = most // SHARE
    *before, heading = _cut(block.heading, room, lambda said: measure((Block(said),))) or [""]
    first, *rest = [*_contents(block, room, measure)] or [Block()]
    yield from (Block(piece) for piece in before)
    yield replace(first, heading=heading)
    yield from rest


def _contents(block: Block, room: int, measure: Measure) -> Iterator[Block]:
    def lines(said: str) -> Iterator[Block]:
        parts = _cut(said, room, lambda one: measure((Block(lines=(one,)),)))
        yield from (Block(lines=(part,)) for part in parts)

    for line in block.lines:
        yield from lines(line)
    for name, value in block.facts.items():
        *before, last = _cut(name, room, lambda one: measure((Block(facts={one: ""}),))) or [""]
        yield from (Block(lines=(part,)) for part in before)
        parts = _cut(value, room, lambda one: measure((Block(facts={"": one}),))) or [""]
        yield from (Block(facts={last: part}) for part in parts)
    for item in block.items:
        parts = _cut(item, room, lambda one: measure((Block(items=(one,)),)))
        yield from (Block(items=(part,)) for part in parts)
    for link in block.links:
        whole = Block(links=(link,))
        # One that is too long to be parted opens nothing any more.
        yield from [whole] if measure((whole,)) <= room else lines(f"{link.title}: {link.url}")


def _cut(text: str, room: int, size: Callable[[str], int]) -> list[str]:
    """In parts of which each takes no more than the room when it is written."""
    said = plain(text)
    length = room
    while True:
        parts = list(_parted(said, length))
        if length == 1 or all(size(part) <= room for part in parts):
            return parts
        length //= 2


def _parted(text: str, most: int) -> Iterator[str]:
    while len(text) > most:
        end = text.rfind(", ", 0, most) + 1
        part = text[:end] if end > most // 2 else next(packing.pieces(text, most))
        yield part
        text = text[len(part) :].lstrip()
    if text:
        yield text


def _joined(units: Iterable[_Unit]) -> Text:
    """What comes from one block is one again, unless that would change the order, or a fact's name comes twice."""
    found: list[Block] = []
    for _, some in groupby(units, key=lambda unit: unit.source):
        first, *rest = some
        whole = first.block
        for unit in rest:
            if _goes_below(whole, unit.block):
                whole = _together(whole, unit.block)
            else:
                found.append(whole)
                whole = unit.block
        found.append(whole)
    return tuple(found)


def _goes_below(above: Block, below: Block) -> bool:
    late = bool(above.facts or above.items or above.links)
    return not (below.heading or (below.lines and late) or above.facts.keys() & below.facts.keys())


def _together(above: Block, below: Block) -> Block:
    return Block(
        above.heading,
        above.lines + below.lines,
        {**above.facts, **below.facts},
        above.items + below.items,
        above.links + below.links,
    )
