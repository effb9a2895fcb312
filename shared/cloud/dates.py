"""Dates as Azure writes them: US strings without a zone, which are UTC, and ISO 8601 (DOMAIN.md section 3)."""

import re
from datetime import UTC, datetime

_US = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4}) (\d{1,2}):(\d\d):(\d\d)[ \u202f]([AP])M", re.IGNORECASE)


def read_date(text: str) -> datetime:
    """An aware moment in UTC. Raises ValueError."""
    found = _US.fullmatch(text.strip())
    if found is None:
        return _iso(text)
    month, day, year, hour, minute, second = (int(part) for part in found.groups()[:6])
    if not 1 <= hour <= 12:
        raise ValueError("not a time of a twelve-hour clock")
    afternoon = 12 if found[7].upper() == "P" else 0
    return datetime(year, month, day, hour % 12 + afternoon, minute, second, tzinfo=UTC)


def write_date(moment: datetime) -> str:
    """ISO 8601 with milliseconds and `Z`, as the metrics services want it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _iso(text: str) -> datetime:
    moment = datetime.fromisoformat(text.strip())
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
