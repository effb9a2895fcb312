"""The period over which included signatures are counted: the calendar month in UTC, or from a billing day on."""

from calendar import monthrange
from datetime import UTC, date, datetime

from shared.domain.signatures import midnight
from shared.domain.usage import Window, last_month, month_of, next_month


def period_of(now: datetime, billing_day: int = 1) -> Window:
    """The period that holds `now`. A billing day that a month does not have is its last day.

    When Azure begins to count anew is not documented (DOMAIN.md section 5), so it is a setting.
    """
    month = month_of(now)
    start = _begin(month, billing_day)
    if now.astimezone(UTC) < start:
        return Window(_begin(last_month(month), billing_day), start)
    return Window(start, _begin(next_month(month), billing_day))


def period_name(period: Window) -> str:
    """November, or 15 Nov to 14 Dec."""
    if period.start.day == 1 and period.end.day == 1:
        return f"{period.start:%B}"
    last = date.fromordinal(period.end.date().toordinal() - 1)
    return f"{period.start.day} {period.start:%b} to {last.day} {last:%b}"


def _begin(month: datetime, billing_day: int) -> datetime:
    last = monthrange(month.year, month.month)[1]
    return midnight(month.date().replace(day=min(billing_day, last)))
