"""A ticket's passage through the workflow of its project, one transition at a time."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.domain.ticket import Status
from shared.http import Answer
from shared.ports.errors import DeliveryError
from shared.tickets.jira.api import path_of
from shared.tickets.jira.project import JiraProject
from shared.tickets.jira.refusals import errors_of
from shared.tickets.jira.workflow import Move, closing, dismissing, nearing, reopening, resolution

MOST_STEPS = 2  # On the way to where it can be closed.


@dataclass(frozen=True, slots=True)
class Passage:
    """Everything raises DeliveryError, and NotThere where a ticket is gone and the project is not."""

    project: JiraProject

    async def close(self, reference: str) -> None:
        """By a transition into a status that is done, with a resolution where its screen has one.

        Where Jira refuses it, somebody may just have closed the ticket, so that it is read again.
        """
        ticket = await self.project.ticket(reference)
        if ticket.status is not Status.OPEN:
            return
        move = closing(await self._near(reference, ticket.word), self.project.home)
        if move is None:
            raise self._no_way()
        answer = await self._moved(reference, move, resolution(move, self.project.home))
        if answer.status != 400:
            await self.project.there(answer)
        elif (await self.project.ticket(reference)).status is Status.OPEN:
            raise self._wanting(answer)

    async def reopen(self, reference: str) -> bool:
        """A transition that wants more than we have is no way back either."""
        if (await self.project.ticket(reference)).status is Status.OPEN:
            return True
        if (move := reopening(await self.project.moves(reference))) is None:
            return False
        answer = await self._moved(reference, move, {})
        if answer.status == 400:
            return (await self.project.ticket(reference)).status is Status.OPEN
        await self.project.there(answer)
        return True

    async def _near(self, reference: str, status: str) -> list[Move]:
        """Ways out of where it can be closed as done: here, or where it is taken to. `status` is where it is.

        A step that Jira refuses is one that leads nowhere.
        """
        been = [status]
        while True:
            moves = await self.project.moves(reference)
            last, step = closing(moves, self.project.home), nearing(moves, been)
            arrived = last is not None and not dismissing(last, self.project.home)
            if arrived or step is None or len(been) > MOST_STEPS:
                return moves
            answer = await self._moved(reference, step, {})
            if answer.status != 400:
                await self.project.there(answer)
            been.append(step.status)

    async def _moved(self, reference: str, move: Move, fields: Mapping[str, Any]) -> Answer:
        wanted = {"transition": {"id": move.id}} | ({"fields": dict(fields)} if fields else {})
        return await self.project.api.call("POST", path_of("issue", reference, "transitions"), wanted)

    def _no_way(self) -> DeliveryError:
        return DeliveryError(
            f"The workflow of project {self.project.api.project} has no transition from where the ticket is to a "
            "status that is done, not even by way of one that is in progress, or none that the account of "
            "TICKETS__JIRA_USER may take: look at the workflow's conditions, and at the permission to transition "
            "issues.",
            permanent=True,
        )

    def _wanting(self, refusal: Answer) -> DeliveryError:
        wanted = f"wants {', '.join(errors_of(refusal))}" if errors_of(refusal) else "sets conditions"
        return DeliveryError(
            f"The workflow of project {self.project.api.project} {wanted} where a ticket is closed, and Countersign "
            "cannot give that: let it have a transition to a status that is done that wants nothing of the kind.",
            permanent=True,
        )
