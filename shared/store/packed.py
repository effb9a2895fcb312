"""Large text inside a row: compressed, and split into as many properties as it needs."""

import zlib
from collections.abc import Mapping

from shared.store.rows import Value

CHUNK_BYTES = 64 * 1024  # What one property of bytes may hold.


def pack(text: str, name: str = "body") -> dict[str, bytes]:
    """`{"body0": ..., "body1": ...}`: the text in UTF-8, compressed, at most 64 KiB a property.

    A shorter text merged over a longer one leaves old properties behind: the compressed stream says itself where it
    ends, so `unpack` never looks at them. They still count towards the 1 MiB of the row.
    """
    stream = zlib.compress(text.encode())
    starts = range(0, len(stream), CHUNK_BYTES)
    return {f"{name}{number}": stream[start : start + CHUNK_BYTES] for number, start in enumerate(starts)}


def unpack(values: Mapping[str, Value], name: str = "body") -> str:
    """The text that was packed. Raises ValueError when it is not there, cut short or damaged."""
    stream = zlib.decompressobj()
    text = bytearray()
    number = 0
    while not stream.eof:
        try:
            text += stream.decompress(_chunk(values, f"{name}{number}"))
        except zlib.error as error:
            raise ValueError(f"The packed text {name!r} is damaged.") from error
        number += 1
    return text.decode()


def _chunk(values: Mapping[str, Value], name: str) -> bytes:
    match values.get(name):
        case bytes(chunk):
            return chunk
        case _:
            raise ValueError(f"The packed text is not complete: {name!r} is missing.")
