"""The stand-in for Azure in this process, and a session of ours that talks to it over real TLS."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import aiohttp
from azure.core.credentials import AccessToken
from azure.core.pipeline.transport import AioHttpTransport
from pydantic import TypeAdapter

from sandbox.authority import make_authority
from sandbox.azure.gate.clock import Clock
from sandbox.azure.running import running
from sandbox.azure.scenario.effects import Effect
from sandbox.azure.scenario.loading import load_scenario, read_scenario
from sandbox.azure.scenario.story import Fault, Scenario
from sandbox.azure.service import Azure
from sandbox.identity import SYSTEM_CLIENT_ID, issue
from shared.cloud.endpoints import Endpoints
from shared.cloud.eraser import transport_of_one
from shared.cloud.retry import Tolerance
from shared.cloud.session import Session
from shared.domain.account import SigningAccount
from shared.domain.survey import Fleet

SCENARIOS = Path("sandbox/scenarios")
START = datetime(2026, 11, 20, 9, 7, tzinfo=UTC)
IMPATIENT = Tolerance(whole_call=timedelta(seconds=1), first_pause=timedelta(milliseconds=10))
_EFFECTS: TypeAdapter[list[Any]] = TypeAdapter(list[Effect])
RELEASE = {"name": "release", "validation": "main"}


class RealClock:
    """Time as it is."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, span: timedelta) -> None:
        await asyncio.sleep(span.total_seconds())


class StoryClock:
    """One time for Azure and for us: it ticks, and whoever waits moves it on."""

    def __init__(self, now: datetime) -> None:
        self.story = Clock(now)

    @property
    def at(self) -> datetime:
        """Now."""
        return self.story.now()

    @at.setter
    def at(self, now: datetime) -> None:
        self.story.put(now)

    def now(self) -> datetime:
        return self.story.now()

    async def sleep(self, span: timedelta) -> None:
        """Nothing is waited for; others go on meanwhile."""
        self.story.put(self.story.now() + span)
        await asyncio.sleep(0)


@dataclass(frozen=True, slots=True)
class TenantCredential:
    """Whoever runs in the sandbox's tenant."""

    tenant: str
    client_id: str = SYSTEM_CLIENT_ID

    async def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        return AccessToken(issue(self.tenant, scopes[0].removesuffix("/.default"), self.client_id), 4_000_000_000)

    async def close(self) -> None:
        """Nothing is open."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Nothing is open."""


@dataclass(frozen=True, slots=True)
class StandIn:
    """Azure, to be broken by the test, our session with it, and the means to open another one, as a new worker does.

    `erasing` opens the one of the identity that deletes.
    """

    azure: Azure
    session: Session
    connect: Callable[[], Session]
    erasing: Callable[[str], Session]

    def breaks(self, match: str, **how: Any) -> None:
        """From now on calls whose `METHOD /path` matches go wrong."""
        self.azure.faults.add([Fault(match=match, **how)])

    def happens(self, **effect: Any) -> None:
        """Something that no story foresaw, in the words of a timeline."""
        self.azure.happen(_EFFECTS.validate_python([effect], context={"start": self.azure.scenario.start}))

    def calls(self, kind: str) -> int:
        """How many calls of a kind came in."""
        count: int = self.azure.calls.seen()["kinds"].get(kind, 0)
        return count


def scenario_named(name: str) -> Scenario:
    """One of the scenarios of the project."""
    return load_scenario(SCENARIOS / f"{name}.yaml")


def scenario_of(**parts: Any) -> Scenario:
    """A scenario in which only what matters to a test is said."""
    whole: dict[str, Any] = {
        "name": "Test",
        "start": START,
        "tenant": {"id": "0b6f3f0e-52c4-4a34-8f0e-9a4f5b7c1d20", "name": "Test"},
        "regions": {"westeurope": "weu", "eastus": "eus"},
        "subscriptions": [{"name": "Main"}],
        "validations": [{"name": "main", "subscription": "Main", "expires": "2027-10-01"}],
    }
    return read_scenario(whole | parts)


def account_form(name: str, **parts: Any) -> dict[str, Any]:
    """An account of the subscription Main, with one profile."""
    return {"name": name, "subscription": "Main", "region": "westeurope", "profiles": [RELEASE]} | parts


def account_named(fleet: Fleet, name: str) -> SigningAccount:
    """The account of that name."""
    return next(account for account in fleet.accounts if account.name == name)


@asynccontextmanager
async def stand_in(
    scenario: Scenario, folder: Path, tolerance: Tolerance | None = None, clock: StoryClock | None = None
) -> AsyncIterator[StandIn]:
    """Running as long as the context is; the session lives in real time, or by a clock that the stand-in shares."""
    authority = make_authority(folder / "authority")
    azure = Azure(scenario, clock.story if clock else Clock(scenario.start))
    async with running(azure, folder / "authority") as ready:
        origin = ready.listening
        endpoints = Endpoints(
            resource_manager=origin,
            resource_manager_audience=origin,
            metrics=f"{origin}/metrics/{{region}}",
            metrics_audience=origin,
            timestamp=f"{origin}/timestamp",
            signing=f"{origin}/signing/{{region}}",
        )

        def erasing(client_id: str) -> Session:
            connector = aiohttp.TCPConnector(ssl=authority.client_context(), force_close=True)
            credential = TenantCredential(ready.tenant, client_id)
            return Session(endpoints, credential, clock or RealClock(), transport=transport_of_one(connector))

        def connect() -> Session:
            connector = aiohttp.TCPConnector(ssl=authority.client_context())
            pool = aiohttp.ClientSession(connector=connector, auto_decompress=False)
            transport: AioHttpTransport = AioHttpTransport(session=pool)
            credential = TenantCredential(ready.tenant)
            return Session(endpoints, credential, clock or RealClock(), tolerance=tolerance, transport=transport)

        async with connect() as session:
            yield StandIn(azure, session, connect, erasing)
