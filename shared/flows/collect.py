"""Collect: read one subscription, many accounts at a time, and say what could not be read."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import batched

from shared.domain.account import SigningAccount, account_of
from shared.domain.blind import About, Blind
from shared.domain.kept import CallKind, Kept
from shared.domain.look import Shard
from shared.flows.daily import Daily
from shared.flows.readings import Readings, as_known
from shared.flows.signatures import Signatures
from shared.ports.azure import AccountReader
from shared.ports.errors import Throttled

AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Collect:
    """The sources of one subscription."""

    accounts: AccountReader
    signatures: Signatures
    daily: Daily

    async def run(self, shard: Shard, kept: Kept, now: datetime) -> Readings:
        """Everything that Azure shows of the subscription, as far as it may be read now."""
        held = tuple(row for row in kept.patience if row.until > now)
        found = Readings(began=now, first=shard.first_look, blind=list(shard.blind), done=_done(shard, kept), held=held)
        await self._settle(shard, kept, found)
        await asyncio.gather(
            self._read_profiles(kept, found),
            self.signatures.read(shard.subscription, kept, found, now),
            self.daily.read(shard.subscription, kept, found, now),
        )
        return found

    async def one(self, account_id: str, kept: Kept, now: datetime) -> Readings:
        """One account alone, known from before or not, or none; of all others what is known has to do."""
        found = as_known(kept, now, account_id)
        if account_id:
            await self._read_one(account_id, kept, found)
        return found

    async def _read_one(self, account_id: str, kept: Kept, found: Readings) -> None:
        known = kept.facts.get(account_id)
        answer = await self._account(known.account if known else account_of(account_id), found)
        if isinstance(answer, Blind):
            found.blind.append(answer)
            return
        others = [account for account in found.accounts if account.id != account_id]
        found.accounts = _in_order([*others, answer] if answer else others)
        found.gone = frozenset() if answer else frozenset({account_id})
        if answer:
            await self._profiles(answer, kept, found)

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

    async def _read_profiles(self, kept: Kept, found: Readings) -> None:
        """Where Azure asks for patience with one account, the others go on."""
        passed = found.done | found.hidden_accounts()
        for some in batched([account for account in found.accounts if account.id not in passed], AT_ONCE, strict=False):
            await asyncio.gather(*(self._profiles(account, kept, found) for account in some))

    async def _profiles(self, account: SigningAccount, kept: Kept, found: Readings) -> None:
        """What is as it was known is held in memory once."""
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
            known = kept.facts.get(account.id)
            found.profiles[account.id] = known.profiles if known and known.profiles == read else read


def _done(shard: Shard, kept: Kept) -> set[str]:
    """What earlier messages of the look read and kept, or found unreadable."""
    known = {account_id for account_id, facts in kept.facts.items() if facts.profiles is not None}
    return (known & set(shard.done)) | {spot.scope for spot in shard.blind}


def _known_or_listed(shard: Shard, kept: Kept) -> tuple[SigningAccount, ...]:
    """Everything known from before, and what the inventory listed, which is newer."""
    known = {account.id: account for account in kept.accounts()}
    return _in_order((known | {account.id: account for account in shard.accounts}).values())


def _in_order(accounts: Iterable[SigningAccount]) -> tuple[SigningAccount, ...]:
    return tuple(sorted(accounts, key=lambda account: account.id))
