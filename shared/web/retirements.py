"""Retirements over HTTP: what is planned and why, approving, saying no, and holding everything."""

import json
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.domain.retirement.plan import Planned
from shared.domain.walk import Halt
from shared.patterns import faults_of
from shared.ports.clock import Clock
from shared.ports.errors import NotThere
from shared.reports.retirement import OVERVIEW, PLANS
from shared.testimony import Unfit
from shared.web.asking import Refused, asked_by, body_of
from shared.web.principal import Principal, Role
from shared.wiring import House

STRICT = ConfigDict(extra="forbid", hide_input_in_errors=True)
PEOPLE_ONLY = "Only a person may do this: sign in as one."


class Which(BaseModel):
    """The subscription, by name or id, where several have an account of that name."""

    model_config = STRICT

    subscription: str = Field(default="", max_length=200)


class ApprovalText(Which):
    """`evidence` as it was shown: an approval of something else is none."""

    evidence: str = Field(max_length=100)


class NoText(Which):
    """Why not."""

    why: str = Field(default="", max_length=500)


class HaltText(BaseModel):
    """Why everything is held."""

    model_config = STRICT

    why: str = Field(default="", max_length=500)


@dataclass(frozen=True, slots=True)
class RetirementsApi:
    """Whoever reads may see them; operators say no and hold everything, approvers approve. Nothing acts on a GET."""

    home: House
    clock: Clock

    def router(self) -> APIRouter:
        """Every address with what answers it."""
        router = APIRouter(prefix="/api/retirements", tags=["retirements"])
        add = router.add_api_route
        add("", self.overview, methods=["GET"])
        add("/halt", self.halt, methods=["POST"], openapi_extra=_body(HaltText), status_code=201)
        add("/halt", self.lift, methods=["DELETE"], status_code=204)
        add("/accounts/{account}", self.explain, methods=["GET"])
        add("/accounts/{account}/approval", self.approve, methods=["POST"], openapi_extra=_body(ApprovalText))
        add("/accounts/{account}/excuse", self.excuse, methods=["POST"], openapi_extra=_body(NoText))
        add("/accounts/{account}/excuse", self.readmit, methods=["DELETE"])
        add("/accounts/{account}/seen", self.seen, methods=["POST"], openapi_extra=_body(Which))
        return router

    async def overview(self, request: Request) -> Response:
        """Accounts with a failed validation and those on their way, with what comes next."""
        asked_by(request, self.home.settings, Role.READER)
        found = await self.home.retirements.overview(self.clock.now())
        return JSONResponse(json.loads(OVERVIEW.dump_json(found)))

    async def explain(self, request: Request, account: str, subscription: str = "") -> Response:
        """Every condition, the gate's answer, and every step in the audit."""
        asked_by(request, self.home.settings, Role.READER)
        found = await self.home.retirements.explain(account, subscription, self.clock.now())
        if not found:
            raise not_there(account)
        return JSONResponse(json.loads(PLANS.dump_json(list(found))))

    async def approve(self, request: Request, account: str) -> Response:
        """By a person who did not say themselves that the validation failed."""
        who = person(asked_by(request, self.home.settings, Role.APPROVER))
        text = _read(ApprovalText, await body_of(request))
        approve, now = self.home.retirements.approve, self.clock.now()
        return await _done(account, approve(account, text.subscription, text.evidence, who.name, now))

    async def excuse(self, request: Request, account: str) -> Response:
        """No: it is not retired."""
        who = asked_by(request, self.home.settings, Role.OPERATOR)
        text = _read(NoText, await body_of(request))
        excuse, now = self.home.retirements.excuse, self.clock.now()
        return await _done(account, excuse(account, text.subscription, text.why, who.name, now))

    async def readmit(self, request: Request, account: str, subscription: str = "") -> Response:
        """Take a no back."""
        who = person(asked_by(request, self.home.settings, Role.APPROVER))
        readmit, now = self.home.retirements.readmit, self.clock.now()
        return await _done(account, readmit(account, subscription, who.name, now))

    async def seen(self, request: Request, account: str) -> Response:
        """Somebody has read the notice: the time to say no begins."""
        who = person(asked_by(request, self.home.settings, Role.OPERATOR))
        text = _read(Which, await body_of(request))
        seen, now = self.home.retirements.seen, self.clock.now()
        return await _done(account, seen(account, text.subscription, who.name, now))

    async def halt(self, request: Request) -> Response:
        """Nothing is deleted from now on."""
        who = asked_by(request, self.home.settings, Role.OPERATOR)
        text = _read(HaltText, await body_of(request))
        return JSONResponse(_halt(await self.home.retirements.halt(text.why, who.name, self.clock.now())), 201)

    async def lift(self, request: Request) -> Response:
        """It goes on."""
        who = person(asked_by(request, self.home.settings, Role.APPROVER))
        if not await self.home.retirements.lift(who.name, self.clock.now()):
            raise Refused(404, "Nobody holds the retirements.")
        return Response(status_code=204)


def person(principal: Principal) -> Principal:
    """A program that signed in for itself has no judgment."""
    if not principal.person:
        raise Refused(403, PEOPLE_ONLY)
    return principal


async def refusing(account: str, doing: Awaitable[Planned]) -> Planned:
    """What it is like afterwards. Raises Refused."""
    try:
        return await doing
    except NotThere as error:
        raise not_there(account) from error


async def _done(account: str, doing: Awaitable[Planned]) -> Response:
    [after] = json.loads(PLANS.dump_json([await refusing(account, doing)]))
    return JSONResponse(after)


def _halt(halt: Halt) -> dict[str, Any]:
    return {"by": halt.by, "at": halt.at.isoformat(), "why": halt.why}


def not_there(account: str) -> Refused:
    """Nobody knows it."""
    return Refused(404, f"No signing account called {account[:60]} has been seen.")


def _read[T: BaseModel](kind: type[T], body: bytes) -> T:
    """Raises Unfit."""
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        raise Unfit(faults_of(error)) from error


def _body(kind: type[BaseModel]) -> dict[str, Any]:
    content = {"application/json": {"schema": kind.model_json_schema()}}
    return {"requestBody": {"content": content, "required": True}}
