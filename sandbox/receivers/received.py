"""Everything that arrived, in order, accepted or not."""

from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Received:
    """`body` is the JSON that came, or the text where it was none; `repeated`: its idempotency key was taken before."""

    receiver: str
    at: str
    headers: dict[str, str]
    body: Any
    status: int
    reason: str | None = None
    idempotency_key: str | None = None
    repeated: bool = False
    kind: str = "webhook"
    path: str = ""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def events(self) -> list[dict[str, Any]]:
        """The CloudEvents in it, be it one or a batch."""
        found = self.body if isinstance(self.body, list) else [self.body]
        return [event for event in found if isinstance(event, dict)]


@dataclass(slots=True)
class Book:
    """Kept until it is told to forget."""

    entries: list[Received] = field(default_factory=list)
    _keys: set[tuple[str, str]] = field(default_factory=set)

    def write(self, entry: Received) -> None:
        self.entries.append(entry)
        if entry.idempotency_key and entry.status < 300:
            self._keys.add((entry.receiver, entry.idempotency_key))

    def knows(self, receiver: str, key: str | None) -> bool:
        """Whether this receiver has accepted something under this key before."""
        return key is not None and (receiver, key) in self._keys

    def forget(self) -> None:
        self.entries.clear()
        self._keys.clear()


def now_text() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
