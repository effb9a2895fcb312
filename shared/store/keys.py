"""The one encoder of partition and row keys: parts in, a text that Azure Tables takes and sorts, and back."""

import re

from shared.store.sizes import text_bytes

SEPARATOR = "|"
LIMIT_BYTES = 1024  # Of a key, as Azure counts it: UTF-16, so 512 characters.

# The character after the separator: where the keys below a prefix end.
_AFTER_SEPARATOR = chr(ord(SEPARATOR) + 1)
_ESCAPE = "~"
# Refused by Azure (control characters, / \ # ?), known for trouble in addresses and filters (% ' and spaces at the
# ends), or ambiguous (the separator, the escape). A character is written as the escape and two hexadecimal digits.
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f/\\#?%'|~]|^ +| +$")
_ESCAPED = re.compile(_ESCAPE + r"([0-9a-f]{2})")


def key(*parts: str) -> str:
    """Join parts into a key: lower-case, escaped, separated by `|`; plain text and ISO times keep their order.

    Raises ValueError for no part at all, for more than 1 KiB, and for half a surrogate pair.
    """
    if not parts:
        raise ValueError("A key needs at least one part.")
    encoded = SEPARATOR.join(_escape(part.lower()) for part in parts)
    if text_bytes(encoded) > LIMIT_BYTES:
        raise ValueError(f"A key may have {LIMIT_BYTES // 2} characters; this one has more: {encoded[:60]}...")
    return encoded


def parts(encoded: str) -> tuple[str, ...]:
    """The parts that `key` was given, in lower case."""
    if _ESCAPE not in encoded:
        return tuple(encoded.split(SEPARATOR))
    return tuple(_ESCAPED.sub(lambda match: chr(int(match[1], 16)), part) for part in encoded.split(SEPARATOR))


def prefix(*parts: str) -> tuple[str, str]:
    """`first` and `last` of a query for every key that has these parts and at least one more; all keys without parts.

    The key made of exactly these parts is not among them: it is one row, and `get` reads it.
    """
    if not parts:
        return "", ""
    start = key(*parts)
    return start + SEPARATOR, start + _AFTER_SEPARATOR


def _escape(part: str) -> str:
    return _UNSAFE.sub(lambda match: "".join(f"{_ESCAPE}{ord(character):02x}" for character in match[0]), part)
