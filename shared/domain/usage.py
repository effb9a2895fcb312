"""Signatures counted in replaceable hour buckets: reading a window twice never counts twice, a null is unknown."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

HOUR = timedelta(hours=1)
SETTLES_WITHIN = timedelta(days=2)  # Points come late (DOMAIN.md section 5).


@dataclass(frozen=True, slots=True)
class Window:
    """A span of time to read, from `start` up to but without `end`, both UTC."""

    start: datetime
    end: datetime

    @property
    def span(self) -> timedelta:
        """How long it is."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class SigningUsage:
    """Signatures of one account in one calendar month (UTC): hour of the month -> count, missing where unknown.

    `read_until` is how far the metric was read without a gap; the hour that holds it is still open.
    """

    account_id: str
    month: datetime
    hours: Mapping[int, int] = field(default_factory=dict)
    read_until: datetime | None = None

    @property
    def total(self) -> int:
        """Signatures known so far. What is unknown is left out, so this is a lower bound."""
        return sum(self.hours.values())

    def complete(self, now: datetime) -> bool:
        """Everything since the month began has been read, up to two hours ago or less."""
        return self.read_until is not None and now - self.read_until <= 2 * HOUR

    def replaced(self, window: Window, counts: Mapping[datetime, int]) -> "SigningUsage":
        """The same month with the hours of `window` replaced by `counts` (hour -> signatures)."""
        first, last = self._index(window.start), self._index(window.end - timedelta(microseconds=1))
        kept = {hour: count for hour, count in self.hours.items() if not first <= hour <= last}
        read = {self._index(hour): count for hour, count in counts.items() if hour >= self.month}
        until = window.end if self.read_until is None else max(self.read_until, window.end)
        return replace(self, hours=dict(sorted((kept | read).items())), read_until=until)

    def _index(self, moment: datetime) -> int:
        return (moment - self.month) // HOUR


def month_of(now: datetime) -> datetime:
    """The first moment of the calendar month (UTC)."""
    return now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def next_window(usage: SigningUsage, now: datetime, longest: timedelta) -> Window:
    """What to read next, in whole hours from the start: at most `longest`, never into the future.

    It reaches back over what may not have settled yet, by half of `longest` at most, so that reading always gets on.
    """
    reached = usage.read_until or usage.month
    again = max(reached - longest / 2, min(reached, now - SETTLES_WITHIN))
    start = max(again.replace(minute=0, second=0, microsecond=0), usage.month)
    return Window(start, min(now, start + longest))
