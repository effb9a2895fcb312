"""A long text in as few documents as fit into one description or comment each, nothing cut off."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

from shared.domain.message import Link
from shared.domain.ticket_text import Block, Text
from shared.domain.words import plain
from shared.packing import Limits, packed
from shared.packing import pieces as parts_of
from shared.tickets.adf import bullets, document, encoded, nodes, table

# Jira refuses more than 32,767 characters in a description or a comment. Whether it counts what is read or the JSON it
# is sent in is not documented, so it is the JSON that has to fit, in bytes, which are never fewer.
MOST_BYTES = 32_767
LONG = 6_000  # Characters of one paragraph, item or value in a piece of its own: no more than 24,000 bytes in JSON.
LONG_NAME = 1_000
LIST_BYTES, TABLE_BYTES = len(encoded(bullets(()))), len(encoded(table({})))
ROOM = Limits(MOST_BYTES - len(encoded(document(()))) - max(LIST_BYTES, TABLE_BYTES))


class Kind(IntEnum):
    """In the order in which a block shows them."""

    LINE = 0
    FACT = 1
    ITEM = 2
    LINK = 3


@dataclass(frozen=True, slots=True)
class Morsel:
    """One thing of one block: what is never parted any more. `begins`: it opens a list or a table of its own."""

    source: int
    kind: Kind
    block: Block
    begins: bool = True

    def follows(self, last: "Morsel") -> bool:
        """Whether one block can say both."""
        return self.source == last.source and self.kind >= last.kind and not self.block.heading and not self._apart

    @property
    def _apart(self) -> bool:
        """A link that became text stands where the links are."""
        return self.kind is Kind.LINK and bool(self.block.lines)

    @property
    def size(self) -> int:
        """In bytes of JSON, with the comma behind it."""
        whole = sum(len(encoded(node)) + 1 for node in nodes(self.block))
        if self.begins:
            return whole
        return whole - (LIST_BYTES if self.block.items else TABLE_BYTES)


def pieces(text: Text) -> Sequence[Text]:
    """A text that fits is one piece, as it is."""
    if len(encoded(document(text))) <= MOST_BYTES:
        return [text]
    groups = [list(_morsels(number, block)) for number, block in enumerate(text)]
    return [tuple(_joined(part)) for part in packed(groups, lambda morsel: morsel.size, ROOM)]


def _morsels(source: int, block: Block) -> Iterator[Morsel]:
    """The heading stays with what comes first below it, where both fit."""
    heading, *rest = _cut(block.heading, LONG_NAME)
    lines = [*rest, *(piece for line in block.lines for piece in _cut(line, LONG) if piece)]
    found = [Morsel(source, Kind.LINE, Block(lines=(line,))) for line in lines]
    found += _facts(source, block)
    items = [piece for item in block.items for piece in _cut(item, LONG) if piece]
    found += [Morsel(source, Kind.ITEM, Block(items=(item,)), number == 0) for number, item in enumerate(items)]
    found += [Morsel(source, Kind.LINK, one) for link in block.links for one in _linked(link)]
    if heading and found:
        whole = replace(found[0], block=replace(found[0].block, heading=heading))
        alone = Morsel(source, Kind.LINE, Block(heading))
        found[:1] = [whole] if whole.size <= ROOM.size else [alone, found[0]]
    yield from found or [Morsel(source, Kind.LINE, Block(heading))]


def _facts(source: int, block: Block) -> Iterator[Morsel]:
    """A value in several pieces is named before each of them."""
    for number, (name, value) in enumerate(block.facts.items()):
        *before, last = _cut(name, LONG_NAME)
        rows = [*((one, "") for one in before), *((last, one) for one in _cut(value, LONG, _between_names))]
        for one, said in rows:
            yield Morsel(source, Kind.FACT, Block(facts={one: said}), begins=number == 0 or len(rows) > 1)


def _linked(link: Link) -> Iterator[Block]:
    """A link that is too long for one piece stands there as text."""
    whole = Block(links=(link,))
    if Morsel(0, Kind.LINK, whole).size <= 4 * LONG:
        yield whole
    else:
        yield from (Block(lines=(line,)) for line in _cut(f"{link.title}: {link.url}", LONG))


def _cut(text: str, most: int, parts: Callable[[str, int], Iterator[str]] = parts_of) -> list[str]:
    """Whole, where it takes no more bytes than so many characters might."""
    said = plain(text)
    return [said] if len(encoded(said)) <= 4 * most else list(parts(said, most))


def _between_names(text: str, most: int) -> Iterator[str]:
    """Where it is a list, between two names of it."""
    while len(text) > most:
        end = text.rfind(", ", 0, most) + 1
        part = text[:end] if end > most // 2 else next(parts_of(text, most))
        yield part
        text = text[len(part) :].lstrip()
    if text:
        yield text


def _joined(morsels: Iterable[Morsel]) -> Iterator[Block]:
    """What came from one block is one block again; what would change its place, or its name comes twice, begins one."""
    last, whole = None, Block()
    for morsel in morsels:
        if last and morsel.follows(last) and not morsel.block.facts.keys() & whole.facts.keys():
            whole = _together(whole, morsel.block)
        else:
            if last:
                yield whole
            whole = morsel.block
        last = morsel
    yield whole


def _together(one: Block, more: Block) -> Block:
    return Block(
        one.heading,
        one.lines + more.lines,
        {**one.facts, **more.facts},
        one.items + more.items,
        one.links + more.links,
    )
