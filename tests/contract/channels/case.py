"""What the conformance suite needs to know of a channel."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

from shared.ports.channel import Channel, Part

PORTAL = "https://portal.example"
# In every address, key and password that a case uses; it must never be seen in a log, an error or a span.
SECRET = "s3cr3t-0f-th3-ch4nn3l"


@dataclass(frozen=True, slots=True)
class Arrived:
    """One thing that a stand-in received: taken or refused, with its headers (lower case) and what was in it."""

    status: int
    reason: str | None
    headers: Mapping[str, str]
    body: Any


@dataclass(frozen=True, slots=True)
class Post:
    """A channel that talks to its stand-in. `received` answers everything that arrived there, in order.

    `fail` makes the stand-in answer the next sending with a status, as the real service words it.
    """

    channel: Channel
    received: Callable[[], Any]
    fail: Callable[[int], Any]


@dataclass(frozen=True, slots=True)
class Case:
    """One channel.

    `compose` gives the channel without a connection, for composing only. `words` are all texts that a person reads in
    a part, one a line, with markup and encoding undone; `markup` is the raw text in which markup could be injected.
    `check` asserts every limit of the service on a part. `opened` starts the stand-in and gives the channel connected
    to it. `key` finds the idempotency key in what arrived, or None where the service has no place for one.
    `statuses` says whether the service speaks HTTP, so that every status from 100 to 599 is tried.
    """

    name: str
    compose: Callable[[], Channel]
    words: Callable[[Part], str]
    check: Callable[[Part], None]
    opened: Callable[[], AbstractAsyncContextManager[Post]]
    key: Callable[[Arrived], str] | None = None
    statuses: bool = True
