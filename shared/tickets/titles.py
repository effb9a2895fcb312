"""Titles of tickets: one line each, cut off where a desk has no more room; the text says all of it."""

from shared.domain.words import plain


def utf16_units(text: str) -> int:
    """As Java, .NET and JavaScript count characters."""
    return len(text.encode("utf-16-le")) // 2


def titled(text: str, most: int) -> str:
    """At most so many UTF-16 units, with … at the end where it is longer; never half a character."""
    line = plain(text)
    if utf16_units(line) <= most:
        return line
    return line.encode("utf-16-le")[: 2 * (most - 1)].decode("utf-16-le", errors="ignore").rstrip() + "…"
