"""How the text of an app setting becomes a value. Every refusal is a part of a plain sentence, without the value."""

import re
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
LONGEST = timedelta(days=366)


def text_list(value: object) -> object:
    """`a, b` -> ("a", "b")."""
    if not isinstance(value, str):
        return value
    return tuple(part.strip() for part in value.split(",") if part.strip())


def number_list(value: object) -> object:
    """`60,30,14` -> (60, 30, 14), each once and above zero."""
    if not isinstance(value, str):
        return value
    parts = [part.strip() for part in value.split(",")]
    numbers = [int(part) for part in parts if re.fullmatch(r"[0-9]{1,6}", part)]
    if len(numbers) < len(parts) or min(numbers) < 1 or len(set(numbers)) < len(numbers):
        raise ValueError("must be whole numbers above zero, each once, with commas between, like 60,30,14")
    return tuple(numbers)


def duration_list(value: object) -> object:
    """`1d,3d,12h` -> time spans."""
    if not isinstance(value, str):
        return value
    found = [re.fullmatch(r"([0-9]{1,6})([mhd])", part.strip()) for part in value.split(",")]
    spans = [int(match[1]) * UNITS[match[2]] for match in found if match]
    if len(spans) < len(found) or not all(timedelta() < span <= LONGEST for span in spans):
        raise ValueError("must be spans of minutes, hours or days, a year at most, with commas between, like 12h,1d,7d")
    return tuple(spans)


def web_address(value: object) -> object:
    """An address that begins with https:// (or http:// on this machine)."""
    if not isinstance(value, str) or not value:
        return value
    address = value.strip()
    try:
        split = urlsplit(address)
        split.port  # noqa: B018  A port that is not a number raises here.
    except ValueError:
        raise ValueError("must be a web address") from None
    local = split.hostname in ("127.0.0.1", "localhost", "::1")
    schemes = ("https", "http") if local else ("https",)
    if not split.hostname or split.scheme not in schemes or re.search(r"\s", address):
        raise ValueError("must be a web address that begins with https://")
    return address


def six_fields(value: object) -> object:
    """An NCRONTAB schedule: second, minute, hour, day, month, weekday."""
    fields = str(value).split()
    if len(fields) != 6 or not all(re.fullmatch(r"[\d*/,\-A-Za-z]+", field) for field in fields):
        raise ValueError("must be a schedule of six fields, like 0 7 * * * * for seven minutes past each hour")
    return " ".join(fields)


def names_of(what: str, *known: str) -> Callable[[object], object]:
    """`a, b` -> ("a", "b"), each one of these."""

    def check(value: object) -> object:
        if not isinstance(value, str):
            return value
        found = tuple(part.strip().lower() for part in value.split(",") if part.strip())
        if not set(found) <= set(known):
            raise ValueError(f"must name {what} that there are: {', '.join(known)}")
        return found

    return check


def one_of(*allowed: str) -> Callable[[object], object]:
    """One of these words, whatever the case."""

    def check(value: object) -> object:
        word = str(value).strip().lower()
        if word not in allowed:
            raise ValueError(f"must be one of {', '.join(allowed)}")
        return word

    return check
