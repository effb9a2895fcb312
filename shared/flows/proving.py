"""Proof that somebody had the notice: a pager or a ticket desk that took it. Chats and mail prove nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.domain.account import SigningAccount
from shared.domain.rules.retirement import ANNOUNCED, subject_of
from shared.domain.survey import Survey
from shared.domain.walk import Walk
from shared.ports.outbox import Outbox


@dataclass(frozen=True, slots=True)
class Proving:
    """`proofs`: receivers that answer with a receipt of what they opened, pagers and ticket desks."""

    outbox: Outbox
    proofs: Sequence[str]

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
        return ""
