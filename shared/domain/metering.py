"""Which windows of an account's signatures are read in one look, and what reading them changes."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from shared.domain.account import CertificateProfile
from shared.domain.usage import HOUR, SigningUsage, Window, hour_of, last_month, month_of

HEAD = timedelta(minutes=70)  # What a look reads of the newest.
PACE = HEAD + HOUR  # Further behind than this, the newest is read first, and the gap is filled later.
SHORTEST = timedelta(minutes=10)  # Less than this is left to the next look.
SETTLES_WITHIN = timedelta(days=2)  # Points come late (DOMAIN.md section 5).

type Months = Mapping[datetime, SigningUsage]


@dataclass(frozen=True, slots=True)
class Metering:
    """One account's usage in the month of `now` and the one before, as far as it is kept."""

    account_id: str
    now: datetime
    months: Months = field(default_factory=dict)

    @property
    def this_month(self) -> SigningUsage:
        """Empty where nothing is known."""
        month = month_of(self.now)
        return self.months.get(month) or SigningUsage(self.account_id, month)

    @property
    def read_until(self) -> datetime | None:
        """How far it was read, in any month."""
        return max((usage.read_until for usage in self.months.values() if usage.read_until), default=None)

    def plan(self, longest: timedelta) -> tuple[Window, ...]:
        """What to read now: the newest, a slice of what was never read, and a slice of what may not have settled."""
        head = self._head()
        return tuple(window for window in (head, self._gap(head, longest), self._again(longest)) if window)

    def read(self, window: Window, counts: Mapping[datetime, int]) -> "Metering":
        """What is known once a window was read: hour -> signatures, unknown hours left out."""
        months = dict(self.months)
        for month in self._months_in(window):
            usage = months.get(month) or SigningUsage(self.account_id, month)
            months[month] = usage.counted(counts).reached(window.within(usage.whole))
        return self._swept(months, window)

    def differs(self, counts: Mapping[datetime, int]) -> bool:
        """Some hour is not counted as it was known."""
        return any(self._known(hour) != count for hour, count in counts.items())

    def _known(self, hour: datetime) -> int | None:
        usage = self.months.get(month_of(hour))
        return usage.hours.get((hour - usage.month) // HOUR) if usage else None

    def _head(self) -> Window | None:
        """From the hour that was left open; the newest first where that is too far back."""
        reached = self.read_until
        if reached and self.now - reached < SHORTEST:
            return None
        start = hour_of(reached) if reached and self.now - hour_of(reached) <= PACE else self._newest()
        return Window(start, min(self.now, start + HEAD))

    def _newest(self) -> datetime:
        """The earliest full hour from which the newest can be read in one go; months before the first do not matter."""
        before = hour_of(self.now) - HOUR
        start = before if self.now - before <= HEAD else hour_of(self.now)
        return start if self.months else max(start, month_of(self.now))

    def _gap(self, head: Window | None, longest: timedelta) -> Window | None:
        """The latest part of the latest gap, the one that the newest leaves behind it included."""
        known = self.read(head, {}) if head else self
        gaps = [gap for _, usage in sorted(known.months.items()) for gap in usage.gaps]
        return Window(max(gaps[-1].start, gaps[-1].end - longest), gaps[-1].end) if gaps else None

    def _again(self, longest: timedelta) -> Window | None:
        """The next part of what was read within the last two days, begun anew each day."""
        left = self._left_of_sweep()
        return Window(left.start, min(left.end, left.start + longest)) if left else None

    def _left_of_sweep(self) -> Window | None:
        if not self.months or self.this_month.swept == self.now.date():
            return self.this_month.again
        earliest = max(min(self.months), hour_of(self.now) - SETTLES_WITHIN)
        last = hour_of(self.now) - HOUR
        return Window(earliest, last) if earliest < last else None

    def _swept(self, months: Months, window: Window) -> "Metering":
        """Where a part of the day's second reading begins, `window` was that part. The first day needs none."""
        left, month = self._left_of_sweep(), month_of(self.now)
        if self.months and (left is None or window.start != left.start):
            return replace(self, months=months)
        rest = next(left.without(window), None) if left else None
        usage = months.get(month) or SigningUsage(self.account_id, month)
        marked = replace(usage, again=rest, swept=self.now.date())
        return replace(self, months={**months, month: marked})

    def _months_in(self, window: Window) -> Iterator[datetime]:
        first, last = month_of(window.start), month_of(window.end - timedelta(microseconds=1))
        yield from (month for month in (last_month(last), last) if month >= first)


def silent_hours(window: Window, profiles: Iterable[CertificateProfile]) -> Mapping[datetime, int]:
    """Hours in which nothing could be signed, each with a count of zero: no certificate of any profile was valid.

    An account that never signed has no points at all; where it could not sign either, that is no signature (DOMAIN.md
    section 5). Whether a revoked certificate had still been valid is not weighed: its hours stay unknown.
    """
    valid = [Window(found.created, found.expires) for profile in profiles for found in profile.certificates]
    hours = [window.start + number * HOUR for number in range(-((window.start - window.end) // HOUR))]
    return {hour: 0 for hour in hours if not any(span.start < hour + HOUR and hour < span.end for span in valid)}
