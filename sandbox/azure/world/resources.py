"""The things that exist at one moment: subscriptions, validations, accounts, profiles, locks."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from sandbox.azure.scenario.fleet import SignsForm


class Span(NamedTuple):
    """From `start` up to, not including, `end`; without `end` it has none."""

    start: datetime
    end: datetime | None = None

    def holds(self, moment: datetime) -> bool:
        return self.start <= moment and (self.end is None or moment < self.end)


@dataclass(frozen=True, slots=True)
class Subscription:
    id: str
    name: str
    state: str
    registered: bool
    forbidden: bool
    currency: str
    tags: Mapping[str, str]
    groups: Mapping[str, Mapping[str, str]]
    """Tags of resource groups, by name in lower case."""


@dataclass(frozen=True, slots=True)
class Validation:
    """`serves`: when certificates are issued for it, oldest first."""

    id: str
    name: str
    subscription_id: str
    subject: str
    serves: tuple[Span, ...]


class Binding(NamedTuple):
    """Since when a profile has been bound to a validation (by name)."""

    since: datetime
    validation: str


class Revocation(NamedTuple):
    """Which certificate (by the moment it was issued) was revoked, when and why."""

    issued: datetime
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Profile:
    id: str
    name: str
    type: str
    status: str
    created: datetime
    modified: datetime
    bindings: tuple[Binding, ...]
    idle: tuple[Span, ...] = ()
    """When it could not sign because it was suspended or disabled."""
    revoked: tuple[Revocation, ...] = ()


class Burst(NamedTuple):
    """So many signatures in the minute that holds `at`."""

    at: datetime
    files: int


@dataclass(frozen=True, slots=True)
class Account:
    id: str
    name: str
    subscription_id: str
    group: str
    region: str
    sku: str
    provisioning: str
    created: datetime
    modified: datetime
    tags: Mapping[str, str]
    profiles: tuple[Profile, ...]
    signs: SignsForm | None
    bursts: tuple[Burst, ...] = ()


@dataclass(frozen=True, slots=True)
class Lock:
    scope: str
    name: str
    level: str
    notes: str


class Forgetting(NamedTuple):
    """Resource Graph leaves out this share of all accounts during the span."""

    share: float
    span: Span


@dataclass(frozen=True)
class World:
    """Everything that exists between two effects. Subscriptions are keyed by id, the rest by name in lower case."""

    subscriptions: Mapping[str, Subscription]
    validations: Mapping[str, Validation]
    accounts: Mapping[str, Account]
    locks: tuple[Lock, ...] = ()
    forgets: tuple[Forgetting, ...] = ()

    @cached_property
    def of_subscription(self) -> Mapping[str, tuple[Account, ...]]:
        """Accounts by subscription id, in the order of their names."""
        found = defaultdict[str, list[Account]](list)
        for account in sorted(self.accounts.values(), key=lambda account: account.name.lower()):
            found[account.subscription_id].append(account)
        return {key: tuple(accounts) for key, accounts in found.items()}
