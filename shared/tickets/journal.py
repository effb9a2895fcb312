"""Plain text as ServiceNow shows it: a description as it stands, a work note in the activity stream.

The stream has its own markup: HTML between [code] and [/code] ("Journal field type"), mentions like @[id:name] that
notify people ("Activity streams"), and addresses that become links. In what other people wrote, each is broken up by a
space of no width, which is read as they wrote it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from shared.domain.message import Link
from shared.domain.ticket_text import Block, Text
from shared.domain.words import plain
from shared.packing import Limits, packed
from shared.packing import pieces as cut

# The dictionary's length of `description` and `work_notes`; the platform keeps more (KB0685779), a form may not.
LIMIT = 4_000
LIMIT_OF_TITLE = 160
NOTE = "Countersign note "
ROOM = LIMIT - 100  # The last line of a note is NOTE and a key of at most 60 characters.
HEADING = 200  # Longer names and headings stand alone, so that what belongs to them has room.
PIECE = ROOM - 2 * HEADING

UNSEEN = "\u200b"
MARKUP = re.compile(
    rf"(?<=\[)(?=\s?/?\s?code)|(?<=@)(?=\s?\[)|(?<=:)(?=//)|(?<=www)(?=\.)|(?<=mailto)(?=:)|(?<={NOTE[:-1]})(?= )",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Atom:
    """The smallest that is kept together. `block` numbers the block that it comes from."""

    block: int
    content: Block


def inert(text: str) -> str:
    """On one line, and nothing but text."""
    return MARKUP.sub(UNSEEN, plain(text))


def written(text: Text) -> str:
    """Blocks and the parts of each with an empty line between them."""
    return "\n\n".join(filter(None, (_block(block) for block in text)))


def note(text: Text, key: str) -> str:
    """There is no hidden place in a note, so the key stands in its last line."""
    return f"{written(text)}\n\n{NOTE}{key}"


def says(entry: str, key: str) -> bool:
    """Whether the key is in a note, or in one of many: as a whole line, as others cannot write it."""
    return f"{NOTE}{key}" in (line.strip() for line in entry.splitlines())


def title(text: str) -> str:
    """One line, cut off where it is too long."""
    line = plain(text)
    if length(line) <= LIMIT_OF_TITLE:
        return line
    units = line.encode("utf-16-le")[: 2 * (LIMIT_OF_TITLE - 1)]
    return f"{units.decode('utf-16-le', errors='ignore').rstrip()}…"


def length(text: str) -> int:
    """In units of UTF-16, as Java counts, and a line's end as two, as a form sends it."""
    return len(text.encode("utf-16-le")) // 2 + text.count("\n")


def pieces(text: Text) -> Sequence[Text]:
    """In as few pieces as fit, nothing cut off. A name in a list that is parted by commas is not torn apart."""
    if length(written(text)) <= ROOM:
        return [text]
    groups = [[Atom(number, atom) for atom in _atoms(block)] for number, block in enumerate(text)]
    parts = packed(groups, lambda atom: length(_block(atom.content)) + length("\n\n"), Limits(ROOM))
    return [tuple(_joined(part)) for part in parts]


def _block(block: Block) -> str:
    parts = [
        "\n".join(map(inert, filter(None, block.lines))),
        "\n".join(f"{inert(name)}: {inert(value)}" for name, value in block.facts.items()),
        "\n".join(f"- {inert(item)}" for item in block.items),
        "\n".join(_link(link) for link in block.links),
    ]
    body = "\n\n".join(filter(None, parts))
    return "\n".join(filter(None, [inert(block.heading), body]))


def _link(link: Link) -> str:
    """An address that opens stays one, and holds no brackets, which could be markup; any other is text."""
    address = link.url.replace("[", "%5B").replace("]", "%5D") if link.opens else inert(link.url)
    return f"{inert(link.title)}: {address}"


def _atoms(block: Block) -> Iterator[Block]:
    """The heading with what comes first, where it is short."""
    atoms = _contents(block)
    if length(inert(block.heading)) > HEADING:
        yield from (Block(heading=piece) for piece in _cut(block.heading))
    elif block.heading:
        yield replace(next(atoms, Block()), heading=block.heading)
    yield from atoms


def _contents(block: Block) -> Iterator[Block]:
    for line in block.lines:
        yield from (Block(lines=(piece,)) for piece in _cut(line))
    for name, value in block.facts.items():
        yield from _fact(name, value)
    for item in block.items:
        yield from (Block(items=(piece,)) for piece in _cut(item))
    for link in block.links:
        yield from _linked(link)


def _fact(name: str, value: str) -> Iterator[Block]:
    if length(inert(name)) > HEADING:
        yield from (Block(lines=(piece,)) for piece in _cut(f"{name}: {value}"))
    else:
        yield from (Block(facts={name: piece}) for piece in _cut(value) or [""])


def _linked(link: Link) -> Iterator[Block]:
    """One that is too long for a note opens nothing any more."""
    whole = Block(links=(link,))
    if length(_block(whole)) <= PIECE:
        yield whole
    else:
        yield from (Block(lines=(piece,)) for piece in _cut(f"{link.title}: {link.url}"))


def _cut(text: str) -> list[str]:
    """No text is more than twice as long when it is inert and counted in UTF-16."""
    line = plain(text)
    most = PIECE if length(inert(line)) == len(line) else PIECE // 2
    found: list[str] = []
    while len(line) > most:
        end = line.rfind(", ", 0, most) + 1
        if end <= most // 2:
            return [*found, *cut(line, most)]
        found.append(line[:end])
        line = line[end:].lstrip()
    return [*found, line] if line else found


def _joined(part: Sequence[Atom]) -> Iterator[Block]:
    for _, atoms in groupby(part, key=lambda atom: atom.block):
        whole = Block()
        for atom in atoms:
            if _collides(whole.facts, atom.content):
                yield whole
                whole = Block()
            whole = _with(whole, atom.content)
        yield whole


def _collides(facts: Mapping[str, str], more: Block) -> bool:
    return bool(facts.keys() & more.facts.keys())


def _with(whole: Block, more: Block) -> Block:
    return Block(
        f"{whole.heading} {more.heading}".strip(),
        whole.lines + more.lines,
        {**whole.facts, **more.facts},
        whole.items + more.items,
        whole.links + more.links,
    )
