"""How many files an account signed in which minute: from cumulative counts, so that minutes, hours and days agree."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise

from sandbox.azure.scenario.fleet import SignsForm
from sandbox.azure.world.certificates import issues, life, serving
from sandbox.azure.world.invented import share
from sandbox.azure.world.resources import Account, Profile, Span, Validation

MONDAY = datetime(2020, 1, 6, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
WEEK = 7 * 24 * 60


def minutes_since_monday(moment: datetime) -> int:
    return (moment - MONDAY) // MINUTE


def ever_signed(account: Account) -> bool:
    return account.signs is not None or bool(account.bursts)


def signed_by_minute(
    account: Account, validations: Mapping[str, Validation], window: Span, start: datetime
) -> list[int]:
    """Signatures in each minute of the window (whole minutes); `start` is the story's."""
    first = minutes_since_monday(window.start)
    last = minutes_since_monday(window.end or window.start)
    counts = [0] * max(last - first, 0)
    for begin, end in _working(account, validations, first, last):
        totals = [_total(account, minute, start) for minute in range(begin, end + 1)]
        counts[begin - first : end - first] = [after - before for before, after in pairwise(totals)]
    for burst in account.bursts:
        minute = minutes_since_monday(burst.at)
        if first <= minute < last and burst.at >= account.created:
            counts[minute - first] += burst.files
    return counts


def signed(account: Account, validations: Mapping[str, Validation], window: Span, start: datetime) -> int:
    """Signatures in the whole window, without walking its minutes."""
    first = minutes_since_monday(window.start)
    last = minutes_since_monday(window.end or window.start)
    steady = sum(
        _total(account, end, start) - _total(account, begin, start)
        for begin, end in _working(account, validations, first, last)
    )
    return steady + sum(
        burst.files for burst in account.bursts if first <= minutes_since_monday(burst.at) < last
    )  # fmt: skip


def _working(
    account: Account, validations: Mapping[str, Validation], first: int, last: int
) -> Iterator[tuple[int, int]]:
    """The parts of the window, in minutes, in which the account's first profile could sign."""
    for span in _able(account, validations):
        begin = max(first, minutes_since_monday(max(span.start, account.created)))
        end = last if span.end is None else min(last, minutes_since_monday(span.end))
        if begin < end:
            yield begin, end


def _able(account: Account, validations: Mapping[str, Validation]) -> Sequence[Span]:
    if account.signs is None:
        return ()
    if not account.profiles:
        return (Span(account.created),)
    profile = account.profiles[0]
    spans = _merged([_with_life(profile, validations, span) for _, span in serving(profile, validations)])
    for idle in profile.idle:
        spans = [part for span in spans for part in _without(span, idle)]
    return spans


def _with_life(profile: Profile, validations: Mapping[str, Validation], span: Span) -> Span:
    """The last certificate of a span outlives it."""
    if span.end is None:
        return span
    newest = next(issues(profile, validations, span.end - timedelta(seconds=1), 1), None)
    return Span(span.start, newest[0] + life(profile) if newest else span.end)


def _merged(spans: Sequence[Span]) -> list[Span]:
    merged: list[Span] = []
    for span in spans:
        before = merged[-1] if merged else None
        if before and (before.end is None or before.end >= span.start):
            merged[-1] = Span(before.start, None if None in (before.end, span.end) else max(before, span, key=_end).end)
        else:
            merged.append(span)
    return merged


def _end(span: Span) -> datetime:
    return span.end or datetime.max.replace(tzinfo=UTC)


def _without(span: Span, hole: Span) -> Iterator[Span]:
    if _end(hole) <= span.start or _end(span) <= hole.start:
        yield span
        return
    if span.start < hole.start:
        yield Span(span.start, hole.start)
    if hole.end is not None and hole.end < _end(span):
        yield Span(hole.end, span.end)


def _total(account: Account, minute: int, start: datetime) -> int:
    """Signatures from long ago up to the beginning of this minute."""
    signs = account.signs
    if signs is None:
        return 0
    if signs.per_week is None:
        return _counted(signs, minute, start)
    shift, phase = _rhythm(account.name)
    week, rest = divmod(minute - shift, WEEK)
    return int(signs.per_week * (week + _pattern(signs.pattern)[rest]) + phase)


@cache
def _rhythm(name: str) -> tuple[int, float]:
    """By how many minutes an account lags behind its pattern, and what part of a signature it begins with."""
    return int(share("shift", name.lower()) * 45), share("phase", name.lower())


def _counted(signs: SignsForm, minute: int, start: datetime) -> int:
    """Exactly `signed_so_far` between the first of the month and the start, `per_day` before and after."""
    so_far, per_day = signs.signed_so_far or 0, signs.per_day or 0
    now = minutes_since_monday(start)
    month = minutes_since_monday(start.replace(day=1, hour=0, minute=0, second=0, microsecond=0))
    if minute >= now:
        return so_far + (minute - now) * per_day // 1440
    if minute <= month:
        return (minute - month) * per_day // 1440
    return so_far * (minute - month) // (now - month)


@cache
def _pattern(name: str) -> tuple[float, ...]:
    """What part of a week's signatures is made before each minute of it, Monday first."""
    weights = [_weight(name, *divmod(minute, 1440)) * (0.5 + share(name, minute)) for minute in range(WEEK)]
    whole, so_far, parts = sum(weights), 0.0, []
    for weight in weights:
        parts.append(so_far / whole)
        so_far += weight
    return tuple(parts)


def _weight(name: str, day: int, minute: int) -> float:
    hour = minute // 60
    if name == "nightly":
        return 1.0 if hour == 2 else 0.0
    if name == "steady":
        return 1.0
    if day >= 5:
        return 0.02
    return 1.0 if 8 <= hour < 18 else 0.05
