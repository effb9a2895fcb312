"""Door of the API: every request that no other function takes goes to the ASGI app."""

import functools

import azure.functions as func

bp = func.Blueprint()

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


@bp.route(route="{*path}", methods=METHODS, auth_level=func.AuthLevel.ANONYMOUS)
async def web(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Who may is decided there (`shared.web.principal`), not by the host's keys."""
    answer: func.HttpResponse = await _middleware().handle_async(req, context)
    return answer


@functools.cache
def _middleware() -> func.AsgiMiddleware:
    """Imported and built on the first request."""
    from shared.clock import SystemClock
    from shared.web.app import make_app
    from shared.wiring import house

    return func.AsgiMiddleware(make_app(house(), SystemClock()))
