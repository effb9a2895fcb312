"""Business days, Monday to Friday: in these Microsoft counts how long a validation takes. Holidays are not known."""

from datetime import date

FRIDAY = 5


def business_days_between(first: date, last: date) -> int:
    """How many business days have passed at the end of `last`, when `first` is not counted; 0 where it is not later."""
    return max(_until(last) - _until(first), 0)


def _until(day: date) -> int:
    """Business days since a Monday long ago, this day included."""
    weeks, weekday = divmod(day.toordinal() - 1, 7)
    return weeks * FRIDAY + min(weekday + 1, FRIDAY)
