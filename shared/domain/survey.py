"""What one look saw of one subscription: evidence and testimony side by side, and where it was blind."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from shared.domain.account import CertificateProfile, SigningAccount, Subscription
from shared.domain.blind import Blind
from shared.domain.usage import SigningUsage
from shared.domain.validation import RegisterEntry


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """The last-known facts of one account; `profiles` is None where they have never been read."""

    account: SigningAccount
    profiles: tuple[CertificateProfile, ...] | None = None


@dataclass(frozen=True, slots=True)
class Fleet:
    """What the inventory listed: accounts, the subscriptions they lie in, and where it could not look."""

    subscriptions: tuple[Subscription, ...]
    accounts: tuple[SigningAccount, ...]
    blind: tuple[Blind, ...] = ()


@dataclass(frozen=True, slots=True)
class Survey:
    """One subscription as seen at `taken`. Only what was really read is in it: what was not is in `blind`."""

    subscription: Subscription
    taken: datetime
    accounts: tuple[SigningAccount, ...] = ()
    profiles: Mapping[str, tuple[CertificateProfile, ...]] = field(default_factory=dict)
    usage: Mapping[str, SigningUsage] = field(default_factory=dict)
    register: Mapping[str, RegisterEntry] = field(default_factory=dict)
    blind: tuple[Blind, ...] = ()
    unread_since: datetime | None = None

    def all_profiles(self) -> Iterator[tuple[SigningAccount, CertificateProfile]]:
        """Every profile that was read, with its account."""
        for account in self.accounts:
            for profile in self.profiles.get(account.id, ()):
                yield account, profile

    def by_validation(self) -> Mapping[str, Sequence[tuple[SigningAccount, CertificateProfile]]]:
        """Profiles by the identity validation they are bound to."""
        found: dict[str, list[tuple[SigningAccount, CertificateProfile]]] = {}
        for account, profile in self.all_profiles():
            found.setdefault(profile.identity_validation_id, []).append((account, profile))
        return found
