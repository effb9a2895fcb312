"""What one receiver will not take is told to others, with a word about why they hear it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from shared.domain.memory import Intent, Tell
from shared.domain.routing import Routes
from shared.ports.messages import Messages
from shared.ports.outbox import Batch, Outbox


@dataclass(frozen=True, slots=True)
class Fallback:
    """`receivers` hear of everything that another one did not take; without any, whoever hears of such severity.

    But not `desks`: what follows is told to the first receiver, and nobody would close the ticket.
    """

    outbox: Outbox
    messages: Messages
    routes: Routes
    receivers: tuple[str, ...] = ()
    desks: tuple[str, ...] = ()

    async def run(self, batch: Batch, lost: Sequence[Intent]) -> None:
        """Nobody hears twice, and what was handed on once is not handed on again."""
        note = f"{batch.receiver} did not take this, so it is told here: {batch.why}"
        follows = f"no more of it here; what follows is told to {batch.receiver}"
        handed = [
            replace(intent, receiver=name, instead_of=batch.receiver, note=note, next_word=follows, group="")
            for intent in lost
            if not intent.instead_of
            for name in self._others(intent)
            if name != batch.receiver and name not in intent.also
        ]
        if handed:
            await self.outbox.accept(handed)
            for name in sorted({intent.receiver for intent in handed}):
                await self.messages.tell(Tell(name))

    def _others(self, intent: Intent) -> Sequence[str]:
        others = self.receivers or self.routes.by_severity.get(intent.finding.severity, ())
        return [name for name in others if self.routes.is_there(name) and name not in self.desks]
