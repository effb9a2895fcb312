"""Signatures counted in replaceable hour buckets: reading a window twice never counts twice, a null is unknown."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Window:
    """A span of time to read, from `start` up to but without `end`, both UTC."""

    start: datetime
    end: datetime

    @property
    def span(self) -> timedelta:
        """How long it is."""
        return self.end - self.start

    def without(self, other: "Window") -> Iterator["Window"]:
        """What is left of it, in order: none, one or two."""
        before, after = Window(self.start, min(self.end, other.start)), Window(max(self.start, other.end), self.end)
        yield from (left for left in (before, after) if left.start < left.end)

    def within(self, other: "Window") -> "Window":
        """The part of it that lies in another; its end is not before its start."""
        start = max(self.start, other.start)
        return Window(start, max(start, min(self.end, other.end)))


@dataclass(frozen=True, slots=True)
class SigningUsage:
    """Signatures of one account in one calendar month (UTC): hour of the month -> count, missing where unknown.

    `read_until` is how far the metric was read; the hour that holds it is still open. `gaps` were never read, the
    latest last. `again` is what is left to be read once more of what was read before, begun on the day `swept`.
    """

    account_id: str
    month: datetime
    hours: Mapping[int, int] = field(default_factory=dict)
    read_until: datetime | None = None
    gaps: tuple[Window, ...] = ()
    again: Window | None = None
    swept: date | None = None

    @property
    def total(self) -> int:
        """Signatures known so far. What is unknown is left out, so this is a lower bound."""
        return sum(self.hours.values())

    @property
    def whole(self) -> Window:
        """The month."""
        return Window(self.month, next_month(self.month))

    def unknown_within(self, window: Window) -> int:
        """Hours of a part of the month that were read, and of which Azure said nothing."""
        if self.read_until is None:
            return 0
        read = Window(self.month, self.read_until).within(window)
        unread = {hour for gap in self.gaps for hour in self._indices(gap)}
        return len(set(self._indices(read)) - unread - self.hours.keys()) if read.span else 0

    def reached(self, window: Window) -> "SigningUsage":
        """`window` was read: where it begins behind what was read before, a gap is left."""
        start = hour_of(self.read_until or self.month)
        skipped = (Window(start, window.start),) if window.start > start else ()
        gaps = tuple(left for gap in (*self.gaps, *skipped) for left in gap.without(window))
        return replace(self, read_until=max(self.read_until or window.end, window.end), gaps=gaps)

    def counted(self, counts: Mapping[datetime, int]) -> "SigningUsage":
        """With these hours; one that is unknown now keeps what it was known to be."""
        if not counts:
            return self
        inside = {self._index(hour): count for hour, count in counts.items() if self.month <= hour < self.whole.end}
        return replace(self, hours=dict(sorted((dict(self.hours) | inside).items())))

    def _indices(self, window: Window) -> range:
        return range(self._index(window.start), self._index(window.end - timedelta(microseconds=1)) + 1)

    def _index(self, moment: datetime) -> int:
        return (moment - self.month) // HOUR


def month_of(now: datetime) -> datetime:
    """The first moment of the calendar month (UTC)."""
    return now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def next_month(month: datetime) -> datetime:
    """The first moment after a calendar month."""
    return month_of(month + timedelta(days=31))


def last_month(month: datetime) -> datetime:
    """The first moment of the calendar month before."""
    return month_of(month - timedelta(days=1))


def hour_of(moment: datetime) -> datetime:
    """The beginning of its hour."""
    return moment.replace(minute=0, second=0, microsecond=0)
