"""Many problems in as few parts as fit: nothing is cut off, and what is too long goes on in the next part."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What one part may hold: `size` in units of whoever measures (bytes), and a `number` of blocks."""

    size: int
    number: int = 1_000_000


def packed[T](groups: Iterable[Sequence[T]], measure: Callable[[T], int], limits: Limits) -> list[list[T]]:
    """Blocks in parts, in order. A group stays together where it fits into one part.

    Every single block must fit: long texts are cut up before (`pieces`).
    """
    parts: list[list[T]] = [[]]
    room, places = limits.size, limits.number
    for group in groups:
        sizes = [measure(block) for block in group]
        whole = sum(sizes) <= room and len(group) <= places
        if not whole and parts[-1] and sum(sizes) <= limits.size and len(group) <= limits.number:
            parts.append([])
            room, places = limits.size, limits.number
        for block, size in zip(group, sizes, strict=True):
            if parts[-1] and (size > room or not places):
                parts.append([])
                room, places = limits.size, limits.number
            parts[-1].append(block)
            room, places = room - size, places - 1
    return [part for part in parts if part]


def pieces(text: str, most: int) -> Iterator[str]:
    """A text in pieces of at most so many characters, parted at line ends or spaces where there are any."""
    while len(text) > most:
        end = max(text.rfind("\n", 0, most), text.rfind(" ", 0, most))
        end = end if end > most // 2 else most
        yield text[:end].rstrip()
        text = text[end:].lstrip()
    if text:
        yield text
