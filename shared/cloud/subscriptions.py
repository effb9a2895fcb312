"""What the resource manager shows of a subscription besides its accounts: registered providers, and locks."""

from collections.abc import Mapping
from typing import Any

from azure.core.rest import HttpRequest

from shared.cloud.blindness import UNREADABLE, blind
from shared.cloud.session import Session
from shared.cloud.target import Target
from shared.cloud.wire import Malformed, mapping, required, text
from shared.domain.blind import About, Blind
from shared.domain.kept import CallKind
from shared.domain.subscription import Lock, Subscription

PROVIDERS = ("Microsoft.CodeSigning", "Microsoft.Insights")
_PROVIDERS_API = "api-version=2022-12-01"
_LOCKS = "/providers/Microsoft.Authorization/locks"
_LOCKS_API = "api-version=2020-05-01"


class ArmSubscriptions:
    """Plain lists, read without an SDK of their own (docs/decisions/0005)."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def registrations(self, subscription: Subscription) -> Mapping[str, str] | Blind:
        """Of those that accounts and their metrics need. Raises Throttled."""
        target = Target(CallKind.PROVIDERS, subscription.scope)
        try:
            found = {}
            for name in PROVIDERS:
                path = f"{subscription.scope}/providers/{name}?{_PROVIDERS_API}"
                provider = mapping(await self._session.ask(HttpRequest("GET", path), target))
                found[name.lower()] = required(provider, "registrationState")
        except UNREADABLE as error:
            return blind(About.REGISTRATIONS, subscription.scope, error)
        return found

    async def locks(self, subscription: Subscription) -> tuple[Lock, ...] | Blind:
        """Of the subscription and of everything in it. Raises Throttled."""
        target = Target(CallKind.LOCKS, subscription.scope, holds="value")
        path = f"{subscription.scope}{_LOCKS}?{_LOCKS_API}"
        try:
            return tuple([_lock(row) async for row in self._session.listed(path, target)])
        except UNREADABLE as error:
            return blind(About.LOCKS, subscription.scope, error)


def _lock(row: Mapping[str, Any]) -> Lock:
    """A lock's id is that of what is locked, with the lock's own name behind it."""
    scope, found, _ = required(row, "id").lower().rpartition(f"{_LOCKS.lower()}/")
    if not found:
        raise Malformed("a lock without a scope")
    return Lock(scope, required(row, "name"), text(mapping(row.get("properties")), "level"))
