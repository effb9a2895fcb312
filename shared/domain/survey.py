"""What one look saw of one subscription: evidence and testimony side by side, and where it was blind."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from shared.domain.account import CertificateProfile, SigningAccount
from shared.domain.blind import Blind
from shared.domain.cost import AccountCost
from shared.domain.subscription import DailyFacts, Subscription
from shared.domain.usage import SigningUsage
from shared.domain.validation import RegisterEntry

type BoundProfile = tuple[SigningAccount, CertificateProfile]


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """The last-known facts of one account; `profiles` is None where they have never been read."""

    account: SigningAccount
    profiles: tuple[CertificateProfile, ...] | None = None


@dataclass(frozen=True, slots=True)
class SignaturesRead:
    """What the metric said of one account, from `start` to `end`: hour -> signatures, unknown hours left out."""

    account: str
    start: datetime
    end: datetime
    hours: Mapping[datetime, int]


@dataclass(frozen=True, slots=True)
class News:
    """What was read that is not as it was known: facts, ids of accounts that are gone, and signatures."""

    facts: tuple[AccountFacts, ...] = ()
    gone: tuple[str, ...] = ()
    usage: tuple[SignaturesRead, ...] = ()


@dataclass(frozen=True, slots=True)
class Fleet:
    """What the inventory listed: accounts, the subscriptions they lie in, and where it could not look."""

    subscriptions: tuple[Subscription, ...]
    accounts: tuple[SigningAccount, ...]
    blind: tuple[Blind, ...] = ()


@dataclass(frozen=True, slots=True)
class Survey:
    """One subscription as seen at `taken`. Only what was really read is in `profiles`: what was not is in `blind`.

    `usage` is of this month, `costs` of the months that the bill was read of; both by account id.
    `last_seen` holds the profiles of accounts that are out of sight, as they were read last: they say whom a word of
    the register concerns, and nothing else.
    """

    subscription: Subscription
    taken: datetime
    accounts: tuple[SigningAccount, ...] = ()
    profiles: Mapping[str, tuple[CertificateProfile, ...]] = field(default_factory=dict)
    last_seen: Mapping[str, tuple[CertificateProfile, ...]] = field(default_factory=dict)
    usage: Mapping[str, SigningUsage] = field(default_factory=dict)
    register: Mapping[str, RegisterEntry] = field(default_factory=dict)
    blind: tuple[Blind, ...] = ()
    unread_since: datetime | None = None
    daily: DailyFacts = field(default_factory=DailyFacts)
    costs: Mapping[str, tuple[AccountCost, ...]] = field(default_factory=dict)

    def all_profiles(self) -> Iterator[BoundProfile]:
        """Every profile that was read, with its account."""
        for account in self.accounts:
            for profile in self.profiles.get(account.id, ()):
                yield account, profile

    def by_validation(self) -> Mapping[str, Sequence[BoundProfile]]:
        """Profiles that were read, by the identity validation they are bound to."""
        return _by_validation(self.all_profiles())

    def users(self) -> Mapping[str, Sequence[BoundProfile]]:
        """The same with those that are out of sight, as they were last seen."""
        return _by_validation((*self.all_profiles(), *self._all_last_seen()))

    @property
    def unknown(self) -> bool:
        """Profiles of some account have never been read."""
        return any(account.id not in self.profiles and account.id not in self.last_seen for account in self.accounts)

    def _all_last_seen(self) -> Iterator[BoundProfile]:
        for account in self.accounts:
            for profile in self.last_seen.get(account.id, ()):
                yield account, profile


def _by_validation(profiles: Iterable[BoundProfile]) -> Mapping[str, Sequence[BoundProfile]]:
    found: dict[str, list[BoundProfile]] = {}
    for account, profile in profiles:
        found.setdefault(profile.identity_validation_id, []).append((account, profile))
    return found
