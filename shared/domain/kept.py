"""What is kept of one subscription between looks: last-known facts, usage, memory, the register, and patience."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from shared.domain.account import SigningAccount
from shared.domain.blind import Blind
from shared.domain.memory import FindingMemory
from shared.domain.subscription import Subscription
from shared.domain.survey import AccountFacts
from shared.domain.usage import SigningUsage
from shared.domain.validation import RegisterEntry


class CallKind(StrEnum):
    """Kinds of calls, as they are counted and throttled."""

    RESOURCE_GRAPH = "resource-graph"
    SUBSCRIPTIONS = "subscriptions"
    ACCOUNTS = "accounts"
    PROFILES = "certificate-profiles"
    METRICS = "metrics"
    PROVIDERS = "providers"
    LOCKS = "locks"
    COSTS = "costs"
    REACH = "reachability"


@dataclass(frozen=True, slots=True)
class Patience:
    """Azure asked that nothing of this kind go to this scope before `until`; every worker reads it before it starts."""

    kind: str
    scope: str
    until: datetime

    def holds(self, kind: CallKind, scope: str) -> bool:
        """Whether a call of this kind to this scope, or into it, must wait."""
        return self.kind == kind and f"{scope}/".startswith(f"{self.scope}/")


@dataclass(frozen=True, slots=True)
class Kept:
    """One subscription's rows. `etags` are the store's own: row key -> ETag, of every row read.

    `blind` says which of them only a newer release can read; `read_only` are the keys of all that it wrote.
    """

    subscription: Subscription
    facts: Mapping[str, AccountFacts] = field(default_factory=dict)
    usage: Mapping[str, SigningUsage] = field(default_factory=dict)
    memory: Mapping[str, FindingMemory] = field(default_factory=dict)
    register: Mapping[str, RegisterEntry] = field(default_factory=dict)
    patience: tuple[Patience, ...] = ()
    blind: tuple[Blind, ...] = ()
    unread_since: datetime | None = None
    etags: Mapping[str, str] = field(default_factory=dict)
    read_only: frozenset[str] = frozenset()

    def accounts(self) -> tuple[SigningAccount, ...]:
        """Every account known from before."""
        return tuple(facts.account for facts in self.facts.values())
