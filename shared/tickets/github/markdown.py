"""GitHub Flavored Markdown in which nothing that others wrote is markup, a link, a mention or a reference."""

import re
from collections.abc import Iterator, Sequence

from shared.domain.message import Link, parted
from shared.domain.ticket_text import Block, Text
from shared.domain.words import plain
from shared.tickets.pieces import pieces

# GitHub makes something of such words after the Markdown is done, so that neither a backslash nor an entity helps
# (github/cmark-gfm issue 181): mentions, issues, commits, advisories, addresses, emoji, formulas. Code it leaves alone.
ACTIVE = re.compile(
    r"[@#$]|://|www\.|\bGH-\d|\bGHSA-|\bCVE-\d|:[\w+-]+:|(?<![0-9a-z])[0-9a-f]{7,}(?![0-9a-z])", re.IGNORECASE
)
ESCAPES = str.maketrans({one: f"\\{one}" for one in "\\`*_[]~"} | {"&": "&amp;", "<": "&lt;", ">": "&gt;"})
STARTS = re.compile(r"^([-+=]|\d{1,9}(?=[.)]))")  # Of lists, rules and headings.
IN_ADDRESS = str.maketrans({"&": "&amp;", "<": "%3C", ">": "%3E", "\\": "%5C", "`": "%60"})


def written(text: Text) -> str:
    """Paragraphs, lists and links."""
    return "\n\n".join(part for block in text for part in _parts(block) if part)


def inline(text: str) -> str:
    """On one line, shown as it is: words that GitHub would make something of as code, the others escaped."""
    words = (_code(word) if ACTIVE.search(word) else word.translate(ESCAPES) for word in plain(text).split(" "))
    return STARTS.sub(_escaped_start, " ".join(words))


def split(text: Text, most: int) -> Sequence[Text]:
    """In as few texts of at most so many characters, as they are written, as they fit into; nothing is cut off."""
    return pieces(text, most, lambda part: len(written(part)))


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
