"""What goes wrong with calls: chosen by pattern, by count, by share and by time."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sandbox.azure.scenario.story import Fault
from sandbox.azure.world.invented import share


@dataclass(slots=True)
class _Armed:
    fault: Fault
    pattern: re.Pattern[str]
    matched: int = 0
    struck: int = 0

    def strikes(self, call: str, now: datetime) -> bool:
        fault = self.fault
        if not self.pattern.search(call) or not _in_time(fault, now):
            return False
        self.matched += 1
        if fault.times is not None and self.struck >= fault.times:
            return False
        if self.matched % fault.every or share("fault", fault.match, self.matched) >= fault.share:
            return False
        self.struck += 1
        return True


class Faults:
    """The first fault that strikes a call decides it."""

    def __init__(self, faults: Sequence[Fault] = ()) -> None:
        self._armed: list[_Armed] = []
        self.add(faults)

    def add(self, faults: Sequence[Fault]) -> None:
        """Raises re.error for a pattern that is none."""
        self._armed += [_Armed(fault, re.compile(fault.match, re.IGNORECASE)) for fault in faults]

    def clear(self) -> None:
        self._armed = []

    def striking(self, call: str, now: datetime) -> Fault | None:
        """`call` is `METHOD /path?query`."""
        return next((armed.fault for armed in self._armed if armed.strikes(call, now)), None)


def _in_time(fault: Fault, now: datetime) -> bool:
    return (fault.starting is None or fault.starting <= now) and (fault.until is None or now < fault.until)
