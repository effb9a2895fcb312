"""The App Service managed identity endpoint: tokens for whoever runs in the sandbox, and how to read them again."""

import base64
import binascii
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from aiohttp import web

PATH = "/msi/token"
API_VERSION = "2019-08-01"
SYSTEM_CLIENT_ID = "5c5e0a5e-0000-4000-8000-000000000001"

# Wide enough that a shifted clock, ours or a server's, is always inside.
_VALID_FROM = int(datetime(2015, 1, 1, tzinfo=UTC).timestamp())
_VALID_UNTIL = int(datetime(2099, 1, 1, tzinfo=UTC).timestamp())


class TokenError(ValueError):
    """The Authorization header holds no token that could be read."""


@dataclass(frozen=True, slots=True)
class Claims:
    """Who asks, and for what. `audience` is the resource, without `/.default`."""

    audience: str
    tenant_id: str
    object_id: str
    client_id: str


def issue(tenant_id: str, resource: str, client_id: str = SYSTEM_CLIENT_ID) -> str:
    """A JWT as Entra would write it; its signature is not one, and nothing in the sandbox checks it."""
    object_id = str(uuid5(NAMESPACE_OID, client_id))
    payload = {
        "aud": resource,
        "iss": f"https://sts.windows.net/{tenant_id}/",
        "iat": _VALID_FROM,
        "nbf": _VALID_FROM,
        "exp": _VALID_UNTIL,
        "appid": client_id,
        "idtyp": "app",
        "oid": object_id,
        "sub": object_id,
        "tid": tenant_id,
        "ver": "1.0",
    }
    parts = [_encode(json.dumps(part).encode()) for part in ({"typ": "JWT", "alg": "RS256", "kid": "sandbox"}, payload)]
    return ".".join([*parts, _encode(b"not signed")])


def read_token(authorization_header: str) -> Claims:
    """The claims in `Bearer <JWT>`. Raises TokenError."""
    scheme, _, token = authorization_header.partition(" ")
    parts = token.strip().split(".")
    if scheme.lower() != "bearer" or len(parts) != 3:
        raise TokenError("The Authorization header is not 'Bearer' with a JWT.")
    try:
        payload: dict[str, Any] = json.loads(_decode(parts[1]))
        return Claims(payload["aud"], payload["tid"], payload["oid"], payload["appid"])
    except (ValueError, binascii.Error, KeyError, TypeError) as error:
        raise TokenError("The bearer token is not a JWT with aud, tid, oid and appid.") from error


def identity_routes(tenant_id: str, header: str) -> list[web.RouteDef]:
    """Routes that answer as App Service does; `header` is what IDENTITY_HEADER holds."""

    async def token(request: web.Request) -> web.Response:
        if not hmac.compare_digest(request.headers.get("X-IDENTITY-HEADER", "").encode(), header.encode()):
            return _refusal(401, "X-IDENTITY-HEADER is missing or wrong.")
        if request.query.get("api-version") != API_VERSION:
            return _refusal(400, f"api-version must be {API_VERSION}.")
        resource = request.query.get("resource")
        if not resource:
            return _refusal(400, "resource is missing.")
        client_id = request.query.get("client_id", SYSTEM_CLIENT_ID)
        return web.json_response(
            {
                "access_token": issue(tenant_id, resource, client_id),
                "expires_on": str(_VALID_UNTIL),
                "resource": resource,
                "token_type": "Bearer",
                "client_id": client_id,
            }
        )

    return [web.get(PATH, token), web.get(PATH + "/", token)]


def identity_environment(origin: str, header: str) -> dict[str, str]:
    """What to put into the environment so that azure-identity finds this endpoint at `origin`."""
    return {"IDENTITY_ENDPOINT": f"{origin}{PATH}", "IDENTITY_HEADER": header}


def _refusal(status: int, message: str) -> web.Response:
    return web.json_response({"statusCode": status, "message": message}, status=status)


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
