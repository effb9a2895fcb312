"""Every call that was made, counted: by kind, by status, by distinct target, in bytes."""

from collections import Counter, defaultdict
from typing import Any

_REFUSED = 400


class Calls:
    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._kinds = Counter[str]()
        self._statuses = defaultdict[str, Counter[int]](Counter)
        self._targets = defaultdict[str, set[str]](set)
        self._principals = defaultdict[str, Counter[str]](Counter)
        self._bytes_in = self._bytes_out = 0

    def count(self, kind: str, status: int, targets: tuple[str, ...], principal: str) -> None:
        """`targets`: the resources that were asked about, in any case; what was refused shows none of them."""
        self._kinds[kind] += 1
        self._statuses[kind][status] += 1
        if status < _REFUSED:
            self._targets[kind].update(target.lower() for target in targets)
        self._principals[kind][principal] += 1

    def weigh(self, received: int, sent: int) -> None:
        self._bytes_in += received
        self._bytes_out += sent

    def seen(self) -> dict[str, Any]:
        """As `/sandbox/calls` shows it."""
        total = Counter[int]()
        for statuses in self._statuses.values():
            total.update(statuses)
        return {
            "total": sum(self._kinds.values()),
            "kinds": dict(sorted(self._kinds.items())),
            "statuses": {str(status): count for status, count in sorted(total.items())},
            "statuses_by_kind": {
                kind: {str(status): count for status, count in sorted(found.items())}
                for kind, found in sorted(self._statuses.items())
            },
            "distinct_targets": {kind: len(found) for kind, found in sorted(self._targets.items())},
            "by_client_id": {kind: dict(found) for kind, found in sorted(self._principals.items())},
            "bytes_received": self._bytes_in,
            "bytes_sent": self._bytes_out,
        }

    def targets(self, kind: str) -> list[str]:
        return sorted(self._targets.get(kind, ()))
