"""The validation list over HTTP."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response

from shared.domain.validation import PENDING, Fault, Way, pending_key
from shared.domain.validation_list import ListLine
from shared.flows.answer import Import, Speaker
from shared.ports.clock import Clock
from shared.ports.register import Entered
from shared.reports.register_csv import sheet_of, written
from shared.reports.validation_json import entry_json, line_json
from shared.setting_values import GUID
from shared.testimony import Testimony, Unfit
from shared.web.asking import Refused, asked_by, body_of, expected_etag, speaker, tag_of
from shared.web.principal import Role
from shared.wiring import House

CSV = "text/csv; charset=utf-8"
ENTRY = "/{subscription}/{key}"
SAID = {"requestBody": {"content": {"application/json": {"schema": Testimony.model_json_schema()}}}}
FILE = {"requestBody": {"content": {"text/csv": {"schema": {"type": "string"}}}}}


@dataclass(frozen=True, slots=True)
class ValidationList:
    """`key` is a validation's id, or `account:NAME` for a request that has none yet."""

    home: House
    clock: Clock

    def router(self) -> APIRouter:
        """Every address with what answers it."""
        router = APIRouter(prefix="/api/register", tags=["validation list"])
        router.add_api_route("", self.lines, methods=["GET"])
        router.add_api_route("/export", self.export, methods=["GET"])
        router.add_api_route("/import", self.take_in, methods=["POST"], openapi_extra=FILE)
        router.add_api_route(ENTRY, self.entry, methods=["GET"])
        router.add_api_route(ENTRY, self.say, methods=["PUT"], openapi_extra=SAID)
        router.add_api_route(ENTRY, self.change, methods=["PATCH"], openapi_extra=SAID)
        router.add_api_route(ENTRY, self.withdraw, methods=["DELETE"], status_code=204)
        router.add_api_route(f"{ENTRY}/history", self.history, methods=["GET"])
        return router

    async def lines(self, request: Request, subscription: str = "", *, todo: bool = False) -> Response:
        """Every validation that is entered or in use; with `todo` only those of which something is to be looked up."""
        asked_by(request, self.home.settings, Role.READER)
        portal = self.home.settings.cloud.portal
        return JSONResponse({"lines": [line_json(line, portal) for line in await self._lines(subscription, todo=todo)]})

    async def export(self, request: Request, subscription: str = "", *, todo: bool = False) -> Response:
        """The same as CSV, to be filled in and imported."""
        asked_by(request, self.home.settings, Role.READER)
        content = written(await self._lines(subscription, todo=todo))
        name = {"Content-Disposition": 'attachment; filename="validation-list.csv"'}
        return Response(content, media_type=CSV, headers=name)

    async def take_in(
        self,
        request: Request,
        *,
        part: Annotated[bool, Query(description="Take what is right, though some lines are wrong.")] = False,
        preview: Annotated[bool, Query(description="Only say what would change.")] = False,
    ) -> Response:
        """Takes CSV as it is exported. Nothing is taken where a line is wrong, unless a part is wanted."""
        principal = asked_by(request, self.home.settings, Role.READER if preview else Role.OPERATOR)
        who = Speaker(principal.name, self.clock.now(), Way.IMPORT)
        sheet = sheet_of(await body_of(request))
        answer = await self.home.answer.take_in(sheet, who, part=part, only_look=preview)
        return JSONResponse(_import(answer), 422 if answer.faults and not answer.done else 200)

    async def entry(self, request: Request, subscription: str, key: str) -> Response:
        """One entry, with its ETag."""
        asked_by(request, self.home.settings, Role.READER)
        return _answered(await self._entered(subscription, key))

    async def history(self, request: Request, subscription: str, key: str) -> Response:
        """Everything that was said of it, oldest first."""
        asked_by(request, self.home.settings, Role.READER)
        _named(subscription, key)
        words = list(await self.home.register.history(subscription.lower(), key.lower()))
        if not key.lower().startswith(PENDING):  # Also what was said before the request had its id.
            for name in {word.entry.account.lower() for word in words if word.entry.account}:
                words += await self.home.register.history(subscription.lower(), pending_key(name))
        words.sort(key=lambda word: word.entry.said_at)
        said = [{**entry_json(word.entry), "withdrawn": word.withdrawn} for word in words]
        return JSONResponse({"history": said})

    async def say(self, request: Request, subscription: str, key: str) -> Response:
        """Say how it is with one validation: the whole entry. `If-Match` refuses where somebody else was quicker."""
        principal = asked_by(request, self.home.settings, Role.OPERATOR)
        about, said = _named(subscription, key), _object(await body_of(request))
        there = (await self.home.register.entered(subscription.lower())).get(key.lower())
        expected = expected_etag(request, there.etag if there else "")
        answer = await self.home.answer.say({**said, **about}, speaker(principal, self.clock.now()), expected)
        return _answered(answer, 200 if there else 201)

    async def change(self, request: Request, subscription: str, key: str) -> Response:
        """Say some fields of an entry anew; what is not named stays, unless it belongs to another status."""
        principal = asked_by(request, self.home.settings, Role.OPERATOR)
        about, said = _named(subscription, key), _object(await body_of(request))
        there = await self._entered(subscription, key)
        expected_etag(request, there.etag)
        given = {name: value for name, value in said.items() if name not in about}
        return _answered(await self.home.answer.change(there, given, speaker(principal, self.clock.now())))

    async def withdraw(self, request: Request, subscription: str, key: str) -> Response:
        """Take out an entry that is about nothing; its history stays."""
        principal = asked_by(request, self.home.settings, Role.OPERATOR)
        there = await self._entered(subscription, key)
        expected = expected_etag(request, there.etag)
        who = speaker(principal, self.clock.now())
        await self.home.answer.withdraw(subscription.lower(), key.lower(), who, expected)
        return Response(status_code=204)

    async def _lines(self, subscription: str, *, todo: bool) -> Sequence[ListLine]:
        wanted = subscription.strip().lower()
        return [
            line
            for line in await self.home.known.lines(self.clock.now())
            if (line.missing or not todo) and wanted in ("", line.subscription.id, line.subscription.name.lower())
        ]

    async def _entered(self, subscription: str, key: str) -> Entered:
        _named(subscription, key)
        if there := (await self.home.register.entered(subscription.lower())).get(key.lower()):
            return there
        raise Refused(404, "The validation list has no such entry.")


def _named(subscription: str, key: str) -> Mapping[str, str]:
    """What the address says it is about. Raises Unfit."""
    if not GUID.fullmatch(subscription):
        raise Unfit([Fault("subscription", "must be the id of a subscription")])
    if key.lower().startswith(PENDING):
        return {"subscription": subscription, "validation": "", "account": key[len(PENDING) :]}
    if not GUID.fullmatch(key.lower()):
        raise Unfit([Fault("validation", "must be the id of a validation, or account: and the name of an account")])
    return {"subscription": subscription, "validation": key}


def _object(body: bytes) -> dict[str, Any]:
    """Raises Unfit."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise Unfit([Fault("body", "must be a JSON object")])
    return said


def _answered(found: Entered, status: int = 200) -> Response:
    return JSONResponse(entry_json(found.entry), status, headers={"ETag": tag_of(found.etag)})


def _import(answer: Import) -> dict[str, Any]:
    return {
        "done": answer.done,
        "changes": [asdict(change) for change in answer.changes],
        "same": answer.same,
        "unsaid": answer.unsaid,
        "faults": [asdict(fault) | {"sentence": fault.sentence} for fault in answer.faults],
    }
