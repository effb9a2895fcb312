"""A way to tell a receiver."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from shared.domain.memory import Intent


@dataclass(frozen=True, slots=True)
class Part:
    """One sending to a receiver, frozen: the same bytes go out with the same key however often it is tried.

    `opens` and `ends` are the problems (`Intent.problem`) that it tells of: still open, and over; `groups`
    are the routes' groups of those that have one. `names` are problems that it only names, and that wait on.
    """

    key: str
    content_type: str
    body: str
    opens: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    groups: Mapping[str, str] = field(default_factory=dict)
    names: tuple[str, ...] = ()

    @property
    def problems(self) -> frozenset[str]:
        """All that it tells of."""
        return frozenset((*self.opens, *self.ends))


def part_of(key: str, content_type: str, body: str, intents: Sequence[Intent]) -> Part:
    """A part that tells of these."""
    opens = tuple(intent.problem for intent in intents if not intent.over)
    ends = tuple(intent.problem for intent in intents if intent.over)
    groups = {intent.problem: intent.group for intent in intents if intent.group}
    return Part(key, content_type, body, opens, ends, groups)


@dataclass(frozen=True, slots=True)
class Thread:
    """A problem that a receiver was told of and that is not over there.

    `receipt` is the channel's own name of what it sent (Slack's time stamp, a ticket); `group` the route's group.
    `waits`: it was only named there (`Part.names`).
    """

    receipt: str
    group: str = ""
    waits: bool = False


class Channel(Protocol):
    """A way to tell a receiver. It is told per message, many problems in one, or `per_problem`, one call each.

    `remembers`: it is given the threads of the problems that are open at the receiver.
    """

    @property
    def per_problem(self) -> bool:
        """One call a problem: a pager."""
        ...

    @property
    def remembers(self) -> bool:
        """What it composes depends on what it sent before."""
        ...

    async def send(self, part: Part) -> str:
        """Returns after the receiver took it, and only then: a receipt, or "". Raises DeliveryError."""
        ...

    def compose(self, batch_id: str, intents: Sequence[Intent], threads: Mapping[str, Thread]) -> Sequence[Part]:
        """All of these in as few parts as the receiver's limits allow, the worst first, nothing cut off.

        `threads` by `Intent.problem`. Pure: the same input gives the same parts.
        """
        ...


@dataclass(frozen=True, slots=True)
class Rationed:
    """What is told now, and what waits until there is room, both the worst first."""

    now: Sequence[Intent]
    rest: Sequence[Intent] = ()


@runtime_checkable
class Rationing(Channel, Protocol):
    """One that takes only so many new problems at a time, and never the same twice: a ticket desk.

    What it did not take now need not stay as it was frozen, for it knows by itself what it has done.
    """

    async def ration(self, intents: Sequence[Intent], threads: Mapping[str, Thread]) -> Rationed:
        """How much of this is told now."""
        ...

    def compose_rest(self, batch_id: str, rest: Sequence[Intent], threads: Mapping[str, Thread]) -> Sequence[Part]:
        """What names the `rest` for which there is no room, or says that nothing waits any more. Pure."""
        ...


class Channels(Protocol):
    """Every receiver that is set up."""

    def get(self, receiver: str, /) -> Channel | None:
        """By name: `teams`, `teams:games`, `mail:ana@contoso.example`; None where it is not set up."""
        ...


class Tokens(Protocol):
    """Tokens of the identity that Countersign runs as."""

    async def token(self, scope: str) -> str:
        """For one audience, like https://management.example/.default. Raises DeliveryError."""
        ...
