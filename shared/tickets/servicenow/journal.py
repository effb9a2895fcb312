"""Plain text as ServiceNow shows it: a description as it stands, a work note in the activity stream.

The stream has its own markup: HTML between [code] and [/code] ("Journal field type"), mentions like @[id:name] that
notify people ("Activity streams"), and addresses that become links. In what other people wrote, each is broken up there
by a space of no width, which is read as they wrote it. A description has no markup, and is copied from: it has none.
"""

import re
from collections.abc import Sequence

from shared.domain.message import Link
from shared.domain.ticket_text import Block, Text
from shared.domain.words import plain
from shared.tickets.pieces import pieces
from shared.tickets.titles import utf16_units

# The dictionary's length of `description` and `work_notes`; the platform keeps more (KB0685779), a form may not.
LIMIT = 4_000
NOTE = "Countersign note "
ROOM = LIMIT - 100  # The last line of a note is NOTE and a key of at most 60 characters.

UNSEEN = "\u200b"
MARKUP = re.compile(
    rf"(?<=\[)(?=\s?/?\s?code)|(?<=@)(?=\s?\[)|(?<=:)(?=//)|(?<=www)(?=\.)|(?<=mailto)(?=:)|(?<={NOTE[:-1]})(?= )",
    re.IGNORECASE,
)


def inert(text: str) -> str:
    """On one line, and nothing but text where there is markup."""
    return MARKUP.sub(UNSEEN, plain(text))


def written(text: Text, *, in_stream: bool) -> str:
    """Blocks and the parts of each with an empty line between them; for the activity stream, or for a description."""
    return "\n\n".join(filter(None, (_block(block, in_stream=in_stream) for block in text)))


def note(text: Text, key: str) -> str:
    """There is no hidden place in a note, so the key stands in its last line."""
    return f"{written(text, in_stream=True)}\n\n{NOTE}{key}"


def says(entry: str, key: str) -> bool:
    """Whether the key is in a note, or in one of many: as a whole line, as others cannot write it."""
    return f"{NOTE}{key}" in (line.strip() for line in entry.splitlines())


def length(text: str) -> int:
    """In units of UTF-16, as Java counts, and a line's end as two, as a form sends it."""
    return utf16_units(text) + text.count("\n")


def split(text: Text) -> Sequence[Text]:
    """In as few pieces as fit, nothing cut off: each into a description, and into a note."""
    return pieces(text, ROOM, lambda part: max(length(written(part, in_stream=where)) for where in (True, False)))


def _block(block: Block, *, in_stream: bool) -> str:
    said = inert if in_stream else plain
    parts = [
        "\n".join(map(said, filter(None, block.lines))),
        "\n".join(f"{said(name)}: {said(value)}" for name, value in block.facts.items()),
        "\n".join(f"- {said(item)}" for item in block.items),
        "\n".join(f"{said(link.title)}: {_live(link) if in_stream else plain(link.url)}" for link in block.links),
    ]
    body = "\n\n".join(filter(None, parts))
    return "\n".join(filter(None, [said(block.heading), body]))


def _live(link: Link) -> str:
    """An address that opens stays one, and holds no brackets, which could be markup; any other is text."""
    return link.url.replace("[", "%5B").replace("]", "%5D") if link.opens else inert(link.url)
