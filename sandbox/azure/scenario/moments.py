"""Moments and spans of time as a story writes them: 2026-11-20T09:07Z, 2026-11-18, +2d22h, 72h."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

from pydantic import BeforeValidator, ValidationInfo

_PARTS = re.compile(r"(\d+)(d|h|m|s)")
_SPAN = re.compile(r"(\d+[dhms])+")
_UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}


def parse_duration(value: object) -> timedelta:
    """`2d22h` or `100s` as a timedelta."""
    if isinstance(value, timedelta):
        return value
    if value == 0:
        return timedelta()
    text = str(value).strip()
    if not _SPAN.fullmatch(text):
        raise ValueError(f"{text!r} is not a span of time such as 72h, 100s or 2d22h")
    return timedelta(**{_UNITS[unit]: int(number) for number, unit in _PARTS.findall(text)})


def parse_moment(value: object, start: datetime | None = None) -> datetime:
    """An aware UTC datetime; `+2d` and `-26m` count from `start`."""
    if isinstance(value, datetime):
        return _aware(value)
    if isinstance(value, date):
        return datetime.combine(value, time(), UTC)
    text = str(value).strip()
    if text[:1] in "+-" and text[1:]:
        if start is None:
            raise ValueError(f"{text!r} counts from the start of the story, which has none")
        span = parse_duration(text[1:])
        return start + span if text[0] == "+" else start - span
    return _aware(datetime.fromisoformat(text))


def _aware(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _moment(value: object, info: ValidationInfo) -> datetime:
    return parse_moment(value, (info.context or {}).get("start"))


Moment = Annotated[datetime, BeforeValidator(_moment)]
Duration = Annotated[timedelta, BeforeValidator(parse_duration)]
