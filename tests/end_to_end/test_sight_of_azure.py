"""What a whole look sees of Azure as it behaves: every account, every page, never early, and never blind in silence."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sandbox.azure.scenario.story import Scenario
from shared import config
from shared.clock import SystemClock
from shared.cloud.retry import Tolerance
from shared.domain.look import ShardEnd
from shared.wiring import azure_sources
from tests.contract.azure_stand_in import (
    StandIn,
    StoryClock,
    account_form,
    scenario_named,
    scenario_of,
    stand_in,
)
from tests.flows.world import SETTINGS, World

SUSPENDED = {"name": "release", "validation": "main", "status": "Suspended", "since": "-26m"}
HANGS = Tolerance(whole_call=timedelta(seconds=1), first_pause=timedelta(milliseconds=10))
PROFILES, METRICS = "certificateProfiles", "metrics:getBatch"


@dataclass(frozen=True, slots=True)
class Sight:
    """The whole house over the stand-in, with storage in memory, and one time for both."""

    azure: StandIn
    world: World

    def counted(self) -> Mapping[str, int]:
        """Calls since this was asked last, by kind."""
        seen: Mapping[str, int] = self.azure.azure.calls.seen()["kinds"]
        self.azure.azure.calls.reset()
        return seen

    async def ends(self, look_id: str) -> list[ShardEnd]:
        return list(await self.world.house().looks.ends(look_id))


@asynccontextmanager
async def sight(
    scenario: Scenario, folder: Path, tolerance: Tolerance | None = None, **settings: str
) -> AsyncIterator[Sight]:
    clock = StoryClock(scenario.start)
    async with stand_in(scenario, folder, tolerance, clock) as azure:
        environment = {**SETTINGS, **settings}
        read, mistakes = config.read(environment)
        assert () == mistakes
        sources = azure_sources(read, SystemClock(), azure.session)
        yield Sight(azure, World(clock=clock, settings=environment, sources=sources))


def many(count: int, **parts: Any) -> list[dict[str, Any]]:
    """Accounts in two regions, each with a profile."""
    form = account_form("account-{n:04}", region=["westeurope", "eastus"], signs={"per_week": 700})
    return [{"many": {"count": count, **form, **parts}}]


async def test_fifteen_hundred_accounts_are_seen_by_two_calls_to_the_index(tmp_path: Path) -> None:
    async with sight(scenario_of(accounts=many(1_500, profiles=[])), tmp_path) as seen:
        look = await seen.world.look()

        assert (1_500, False, 2) == (look.accounts, look.partial, seen.counted()["resource_graph"])


async def test_a_steady_look_at_a_thousand_accounts_asks_for_what_it_needs_and_nothing_else(tmp_path: Path) -> None:
    async with sight(scenario_named("thousand"), tmp_path) as seen:
        await seen.world.look()
        while any(kind.startswith("metrics") and calls > 40 for kind, calls in seen.counted().items()):
            await seen.world.later()
        targets = seen.azure.azure.calls
        await seen.world.later()

        assert 1_000 == len(targets.targets("profile_list"))
        assert {
            "metrics_batch": 40,
            "profile_list": 1_000,
            "resource_graph": 1,
            "signing_endpoint": 2,
            "timestamp": 1,
        } == seen.counted()
