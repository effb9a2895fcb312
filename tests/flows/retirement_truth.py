"""What is so in a fleet, whatever Countersign knows of it: accounts, what was said and done, what Azure was asked."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

DAY = timedelta(days=1)
CERTIFICATE_LIVES = 3 * DAY
DELETING_TAKES = timedelta(seconds=100)


@dataclass(slots=True)
class TrueProfile:
    """A certificate a day from `first` on, each of three days, until renewal stops."""

    name: str
    validation: str
    first: datetime
    renewed_until: datetime | None = None
    status: str = "Active"
    revoked: bool = False

    def issued(self, at: datetime) -> Sequence[datetime]:
        """When the newest four were issued."""
        last = min(at, self.renewed_until or at)
        number = (last - self.first) // DAY + 1
        return [self.first + one * DAY for one in range(max(number - 4, 0), number)]

    def valid(self, at: datetime) -> bool:
        """It can sign."""
        return not self.revoked and any(one <= at < one + CERTIFICATE_LIVES for one in self.issued(at))


@dataclass(frozen=True, slots=True)
class Word:
    """What somebody said of the validation `key` of a subscription; `person`: signed in, and not by a file or an event.

    `account` is the name of the one that it was requested for.
    """

    subscription: str
    key: str
    account: str
    status: str
    by: str
    at: datetime
    person: bool = True
    event: bool = False
    given_up_by: str = ""
    attempts: int | None = None

    @property
    def about(self) -> tuple[str, str]:
        """Which validation."""
        return self.subscription, self.key


@dataclass(frozen=True, slots=True)
class TrueApproval:
    """By whom, when, and what was so then."""

    by: str
    at: datetime
    evidence: object


@dataclass(frozen=True, slots=True)
class Request:
    """A request to delete that reached Azure, and whether it was taken; `put_off`: Azure said not now."""

    at: datetime
    accepted: bool
    put_off: bool = False


@dataclass(slots=True)
class TrueAccount:
    """One incarnation of an account. `ends`: what comes of an accepted delete: gone, failed, again, never.

    `restart` is when something that ends a walk was last there to be noticed, `clean` are the complete checks since.
    """

    id: str
    name: str
    subscription: str
    created: datetime
    sku: str = "Basic"
    state: str = "Succeeded"
    profiles: list[TrueProfile] = field(default_factory=list)
    signed: list[datetime] = field(default_factory=list)
    kept: bool = False
    locked: bool = False
    excused: bool = False
    seen: list[datetime] = field(default_factory=list)
    approvals: list[TrueApproval] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    ends: str = "gone"
    restart: datetime | None = None
    clean: list[datetime] = field(default_factory=list)
    removed: datetime | None = None

    @property
    def accepted(self) -> datetime | None:
        """When Azure took a delete."""
        return next((one.at for one in self.requests if one.accepted), None)

    def there(self, at: datetime) -> bool:
        """A GET finds it."""
        if self.removed:
            return at < self.removed
        return not (self.accepted and self.ends == "gone" and at >= self.accepted + DELETING_TAKES)

    def shown_state(self, at: datetime) -> str:
        """`provisioningState`."""
        if self.accepted is None:
            return self.state
        if at < self.accepted + DELETING_TAKES or self.ends in ("gone", "never"):
            return "Deleting"
        return "Failed" if self.ends == "failed" else "Succeeded"

    def can_sign(self, at: datetime) -> bool:
        """Some certificate is valid."""
        return any(profile.valid(at) for profile in self.profiles)


@dataclass(slots=True)
class TrueFleet:
    """`changed`: when retiring was installed, or set up differently. `halted` by somebody, or `held` by the settings.

    `complaints` are what was not allowed, of what Azure was asked.
    """

    accounts: list[TrueAccount] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)
    mode: str = "auto"
    grace: int = 10
    approvals: int = 1
    after: timedelta = 14 * DAY
    only: Sequence[str] = ()
    never: Sequence[str] = ()
    halted: bool = False
    held: bool = False
    changed: datetime | None = None
    complaints: list[str] = field(default_factory=list)

    def at(self, account_id: str, at: datetime) -> TrueAccount | None:
        """The incarnation that is there."""
        return next((one for one in self.accounts if one.id == account_id and one.there(at)), None)

    def heard(self, word: Word) -> None:
        """An event leaves standing what it does not say; a request that has got its id is the one that had none."""
        before = next((one for one in reversed(self.words) if (one.subscription, one.key) == word.about), None)
        if word.event and before and before.status == word.status:
            word = replace(word, given_up_by=word.given_up_by or before.given_up_by, attempts=before.attempts)
        pending = (word.subscription, f"account:{word.account}")
        self.words = [one for one in self.words if one.about == word.about or one.about != pending]
        self.words.append(word)

    def named(self, account: TrueAccount) -> bool:
        """The settings say that it may be retired."""
        names = (f"subscription:Sub{int(account.subscription[-12:])}", f"account:{account.name}")
        return any(name in self.only for name in names) and not any(name in self.never for name in names)

    def concerning(self, account: TrueAccount) -> Sequence[Sequence[Word]]:
        """All words about each validation that it uses, or that was requested for it; the last word last."""
        used = {profile.validation for profile in account.profiles}
        about: dict[str, list[Word]] = {}
        for word in sorted(self.words, key=lambda one: one.at):
            if word.subscription == account.subscription:
                about.setdefault(word.key, []).append(word)
        return [some for key, some in about.items() if key in used or some[-1].account == account.name]

    def evidence(self, account: TrueAccount, at: datetime) -> object:
        """What an approval rests on."""
        profiles = sorted((one.name, one.status, one.validation) for one in account.profiles)
        said = sorted((some[-1].key, some[-1].status, some[-1].given_up_by) for some in self.concerning(account))
        return (account.created, account.sku, account.shown_state(at), profiles, said)
