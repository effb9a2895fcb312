"""Weeks of a small fleet: the same code over the stand-in for Azure, by two identities, state in memory."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Self

import aiohttp
from azure.core.credentials import AccessToken
from azure.core.pipeline.transport import AioHttpTransport

from sandbox.authority import Authority
from sandbox.azure.gate.clock import Clock
from sandbox.azure.register import at_start
from sandbox.azure.running import running
from sandbox.azure.scenario.loading import load_scenario
from sandbox.azure.service import Azure
from sandbox.identity import SYSTEM_CLIENT_ID, issue
from sandbox.stage import PROJECT
from sandbox.story.ledger import entry_of
from shared import config
from shared.cloud.endpoints import Endpoints
from shared.cloud.eraser import ArmEraser, transport_of_one
from shared.cloud.session import Session
from shared.domain.retirement.plan import Planned
from shared.domain.validation import Way
from shared.ports.channel import Channel
from shared.store.in_memory import InMemoryQueues
from shared.store.messages import LOOK_QUEUE, REFRESH_QUEUE
from shared.wiring import House, Sources, Storage, furnish, in_memory_storage

SCENARIO = PROJECT / "sandbox" / "scenarios" / "onboarding.yaml"
DELETER = "2e5f7a90-1b3c-4d5e-8f60-718293a4b5c6"
PERSON = "ana (demo)"
SETTINGS = {"RETIRE__ONLY": "subscription:Trials", "WEB__LOCAL_USER": PERSON, "RULES__WATCH_LATE": "off"}
DAY = timedelta(days=1)


class Shared:
    """One time for Azure and for us."""

    def __init__(self, now: datetime) -> None:
        self.story = Clock(now)

    def now(self) -> datetime:
        """As `Clock.now`."""
        return self.story.now()

    async def sleep(self, span: timedelta) -> None:
        """Nothing is waited for."""
        self.story.put(self.story.now() + span)


@dataclass(frozen=True, slots=True)
class Signed:
    """Whoever runs there, by one identity or the other."""

    tenant: str
    client_id: str

    async def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        """As azure-identity gives it."""
        return AccessToken(issue(self.tenant, scopes[0].removesuffix("/.default"), self.client_id), 4_000_000_000)

    async def close(self) -> None:
        """Nothing is open."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Nothing is open."""


class Nobody:
    """`Channels` of an installation that tells nobody."""

    def get(self, receiver: str, /) -> Channel | None:  # noqa: ARG002
        """None at all."""
        return None


@dataclass(slots=True)
class Weeks:
    """A house whose time is moved on, day by day."""

    azure: Azure
    clock: Shared
    sources: Sources
    queues: InMemoryQueues
    storage: Storage
    begin: datetime
    home: House = field(init=False)

    def set_up(self, mode: str) -> None:
        """From now on like this."""
        settings, mistakes = config.read({**SETTINGS, "RETIRE__MODE": mode})
        self.home = furnish(settings, mistakes, self.sources, self.storage, self.clock, Nobody())

    async def to(self, number: int) -> None:
        """Somebody confirms how it is; then a check, and the timer's step after it."""
        await self.confirm(number)
        await self.home.watch.run(self.clock.now())
        await self._work()
        await self.step()

    async def step(self) -> None:
        """The timer of retirement, and what follows from it."""
        await self.home.retire.run(self.clock.now())
        await self._work()

    async def confirm(self, number: int) -> None:
        """On this day somebody says once more how it is; a word stands for 14 days."""
        self.clock.story.put(self.begin + number * DAY)
        for said in at_start(self.azure.scenario):
            if said.said.status == "Failed":
                entry = entry_of(self.azure.scenario, replace(said, at=self.clock.now()), Way.PERSON)
                await self.home.register.say(entry)

    async def plan(self, account: str) -> Planned:
        """As `countersign retire explain` shows it."""
        [found] = await self.home.retirements.explain(account, "", self.clock.now())
        return found

    async def _work(self) -> None:
        """What lies on the queues."""
        for _ in range(20):
            looks, refreshes = self.queues.take(LOOK_QUEUE), self.queues.take(REFRESH_QUEUE)
            for one in looks:
                await self.home.look_at.run(await self.home.messages.read_look(one.body), self.clock.now())
            for one in refreshes:
                await self.home.refresh.run(await self.home.messages.read_refresh(one.body), self.clock.now())
            if not looks and not refreshes:
                return


@asynccontextmanager
async def weeks_of(authority: Authority) -> AsyncIterator[Weeks]:
    """Everything is let go of in the end."""
    scenario = load_scenario(SCENARIO)
    clock = Shared(scenario.start)
    azure = Azure(scenario, clock.story)
    async with running(azure, authority.certificate.parent) as ready:
        origin = ready.listening
        endpoints = Endpoints(
            resource_manager=origin,
            resource_manager_audience=origin,
            metrics=f"{origin}/metrics/{{region}}",
            metrics_audience=origin,
            timestamp=f"{origin}/timestamp",
            signing=f"{origin}/signing/{{region}}",
        )
        connector = aiohttp.TCPConnector(ssl=authority.client_context())
        pool: Any = AioHttpTransport(session=aiohttp.ClientSession(connector=connector, auto_decompress=False))
        once = transport_of_one(aiohttp.TCPConnector(ssl=authority.client_context(), force_close=True))
        reading = Session(endpoints, Signed(ready.tenant, SYSTEM_CLIENT_ID), clock, transport=pool)
        erasing = Session(endpoints, Signed(ready.tenant, DELETER), clock, transport=once)
        async with reading, erasing:
            queues = InMemoryQueues()
            storage = in_memory_storage().with_queues(queues)
            yield Weeks(azure, clock, _sources(reading, erasing, clock), queues, storage, scenario.start)


def _sources(reading: Session, erasing: Session, clock: Shared) -> Sources:
    from shared.cloud.accounts import ArmAccounts
    from shared.cloud.costs import CostManagement
    from shared.cloud.inventory import GraphInventory
    from shared.cloud.reach import PublicReach
    from shared.cloud.subscriptions import ArmSubscriptions
    from shared.cloud.usage import MonitorUsage

    return Sources(
        GraphInventory(reading),
        ArmAccounts(reading),
        MonitorUsage(reading),
        ArmSubscriptions(reading),
        CostManagement(reading),
        PublicReach(reading),
        reading.calls,
        eraser=ArmEraser(erasing, clock),
    )
