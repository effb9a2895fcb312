"""Collect: read one subscription, many accounts at a time, and say what could not be read."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import batched

from shared.domain.account import CertificateProfile, SigningAccount
from shared.domain.blind import About, Blind
from shared.domain.kept import Kept, Patience
from shared.domain.look import Shard
from shared.domain.usage import SigningUsage, Window, month_of, next_window
from shared.ports import AccountReader, Throttled, UsageReader, WindowTooLong

AT_ONCE = 8
IDS_PER_BATCH = 50
SHORTEST_WINDOW = timedelta(minutes=5)

type Profiles = tuple[CertificateProfile, ...]


@dataclass(slots=True)
class Readings:
    """What one message read. `profiles` and `usage` by account id; `patience` says what has to wait."""

    accounts: tuple[SigningAccount, ...] = ()
    gone: frozenset[str] = frozenset()
    profiles: dict[str, Profiles] = field(default_factory=dict)
    usage: dict[str, tuple[Window, Mapping[datetime, int]]] = field(default_factory=dict)
    blind: list[Blind] = field(default_factory=list)
    patience: list[Patience] = field(default_factory=list)
    cursor: int = 0

    def wait(self, throttled: Throttled) -> None:
        """Azure asked for patience."""
        self.patience.append(Patience(throttled.kind, throttled.scope, throttled.until))


@dataclass(frozen=True, slots=True)
class Collect:
    """The sources of one subscription."""

    accounts: AccountReader
    usage: UsageReader

    async def run(self, shard: Shard, kept: Kept, now: datetime) -> Readings:
        """Everything that Azure shows of the subscription, as far as it may be read now."""
        found = Readings(cursor=shard.cursor)
        held = [row for row in kept.patience if row.until > now]
        if held:
            found.patience.extend(held)
            found.accounts = _in_order(shard.accounts or kept.accounts())
            return found
        await self._settle(shard, kept, found)
        await asyncio.gather(self._read_profiles(found), self._read_usage(shard, kept, found, now))
        return found

    async def _settle(self, shard: Shard, kept: Kept, found: Readings) -> None:
        """Which accounts there are: the index trails, so one that disappears is asked for."""
        listed = {account.id: account for account in shard.accounts}
        if not shard.listed:
            found.accounts = _in_order(({account.id: account for account in kept.accounts()} | listed).values())
            return
        missing = [account for account in kept.accounts() if account.id not in listed]
        for account, answer in await self._ask(missing, found):
            if isinstance(answer, Blind):
                found.blind.append(answer)
                listed[account.id] = account
            elif answer is None:
                found.gone |= {account.id}
            else:
                listed[account.id] = answer
        if missing and len(found.blind) == len(missing) and not shard.accounts:
            found.blind[:] = [Blind(About.ACCOUNTS, shard.subscription.scope, found.blind[0].reason)]
        found.accounts = _in_order(listed.values())

    async def _ask(
        self, missing: Sequence[SigningAccount], found: Readings
    ) -> list[tuple[SigningAccount, SigningAccount | Blind | None]]:
        answers: list[tuple[SigningAccount, SigningAccount | Blind | None]] = []
        for some in batched(missing, AT_ONCE, strict=False):
            try:
                read = await asyncio.gather(*(self.accounts.account(account) for account in some))
            except Throttled as throttled:
                found.wait(throttled)
                read = [Blind(About.ACCOUNTS, account.id, str(throttled)) for account in some]
            answers.extend(zip(some, read, strict=True))
        return answers

    async def _read_profiles(self, found: Readings) -> None:
        """In order, so that the cursor says what was read; stops where Azure asks for patience."""
        hidden = _hidden_accounts(found)
        for some in batched(found.accounts[found.cursor :], AT_ONCE, strict=False):
            open_to_us = [account for account in some if account.id not in hidden]
            answers = await asyncio.gather(*(self._profiles(account, found) for account in open_to_us))
            if not all(answers):
                return
            found.cursor += len(some)

    async def _profiles(self, account: SigningAccount, found: Readings) -> bool:
        try:
            read = await self.accounts.profiles(account)
        except Throttled as throttled:
            found.wait(throttled)
            return False
        if isinstance(read, Blind):
            found.blind.append(read)
        else:
            found.profiles[account.id] = read
        return True

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
            usage = kept.usage.get(account.id) or SigningUsage(account.id, month_of(now))
            window = next_window(usage, now, self.usage.longest_window)
            if account.id not in hidden and now - (usage.read_until or usage.month) >= SHORTEST_WINDOW:
                windows.setdefault((account.region, window), []).append(account.id)
        for (region, window), ids in windows.items():
            for some in batched(ids, IDS_PER_BATCH, strict=False):
                if not await self._usage(shard, region, some, window, found):
                    return

    async def _usage(self, shard: Shard, region: str, ids: Sequence[str], window: Window, found: Readings) -> bool:
        try:
            read = await self.usage.signatures(shard.subscription.id, region, ids, window)
        except Throttled as throttled:
            found.wait(throttled)
            return False
        for account_id, answer in read.items():
            if isinstance(answer, Blind):
                found.blind.append(answer)
            else:
                found.usage[account_id] = (window, answer)
        return True


def _hidden_accounts(found: Readings) -> frozenset[str]:
    """Accounts that could not even be asked for: nothing in them is read."""
    spots = [spot for spot in found.blind if spot.about is About.ACCOUNTS]
    return frozenset(
        account.id for account in found.accounts if any(f"{account.id}/".startswith(f"{spot.scope}/") for spot in spots)
    )


def _in_order(accounts: Iterable[SigningAccount]) -> tuple[SigningAccount, ...]:
    return tuple(sorted(accounts, key=lambda account: account.id))
