"""An account's signatures by day, over this month and the one before: what rules count with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from shared.domain.metering import Months
from shared.domain.usage import HOUR, Window

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Day:
    """Signatures known of one day, and of how many hours Azure told a number."""

    signatures: int = 0
    hours: int = 0


@dataclass(frozen=True, slots=True)
class Signatures:
    """`days` are those of which something is known. What Azure said nothing of is unknown, and never zero.

    `since` is how far back they are kept, `read_until` how far they were read, with `gaps` that were not.
    """

    since: datetime | None = None
    days: Mapping[date, Day] = field(default_factory=dict)
    read_until: datetime | None = None
    gaps: tuple[Window, ...] = ()
    months: Months = field(default_factory=dict)

    def total(self, window: Window) -> int:
        """Signatures known in whole days of it: a lower bound."""
        first, last = window.start.date(), window.end.date()
        return sum(day.signatures for on, day in self.days.items() if first <= on < last)

    def on(self, day: date) -> int:
        """Signatures known of a day."""
        return self.days[day].signatures if day in self.days else 0

    def read(self, day: date) -> bool:
        """The whole of this day was read, whatever it said."""
        return self.covers(Window(midnight(day), midnight(day + DAY)))

    def covers(self, window: Window) -> bool:
        """All of it was read; some hours may be unknown all the same."""
        if self.since is None or self.read_until is None:
            return False
        apart = all(gap.end <= window.start or window.end <= gap.start for gap in self.gaps)
        return self.since <= window.start and window.end <= self.read_until and apart

    def complete(self, window: Window, now: datetime) -> bool:
        """Everything up to two hours ago was read."""
        until = min(now - 2 * HOUR, window.end)
        return until <= window.start or self.covers(Window(window.start, until))

    def unknown_hours(self, window: Window) -> int:
        """Hours that were read, and of which Azure said nothing."""
        return sum(usage.unknown_within(window) for usage in self.months.values())

    @property
    def last_day(self) -> date | None:
        """The last day with a signature."""
        return max((on for on, day in self.days.items() if day.signatures), default=None)


def signatures_of(months: Months) -> Signatures:
    """From what is kept by the hour."""
    days: dict[date, Day] = {}
    for _, usage in sorted(months.items()):
        totals, known = [0] * 31, [0] * 31
        for hour, number in usage.hours.items():
            totals[hour // 24] += number
            known[hour // 24] += 1
        first = usage.month.date()
        days |= {first + number * DAY: Day(totals[number], known[number]) for number in range(31) if known[number]}
    return Signatures(
        since=min(months, default=None),
        days=days,
        read_until=max((usage.read_until for usage in months.values() if usage.read_until), default=None),
        gaps=tuple(gap for _, usage in sorted(months.items()) for gap in usage.gaps),
        months=months,
    )


def midnight(day: date) -> datetime:
    """When a day begins, UTC."""
    return datetime.combine(day, time(), UTC)
