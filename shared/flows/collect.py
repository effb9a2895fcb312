"""Collect: read one subscription, many accounts at a time, and say what could not be read."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import batched

from shared.domain.account import CertificateProfile, SigningAccount
from shared.domain.blind import About, Blind, Sight, hidden
from shared.domain.kept import CallKind, Kept, Patience
from shared.domain.look import Shard
from shared.domain.usage import SigningUsage, Window, month_of, next_window
from shared.ports.azure import AccountReader, UsageReader
from shared.ports.errors import Throttled, WindowTooLong

AT_ONCE = 8
IDS_PER_BATCH = 50
SHORTEST_WINDOW = timedelta(minutes=5)

type Profiles = tuple[CertificateProfile, ...]


@dataclass(slots=True)
class Readings:
    """What one message read. `profiles` and `usage` by account id; `patience` says what had to wait, of `held` or new.

    `done` are the accounts whose profiles were read, or found unreadable, by this message or earlier ones of the look.
    """

    accounts: tuple[SigningAccount, ...] = ()
    gone: frozenset[str] = frozenset()
    profiles: dict[str, Profiles] = field(default_factory=dict)
    usage: dict[str, tuple[Window, Mapping[datetime, int]]] = field(default_factory=dict)
    blind: list[Blind] = field(default_factory=list)
    held: tuple[Patience, ...] = ()
    patience: list[Patience] = field(default_factory=list)
    done: set[str] = field(default_factory=set)

    def wait(self, throttled: Throttled) -> None:
        """Azure asked for patience."""
        self.patience.append(Patience(throttled.kind, throttled.scope, throttled.until))

    def waits(self, kind: CallKind, scope: str) -> bool:
        """Whether Azure, asked by us or by another worker, wished to be left alone with this."""
        holding = [row for row in (*self.held, *self.patience) if row.holds(kind, scope)]
        self.patience.extend(row for row in holding if row not in self.patience)
        return bool(holding)

    def left_unread(self, kept: Kept, now: datetime) -> Iterator[Sight]:
        """What Azure's wish for patience kept from being read."""
        for account in self.accounts:
            profiles, usage = Sight(About.PROFILES, account.id), Sight(About.USAGE, account.id)
            if account.id not in self.done and not hidden([profiles], self.blind):
                yield profiles
            if account.id not in self.usage and not hidden([usage], self.blind) and _due(kept, account, now):
                yield usage


