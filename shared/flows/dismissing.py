"""Dismissing: whoever closes a ticket because nothing is to be done has its problem in hand."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.domain.acknowledging import ACKNOWLEDGED_FOR, acknowledgement
from shared.domain.memory import Change, FindingMemory
from shared.domain.refresh import Refresh
from shared.domain.subscription import Subscription
from shared.domain.ticket import Status, Ticket
from shared.flows.fleet import FLEET
from shared.ports.errors import Conflict
from shared.ports.messages import Messages
from shared.ports.silences import Silences
from shared.ports.tickets import TicketRecord


@dataclass(frozen=True, slots=True)
class Dismissing:
    """A word in a ticket becomes an acknowledgement, and the word that takes it back ends that."""

    silences: Silences
    messages: Messages

    async def run(
        self, owner: Subscription, memory: FindingMemory, receiver: str, record: TicketRecord, now: datetime
    ) -> None:
        """By the ticket as it stands, and what was known of it before. Safe to repeat."""
        told, ticket = memory.told[receiver], record.ticket
        if ticket is None:
            return
        if ticket.status is Status.DISMISSED and not told.dismissed and not record.worse_since:
            await self._acknowledge(owner, memory, receiver, ticket, now)
        if ticket.status is Status.OPEN and told.dismissed and told.ticket:
            await self._take_back(owner, memory, told.ticket, now)

    async def judge_anew(self, owner: Subscription, changes: Sequence[Change]) -> None:
        """Others may hear of it at once, like who is paged for it."""
        if owner != FLEET and any(_dismissal_changed(change) for change in changes):
            await self.messages.refresh(Refresh(owner.id))

    async def _acknowledge(
        self, owner: Subscription, memory: FindingMemory, receiver: str, ticket: Ticket, now: datetime
    ) -> None:
        named = f"{owner.id}|{receiver}|{memory.finding.key}|{ticket.changed.isoformat()}"
        name = hashlib.sha256(named.encode()).hexdigest()[:12]
        who = ticket.by or f"somebody at {receiver}"
        why = f"{_reason(ticket)} {ticket.word}."
        try:
            await self.silences.add(acknowledgement(name, owner.id, memory, (now, ACKNOWLEDGED_FOR), who, why))
        except Conflict:
            return  # By an earlier try.

    async def _take_back(self, owner: Subscription, memory: FindingMemory, ticket: Ticket, now: datetime) -> None:
        for silence in await self.silences.active(now):
            ours = silence.acknowledges and silence.reason.startswith(_reason(ticket))
            if ours and silence.match.problem == memory.finding.key and silence.match.subscriptions == (owner.id,):
                await self.silences.end(silence.id, now)


def _reason(ticket: Ticket) -> str:
    return f"{ticket.name} was closed:"


def _dismissal_changed(change: Change) -> bool:
    before = {name: told.dismissed for name, told in change.before.told.items()} if change.before else {}
    after = {name: told.dismissed for name, told in change.after.told.items()} if change.after else {}
    return before != after
