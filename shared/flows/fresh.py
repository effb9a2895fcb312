"""Read one account again, with everything that a deletion of it rests on."""

from dataclasses import dataclass, replace
from datetime import datetime

from shared.domain.account import SigningAccount
from shared.domain.blind import About, Blind
from shared.domain.kept import Kept
from shared.domain.look import Shard
from shared.domain.policy import Policy
from shared.domain.subscription import DailyFacts, Subscription
from shared.domain.survey import Survey
from shared.domain.usage import month_of
from shared.flows.collect import Collect
from shared.flows.conclude import survey_of
from shared.flows.readings import Readings
from shared.ports.azure import SubscriptionReader
from shared.ports.errors import Throttled
from shared.ports.shelves import Shelves

PATIENCE = "Azure asked for patience."


@dataclass(frozen=True, slots=True)
class Fresh:
    """Nothing is kept of it: the next check does that."""

    collect: Collect
    locks: SubscriptionReader
    shelves: Shelves
    policy: Policy

    async def survey(self, account: SigningAccount, subscription: Subscription, now: datetime) -> Survey:
        """The account, its profiles, signatures and locks as they are now; of all others what is known.

        What could not be read, or had to wait, is out of sight. An account that is gone is not in it.
        """
        kept = await self.shelves.read(subscription, month_of(now))
        found = await self.collect.one(account.id, kept, now)
        alone = self._only(account.id, found)
        await self.collect.signatures.read(subscription, kept, alone, now)
        found.usage, found.patience = alone.usage, [*found.patience, *alone.patience]
        found.blind += [spot for spot in alone.blind if spot not in found.blind]
        found.daily = await self._locked(subscription, kept, found)
        found.blind += [Blind(About.ACCOUNTS, account.id, PATIENCE)] if found.patience else []
        return survey_of(Shard("", subscription, ()), kept, found, self.policy, now)

    async def _locked(self, subscription: Subscription, kept: Kept, found: Readings) -> DailyFacts:
        try:
            locks = await self.locks.locks(subscription)
        except Throttled:
            locks = Blind(About.LOCKS, subscription.scope, PATIENCE)
        if isinstance(locks, Blind):
            found.blind.append(locks)
            return replace(kept.standing.daily, locks=None)
        return replace(kept.standing.daily, locks=locks)

    @staticmethod
    def _only(account_id: str, found: Readings) -> Readings:
        """For reading the signatures of one account, and of no other."""
        accounts = tuple(one for one in found.accounts if one.id == account_id)
        return replace(found, accounts=accounts, usage={}, blind=list(found.blind), patience=[], uncounted=set())
