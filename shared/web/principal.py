"""Who is asking: as App Service Authentication says it, and only where the platform says that it is on."""

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from shared.app_settings import Settings
from shared.domain.validation import Way

HEADER = "x-ms-client-principal"
LOCAL = ("localhost", "127.0.0.1", "[::1]")
# By which of these a token is somebody's; a program that signs in for itself has none of them.
OF_PEOPLE = (
    *("preferred_username", "upn", "scp", "email"),
    "http://schemas.microsoft.com/identity/claims/scope",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn",
)
NAMED_BY = (
    *("preferred_username", "upn", "email"),
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn",
    *("name", "azp", "appid"),
)


class Role(StrEnum):
    """App roles; each includes the one before."""

    READER = "Reader"
    OPERATOR = "Operator"
    APPROVER = "Approver"

    @property
    def enough(self) -> frozenset[str]:
        """Roles that include it."""
        every = tuple(Role)
        return frozenset(every[every.index(self) :])


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody, or a program that signed in for itself."""

    name: str
    person: bool
    roles: frozenset[str]

    @property
    def way(self) -> Way:
        """Only what a person said is a person's word."""
        return Way.PERSON if self.person else Way.EVENT

    def may(self, role: Role) -> bool:
        """Has this role, or one that includes it."""
        return bool(self.roles & role.enough)


def principal_of(headers: Mapping[str, str], settings: Settings) -> Principal | None:
    """None for nobody. `headers` by names in lower case."""
    if settings.auth_enabled:
        return _signed_in(headers.get(HEADER, ""))
    host = headers.get("host", "").lower()
    if settings.local_user and not settings.site_name and _name_of(host) in LOCAL:
        return Principal(settings.local_user, person=True, roles=frozenset(Role))
    return None


def _signed_in(header: str) -> Principal | None:
    try:
        told = json.loads(base64.b64decode(header, validate=True))
        claims = [(str(claim["typ"]), str(claim["val"])) for claim in told["claims"]]
    except (binascii.Error, ValueError, KeyError, TypeError, RecursionError):
        return None
    name = _first(claims, NAMED_BY)
    if not name:
        return None
    roles = frozenset(value for kind, value in claims if kind in ("roles", told.get("role_typ")))
    person = any(kind in OF_PEOPLE for kind, _ in claims) and ("idtyp", "app") not in claims
    return Principal(name, person, roles)


def _first(claims: Iterable[tuple[str, str]], kinds: Iterable[str]) -> str:
    found: dict[str, Any] = {}
    for kind, value in claims:
        found.setdefault(kind, value.strip())
    return next((found[kind] for kind in kinds if found.get(kind)), "")


def _name_of(host: str) -> str:
    """Without the port."""
    return host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host
