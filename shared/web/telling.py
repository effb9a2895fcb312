"""Who hears what, trying a receiver, and what could not be delivered, over HTTP."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from shared.domain.validation import Fault
from shared.flows.trying import Fate
from shared.patterns import SEVERITIES
from shared.ports.clock import Clock
from shared.ports.outbox import Batch
from shared.testimony import Unfit
from shared.web.asking import Refused, asked_by
from shared.web.principal import Role
from shared.wiring import House


@dataclass(frozen=True, slots=True)
class Telling:
    """Whoever reads may ask; operators send."""

    home: House
    clock: Clock

    def router(self) -> APIRouter:
        """Every address with what answers it."""
        router = APIRouter(prefix="/api", tags=["telling"])
        router.add_api_route("/routes/test", self.route, methods=["GET"])
        router.add_api_route("/receivers", self.receivers, methods=["GET"])
        router.add_api_route("/receivers/{receiver}/test", self.test, methods=["POST"])
        router.add_api_route("/undelivered", self.undelivered, methods=["GET"])
        router.add_api_route("/undelivered/{receiver}/replay", self.replay, methods=["POST"])
        return router

    async def route(self, request: Request, account: str, rule: str, severity: str, subscription: str = "") -> Response:
        """Who would hear of such a problem, and why."""
        asked_by(request, self.home.settings, Role.READER)
        if severity.lower() not in SEVERITIES:
            raise Unfit([Fault("severity", f"must be one of {', '.join(SEVERITIES)}")])
        grave = SEVERITIES[severity.lower()]
        found = await self.home.known.routed(account, subscription, rule, grave, self.clock.now())
        if not found:
            raise Refused(404, f"No signing account called {account[:60]} has been seen.")
        return JSONResponse({"routes": [asdict(one) for one in found]})

    async def receivers(self, request: Request) -> Response:
        """Every receiver that is set up, and why one does not take messages."""
        asked_by(request, self.home.settings, Role.READER)
        now, found = self.clock.now(), []
        for name, one in self.home.settings.receivers.items():
            found.append({"name": name, "kind": one.kind, "refuses": await self.home.refusing.why(name, now)})
        return JSONResponse({"receivers": found})

    async def test(self, request: Request, receiver: str) -> Response:
        """Send a test message through the same code as an alert."""
        principal = asked_by(request, self.home.settings, Role.OPERATOR)
        tried = await self.home.trying.run(receiver.lower(), principal.name, self.clock.now())
        if tried.fate is Fate.UNKNOWN:
            there = ", ".join(self.home.settings.receivers) or "none"
            raise Refused(404, f"No receiver called {receiver[:60]} is set up; there are: {there}.")
        return JSONResponse(asdict(tried))

    async def undelivered(self, request: Request, receiver: str = "", *, everything: bool = False) -> Response:
        """What was given up, with its text; what was replayed only where everything is wanted."""
        asked_by(request, self.home.settings, Role.READER)
        found = await self.home.undelivered.list(receiver.lower(), all_of_them=everything)
        return JSONResponse({"undelivered": [_batch(one) for one in found]})

    async def replay(self, request: Request, receiver: str, batch: str = "") -> Response:
        """Tell again what was given up, but for what later news has overtaken."""
        asked_by(request, self.home.settings, Role.OPERATOR)
        came = await self.home.undelivered.replay(receiver.lower(), batch.lower(), self.clock.now())
        return JSONResponse(asdict(came))


def _batch(batch: Batch) -> Mapping[str, Any]:
    when = batch.given_up or batch.frozen
    return {
        "id": batch.id,
        "receiver": batch.receiver,
        "given_up": when.isoformat(),
        "why": batch.why,
        "problems": len(batch.members),
        "replayed": batch.replayed.isoformat() if batch.replayed else None,
        "parts": [_readable(part.body) for index, part in enumerate(batch.parts) if index not in batch.sent],
    }


def _readable(body: str) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body
