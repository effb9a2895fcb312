"""Hours in which people are told nothing that can wait."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From one time of the day to another, over midnight where the end comes first, in a time zone of the IANA.

    `days` are those on which it begins, Monday is 0. Where both times are the same it lasts a whole day.
    """

    begins: time
    ends: time
    zone: str = "UTC"
    days: frozenset[int] = frozenset(range(7))

    def hold(self, now: datetime) -> bool:
        """Whether it is quiet at this moment."""
        there = now.astimezone(ZoneInfo(self.zone))
        today, at = there.date().weekday(), there.time()
        yesterday = (there.date() - timedelta(days=1)).weekday()
        if self.begins < self.ends:
            return today in self.days and self.begins <= at < self.ends
        return (today in self.days and at >= self.begins) or (yesterday in self.days and at < self.ends)

    @property
    def says(self) -> str:
        """22:00-07:00 Europe/Berlin, sat and sun."""
        days = "" if len(self.days) == len(WEEK) else f", {' '.join(WEEK[one] for one in sorted(self.days))}"
        return f"{self.begins:%H:%M}-{self.ends:%H:%M} {self.zone}{days}"
