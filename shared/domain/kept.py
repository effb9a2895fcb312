"""What is kept of one subscription between looks: last-known facts, usage, memory, the register, and patience."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from shared.domain.account import SigningAccount
from shared.domain.blind import Blind
from shared.domain.cost import AccountCost
from shared.domain.memory import FindingMemory
from shared.domain.metering import Months
from shared.domain.price import Prices
from shared.domain.refresh import Burst
from shared.domain.subscription import DailyFacts, Moved, Subscription
from shared.domain.survey import AccountFacts
from shared.domain.validation import RegisterEntry
from shared.domain.walk import WalkRow


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
    DELETES = "deletes"


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
class Standing:
    """What is kept of a subscription as a whole.

    `blind` is where the last look could not see, `unread` since when, by `Blind.key`. `refused`
    are ways of reading signatures that the service does not take, by when that was found. `tenant_id` is the tenant it
    was last seen in. `remembered` is the month (2026-11) at whose beginning all that is known went into history.
    `prices` are those of the last settled bill.
    """

    unread: Mapping[str, datetime] = field(default_factory=dict)
    blind: tuple[Blind, ...] = ()
    daily: DailyFacts = field(default_factory=DailyFacts)
    refused: Mapping[str, datetime] = field(default_factory=dict)
    tenant_id: str = ""
    moved: Moved | None = None
    remembered: str = ""
    prices: Prices = field(default_factory=Prices)


@dataclass(frozen=True, slots=True)
class Kept:
    """One subscription's rows. `usage` and `costs` are of this month and the one before, by account.

    `gone` are the facts of accounts that were deleted. `bursts` tell what events said of an account, and when it was
    last read because of one, since a look that is under way may know less. `walks` are those of accounts on their way
    out.

    `blind` says which rows only a newer release can read; `read_only` are the keys of all that it wrote. `etags` are
    the store's own: row key -> ETag, of every row read.
    """

    subscription: Subscription
    facts: Mapping[str, AccountFacts] = field(default_factory=dict)
    gone: Mapping[str, AccountFacts] = field(default_factory=dict)
    usage: Mapping[str, Months] = field(default_factory=dict)
    costs: Mapping[str, tuple[AccountCost, ...]] = field(default_factory=dict)
    memory: Mapping[str, FindingMemory] = field(default_factory=dict)
    register: Mapping[str, RegisterEntry] = field(default_factory=dict)
    patience: tuple[Patience, ...] = ()
    blind: tuple[Blind, ...] = ()
    standing: Standing = field(default_factory=Standing)
    bursts: Mapping[str, Burst] = field(default_factory=dict)
    walks: Mapping[str, WalkRow] = field(default_factory=dict)
    etags: Mapping[str, str] = field(default_factory=dict)
    read_only: frozenset[str] = frozenset()

    def accounts(self) -> tuple[SigningAccount, ...]:
        """Every account known from before."""
        return tuple(facts.account for facts in self.facts.values())
