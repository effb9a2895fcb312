"""Token buckets and sliding windows: who may call how often, by the story's clock."""

import math
from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from sandbox.azure.scenario.story import Bucket


class Taken(NamedTuple):
    """Whether the call may pass, how many are left, and in how many seconds to try again."""

    passes: bool
    remaining: int
    retry_after: int


@dataclass(slots=True)
class _Level:
    tokens: float
    at: datetime


@dataclass(slots=True)
class Buckets:
    """One token bucket a key, as ARM has them for each subscription and principal."""

    form: Bucket
    _levels: dict[tuple[str, ...], _Level] = field(default_factory=dict)

    def take(self, key: tuple[str, ...], now: datetime) -> Taken:
        level = self._levels.setdefault(key, _Level(self.form.holds, now))
        gained = max((now - level.at).total_seconds(), 0) * self.form.refill
        level.tokens, level.at = min(level.tokens + gained, self.form.holds), now
        if level.tokens < 1:
            return Taken(False, 0, max(math.ceil((1 - level.tokens) / self.form.refill), 1))
        level.tokens -= 1
        return Taken(True, int(level.tokens), 0)


@dataclass(slots=True)
class Windows:
    """So many calls in a window that begins with the first of them, as Resource Graph has it for each principal."""

    holds: int
    length: timedelta
    _calls: defaultdict[str, deque[datetime]] = field(default_factory=lambda: defaultdict(deque))

    def take(self, key: str, now: datetime) -> tuple[Taken, timedelta]:
        """Also: after which time the quota is whole again."""
        calls = self._calls[key]
        if calls and not timedelta() <= now - calls[0] < self.length:
            calls.clear()
        passes = len(calls) < self.holds
        if passes:
            calls.append(now)
        resets = self.length - (now - calls[0])
        return Taken(passes, self.holds - len(calls), max(math.ceil(resets.total_seconds()), 1)), resets
