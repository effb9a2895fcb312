"""Cost Management's own limits: query units a tenant in three windows, and calls a scope and minute."""

import math
from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

HEADER = "x-ms-ratelimit-microsoft.costmanagement-{kind}-retry-after"


class _Limit(NamedTuple):
    """`kind` is how the header calls it; an entity is a scope."""

    kind: str
    holds: int
    length: timedelta


LIMITS = (
    _Limit("qpu", 12, timedelta(seconds=10)),
    _Limit("qpu", 60, timedelta(minutes=1)),
    _Limit("qpu", 600, timedelta(hours=1)),
    _Limit("entity", 30, timedelta(minutes=1)),
)


@dataclass(slots=True)
class CostQuota:
    _spent: defaultdict[tuple[int, str], deque[tuple[datetime, int]]] = field(
        default_factory=lambda: defaultdict(deque)
    )

    def take(self, scope: str, units: int, now: datetime) -> dict[str, int]:
        """Seconds to wait by kind of limit, the longest of each; empty where the call may pass and has been paid."""
        waits: dict[str, int] = {}
        for place, limit in enumerate(LIMITS):
            wait = self._wait(place, limit, scope, units, now)
            if wait:
                waits[limit.kind] = max(wait, waits.get(limit.kind, 0))
        if not waits:
            for place, limit in enumerate(LIMITS):
                self._window(place, limit, scope).append((now, units if limit.kind == "qpu" else 1))
        return waits

    def _wait(self, place: int, limit: _Limit, scope: str, units: int, now: datetime) -> int:
        window = self._window(place, limit, scope)
        while window and not timedelta() <= now - window[0][0] < limit.length:
            window.popleft()
        amount = min(units, limit.holds) if limit.kind == "qpu" else 1
        if sum(spent for _, spent in window) + amount <= limit.holds:
            return 0
        return max(math.ceil((limit.length - (now - window[0][0])).total_seconds()), 1)

    def _window(self, place: int, limit: _Limit, scope: str) -> deque[tuple[datetime, int]]:
        return self._spent[place, scope if limit.kind == "entity" else ""]
