"""NCRONTAB: when a schedule of app settings is due, in UTC."""

import re
from datetime import UTC, datetime

from croniter import CroniterError, croniter


class NeverDue(ValueError):
    """It cannot be read, or names a day that never comes."""


def next_due(schedule: str, after: datetime) -> datetime:
    """The first time later than `after`. Six fields, seconds first; both days, of month and of week, must fit.

    Names of days and months count by their first three letters. Raises NeverDue.
    """
    short = re.sub(r"[A-Za-z]+", lambda name: name[0][:3], schedule)
    try:
        times = croniter(short, after.astimezone(UTC), ret_type=datetime, second_at_beginning=True, day_or=False)
        found = times.get_next()
    except (CroniterError, KeyError) as error:
        raise NeverDue(schedule) from error
    if not isinstance(found, datetime):
        raise NeverDue(schedule)
    return found
