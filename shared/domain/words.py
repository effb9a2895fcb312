"""How dates, amounts and lists are said to people, the same everywhere."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

# Control characters and line ends; and what makes a text be read backwards.
UNSEEN = ("Cc", "Zl", "Zp")
TURNING = re.compile(r"[\u202a-\u202e\u2066-\u2069]")


def day(value: date) -> str:
    """3 Dec 2026."""
    return f"{value.day} {value:%b %Y}"


def moment(value: datetime) -> str:
    """Wed 18 Nov 2026 08:41 UTC."""
    utc = value.astimezone(UTC)
    return f"{utc:%a} {day(utc)} {utc:%H:%M} UTC"


def plain(text: str) -> str:
    """On one line, so that no name of others' can pretend to be a line of ours; what UTF-8 cannot carry becomes ?."""
    printable = "".join(" " if unicodedata.category(one) in UNSEEN else one for one in TURNING.sub("", text))
    return " ".join(printable.encode(errors="replace").decode().split())


def listing(names: Sequence[str], most: int = 3) -> str:
    """a, b and c; or a, b and 4 more."""
    if len(names) > most:
        shown = most - 1
        return f"{', '.join(names[:shown])} and {len(names) - shown} more"
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1] if names else ""]))


def count(number: int, noun: str, plural: str = "") -> str:
    """1 account, 1,200 accounts."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def amounts(by_currency: Mapping[str, Decimal]) -> str:
    """1,203.46 EUR and 759.60 USD; nothing, where nothing was charged."""
    return listing([f"{amount:,.2f} {name}" for name, amount in sorted(by_currency.items())], 9) or "nothing"


def four_digits(value: Decimal) -> str:
    """0.004605, 23,000: a number that was computed, to four significant digits."""
    return f"{Decimal(f'{value:.4g}').normalize():,f}"


def span(value: timedelta) -> str:
    """3 days, 5 hours, 12 minutes: the largest unit that fits at least twice, or once where nothing smaller does."""
    for unit, length in (("day", timedelta(days=1)), ("hour", timedelta(hours=1))):
        if value >= length * (2 if unit == "day" else 1):
            return count(value // length, unit)
    return count(max(value // timedelta(minutes=1), 0), "minute")
