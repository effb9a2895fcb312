"""Why: an account explained over HTTP."""

import json
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from shared.domain.words import moment
from shared.ports.clock import Clock
from shared.reports.explanation import EXPLANATIONS
from shared.web.asking import Refused, asked_by
from shared.web.principal import Role
from shared.wiring import House


@dataclass(frozen=True, slots=True)
class Accounts:
    """Read only."""

    home: House
    clock: Clock

    def router(self) -> APIRouter:
        """Every address with what answers it."""
        router = APIRouter(prefix="/api/accounts", tags=["accounts"])
        router.add_api_route("/{account}/explanation", self.explanation, methods=["GET"])
        return router

    async def explanation(self, request: Request, account: str, subscription: str = "") -> Response:
        """What is known of every account of that name, what each rule says, and who was told what."""
        asked_by(request, self.home.settings, Role.READER)
        found = await self.home.known.explain(account, subscription, self.clock.now())
        if not found:
            raise Refused(404, await self._nothing(account))
        return JSONResponse(json.loads(EXPLANATIONS.dump_json(list(found))))

    async def _nothing(self, account: str) -> str:
        gone = [facts.gone for facts in await self.home.known.deleted(account, self.clock.now()) if facts.gone]
        if gone:
            return f"The signing account {account[:60]} was deleted: {moment(max(gone))}."
        return f"No signing account called {account[:60]} has been seen."
