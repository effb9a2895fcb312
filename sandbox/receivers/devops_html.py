"""HTML as Azure DevOps keeps it: without scripts, comments and most attributes; and what a person reads of it."""

from html import escape
from html.parser import HTMLParser

# No page lists what it keeps. These are what its editor makes itself; whoever relies on more relies on nothing.
ELEMENTS = set("a b br code div em h1 h2 h3 h4 i li ol p pre small span strong table tbody td th thead tr u ul".split())
ATTRIBUTES = {"a": {"href"}}
SILENT = {"script", "style"}
BREAKS = {"br", "div", "h1", "h2", "h3", "h4", "li", "p", "td", "th", "tr"}


class _Sanitizer(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.kept: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in SILENT
        if tag in ELEMENTS:
            kept = [(name, said or "") for name, said in attrs if name in ATTRIBUTES.get(tag, set())]
            safe = [(name, said) for name, said in kept if said.lower().startswith(("https://", "http://", "mailto:"))]
            self.kept.append(f"<{tag}{''.join(f' {name}="{escape(said)}"' for name, said in safe)}>")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in SILENT
        if tag in ELEMENTS and tag != "br":
            self.kept.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if self._silent <= 0:
            self.kept.append(escape(data, quote=False))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.read: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag in BREAKS:
            self.read.append(" ")

    def handle_data(self, data: str) -> None:
        self.read.append(data)


def sanitized(html: str) -> str:
    """What is kept of it."""
    reader = _Sanitizer()
    reader.feed(html)
    reader.close()
    return "".join(reader.kept)


def plain_text(html: str) -> str:
    """What a person reads, without line ends."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return " ".join("".join(reader.read).split())
