"""NCRONTAB: when a schedule of app settings is due, in UTC."""

from datetime import UTC, datetime

from croniter import croniter


def next_due(schedule: str, after: datetime) -> datetime:
    """The first time later than `after`. Six fields, seconds first; both days, of month and of week, must fit."""
    times = croniter(schedule, after.astimezone(UTC), ret_type=datetime, second_at_beginning=True, day_or=False)
    found = times.get_next()
    if not isinstance(found, datetime):
        raise TypeError("a schedule gives times")
    return found
