"""Who calls: the bearer token, and whether it was made for the service that is asked."""

from urllib.parse import urlsplit

from sandbox.azure.answers import Refused, refusal
from sandbox.identity import Claims, read_token

CHALLENGE = 'Bearer authorization_uri="{origin}/{tenant}", error="invalid_token", error_description="{text}"'


def caller(authorization: str | None, service: str, origin: str, tenant: str) -> Claims:
    """The caller of `management` or `metrics.monitor`. Raises Refused with 401."""
    if not authorization:
        raise _unauthorized("AuthenticationFailed", "The 'Authorization' header is missing.", origin, tenant)
    try:
        claims = read_token(authorization)
    except ValueError as error:
        raise _unauthorized("InvalidAuthenticationToken", str(error), origin, tenant) from error
    if claims.tenant_id.lower() != tenant.lower():
        raise _unauthorized("InvalidAuthenticationTokenTenant", "The token is of another tenant.", origin, tenant)
    if not _is_for(claims.audience, service, origin):
        text = f"The token was made for {claims.audience!r}, not for this service."
        raise _unauthorized("InvalidAuthenticationTokenAudience", text, origin, tenant)
    return claims


def _is_for(audience: str, service: str, origin: str) -> bool:
    """Sovereign clouds differ in what follows the first name; the sandbox's own address is taken for any service."""
    host = urlsplit(audience).hostname or ""
    return host.startswith(f"{service}.") or audience.rstrip("/").startswith(origin)


def _unauthorized(code: str, text: str, origin: str, tenant: str) -> Refused:
    challenge = CHALLENGE.format(origin=origin, tenant=tenant, text=text.replace('"', "'"))
    return Refused(refusal(401, code, text, {"WWW-Authenticate": challenge}))
