"""What every request goes through: who asks, whether they may, and that no other site's page sent it."""

import hashlib
from datetime import datetime

from fastapi import Request

from shared.app_settings import Settings
from shared.flows.answer import Speaker
from shared.web.principal import Principal, Role, principal_of

MOST_BYTES = 4 * 1024 * 1024
SAFE = ("GET", "HEAD", "OPTIONS")
# A page of another site can send other kinds of bodies without asking first; nothing here reads those.
READ = ("application/json", "text/csv")
FORM = "application/x-www-form-urlencoded"  # Of our own pages, which put a token in (`shared.web.html`).

NOBODY = (
    "Sign in first. Where App Service Authentication is not set up, pages and API stay closed; on one's own machine "
    "WEB__LOCAL_USER opens them."
)


class Refused(Exception):
    """A request that is not answered; `sentence` says why."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


def asked_by(request: Request, settings: Settings, role: Role) -> Principal:
    """Who asks, if they may. Raises Refused (401, 403)."""
    principal = principal_of({name.lower(): value for name, value in request.headers.items()}, settings)
    if principal is None:
        raise Refused(401, NOBODY)
    if not principal.may(role):
        raise Refused(403, f"{principal.name} needs the app role {role}.")
    return principal


def speaker(principal: Principal, now: datetime) -> Speaker:
    """Whose word it is."""
    return Speaker(principal.name, now, principal.way)


def refuse_foreign_pages(request: Request) -> Refused | None:
    """No page of another site changes anything with the cookie of somebody who looks at it."""
    if request.method in SAFE:
        return None
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    origin = request.headers.get("origin", "")
    foreign = request.headers.get("sec-fetch-site", "none") not in ("same-origin", "none")
    foreign = foreign or bool(origin and origin.partition("://")[2].lower() != request.headers.get("host", "").lower())
    taken = READ if request.url.path.startswith("/api/") else (FORM,)
    if foreign or (request.method != "DELETE" and kind not in taken):
        return Refused(403, "Changes are taken from Countersign's own pages and from programs only.")
    return None


async def body_of(request: Request) -> bytes:
    """All of it. Raises Refused (413)."""
    body = await request.body()
    if len(body) > MOST_BYTES:
        raise Refused(413, f"At most {MOST_BYTES:,} bytes are taken at once.")
    return body


def tag_of(etag: str) -> str:
    """The store's ETag as a strong one of HTTP's."""
    return f'"{hashlib.sha256(etag.encode()).hexdigest()[:20]}"'


def expected_etag(request: Request, there: str) -> str | None:
    """What `If-Match` or `If-None-Match: *` ask for, against what is `there` ("" for nothing): see `Register`.

    Raises Refused (412).
    """
    wanted = request.headers.get("if-match", "").strip()
    if request.headers.get("if-none-match", "").strip() == "*":
        return ""
    if not wanted:
        return None
    if not there or (wanted != "*" and tag_of(there) not in [one.strip() for one in wanted.split(",")]):
        raise Refused(412, "Somebody else changed this entry: read it again.")
    return there
