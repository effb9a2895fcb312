"""Whether the timestamp service and the regional signing endpoints answer: a GET without a token, no signing."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urlsplit

from azure.core.exceptions import AzureError
from azure.core.rest import HttpRequest

from shared.cloud.home import HomePolicy
from shared.cloud.session import Session
from shared.cloud.target import TARGET, Target
from shared.domain.kept import CallKind
from shared.domain.reach import Reached

LONGEST = timedelta(seconds=10)
_TROUBLE = 500
_TIMESTAMP = "timestamp service"


class PublicReach:
    """One call each, all at once, never repeated: whether it lasts is told by the next look."""

    def __init__(self, session: Session, longest: timedelta = LONGEST) -> None:
        self._session = session
        self._longest = longest
        self._home = HomePolicy(session.endpoints.signing.rstrip("/"))

    async def reach(self, endpoints: Sequence[str]) -> tuple[Reached, ...]:
        """Each endpoint once, whatever its case; none that is not an address of this cloud's signing service."""
        wanted = sorted({endpoint.lower().rstrip("/") for endpoint in endpoints if endpoint})
        timestamp = self._session.endpoints.timestamp
        return tuple(
            await asyncio.gather(
                self._asked(_TIMESTAMP, timestamp, healthy=range(200, 201)), *(self._signing(one) for one in wanted)
            )
        )

    async def _signing(self, endpoint: str) -> Reached:
        """Without a token it refuses, and that is an answer."""
        service = f"signing endpoint {_named(endpoint)}"
        if not self._home.leads_home(endpoint):
            return Reached(service, endpoint, "It is not an address of this cloud's signing service: not asked.")
        return await self._asked(service, endpoint, healthy=range(200, _TROUBLE))

    async def _asked(self, service: str, address: str, healthy: range) -> Reached:
        target = Target(CallKind.REACH, address)
        try:
            async with asyncio.timeout(self._longest.total_seconds()):
                answer = await self._session.public.run(HttpRequest("GET", address), **{TARGET: target})
        except TimeoutError:
            return Reached(service, address, "It did not answer in time.")
        except AzureError:
            return Reached(service, address, "No connection to it could be made.")
        status = answer.http_response.status_code
        return Reached(service, address, "" if status in healthy else f"It answered {status}.")


def _named(endpoint: str) -> str:
    """By the first part of its host name; an address with a path by what its path ends with."""
    parts = urlsplit(endpoint)
    return parts.path.rsplit("/", 1)[-1] or (parts.hostname or endpoint).split(".")[0]
