"""A look: one careful check of everything, planned, done subscription by subscription, and closed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from shared.domain.account import SigningAccount
from shared.domain.blind import Blind
from shared.domain.budget import Spending
from shared.domain.reach import Reached
from shared.domain.subscription import Subscription


@dataclass(frozen=True, slots=True)
class Look:
    """One look over the fleet. `shards` are the subscription ids that it waits for. `id` sorts by time.

    `reached` are the services that signing needs, each with whether it answered.
    """

    id: str
    started: datetime
    shards: tuple[str, ...]
    accounts: int = 0
    calls: int = 0
    first: bool = False
    blind: tuple[Blind, ...] = ()
    closed: datetime | None = None
    partial: bool = False
    reached: tuple[Reached, ...] = ()


@dataclass(frozen=True, slots=True)
class ShardEnd:
    """How the look at one subscription ended: what was seen, found and told, in numbers, and what each budget spent."""

    subscription: Subscription
    ended: datetime
    accounts: int
    blind: tuple[Blind, ...] = ()
    findings: Mapping[str, int] = field(default_factory=dict)
    told: Mapping[str, int] = field(default_factory=dict)
    calls: Mapping[str, int] = field(default_factory=dict)
    spent: Mapping[str, Spending] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Shard:
    """One subscription to be looked at, as it travels through the queue.

    `accounts` is what the inventory listed; `listed` is False where it could not be read to the end, and what is known
    from before is looked at as well. `done` are the ids of those whose profiles were read by earlier messages of the
    same look, `blind` the profiles that these could not read, `attempt` how often Azure asked for patience.
    """

    look: str
    subscription: Subscription
    accounts: tuple[SigningAccount, ...]
    listed: bool = True
    first_look: bool = False
    done: tuple[str, ...] = ()
    attempt: int = 0
    blind: tuple[Blind, ...] = ()
    calls: Mapping[str, int] = field(default_factory=dict)


def look_id(started: datetime) -> str:
    """An id that sorts by time and reads as one."""
    return f"{started:%Y%m%dT%H%M%S}{started.microsecond // 1000:03}Z"
