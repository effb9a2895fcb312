"""What a whole look sees of Azure as it behaves: every account, every page, never early, and never blind in silence."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sandbox.azure.scenario.story import Scenario
from shared import config
from shared.clock import SystemClock
from shared.cloud.retry import Tolerance
from shared.cloud.session import Session
from shared.domain.blind import About
from shared.domain.look import ShardEnd
from shared.store.messages import BILL_QUEUE
from shared.wiring import Sources, azure_sources
from tests.contract.azure_stand_in import StandIn, StoryClock, account_form, scenario_named, scenario_of, stand_in
from tests.flows.world import MINUTE, SETTINGS, World

IMPATIENT = Tolerance(whole_call=timedelta(seconds=1), first_pause=timedelta(milliseconds=10))
SUSPENDED = {"name": "release", "validation": "main", "status": "Suspended", "since": "-26m"}
SUSPENSION = ("first", "critical", "profile-suspended")
SECOND = timedelta(seconds=1)


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

    async def heard(self) -> list[tuple[str, str, str]]:
        """All that was told, what still waits for its turn included."""
        await self.world.settle(self.world.clock.now() + 5 * MINUTE)
        return self.world.receiver.heard()

    async def ends(self, look_id: str) -> list[ShardEnd]:
        return list(await self.world.house().looks.ends(look_id))

    def another_worker(self) -> Session:
        """From now on the house is another process, with a session of its own."""
        session = self.azure.connect()
        self.world.sources = sources(session)
        self.world.restart()
        return session

    def subscription(self, name: str) -> str:
        """Its scope."""
        world = self.azure.azure.world()
        return next(f"/subscriptions/{found.id}" for found in world.subscriptions.values() if found.name == name)


def sources(session: Session, settings: Mapping[str, str] = SETTINGS) -> Sources:
    """The real hands on Azure."""
    read, mistakes = config.read(settings)
    assert () == mistakes
    return azure_sources(read, SystemClock(), session)


@asynccontextmanager
async def sight(
    scenario: Scenario, folder: Path, tolerance: Tolerance | None = None, **settings: str
) -> AsyncIterator[Sight]:
    clock = StoryClock(scenario.start)
    async with stand_in(scenario, folder, tolerance, clock) as azure:
        environment = {**SETTINGS, **settings}
        world = World(clock=clock, settings=environment, sources=sources(azure.session, environment))
        yield Sight(azure, world)


def many(count: int, **parts: Any) -> list[dict[str, Any]]:
    """Accounts in two regions, each with a profile."""
    form = account_form("account-{n:04}", region=["westeurope", "eastus"], signs={"per_week": 700})
    return [{"many": {"count": count, **form, **parts}}]


async def test_fifteen_hundred_accounts_are_seen_by_two_calls_to_the_index(tmp_path: Path) -> None:
    async with sight(scenario_of(accounts=many(1_500, profiles=[])), tmp_path) as seen:
        look = await seen.world.look()

        assert (1_500, False, 2) == (look.accounts, look.partial, seen.counted()["resource_graph"])


async def test_every_tenth_call_for_signatures_is_held_up_and_all_are_read(tmp_path: Path) -> None:
    async with sight(scenario_of(accounts=many(1_000, profiles=[])), tmp_path) as seen:
        seen.azure.breaks("metrics:getBatch", every=10, status=429, retry_after=1)
        look = await seen.world.look()

        statuses = seen.azure.azure.calls.seen()["statuses_by_kind"]["metrics_batch"]
        assert statuses["429"] >= 2
        assert not look.partial
        [end] = await seen.ends(look.id)
        assert (1_000, ()) == (end.accounts, end.blind)


async def test_what_azure_asks_patience_for_is_left_alone_by_every_worker_and_all_else_goes_on(tmp_path: Path) -> None:
    async with sight(scenario_of(accounts=many(4)), tmp_path) as seen:
        seen.azure.breaks("/certificateProfiles", status=429, retry_after=60, times=4)
        look = await seen.world.plan()
        began = seen.world.clock.now()
        await seen.world.settle(began)
        first = seen.counted()
        async with seen.another_worker():
            await seen.world.plan()
            await seen.world.settle(began + 59 * SECOND)
            meanwhile = seen.counted()
            await seen.world.settle(began + 2 * MINUTE)

            assert 4 == first["profile_list"]
            assert {"metrics_batch", "locks", "timestamp"} <= set(first)
            assert 0 == meanwhile.get("profile_list", 0)
            assert 8 >= seen.counted()["profile_list"] >= 4
            assert [()] == [end.blind for end in await seen.ends(look.id)]


async def test_one_account_that_is_always_throttled_is_blind_and_the_others_are_not(tmp_path: Path) -> None:
    async with sight(scenario_of(accounts=many(20, profiles=[SUSPENDED])), tmp_path) as seen:
        seen.azure.breaks("/account-0007/certificateProfiles", status=429, retry_after=60)
        look = await seen.world.look()

        [end] = await seen.ends(look.id)
        assert look.partial
        assert [(About.PROFILES, "account-0007")] == [(spot.about, spot.scope.split("/")[-1]) for spot in end.blind]
        assert 19 * [SUSPENSION] == await seen.heard()


async def test_costs_that_are_throttled_hold_up_neither_certificates_nor_signatures(tmp_path: Path) -> None:
    async with sight(scenario_of(accounts=many(2)), tmp_path) as seen:
        await seen.world.look()
        until = (seen.world.clock.now() + MINUTE).isoformat()
        seen.azure.breaks("Microsoft.CostManagement", status=429, retry_after=60, until=until)
        await seen.world.house().costs.plan(seen.world.clock.now())
        seen.azure.happens(suspend="account-0002/release")
        look = await seen.world.look()

        assert not look.partial
        assert BILL_QUEUE in {message.queue for message in seen.world.waiting}
        assert [SUSPENSION] == await seen.heard()
        assert [] != await seen.world.house().bills.of(seen.world.clock.now().date().replace(day=1))


async def test_a_subscription_that_may_not_be_read_is_blind_and_its_alerts_stay_as_they_are(tmp_path: Path) -> None:
    parts = {"subscription": "Main", "region": "westeurope", "profiles": [SUSPENDED]}
    scenario = scenario_of(
        subscriptions=[{"name": "Main"}, {"name": "Other"}],
        management_groups={"all": ["Main", "Other"]},
        accounts=[{"name": "games", **parts}, {"name": "fine", "subscription": "Other", "region": "eastus"}],
    )
    async with sight(scenario, tmp_path, WATCH__SCOPES="all", RULES__COST_IDLE="off") as seen:
        await seen.world.look()
        assert [SUSPENSION] == await seen.heard()
        seen.azure.happens(forbid="Main")
        heard = [said for _ in range(4) for said in await seen.world.hear()]
        look = await seen.world.later()

        assert [("first", "warning", "subscription-unreadable")] == heard
        blind = {spot.scope: spot.reason for end in await seen.ends(look.id) for spot in end.blind}
        assert [seen.subscription("Main")] == list(blind)
        assert 2 == look.accounts


GARBAGE: list[dict[str, Any]] = [{"body": "<html>{"}, {"truncate": True}, {"hang": True}]
HIDES = {
    "Microsoft.ResourceGraph": {About.ACCOUNTS},
    "/certificateProfiles": {About.PROFILES},
    "metrics": {About.USAGE},
    "/providers/Microsoft.Authorization/locks": {About.LOCKS},
    "/providers/Microsoft.CodeSigning\\?": {About.REGISTRATIONS},
}


@pytest.mark.parametrize("fault", GARBAGE)
@pytest.mark.parametrize("match", HIDES)
async def test_nonsense_half_a_body_and_a_hang_are_blind_in_time(
    match: str, fault: Mapping[str, Any], tmp_path: Path
) -> None:
    async with sight(scenario_of(accounts=many(2, profiles=[SUSPENDED])), tmp_path, IMPATIENT) as seen:
        await seen.world.look()
        seen.azure.breaks(match, **fault)
        look = await seen.world.later(24)

        blind = [*look.blind, *(spot for end in await seen.ends(look.id) for spot in end.blind)]
        assert (True, HIDES[match]) == (look.partial, {spot.about for spot in blind})
        assert 2 * [SUSPENSION] == [said for said in await seen.heard() if said[0] != "repeat"]


async def test_an_index_that_forgets_accounts_for_an_hour_resolves_and_deletes_nothing(tmp_path: Path) -> None:
    async with sight(scenario_of(accounts=many(40, profiles=[SUSPENDED])), tmp_path) as seen:
        await seen.world.look()
        seen.azure.happens(forget=0.3, lasting="1h")
        await seen.world.settle(seen.world.clock.now() + 30 * MINUTE)
        seen.counted()
        look = await seen.world.look()
        asked = seen.counted()["account_get"]

        assert (40, False) == (look.accounts, look.partial)
        assert 20 > asked > 4
        assert 40 * [SUSPENSION] == await seen.heard()
        assert [] == await seen.world.hear()


async def test_a_steady_look_at_a_thousand_accounts_asks_for_what_it_needs_and_nothing_else(tmp_path: Path) -> None:
    begins = datetime(2026, 11, 1, 1, 7, tzinfo=UTC)  # So early in a month nothing is left to be caught up with.
    async with sight(replace(scenario_named("thousand"), start=begins), tmp_path) as seen:
        await seen.world.look()
        await seen.world.settle(seen.world.clock.now() + timedelta(minutes=30))  # The first check has the bills read.
        profiles_of = seen.azure.azure.calls
        seen.counted()
        await seen.world.later(hours=0.5)

        assert 1_000 == len(profiles_of.targets("profile_list"))
        assert {
            "metrics_batch": 40,
            "profile_list": 1_000,
            "resource_graph": 1,
            "signing_endpoint": 2,
            "timestamp": 1,
        } == seen.counted()
