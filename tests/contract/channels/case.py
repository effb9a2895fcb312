"""What the conformance suite needs to know of a channel."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.domain.finding import Finding, Severity
from shared.domain.memory import Intent, Reason
from shared.ports.channel import Channel, Part

PORTAL = "https://portal.example"
# In every address, key and password that a case uses; it must never be seen in a log, an error or a span.
SECRET = "s3cr3t-0f-th3-ch4nn3l"

SINCE = datetime(2026, 11, 18, 8, 41, tzinfo=UTC)
FINDING = Finding(
    rule="account-suspended",
    subject="games",
    severity=Severity.CRITICAL,
    what="Account games is suspended in Games",
    stops="Nothing can be signed with any profile of games.",
    next_step="Find the mail that Microsoft sent, and answer it.",
    rests_on=(),
    facts={"Subscription": "Games", "Region": "westeurope"},
    resource="/subscriptions/1/resourceGroups/games/providers/Microsoft.CodeSigning/codeSigningAccounts/games",
    problem="suspension of games",
    means="Azure says that a whole signing account is suspended.",
    link="https://learn.microsoft.com/azure/artifact-signing/faq",
)
SUSPENDED = Intent(
    "ops", Reason.FIRST, FINDING, SINCE, SINCE, SINCE + timedelta(days=2), 1, "sub", "in a day", ("mail", "pagerduty")
)


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
    a part, one a line, with markup and encoding undone. `check` asserts every limit of the service on a part. `opened`
    starts the stand-in and gives the channel connected to it. `key` finds the idempotency key in what arrived, or None
    where the service has no place for one. `statuses` says whether the service speaks HTTP.
    """

    name: str
    compose: Callable[[], Channel]
    words: Callable[[Part], str]
    check: Callable[[Part], None]
    opened: Callable[[], AbstractAsyncContextManager[Post]]
    key: Callable[[Arrived], str] | None = None
    statuses: bool = True
