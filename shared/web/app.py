"""The JSON API as an ASGI app: the same under Azure Functions as under any server of Python."""

from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from shared.flows.retirements import NotNow
from shared.ports.clock import Clock
from shared.ports.errors import Conflict
from shared.testimony import Unfit
from shared.web.accounts import Accounts
from shared.web.asking import Refused, refuse_foreign_pages
from shared.web.register import ValidationList
from shared.web.retirements import RetirementsApi
from shared.web.silences import SilencesApi
from shared.web.telling import Telling
from shared.web.tickets import TicketsApi
from shared.wiring import House

# Nothing here is ever shown inside another page, kept by a cache, or read as something else than it is.
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def make_app(home: House, clock: Clock) -> FastAPI:
    """Every request is refused that nobody may make (`shared.web.principal`)."""
    app = FastAPI(title="Countersign", version="1", openapi_url="/api/openapi.json", docs_url=None, redoc_url=None)
    app.include_router(ValidationList(home, clock).router())
    app.include_router(Accounts(home, clock).router())
    app.include_router(SilencesApi(home, clock).router())
    app.include_router(Telling(home, clock).router())
    app.include_router(TicketsApi(home).router())
    app.include_router(RetirementsApi(home, clock).router())

    @app.middleware("http")
    async def guard(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
        refusal = refuse_foreign_pages(request)
        response = _said(refusal) if refusal else await answer(request)
        response.headers.update(HEADERS)
        return response

    @app.exception_handler(Refused)
    async def refused(_request: Request, error: Refused) -> Response:
        return _said(error)

    @app.exception_handler(Unfit)
    async def unfit(_request: Request, error: Unfit) -> Response:
        faults = [{"field": fault.field, "words": fault.words} for fault in error.faults]
        return JSONResponse({"error": "What was said cannot be taken.", "faults": faults}, 422)

    @app.exception_handler(Conflict)
    async def conflict(_request: Request, error: Conflict) -> Response:
        return JSONResponse({"error": f"Nothing was changed: {error}. Read it again."}, 412)

    @app.exception_handler(NotNow)
    async def not_now(_request: Request, error: NotNow) -> Response:
        return JSONResponse({"error": str(error)}, 409)

    @app.exception_handler(RequestValidationError)
    async def misread(_request: Request, error: RequestValidationError) -> Response:
        faults = [{"field": str(one["loc"][-1]), "words": one["msg"]} for one in error.errors()]
        return JSONResponse({"error": "What was asked cannot be read.", "faults": faults}, 422)

    @app.exception_handler(HTTPException)
    async def nothing(_request: Request, error: HTTPException) -> Response:
        told = {404: "There is nothing here", 405: "That cannot be done here"}.get(error.status_code, error.detail)
        sentence = f"{told}. The API is described in /api/openapi.json."
        return JSONResponse({"error": sentence}, error.status_code, error.headers)

    return app


def _said(error: Refused) -> Response:
    return JSONResponse({"error": error.sentence}, error.status)
