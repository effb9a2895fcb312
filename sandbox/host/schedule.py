"""NCRONTAB: when a timer is due, in UTC."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from croniter import CroniterError, croniter

from sandbox.host.settings import SettingsError


@dataclass(frozen=True, slots=True)
class Schedule:
    """Six fields, seconds first; five without seconds. Both days, of month and of week, must fit."""

    expression: str

    def after(self, moment: datetime) -> datetime:
        """The first occurrence later than `moment`."""
        times = croniter(
            self.expression, moment.astimezone(UTC), ret_type=datetime, second_at_beginning=True, day_or=False
        )
        found = times.get_next()
        assert isinstance(found, datetime)  # noqa: S101
        return found

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
    except CroniterError as error:
        raise SettingsError(f"The schedule {expression!r} cannot be read: {error}.") from error
    return schedule
