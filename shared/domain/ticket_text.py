"""What a ticket or a comment says, without any markup: each desk writes it in its own."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.domain.message import Link


@dataclass(frozen=True, slots=True)
class Block:
    """A heading (bold, "" for none), paragraphs, facts by name, a list, and pages to open, in this order.

    Nothing in it is markup: what looks like some was written by other people, and is shown as they wrote it. In a
    paragraph a label like "Next step:" may be bold (`message.parted`).
    """

    heading: str = ""
    lines: tuple[str, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    items: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()


type Text = tuple[Block, ...]
