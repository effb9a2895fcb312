"""What one look saw of one subscription: evidence and testimony side by side, and where it was blind."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from shared.domain.account import CertificateProfile, SigningAccount
from shared.domain.blind import Blind
from shared.domain.cost import AccountCost
from shared.domain.happened import Happened, What, recent
from shared.domain.price import Prices
from shared.domain.refresh import Burst
from shared.domain.signatures import Signatures
from shared.domain.subscription import DailyFacts, Moved, Subscription
from shared.domain.usage import Window
from shared.domain.validation import RegisterEntry
from shared.domain.walk import Walk

type BoundProfile = tuple[SigningAccount, CertificateProfile]


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """The last-known facts of one account; `profiles` is None where they have never been read.

    `bound` are the validations that profiles used which are not there now, by their names in lower case.
    `first_seen` is when a look listed it first. `gone` is when it was deleted, or found so; then all else is as it was.
    """

    account: SigningAccount
    profiles: tuple[CertificateProfile, ...] | None = None
    first_seen: datetime | None = None
    happened: tuple[Happened, ...] = ()
    gone: datetime | None = None
    bound: Mapping[str, str] = field(default_factory=dict)


def facts_after(
    before: AccountFacts | None,
    account: SigningAccount,
    profiles: tuple[CertificateProfile, ...] | None,
    burst: Burst,
    now: datetime,
    *,
    appears: bool,
) -> AccountFacts:
    """With what changed since it was known: an account `appears` unless everything is seen for the first time."""
    if before is None:
        young = account.created and now - account.created < timedelta(days=1)
        at = account.created if young and account.created else now  # Or it came into sight.
        news = [Happened(What.APPEARED, at, after=account.sku)] if appears else []
        return AccountFacts(account, profiles, now, tuple(_by_operation(one, burst) for one in news))
    news = []
    if before.account.sku and account.sku and before.account.sku.lower() != account.sku.lower():
        news.append(Happened(What.SKU, now, before.account.sku, account.sku))
    bound = _bound(before.bound, before.profiles)
    for profile in profiles or ():
        was = bound.get(profile.name.lower(), profile.identity_validation_id)
        if was and profile.identity_validation_id and was != profile.identity_validation_id:
            news.append(Happened(What.REBOUND, now, was, profile.identity_validation_id, profile.name))
    happened = recent((*before.happened, *(_by_operation(one, burst) for one in news)), now)
    return AccountFacts(account, profiles, before.first_seen, happened, bound=_left(bound, profiles))


def _bound(left: Mapping[str, str], profiles: Iterable[CertificateProfile] | None) -> Mapping[str, str]:
    """The validation that each profile uses, or used when it was seen last."""
    return {**left, **{one.name.lower(): id_ for one in profiles or () if (id_ := one.identity_validation_id)}}


def _left(bound: Mapping[str, str], profiles: Iterable[CertificateProfile] | None) -> Mapping[str, str]:
    """Of profiles that are not there now: one that was deleted may come again under its name."""
    there = _bound({}, profiles)
    return {name: id_ for name, id_ in bound.items() if name not in there}


def facts_gone(facts: AccountFacts, burst: Burst, now: datetime) -> AccountFacts:
    """Deleted: at the time of the operation where an event told it, or else when it was noticed."""
    if facts.gone and any(one.operation for one in facts.happened if one.what is What.DELETED):
        return facts
    deleted = _by_operation(Happened(What.DELETED, facts.gone or now), burst)
    others = [one for one in facts.happened if one.what is not What.DELETED]
    return replace(facts, gone=deleted.at, happened=recent((*others, deleted), now))


def _by_operation(happened: Happened, burst: Burst) -> Happened:
    """With the operation that an event named, if that is what makes such a change, and not long ago."""
    wanted = "delete" if happened.what is What.DELETED else "write"
    near = burst.operated is not None and abs(happened.at - burst.operated) < timedelta(days=1)
    if happened.what is What.REBOUND or not near or not burst.operation.endswith(f"/{wanted}"):
        return happened
    return replace(happened, at=burst.operated or happened.at, operation=burst.operation)


@dataclass(frozen=True, slots=True)
class SignaturesRead:
    """What the metric said of one account, from `start` to `end`: hour -> signatures, unknown hours left out."""

    account: str
    start: datetime
    end: datetime
    hours: Mapping[datetime, int]

    @property
    def window(self) -> Window:
        """What was read."""
        return Window(self.start, self.end)


@dataclass(frozen=True, slots=True)
class News:
    """What was read that is not as it was known: facts, ids of accounts that are gone, and signatures.

    `whole`: it is everything that is known, so that nothing earlier has to be read; then `usage` is given one by one.
    """

    facts: tuple[AccountFacts, ...] = ()
    gone: tuple[str, ...] = ()
    usage: Iterable[SignaturesRead] = ()
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Remembered:
    """One piece of news as history keeps it: `whole` begins all that is known anew; of the others one is there."""

    at: datetime
    facts: AccountFacts | None = None
    gone: str = ""
    usage: SignaturesRead | None = None
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Fleet:
    """What the inventory listed: accounts, the subscriptions they lie in, and where it could not look."""

    subscriptions: tuple[Subscription, ...]
    accounts: tuple[SigningAccount, ...]
    blind: tuple[Blind, ...] = ()


@dataclass(frozen=True, slots=True)
class Survey:
    """One subscription as seen at `taken`. Only what was really read is in `profiles`: what was not is in `blind`.

    `unread` tells since when each blind spot is one (`Blind.key`).
    `signatures` and `costs` are of this month and the one before, by account id; `facts` are those kept of each
    account, `gone` those of deleted ones.
    `walks` are those of accounts on their way out. `last_seen` holds the profiles of accounts that are out of sight, as
    they were read last: they say whom a word of the register concerns, and nothing else.
    """

    subscription: Subscription
    taken: datetime
    accounts: tuple[SigningAccount, ...] = ()
    profiles: Mapping[str, tuple[CertificateProfile, ...]] = field(default_factory=dict)
    last_seen: Mapping[str, tuple[CertificateProfile, ...]] = field(default_factory=dict)
    signatures: Mapping[str, Signatures] = field(default_factory=dict)
    register: Mapping[str, RegisterEntry] = field(default_factory=dict)
    blind: tuple[Blind, ...] = ()
    unread: Mapping[str, datetime] = field(default_factory=dict)
    daily: DailyFacts = field(default_factory=DailyFacts)
    costs: Mapping[str, tuple[AccountCost, ...]] = field(default_factory=dict)
    facts: Mapping[str, AccountFacts] = field(default_factory=dict)
    gone: Mapping[str, AccountFacts] = field(default_factory=dict)
    moved: Moved | None = None
    prices: Prices = field(default_factory=Prices)
    walks: Mapping[str, Walk] = field(default_factory=dict)

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

    def profiles_of(self, account: SigningAccount) -> Sequence[CertificateProfile]:
        """As they were read, or as they were seen last."""
        return self.profiles.get(account.id, self.last_seen.get(account.id, ()))

    def unread_since(self, spots: Iterable[Blind]) -> datetime:
        """Since when the first of these could not be read."""
        return min((self.unread.get(spot.key, self.taken) for spot in spots), default=self.taken)

    def known_profiles(self, account: SigningAccount) -> bool:
        """They were read at some time."""
        return account.id in self.profiles or account.id in self.last_seen

    def _all_last_seen(self) -> Iterator[BoundProfile]:
        for account in self.accounts:
            for profile in self.last_seen.get(account.id, ()):
                yield account, profile


def _by_validation(profiles: Iterable[BoundProfile]) -> Mapping[str, Sequence[BoundProfile]]:
    found: dict[str, list[BoundProfile]] = {}
    for account, profile in profiles:
        found.setdefault(profile.identity_validation_id, []).append((account, profile))
    return found
