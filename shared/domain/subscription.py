"""What Azure shows of a subscription: itself, and what is read of it once a day."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Subscription:
    """An Azure subscription; identity validations belong to it (DOMAIN.md section 2).

    `state` is Enabled, Warned, PastDue, Disabled or what else Azure says, and empty where it is not known.
    """

    id: str
    name: str
    tenant_id: str = ""
    state: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def scope(self) -> str:
        """The lower-case ARM id."""
        return subscription_scope(self.id)


def subscription_scope(subscription_id: str) -> str:
    """The lower-case ARM id of a subscription."""
    return f"/subscriptions/{subscription_id.lower()}"


def watched(known: Mapping[str, Subscription], only: frozenset[str]) -> Mapping[str, Subscription]:
    """Those that are known and to be watched, by id; of `only` also what was never seen, where something is named."""
    named = {id_: Subscription(id_, id_) for id_ in only}
    return named | {id_: one for id_, one in known.items() if not only or id_ in only}


def in_subscription(scope: str) -> bool:
    """Whether a lower-case ARM id lies in a subscription, or is one's."""
    return scope.startswith("/subscriptions/")


def subscription_of(scope: str) -> str:
    """The id of the subscription that a lower-case ARM id lies in."""
    return scope.split("/")[2]


@dataclass(frozen=True, slots=True)
class Lock:
    """A management lock. `scope` is the lower-case ARM id of what is locked, `level` CanNotDelete or ReadOnly."""

    scope: str
    name: str
    level: str

    def holds(self, account_id: str) -> bool:
        """An account is held by its own locks, its group's and its subscription's."""
        return f"{account_id}/".startswith(f"{self.scope}/")


@dataclass(frozen=True, slots=True)
class Moved:
    """The subscription came under another tenant: resources cannot be moved, so everything in it is in doubt."""

    before: str
    after: str
    noticed: datetime


@dataclass(frozen=True, slots=True)
class DailyFacts:
    """What is read of a subscription once a day; None where it could not be read since.

    `registrations`: namespace of a provider in lower case -> Registered, NotRegistered, Registering, Unregistering.
    `locks` are all in the subscription, those on other things included.
    """

    registrations: Mapping[str, str] | None = None
    locks: tuple[Lock, ...] | None = None
    read_at: datetime | None = None

    def locks_of(self, account_id: str) -> tuple[Lock, ...] | None:
        """The account's own, its group's and its subscription's; None where they are not known."""
        if self.locks is None:
            return None
        return tuple(lock for lock in self.locks if lock.holds(account_id))
