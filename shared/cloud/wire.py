"""Reading raw bodies: what is missing or of another type than it should be is an error, never an empty value."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from shared.cloud.dates import read_date


class Malformed(ValueError):
    """The body is not what it should be."""


def mapping(value: object) -> Mapping[str, Any]:
    """An object; nothing counts as an empty one."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise Malformed("an object is expected")
    return value


def listed(value: object) -> Iterable[Mapping[str, Any]]:
    """A list of objects; nothing counts as an empty one."""
    if value is None:
        return ()
    if not isinstance(value, list):
        raise Malformed("a list is expected")
    return [mapping(item) for item in value]


def text(raw: Mapping[str, Any], name: str) -> str:
    """A string, or an empty one where there is none."""
    value = raw.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Malformed(f"{name} is not a string")
    return value


def required(raw: Mapping[str, Any], name: str) -> str:
    """A string that must be there."""
    value = text(raw, name)
    if not value:
        raise Malformed(f"{name} is missing")
    return value


def moment(raw: Mapping[str, Any], name: str) -> datetime | None:
    """A date, or None where there is none."""
    value = text(raw, name)
    return read_date(value) if value else None


def tags(value: object) -> Mapping[str, str]:
    """Tags with their values as text."""
    return {name: str(content) for name, content in mapping(value).items() if content is not None}