@dataclass(frozen=True, slots=True)
class Collect:
    """The sources of one subscription."""

    accounts: AccountReader
    usage: UsageReader

    async def run(self, shard: Shard, kept: Kept, now: datetime) -> Readings:
        """Everything that Azure shows of the subscription, as far as it may be read now."""
        held = tuple(row for row in kept.patience if row.until > now)
        found = Readings(blind=list(shard.blind), done=_done(shard, kept), held=held)
        await self._settle(shard, kept, found)
        await asyncio.gather(self._read_profiles(found), self._read_usage(shard, kept, found, now))
        return found

    async def _settle(self, shard: Shard, kept: Kept, found: Readings) -> None:
        """Which accounts there are: the index trails, so one that disappears is asked for."""
        if not shard.listed:
            found.accounts = _known_or_listed(shard, kept)
            return
        listed = {account.id: account for account in shard.accounts}
        missing = [account for account in kept.accounts() if account.id not in listed]
        answers = await self._ask(missing, found)
        unseen = [answer for _, answer in answers if isinstance(answer, Blind)]
        if unseen and len(unseen) == len(answers) and not listed:
            unseen = [Blind(About.ACCOUNTS, shard.subscription.scope, unseen[0].reason)]
        found.blind.extend(unseen)
        found.gone = frozenset(account.id for account, answer in answers if answer is None)
        still = {account.id: account if isinstance(answer, Blind) else answer for account, answer in answers if answer}
        found.accounts = _in_order((listed | still).values())

    async def _ask(
        self, missing: Sequence[SigningAccount], found: Readings
    ) -> list[tuple[SigningAccount, SigningAccount | Blind | None]]:
        answers: list[tuple[SigningAccount, SigningAccount | Blind | None]] = []
        for some in batched(missing, AT_ONCE, strict=False):
            read = await asyncio.gather(*(self._account(account, found) for account in some))
            answers.extend(zip(some, read, strict=True))
        return answers

    async def _account(self, account: SigningAccount, found: Readings) -> SigningAccount | Blind | None:
        if found.waits(CallKind.ACCOUNTS, account.id):
            return Blind(About.ACCOUNTS, account.id, "Azure asked for patience.")
        try:
            return await self.accounts.account(account)
        except Throttled as throttled:
            found.wait(throttled)
            return Blind(About.ACCOUNTS, account.id, "Azure asked for patience.")

    async def _read_profiles(self, found: Readings) -> None:
        """Where Azure asks for patience with one account, the others go on."""
        passed = found.done | _hidden_accounts(found)
        for some in batched([account for account in found.accounts if account.id not in passed], AT_ONCE, strict=False):
            await asyncio.gather(*(self._profiles(account, found) for account in some))

    async def _profiles(self, account: SigningAccount, found: Readings) -> None:
        if found.waits(CallKind.PROFILES, account.id):
            return
        try:
            read = await self.accounts.profiles(account)
        except Throttled as throttled:
            found.wait(throttled)
            return
        found.done.add(account.id)
        if isinstance(read, Blind):
            found.blind.append(read)
        else:
            found.profiles[account.id] = read

    async def _read_usage(self, shard: Shard, kept: Kept, found: Readings, now: datetime) -> None:
        """In batches by region and window; once more, with shorter windows, where the service takes no long ones."""
        try:
            await self._read_windows(shard, kept, found, now)
        except WindowTooLong:
            await self._read_windows(shard, kept, found, now)

    async def _read_windows(self, shard: Shard, kept: Kept, found: Readings, now: datetime) -> None:
        hidden = _hidden_accounts(found)
        windows: dict[tuple[str, Window], list[str]] = {}
        for account in found.accounts:
            window = next_window(_known_usage(kept, account, now), now, self.usage.longest_window)
            if account.id not in hidden and _due(kept, account, now):
                windows.setdefault((account.region, window), []).append(account.id)
        for (region, window), ids in windows.items():
            for some in batched(ids, IDS_PER_BATCH, strict=False):
                await self._usage(shard, region, some, window, found)

    async def _usage(self, shard: Shard, region: str, ids: Sequence[str], window: Window, found: Readings) -> None:
        if found.waits(CallKind.METRICS, shard.subscription.scope):
            return
        try:
            read = await self.usage.signatures(shard.subscription.id, region, ids, window)
        except Throttled as throttled:
            found.wait(throttled)
            return
        for account_id, answer in read.items():
            if isinstance(answer, Blind):
                found.blind.append(answer)
            else:
                found.usage[account_id] = (window, answer)


def _done(shard: Shard, kept: Kept) -> set[str]:
    """What earlier messages of the look read and kept, or found unreadable."""
    known = {account_id for account_id, facts in kept.facts.items() if facts.profiles is not None}
    return (known & set(shard.done)) | {spot.scope for spot in shard.blind}


def _known_usage(kept: Kept, account: SigningAccount, now: datetime) -> SigningUsage:
    return kept.usage.get(account.id) or SigningUsage(account.id, month_of(now))


def _due(kept: Kept, account: SigningAccount, now: datetime) -> bool:
    usage = _known_usage(kept, account, now)
    return now - (usage.read_until or usage.month) >= SHORTEST_WINDOW


def _known_or_listed(shard: Shard, kept: Kept) -> tuple[SigningAccount, ...]:
    """Everything known from before, and what the inventory listed, which is newer."""
    known = {account.id: account for account in kept.accounts()}
    return _in_order((known | {account.id: account for account in shard.accounts}).values())


def _hidden_accounts(found: Readings) -> frozenset[str]:
    """Accounts that could not even be asked for: nothing in them is read."""
    spots = [spot for spot in found.blind if spot.about is About.ACCOUNTS]
    return frozenset(
        account.id for account in found.accounts if any(f"{account.id}/".startswith(f"{spot.scope}/") for spot in spots)
    )


def _in_order(accounts: Iterable[SigningAccount]) -> tuple[SigningAccount, ...]:
    return tuple(sorted(accounts, key=lambda account: account.id))
