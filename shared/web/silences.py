"""Silences and acknowledgements over HTTP."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from shared.domain.silence import Silence
from shared.domain.validation import Fault
from shared.patterns import MatchText, faults_of
from shared.ports.clock import Clock
from shared.testimony import Unfit
from shared.web.asking import Refused, asked_by, body_of, speaker
from shared.web.principal import Role
from shared.wiring import House

STRICT = ConfigDict(extra="forbid", hide_input_in_errors=True)


class SilenceText(BaseModel):
    """What is to be held back. Without `starts` from now on; `ends`, or so many `hours` after its start."""

    model_config = STRICT

    match: MatchText
    everything: bool = False
    reason: str
    starts: AwareDatetime | None = None
    ends: AwareDatetime | None = None
    hours: float | None = Field(default=None, gt=0, le=9_000)

    def times(self, now: datetime) -> tuple[datetime, datetime]:
        """Start and end. Raises Unfit."""
        if (self.match == MatchText()) is not self.everything:
            raise Unfit([Fault("match", "say what is to be silenced, or that it is everything")])
        starts = self.starts or now
        if (self.ends is None) is (self.hours is None):
            raise Unfit([Fault("ends", "give either ends or hours")])
        return starts, self.ends or starts + timedelta(hours=self.hours or 0)


class AcknowledgementText(BaseModel):
    """Whose problems somebody has in hand: of an account, of a rule, or both."""

    model_config = STRICT

    account: str = ""
    rule: str = ""
    days: int | None = None
    reason: str = Field(default="", max_length=500)


@dataclass(frozen=True, slots=True)
class SilencesApi:
    """Whoever reads may see them; operators make and end them."""

    home: House
    clock: Clock

    def router(self) -> APIRouter:
        """Every address with what answers it."""
        router = APIRouter(prefix="/api", tags=["silences"])
        router.add_api_route("/silences", self.list, methods=["GET"])
        router.add_api_route("/silences", self.add, methods=["POST"], openapi_extra=_body(SilenceText))
        router.add_api_route("/silences/{silence}", self.end, methods=["DELETE"], status_code=204)
        route = "/acknowledgements"
        router.add_api_route(route, self.acknowledge, methods=["POST"], openapi_extra=_body(AcknowledgementText))
        return router

    async def list(self, request: Request) -> Response:
        """Those that have not ended."""
        asked_by(request, self.home.settings, Role.READER)
        now = self.clock.now()
        return JSONResponse({"silences": [silence_json(one, now) for one in await self.home.silences.active(now)]})

    async def add(self, request: Request) -> Response:
        """Hold back what matches, for a while."""
        principal, now = asked_by(request, self.home.settings, Role.OPERATOR), self.clock.now()
        text = _read(SilenceText, await body_of(request))
        starts, ends = text.times(now)
        who = speaker(principal, now)
        made = await self.home.silencing.silence(text.match.match, starts, ends, text.reason, who)
        return JSONResponse(silence_json(made, now), 201)

    async def acknowledge(self, request: Request) -> Response:
        """Somebody has problems in hand: nothing more is told of them until they get worse, or are over."""
        principal, now = asked_by(request, self.home.settings, Role.OPERATOR), self.clock.now()
        text = _read(AcknowledgementText, await body_of(request))
        who = speaker(principal, now)
        found = await self.home.silencing.acknowledge(text.account, text.rule, text.days, text.reason, who)
        if not found:
            raise Refused(404, "Nobody was told of an open problem like this, so there is nothing to acknowledge.")
        return JSONResponse({"silences": [silence_json(one, now) for one in found]}, 201)

    async def end(self, request: Request, silence: str) -> Response:
        """It holds nothing back any more: what is still true is told."""
        asked_by(request, self.home.settings, Role.OPERATOR)
        if not silence.isalnum() or not await self.home.silencing.end(silence.lower(), self.clock.now()):
            raise Refused(404, "There is no such silence, or it has ended.")
        return Response(status_code=204)


def silence_json(silence: Silence, now: datetime) -> dict[str, Any]:
    """As the API answers it."""
    return {
        "id": silence.id,
        "about": silence.match.says,
        "acknowledges": silence.acknowledges,
        "active": silence.active(now),
        "starts": silence.starts.isoformat(),
        "ends": silence.ends.isoformat(),
        "author": silence.author,
        "reason": silence.reason,
    }


def _read[T: BaseModel](kind: type[T], body: bytes) -> T:
    """Raises Unfit."""
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        raise Unfit(faults_of(error)) from error


def _body(kind: type[BaseModel]) -> dict[str, Any]:
    content = {"application/json": {"schema": kind.model_json_schema()}}
    return {"requestBody": {"content": content, "required": True}}
