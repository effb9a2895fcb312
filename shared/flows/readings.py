"""What one message read of a subscription, and what had to wait."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from shared.domain.account import CertificateProfile, SigningAccount
from shared.domain.blind import About, Blind, Sight, hidden
from shared.domain.kept import CallKind, Kept, Patience
from shared.domain.subscription import DailyFacts
from shared.domain.usage import Window
from shared.ports.errors import Throttled

type Profiles = tuple[CertificateProfile, ...]
type Counts = Mapping[datetime, int]


@dataclass(slots=True)
class Readings:
    """`began` is when Azure was first asked, for the `first` time ever or not; `profiles` and `usage` by account id.

    `patience` says what had to wait, of `held` or new.

    `done` are the accounts whose profiles were read, or found unreadable, by this message or earlier ones of the look.
    `uncounted` are those of whose signatures a part had to wait, `unasked` what else of the subscription had to.
    `refused` are ways of reading signatures that the service does not take, by when that was found.
    """

    began: datetime
    first: bool = False
    accounts: tuple[SigningAccount, ...] = ()
    gone: frozenset[str] = frozenset()
    profiles: dict[str, Profiles] = field(default_factory=dict)
    usage: dict[str, list[tuple[Window, Counts]]] = field(default_factory=dict)
    daily: DailyFacts = field(default_factory=DailyFacts)
    refused: Mapping[str, datetime] = field(default_factory=dict)
    blind: list[Blind] = field(default_factory=list)
    held: tuple[Patience, ...] = ()
    patience: list[Patience] = field(default_factory=list)
    done: set[str] = field(default_factory=set)
    uncounted: set[str] = field(default_factory=set)
    unasked: set[Sight] = field(default_factory=set)

    def wait(self, throttled: Throttled) -> None:
        """Azure asked for patience."""
        self.patience.append(Patience(throttled.kind, throttled.scope, throttled.until))

    def waits(self, kind: CallKind, scope: str) -> bool:
        """Whether Azure, asked by us or by another worker, wished to be left alone with this."""
        holding = [row for row in (*self.held, *self.patience) if row.holds(kind, scope)]
        self.patience.extend(row for row in holding if row not in self.patience)
        return bool(holding)

    def hidden_accounts(self) -> frozenset[str]:
        """Accounts that could not even be asked for: nothing in them is read."""
        spots = [spot for spot in self.blind if spot.about is About.ACCOUNTS]
        sights = {account.id: Sight(About.ACCOUNTS, account.id) for account in self.accounts}
        return frozenset(account_id for account_id, sight in sights.items() if hidden([sight], spots))

    def left_unread(self) -> Iterator[Sight]:
        """What Azure's wish for patience kept from being read."""
        for account in self.accounts:
            profiles, usage = Sight(About.PROFILES, account.id), Sight(About.USAGE, account.id)
            if account.id not in self.done and not hidden([profiles], self.blind):
                yield profiles
            if account.id in self.uncounted and not hidden([usage], self.blind):
                yield usage
        yield from sorted(self.unasked, key=lambda sight: sight.about)


def as_known(kept: Kept, now: datetime, again: str = "") -> Readings:
    """What is known, as if it had been read now: what was out of sight still is, but for the account read `again`."""
    seen_again = [Sight(About.ACCOUNTS, again), Sight(About.PROFILES, again)]
    return Readings(
        began=now,
        accounts=kept.accounts(),
        blind=[spot for spot in kept.standing.blind if Sight(spot.about, spot.scope) not in seen_again],
        held=tuple(row for row in kept.patience if row.until > now),
        daily=kept.standing.daily,
        refused=kept.standing.refused,
    )
