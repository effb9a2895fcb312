"""A text in as few pieces as fit into one field each, measured as the HTML that it becomes; nothing is cut off."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import IntEnum

from shared import packing
from shared.domain.ticket_text import Block, Text
from shared.tickets.html import BETWEEN_LINKS, LINKS, LIST, TABLE, inert, units, written

SMALLEST = 8  # A text that is longer than this part of a piece is cut up, so that little room is left empty.


class _Kind(IntEnum):
    """In the order in which a block shows them."""

    LINE = 0
    FACT = 1
    ITEM = 2
    LINK = 3


# What is saved where one more follows its like.
SAVED = {
    _Kind.LINE: 0,
    _Kind.FACT: len("".join(TABLE)),
    _Kind.ITEM: len("".join(LIST)),
    _Kind.LINK: len("".join(LINKS)) - len(BETWEEN_LINKS),
}


@dataclass(frozen=True, slots=True)
class _Atom:
    """One thing of the block that is the `source`-th, as a block of its own."""

    source: int
    kind: _Kind
    block: Block


def pieces(text: Text, most: int) -> list[Text]:
    """Each of at most so many UTF-16 units. Exactly the text where all of it fits."""
    if units(written(text)) <= most:
        return [text]
    parts: list[list[Block]] = []
    room = 0
    last: _Atom | None = None
    for atom in _atoms(text, most):
        size = units(written((atom.block,)))
        joins = bool(parts and last and _joins(last, atom, parts[-1][-1]))
        alike = joins and last is not None and last.kind is atom.kind
        needed = size - SAVED[atom.kind] if alike else size
        if not parts or needed > room:
            parts.append([atom.block])
            room = most - size
        else:
            parts[-1][-1:] = [_joined(parts[-1][-1], atom.block)] if joins else [parts[-1][-1], atom.block]
            room -= needed
        last = atom
    return [tuple(part) for part in parts]


def _joins(last: _Atom, atom: _Atom, block: Block) -> bool:
    """Whether it goes on with the block before it."""
    ordered = last.source == atom.source and last.kind <= atom.kind
    return ordered and not atom.block.heading and not atom.block.facts.keys() & block.facts.keys()


def _joined(block: Block, more: Block) -> Block:
    return replace(
        block,
        lines=block.lines + more.lines,
        facts={**block.facts, **more.facts},
        items=block.items + more.items,
        links=block.links + more.links,
    )


def _atoms(text: Text, most: int) -> Iterator[_Atom]:
    """A heading stays with what comes first below it."""
    longest = most // SMALLEST
    for source, block in enumerate(text):
        atoms = [_Atom(source, kind, one) for kind, one in _singles(block, longest)]
        if units(inert(block.heading)) > longest:
            yield from (_Atom(source, _Kind.LINE, Block(lines=(line,))) for line in _cut(block.heading, longest))
        elif block.heading:
            first = atoms.pop(0) if atoms else _Atom(source, _Kind.LINE, Block())
            yield replace(first, block=replace(first.block, heading=block.heading))
        yield from atoms


def _singles(block: Block, longest: int) -> Iterator[tuple[_Kind, Block]]:
    for line in block.lines:
        yield from ((_Kind.LINE, Block(lines=(piece,))) for piece in _cut(line, longest))
    for name, said in block.facts.items():
        if units(inert(name)) > longest:
            yield from ((_Kind.LINE, Block(lines=(piece,))) for piece in _cut(f"{name}: {said}", longest))
        else:
            yield from ((_Kind.FACT, Block(facts={name: piece})) for piece in _cut(said, longest) or [""])
    for item in block.items:
        yield from ((_Kind.ITEM, Block(items=(piece,))) for piece in _cut(item, longest))
    for link in block.links:
        if units(written((Block(links=(link,)),))) > longest:
            yield from ((_Kind.LINE, Block(lines=(piece,))) for piece in _cut(f"{link.title}: {link.url}", longest))
        else:
            yield _Kind.LINK, Block(links=(link,))


def _cut(text: str, longest: int) -> list[str]:
    """In pieces that are no longer than that when they are written."""
    step = longest
    found = list(packing.pieces(text, step))
    while any(units(inert(piece)) > longest for piece in found):
        step //= 2
        found = list(packing.pieces(text, step))
    return found
