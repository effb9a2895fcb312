"""Who must wait until when: what Azure asked for holds for every later request of that kind and scope."""

from datetime import datetime, timedelta

from shared.cloud.target import Target
from shared.ports.clock import Clock
from shared.ports.errors import Throttled


class Gate:
    """Shared by all pipelines of a session. A throttled subscription closes it for everything inside.

    The empty scope is the tenant: it closes it for everything of that kind.
    """

    def __init__(self, clock: Clock, longest_wait: timedelta) -> None:
        self._clock = clock
        self._longest_wait = longest_wait
        self._closed: dict[tuple[str, str], datetime] = {}

    def close(self, kind: str, scope: str, until: datetime) -> None:
        """Nothing of this kind goes to this scope before `until`; never shortens what was said before."""
        self._closed[kind, scope] = max(until, self._closed.get((kind, scope), until))

    async def enter(self, target: Target) -> None:
        """Returns once the target may be asked. Raises Throttled where that is too far off."""
        while shut := self._shut(target):
            scope, until = shut
            wait = until - self._clock.now()
            if wait > self._longest_wait:
                raise Throttled(target.kind, scope, until)
            await self._clock.sleep(wait)

    def _shut(self, target: Target) -> tuple[str, datetime] | None:
        now = self._clock.now()
        self._closed = {key: until for key, until in self._closed.items() if until > now}
        scopes = {target.scope, target.subscription, ""}
        shut = [(until, scope) for scope in scopes if (until := self._closed.get((target.kind, scope)))]
        return max(shut)[::-1] if shut else None
