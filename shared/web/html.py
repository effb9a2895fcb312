"""Pages as HTML: one frame around all of them, no script, and forms that only our own pages can send."""

import hashlib
import hmac
import re
import secrets
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from shared.domain.words import day, moment
from shared.web.asking import FORM, Refused, body_of

if TYPE_CHECKING:
    from jinja2 import Environment

HERE = Path(__file__).parent
COOKIE, FIELD = "countersign-form", "token"
TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
MOST_FIELDS = 50
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
# With no-referrer a browser says that its form comes from nowhere (Origin: null), and it would be refused.
HEADERS = {"Content-Security-Policy": POLICY, "Referrer-Policy": "same-origin"}
STALE = "This form was shown too long ago, or not by this page: go back, load the page again, and send it again."


def page(request: Request, template: str, status: int = 200, **values: Any) -> Response:
    """A page with a token for its forms."""
    given = request.cookies.get(COOKIE, "")
    token = given if TOKEN.fullmatch(given) else secrets.token_urlsafe(32)
    text = _templates().get_template(template).render(token=token, **values)
    response = HTMLResponse(text, status, HEADERS)
    if token != given:
        secure = request.url.scheme == "https"
        response.set_cookie(COOKIE, token, httponly=True, samesite="lax", secure=secure, path="/")
    return response


async def form_of(request: Request) -> dict[str, str]:
    """What somebody filled in. Raises Refused for what none of our pages sent (403) and for what is no form (415)."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise Refused(415, "A form is expected here.")
    try:
        text = (await body_of(request)).decode()
        sent = dict(parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict"))
    except ValueError as error:
        raise Refused(400, "This form cannot be read.") from error
    token, cookie = sent.pop(FIELD, ""), request.cookies.get(COOKIE, "")
    if not TOKEN.fullmatch(cookie) or not hmac.compare_digest(token.encode(), cookie.encode()):
        raise Refused(403, STALE)
    return {name: value.strip() for name, value in sent.items()}


def seen_next(address: str) -> Response:
    """After something was done its page is asked for anew, so that loading it again does nothing twice."""
    return RedirectResponse(address, 303)


def wants_page(request: Request) -> bool:
    """A person with a browser, and no program that asks the API."""
    return not request.url.path.startswith("/api/") and "text/html" in request.headers.get("accept", "")


def problem(request: Request, status: int, sentence: str) -> Response:
    """What went wrong, as a page."""
    undone = "That was not done" if request.method == "POST" else "Nothing to show"
    heading = "Sign in first" if status == 401 else undone
    return page(request, "problem.html.j2", status, heading=heading, sentence=sentence, me=None)


@cache
def style() -> bytes:
    """The one style sheet."""
    return (HERE / "static" / "countersign.css").read_bytes()


@cache
def _templates() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["style"] = f"/static/countersign.css?{hashlib.sha256(style()).hexdigest()[:12]}"
    made.filters |= {"moment": moment, "day": day}
    return made
