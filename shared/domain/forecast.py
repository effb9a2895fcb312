"""When the included signatures will be used up, by the account's own weekly pattern; or why that cannot be said."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from shared.domain.signatures import DAY, Signatures
from shared.domain.usage import Window

WEEKS = 4
LEAST_WEEKS = 2


@dataclass(frozen=True, slots=True)
class Pattern:
    """Signatures a weekday (Monday is 0), of the last weeks: the fewest, the mean and the most."""

    fewest: Mapping[int, float]
    mean: Mapping[int, float]
    most: Mapping[int, float]


@dataclass(frozen=True, slots=True)
class CannotSay:
    """Too little is known; `why` is a part of a sentence."""

    why: str


@dataclass(frozen=True, slots=True)
class Outlook:
    """How a period goes on. Days are those on which the limit is reached; None where it is not within the period.

    `reached` by the mean, `earliest` and `latest` by the busiest and the quietest of the last weeks. `total` is what
    the mean comes to at the end of the period, `least` and `most` the others.
    """

    reached: date | None
    earliest: date | None
    latest: date | None
    total: int
    least: int
    most: int


def pattern_of(signed: Signatures, now: datetime) -> Pattern | CannotSay:
    """Learned from whole days before today; a day of which nothing is known says nothing."""
    today = now.date()
    known: dict[int, list[int]] = {weekday: [] for weekday in range(7)}
    for number in range(1, 7 * WEEKS + 1):
        on = today - number * DAY
        if on in signed.days:
            known[on.weekday()].append(signed.on(on))
    if not any(known.values()):
        return CannotSay("nothing is known of its signatures of the last four weeks")
    if min(len(found) for found in known.values()) < LEAST_WEEKS:
        return CannotSay("less than two weeks of its signatures are known")
    return Pattern(
        {weekday: min(found) for weekday, found in known.items()},
        {weekday: sum(found) / len(found) for weekday, found in known.items()},
        {weekday: max(found) for weekday, found in known.items()},
    )


def outlook(signed: Signatures, period: Window, limit: int, now: datetime) -> Outlook | CannotSay:
    """From what was signed so far to the end of the period. Today counts for what it has, or for what is usual."""
    pattern = pattern_of(signed, now)
    if isinstance(pattern, CannotSay):
        return pattern
    reached, total = _go_on(signed, period, limit, now, pattern.mean)
    earliest, most = _go_on(signed, period, limit, now, pattern.most)
    latest, least = _go_on(signed, period, limit, now, pattern.fewest)
    return Outlook(reached, earliest, latest, int(total), int(least), int(most))


def _go_on(
    signed: Signatures, period: Window, limit: int, now: datetime, rate: Mapping[int, float]
) -> tuple[date | None, float]:
    today, end = now.date(), period.end.date()
    so_far: float = signed.total(Window(period.start, period.end)) - signed.on(today)
    reached = None
    for number in range((end - today).days):
        on = today + number * DAY
        so_far += max(signed.on(on), rate[on.weekday()])
        if reached is None and so_far >= limit:
            reached = on
    return reached, so_far
