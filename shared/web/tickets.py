"""Tickets over HTTP: which there are, how they stand, and whether desks can be read."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from shared.domain.ticket import Status, standing
from shared.ports.tickets import TicketRecord
from shared.web.asking import Refused, asked_by
from shared.web.principal import Role
from shared.wiring import House


@dataclass(frozen=True, slots=True)
class TicketsApi:
    """Whoever reads may see them."""

    home: House

    def router(self) -> APIRouter:
        """Every address with what answers it."""
        router = APIRouter(prefix="/api", tags=["tickets"])
        router.add_api_route("/tickets", self.tickets, methods=["GET"])
        return router

    async def tickets(self, request: Request, receiver: str = "", *, everything: bool = False) -> Response:
        """By desk: those that are open, or whose problem is; all that there ever were where everything is wanted."""
        asked_by(request, self.home.settings, Role.READER)
        desks = self.home.settings.desk_names
        if receiver and receiver.lower() not in desks:
            raise Refused(404, f"{receiver[:60]} is no ticket desk; there are: {', '.join(desks) or 'none'}.")
        found = [await self._desk(name, everything=everything) for name in desks if receiver.lower() in ("", name)]
        return JSONResponse({"desks": found})

    async def _desk(self, name: str, *, everything: bool) -> Mapping[str, Any]:
        read = await self.home.tickets.read_back(name)
        records = [record for record in await self.home.tickets.all(name) if everything or _alive(record)]
        return {
            "name": name,
            "read": read.until.isoformat() if read.until else None,
            "trouble": read.trouble,
            "tickets": [_shown(record) for record in records],
        }


def _alive(record: TicketRecord) -> bool:
    """Something is still open: the ticket or the problem."""
    return record.ended is None or (record.ticket is not None and record.ticket.status is Status.OPEN)


def _shown(record: TicketRecord) -> Mapping[str, Any]:
    ticket = record.ticket
    if ticket is None:
        standing_now = "being opened" if record.tried else "not opened, or gone"
        over = record.ended is not None
        return {"title": record.title, "standing": standing_now, "url": "", "status": "", "problem_over": over}
    seen = {name: value for name, value in asdict(ticket).items() if name in ("name", "url", "word", "assignee", "by")}
    return {
        "title": record.title,
        "standing": standing(ticket),
        **seen,
        "status": str(ticket.status),
        "changed": ticket.changed.isoformat(),
        "problem_over": record.ended is not None,
    }
