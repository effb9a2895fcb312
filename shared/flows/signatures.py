"""Read how much was signed: the newest, and a slice of what is missing or not settled, in batches by region."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import batched

from shared.domain.account import SigningAccount
from shared.domain.blind import Blind
from shared.domain.kept import CallKind, Kept
from shared.domain.metering import Metering
from shared.domain.subscription import Subscription
from shared.domain.usage import Window
from shared.flows.readings import Readings
from shared.ports.azure import UsageReader
from shared.ports.errors import Throttled

IDS_PER_BATCH = 50
TRY_AGAIN = timedelta(days=7)  # After so long a way that the service refused is tried once more.


@dataclass(frozen=True, slots=True)
class Signatures:
    """Each window is asked for once, by region, for all accounts that want it."""

    reader: UsageReader

    async def read(self, subscription: Subscription, kept: Kept, found: Readings, now: datetime) -> None:
        """Into `found.usage`, and into `found.blind` what could not be read."""
        known = {name: when for name, when in kept.standing.refused.items() if now - when < TRY_AGAIN}
        self.reader.remember(known)
        for (region, window), ids in self._wanted(kept, found, now).items():
            for some in batched(ids, IDS_PER_BATCH, strict=False):
                await self._batch(subscription, region, some, window, found)
        found.refused = {name: known.get(name, now) for name in sorted(self.reader.refused)}

    def _wanted(self, kept: Kept, found: Readings, now: datetime) -> dict[tuple[str, Window], list[str]]:
        hidden = found.hidden_accounts()
        wanted: dict[tuple[str, Window], list[str]] = {}
        for account in found.accounts:
            if account.id not in hidden:
                for window in metering(kept, account, now).plan(self.reader.longest_window):
                    wanted.setdefault((account.region, window), []).append(account.id)
        return wanted

    async def _batch(
        self, subscription: Subscription, region: str, ids: Sequence[str], window: Window, found: Readings
    ) -> None:
        if found.waits(CallKind.METRICS, subscription.scope):
            found.uncounted.update(ids)
            return
        try:
            answer = await self.reader.signatures(subscription.id, region, ids, window)
        except Throttled as throttled:
            found.wait(throttled)
            found.uncounted.update(ids)
            return
        for account_id, read in answer.of.items():
            if isinstance(read, Blind):
                found.blind.append(read)
            else:
                found.usage.setdefault(account_id, []).append((answer.window, read))


def metering(kept: Kept, account: SigningAccount, now: datetime) -> Metering:
    """What is known of one account's signatures."""
    return Metering(account.id, now, kept.usage.get(account.id, {}))
