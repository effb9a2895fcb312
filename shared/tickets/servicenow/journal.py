"""Plain text as ServiceNow shows it: a description as it stands, a work note in the activity stream.

The stream has its own markup: HTML between [code] and [/code] ("Journal field type"), mentions like @[id:name] that
notify people ("Activity streams"), and addresses that become links. In what other people wrote, each is broken up by a
space of no width, which is read as they wrote it.
"""

import re
from collections.abc import Sequence

from shared.domain.message import Link
from shared.domain.ticket_text import Block, Text
from shared.domain.words import plain
from shared.tickets.pieces import pieces

# The dictionary's length of `description` and `work_notes`; the platform keeps more (KB0685779), a form may not.
LIMIT = 4_000
LIMIT_OF_TITLE = 160
NOTE = "Countersign note "
ROOM = LIMIT - 100  # The last line of a note is NOTE and a key of at most 60 characters.

UNSEEN = "\u200b"
MARKUP = re.compile(
    rf"(?<=\[)(?=\s?/?\s?code)|(?<=@)(?=\s?\[)|(?<=:)(?=//)|(?<=www)(?=\.)|(?<=mailto)(?=:)|(?<={NOTE[:-1]})(?= )",
    re.IGNORECASE,
)


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


def split(text: Text) -> Sequence[Text]:
    """In as few pieces as fit, nothing cut off."""
    return pieces(text, ROOM, lambda part: length(written(part)))


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
