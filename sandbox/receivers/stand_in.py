"""What a stand-in for one service has to be: where it listens, and what it says to what arrives."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Arrival:
    """One request. `name` is what stands at `{name}` in the stand-in's route, if anything; `headers` by lower case."""

    method: str
    name: str
    headers: Mapping[str, str]
    raw: bytes
    path: str = ""
    query: Mapping[str, str] = field(default_factory=dict)

    def json(self) -> Any:
        """Raises ValueError."""
        return json.loads(self.raw)

    @property
    def readable(self) -> Any:
        """JSON, or the text where it is none."""
        try:
            return json.loads(self.raw)
        except ValueError:
            return self.raw.decode(errors="replace")


@dataclass(frozen=True, slots=True)
class Reply:
    """What the real service would say. `reason` is for the book: which of its rules was broken, and where it says so.

    `body` is sent as JSON where it is an object, else as text; None gives a plain answer with the reason.
    """

    status: int
    reason: str | None = None
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


class StandIn(Protocol):
    """One service. `routes` are pairs of method and aiohttp path; `{name}` is where the receiver's name lies."""

    @property
    def kind(self) -> str:
        """What the page calls it."""
        ...

    @property
    def routes(self) -> tuple[tuple[str, str], ...]:
        """Where it listens."""
        ...

    def judge(self, arrival: Arrival) -> Reply:
        """Take it or refuse it, as the service does."""
        ...

    def key_of(self, arrival: Arrival) -> str | None:
        """The idempotency key, where this service has a place for one."""
        ...
