"""How long Azure asks to wait: every header that says so, in one place (DOMAIN.md sections 4 and 6)."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

_SECONDS = re.compile(r"retry-after|x-ms-ratelimit-microsoft\.costmanagement-\w+-retry-after")
_OF_TENANT = re.compile(r"x-ms-ratelimit-microsoft\.costmanagement-(qpu|tenant|client|clienttype)-retry-after")
_MILLISECONDS = ("retry-after-ms", "x-ms-retry-after-ms")
_SPAN = re.compile(r"(\d+):(\d\d):(\d\d)(?:\.\d+)?")
_BUCKET = "x-ms-ratelimit-remaining-subscription-"
_A_SECOND = timedelta(seconds=1)
_NOTHING = timedelta(0)


def asked_wait(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """The longest wait that any header asks for, or None. `now` serves where the answer tells no time of its own."""
    lower = {name.lower(): value.strip() for name, value in headers.items()}
    return max((wait for wait in _waits(lower, now) if wait is not None), default=None)


def quota_wait(headers: Mapping[str, str]) -> timedelta | None:
    """How long to hold still because the quota is used up, though this answer was still a good one.

    It is told in whole seconds, cut off: one more, so as not to come early.
    """
    lower = {name.lower(): value.strip() for name, value in headers.items()}
    if lower.get("x-ms-user-quota-remaining") != "0":
        return None
    span = _span(lower.get("x-ms-user-quota-resets-after", ""))
    return span + _A_SECOND if span is not None else None


def tenant_slowed(headers: Mapping[str, str]) -> bool:
    """The limit that was reached is the tenant's or the caller's, so every other scope has to wait as well."""
    return any(
        _OF_TENANT.fullmatch(name.lower()) and _seconds(value.strip()) != _NOTHING for name, value in headers.items()
    )


def bucket_empty(headers: Mapping[str, str]) -> bool:
    """The subscription's own bucket of reads, writes or deletes is used up, for everything in it."""
    return any(name.lower().startswith(_BUCKET) and value.strip() == "0" for name, value in headers.items())


def _waits(headers: Mapping[str, str], now: datetime) -> Iterator[timedelta | None]:
    for name, value in headers.items():
        if _SECONDS.fullmatch(name):
            yield _seconds(value)
    yield _until(headers.get("retry-after", ""), headers, now)
    for name in _MILLISECONDS:
        wait = _seconds(headers.get(name, ""))
        yield wait / 1000 if wait is not None else None
    yield quota_wait(headers)


def _seconds(value: str) -> timedelta | None:
    return timedelta(seconds=float(value)) if re.fullmatch(r"\d{1,7}(\.\d+)?", value) else None


def _span(value: str) -> timedelta | None:
    found = _SPAN.fullmatch(value)
    if found is None:
        return None
    hours, minutes, seconds = (int(part) for part in found.groups())
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)


def _until(value: str, headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """An HTTP date, measured against the server's own clock where it tells the time."""
    moment = _http_date(value)
    if moment is None:
        return None
    return max(moment - (_http_date(headers.get("date", "")) or now), timedelta(0))


def _http_date(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
