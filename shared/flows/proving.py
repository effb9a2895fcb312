"""Proof that somebody had the notice: a pager or desk that took it, or mail that was delivered. Chats prove nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.domain.account import SigningAccount
from shared.domain.rules.retirement import ANNOUNCED, subject_of
from shared.domain.survey import Survey
from shared.domain.walk import Walk
from shared.ports.deliveries import Deliveries
from shared.ports.outbox import Outbox
from shared.receivers import MAIL


@dataclass(frozen=True, slots=True)
class Proving:
    """`proofs`: receivers that answer with a receipt of what they opened, pagers and ticket desks.

    Mail servers take letters and may lose them; that one was delivered is known where a report says so.
    """

    outbox: Outbox
    proofs: Sequence[str]
    deliveries: Deliveries

    async def proof(self, survey: Survey, account: SigningAccount, walk: Walk) -> str:
        """Who took it; "" for nobody so far."""
        if walk.announced is None:
            return ""
        if walk.pretended:
            return "nobody was told, for it is only pretended"
        problem = f"{survey.subscription.id}|{ANNOUNCED.name}|{subject_of(account)}"
        for receiver in self.proofs:
            threads = await self.outbox.threads(receiver)
            if problem in threads and not threads[problem].waits:
                return f"{receiver} took the notice"
        for receiver in await self.outbox.receivers():
            if receiver.partition(":")[0] == MAIL and await self._delivered(receiver, problem, walk.announced):
                return f"{receiver}: the notice was delivered"
        return ""

    async def _delivered(self, receiver: str, problem: str, announced: datetime) -> bool:
        thread = (await self.outbox.threads(receiver)).get(problem)
        delivered = await self.deliveries.at(thread.receipt) if thread and thread.receipt else None
        return delivered is not None and delivered >= announced
