"""Signatures against the stand-in for Azure: by the hour or the minute, in batches or alone, the same numbers."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sandbox.azure.scenario.story import Scenario
from sandbox.azure.world.resources import Span
from sandbox.azure.world.signing import signed_by_minute
from shared.cloud.inventory import GraphInventory
from shared.cloud.usage import MonitorUsage
from shared.domain.account import SigningAccount
from shared.domain.blind import About, Blind
from shared.domain.usage import Window
from shared.ports.errors import Throttled
from tests.contract.azure_stand_in import IMPATIENT, StandIn, account_form, scenario_of, stand_in

DAY = Window(datetime(2026, 11, 19, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC))
BATCH = "metrics:getBatch"
SINGLE = "Microsoft.Insights/metrics"


def fleet_that_signs(**behaviour: Any) -> Scenario:
    """Two accounts that sign, one that never did."""
    forms = [
        account_form("alpha", signs={"per_week": 5000}),
        account_form("beta", signs={"per_week": 700, "pattern": "nightly"}),
        account_form("silent"),
    ]
    return scenario_of(accounts=forms, azure=behaviour)


async def accounts_of(azure: StandIn) -> dict[str, SigningAccount]:
    fleet = await GraphInventory(azure.session).fleet()
    return {account.name: account for account in fleet.accounts}


async def read_day(azure: StandIn, reader: MonitorUsage, window: Window = DAY) -> dict[str, Any]:
    """Piece by piece."""
    accounts = await accounts_of(azure)
    subscription = accounts["alpha"].subscription_id
    ids = [account.id for account in accounts.values()]
    read: dict[str, Any] = {}
    start = window.start
    while start < window.end:
        answer = await reader.signatures(subscription, "westeurope", ids, Window(start, window.end))
        start = answer.window.end
        read = {
            id_: found if isinstance(found, Blind) else read.get(id_, {}) | found for id_, found in answer.of.items()
        }
    return {name: read[account.id] for name, account in accounts.items()}


def truth(azure: StandIn, name: str, window: Window = DAY) -> dict[datetime, int]:
    world = azure.azure.world()
    account = world.accounts[name]
    minutes = signed_by_minute(account, world.validations, Span(window.start, window.end), azure.azure.scenario.start)
    hours = int(window.span / timedelta(hours=1))
    return {window.start + timedelta(hours=n): sum(minutes[n * 60 : n * 60 + 60]) for n in range(hours)}


@pytest.mark.parametrize("grains", [("PT1M",), ("PT1M", "PT1H")])
@pytest.mark.parametrize("batch", [True, False])
async def test_the_numbers_are_the_same_by_every_way(tmp_path: Path, grains: tuple[str, ...], batch: bool) -> None:
    async with stand_in(fleet_that_signs(metric_grains=grains, metric_batch=batch), tmp_path) as azure:
        read = await read_day(azure, MonitorUsage(azure.session))

        assert read == {"alpha": truth(azure, "alpha"), "beta": truth(azure, "beta"), "silent": {}}
        assert sum(read["alpha"].values()) > 0


async def test_a_refused_grain_is_remembered(tmp_path: Path) -> None:
    async with stand_in(fleet_that_signs(), tmp_path) as azure:
        reader = MonitorUsage(azure.session)
        assert reader.longest_window == timedelta(days=31)
        await read_day(azure, reader)
        await read_day(azure, reader)

        assert azure.azure.calls.seen()["statuses_by_kind"]["metrics_batch"] == {"200": 16, "400": 1}
        assert reader.longest_window == timedelta(hours=3)


@pytest.mark.parametrize(("batch", "calls"), [(True, {"200": 8}), (False, {})])
async def test_what_another_process_found_refused_is_not_tried(
    tmp_path: Path, batch: bool, calls: dict[str, int]
) -> None:
    async with stand_in(fleet_that_signs(metric_batch=batch), tmp_path) as azure:
        first, second = MonitorUsage(azure.session), MonitorUsage(azure.session)
        await read_day(azure, first)
        azure.azure.calls.reset()
        second.remember([*first.refused, "something of a newer release"])
        await read_day(azure, second)

        assert azure.azure.calls.seen()["statuses_by_kind"].get("metrics_batch", {}) == calls


async def test_where_only_minutes_are_given_the_beginning_of_a_long_window_is_read(tmp_path: Path) -> None:
    async with stand_in(fleet_that_signs(), tmp_path) as azure:
        alpha = (await accounts_of(azure))["alpha"]
        answer = await MonitorUsage(azure.session).signatures(alpha.subscription_id, "westeurope", [alpha.id], DAY)

        assert answer.window == Window(DAY.start, DAY.start + timedelta(hours=3))


async def test_refused_hours_are_not_taken_for_refused_batches_by_those_who_asked_at_once(tmp_path: Path) -> None:
    async with stand_in(fleet_that_signs(), tmp_path) as azure:
        reader = MonitorUsage(azure.session)
        accounts = (await accounts_of(azure)).values()
        await asyncio.gather(*(reader.signatures(one.subscription_id, one.region, [one.id], DAY) for one in accounts))

        assert reader.refused == {"hours"}
        assert (azure.calls("metrics_batch"), azure.calls("metrics_single")) == (6, 0)


async def test_where_hours_are_given_a_month_is_one_call(tmp_path: Path) -> None:
    async with stand_in(fleet_that_signs(metric_grains=("PT1M", "PT1H")), tmp_path) as azure:
        reader = MonitorUsage(azure.session)
        await read_day(azure, reader)

        assert azure.calls("metrics_batch") == 1
        assert reader.longest_window == timedelta(days=31)


async def test_a_refused_batch_is_remembered(tmp_path: Path) -> None:
    async with stand_in(fleet_that_signs(metric_batch=False, metric_grains=("PT1H",)), tmp_path) as azure:
        reader = MonitorUsage(azure.session)
        await read_day(azure, reader)
        await read_day(azure, reader)

        assert (azure.calls("metrics_batch"), azure.calls("metrics_single")) == (1, 6)


async def test_one_account_that_spoils_a_batch_is_blind_and_batches_go_on(tmp_path: Path) -> None:
    async with stand_in(fleet_that_signs(metric_grains=("PT1H",)), tmp_path) as azure:
        reader = MonitorUsage(azure.session)
        alpha = (await accounts_of(azure))["alpha"]
        gone = alpha.id.replace("alpha", "omega")
        read = await reader.signatures(alpha.subscription_id, "westeurope", [alpha.id, gone], DAY)
        again = await reader.signatures(alpha.subscription_id, "westeurope", [alpha.id], DAY)

        assert read.of[alpha.id] == again.of[alpha.id] == truth(azure, "alpha")
        assert isinstance(read.of[gone], Blind)
        assert azure.calls("metrics_batch") == 2


async def test_what_is_not_known_yet_is_left_out(tmp_path: Path) -> None:
    window = Window(datetime(2026, 11, 20, 4, tzinfo=UTC), datetime(2026, 11, 20, 9, 7, tzinfo=UTC))
    async with stand_in(fleet_that_signs(metric_delay="2h"), tmp_path) as azure:
        read = await read_day(azure, MonitorUsage(azure.session), window)

        assert [hour.hour for hour in read["alpha"]] == [4, 5, 6, 7]
        assert read["alpha"][window.start] == truth(azure, "alpha", window)[window.start]


@pytest.mark.parametrize(
    ("fault", "word"),
    [
        ({"status": 403, "body": ""}, "Monitoring Reader"),
        ({"status": 500}, "500"),
        ({"body": "{not json"}, "understood"),
        ({"body": '{"values": [{"resourceid": "/a", "value": 7}]}'}, "left"),
        ({"truncate": True}, "understood"),
        ({"hang": True}, "in time"),
    ],
)
async def test_what_cannot_be_read_is_blind_and_never_zero(tmp_path: Path, fault: dict[str, object], word: str) -> None:
    async with stand_in(fleet_that_signs(), tmp_path, IMPATIENT) as azure:
        azure.breaks(BATCH, **fault)
        read = await read_day(azure, MonitorUsage(azure.session))

        for name, account in (await accounts_of(azure)).items():
            assert (read[name].about, read[name].scope) == (About.USAGE, account.id)
            assert word in read[name].reason


async def test_one_account_with_a_strange_answer_costs_no_other(tmp_path: Path) -> None:
    async with stand_in(fleet_that_signs(metric_batch=False, metric_grains=("PT1H",)), tmp_path) as azure:
        azure.breaks(
            f"beta/providers/{SINGLE}", body='{"value": [{"name": {"value": "SignCompleted"}, "timeseries": 3}]}'
        )
        read = await read_day(azure, MonitorUsage(azure.session))

        assert read["alpha"] == truth(azure, "alpha")
        assert isinstance(read["beta"], Blind)


async def test_every_tenth_call_held_up_for_a_second_is_still_read(tmp_path: Path) -> None:
    async with stand_in(fleet_that_signs(), tmp_path) as azure:
        azure.breaks(BATCH, status=429, retry_after=1, every=10)
        read = await read_day(azure, MonitorUsage(azure.session), Window(DAY.start - timedelta(days=1), DAY.end))

        assert sum(read["alpha"].values()) > 0
        assert azure.azure.calls.seen()["statuses_by_kind"]["metrics_batch"]["429"] == 1


@pytest.mark.parametrize("batch", [True, False])
async def test_a_long_wait_is_told(tmp_path: Path, batch: bool) -> None:
    async with stand_in(fleet_that_signs(metric_batch=batch), tmp_path) as azure:
        azure.breaks(BATCH if batch else SINGLE, status=429, retry_after=60)

        with pytest.raises(Throttled) as told:
            await read_day(azure, MonitorUsage(azure.session))
        assert told.value.until >= datetime.now(UTC) + timedelta(seconds=58)
