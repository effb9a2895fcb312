"""Pages and JSON API as an ASGI app: the same under Azure Functions as under any server of Python."""

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
from shared.web.html import problem, style, wants_page
from shared.web.register import ValidationList
from shared.web.retirement_pages import RetirementPages
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
    app.include_router(RetirementPages(home, clock).router())
    app.add_api_route("/static/countersign.css", styled, methods=["GET"], include_in_schema=False)

    @app.middleware("http")
    async def guard(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
        refusal = refuse_foreign_pages(request)
        response = _said(request, refusal.status, refusal.sentence) if refusal else await answer(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    @app.exception_handler(Refused)
    async def refused(request: Request, error: Refused) -> Response:
        return _said(request, error.status, error.sentence)

    @app.exception_handler(Unfit)
    async def unfit(_request: Request, error: Unfit) -> Response:
        faults = [{"field": fault.field, "words": fault.words} for fault in error.faults]
        return JSONResponse({"error": "What was said cannot be taken.", "faults": faults}, 422)

    @app.exception_handler(Conflict)
    async def conflict(_request: Request, error: Conflict) -> Response:
        return JSONResponse({"error": f"Nothing was changed: {error}. Read it again."}, 412)

    @app.exception_handler(NotNow)
    async def not_now(request: Request, error: NotNow) -> Response:
        return _said(request, 409, str(error))

    @app.exception_handler(RequestValidationError)
    async def misread(_request: Request, error: RequestValidationError) -> Response:
        faults = [{"field": str(one["loc"][-1]), "words": one["msg"]} for one in error.errors()]
        return JSONResponse({"error": "What was asked cannot be read.", "faults": faults}, 422)

    @app.exception_handler(HTTPException)
    async def nothing(request: Request, error: HTTPException) -> Response:
        told = {404: "There is nothing here", 405: "That cannot be done here"}.get(error.status_code, error.detail)
        if wants_page(request):
            return problem(request, error.status_code, f"{told}.")
        sentence = f"{told}. The API is described in /api/openapi.json."
        return JSONResponse({"error": sentence}, error.status_code, error.headers)

    return app


async def styled() -> Response:
    """The style sheet; its address changes with it, so it may be kept."""
    kept = {"Cache-Control": "public, max-age=31536000, immutable"}
    return Response(style(), media_type="text/css", headers=kept)


def _said(request: Request, status: int, sentence: str) -> Response:
    """As a page for whoever looks at pages."""
    return problem(request, status, sentence) if wants_page(request) else JSONResponse({"error": sentence}, status)
