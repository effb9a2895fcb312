"""What a receiver does wrong, and how often."""

from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Fault:
    """`receiver` None: any. Without `status` it hangs and then does its work."""

    receiver: str | None
    status: int | None = None
    times: int | None = None
    retry_after: float | None = None
    hang_s: float = 0.0


def read_fault(data: Any) -> Fault:
    """Raises ValueError for what is not a fault."""
    known = {"receiver", "status", "times", "retry_after", "hang_s"}
    if not isinstance(data, dict) or set(data) - known or not {"status", "hang_s"} & set(data):
        raise ValueError(f"a fault is an object with status or hang_s, out of: {', '.join(sorted(known))}")
    status = data.get("status")
    if status is not None and not (isinstance(status, int) and 200 <= status <= 599):
        raise ValueError("status has to be a number from 200 to 599")
    return Fault(data.get("receiver"), status, data.get("times"), data.get("retry_after"), float(data.get("hang_s", 0)))


class Faults:
    """The first that fits is used, and used up."""

    def __init__(self) -> None:
        self._armed: list[Fault] = []

    def add(self, fault: Fault) -> None:
        self._armed.append(fault)

    def clear(self) -> None:
        self._armed.clear()

    def next_for(self, receiver: str) -> Fault | None:
        for place, fault in enumerate(self._armed):
            if fault.receiver in (None, receiver):
                if fault.times is not None:
                    left = replace(fault, times=fault.times - 1)
                    self._armed[place : place + 1] = [left] if fault.times > 1 else []
                return fault
        return None
