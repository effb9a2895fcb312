"""NCRONTAB: when a timer is due, in UTC."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sandbox.host.settings import SettingsError
from shared.schedule import NeverDue, next_due


@dataclass(frozen=True, slots=True)
class Schedule:
    """Six fields, seconds first; five without seconds. Both days, of month and of week, must fit."""

    expression: str

    def after(self, moment: datetime) -> datetime:
        """The first occurrence later than `moment`."""
        return next_due(self.expression, moment)

    def interval(self, moment: datetime) -> timedelta:
        first = self.after(moment)
        return self.after(first) - first


def parse_schedule(expression: str) -> Schedule:
    """Raises SettingsError."""
    schedule = Schedule(" ".join(expression.split()))
    if len(schedule.expression.split()) not in {5, 6}:
        raise SettingsError(
            f"The schedule {expression!r} does not have six fields (second minute hour day month weekday)."
        )
    try:
        schedule.after(datetime(2026, 1, 1, tzinfo=UTC))
    except NeverDue as error:
        raise SettingsError(f"The schedule {expression!r} cannot be read, or is never due.") from error
    return schedule
