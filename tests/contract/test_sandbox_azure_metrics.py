"""Azure Monitor's side of the stand-in, read by the SDK's own client."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.monitor.querymetrics import Metric, MetricAggregationType, MetricsQueryResult

from sandbox.azure.world.resources import Span
from sandbox.azure.world.signing import signed
from tests.contract.sandbox_azure import Stage, changed, named, stage

NAMESPACE = "Microsoft.CodeSigning/codeSigningAccounts"
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def azure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    async with stage(named("contoso"), tmp_path, monkeypatch) as started:
        yield started


async def _read(
    azure: Stage, region: str, ids: list[str], window: tuple[datetime, datetime], grain: timedelta = MINUTE
) -> list[MetricsQueryResult]:
    async with azure.metrics(region) as client:
        return await client.query_resources(
            resource_ids=ids,
            metric_namespace=NAMESPACE,
            metric_names=["SignCompleted"],
            timespan=window,
            granularity=grain,
            aggregations=[MetricAggregationType.TOTAL, MetricAggregationType.COUNT],
        )


def _metric(result: MetricsQueryResult) -> Metric:
    (found,) = [metric for metric in result.metrics if metric.name == "SignCompleted"]
    return found


def _totals(result: MetricsQueryResult) -> list[float | None]:
    return [point.total for series in _metric(result).timeseries for point in series.data]


def _truth(azure: Stage, name: str, window: tuple[datetime, datetime]) -> int:
    world = azure.azure.world()
    return signed(world.accounts[name], world.validations, Span(*window), azure.azure.scenario.start)


async def test_a_batch_gives_each_minute_of_each_account(azure: Stage) -> None:
    window = (azure.azure.scenario.start - HOUR, azure.azure.scenario.start)
    names = ["payments-prod", "payments-pos", "branch-1"]
    results = await _read(azure, "westeurope", [azure.account(name).id for name in names], window)
    metric = _metric(results[0])
    assert [len(_totals(result)) for result in results] == [60, 60, 60]
    assert [sum(filter(None, _totals(result))) for result in results] == [_truth(azure, n, window) for n in names]
    assert metric.timeseries[0].data[0].timestamp == window[0]
    assert metric.timeseries[0].data[0].count == metric.timeseries[0].data[0].total
    assert (metric.unit, results[0].granularity, results[0].resource_region) == ("Count", MINUTE, "westeurope")


async def test_the_metric_agrees_with_the_story_to_the_signature(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario = changed("contoso", azure={"metric_grains": ["PT1M", "PT1H"]})
    window = (scenario.start.replace(day=1, hour=0, minute=0), scenario.start)
    async with stage(scenario, tmp_path, monkeypatch) as azure:
        (result,) = await _read(azure, "westeurope", [azure.account("tools-basic").id], window, HOUR)
    assert sum(filter(None, _totals(result))) == 4550


async def test_an_account_that_never_signed_has_no_points_at_all(azure: Stage) -> None:
    window = (azure.azure.scenario.start - HOUR, azure.azure.scenario.start)
    (result,) = await _read(azure, "northeurope", [azure.account("onboarding-2").id], window)
    assert _metric(result).timeseries == []


async def test_only_minutes_are_served_unless_the_scenario_says_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario = named("healthy")
    window = (scenario.start - timedelta(days=2), scenario.start)
    async with stage(scenario, tmp_path / "a", monkeypatch) as azure:
        with pytest.raises(HttpResponseError, match="Valid time grains for SignCompleted: PT1M") as refused:
            await _read(azure, "eastus", [azure.account("gamma").id], window, HOUR)
        (minutes,) = await _read(azure, "eastus", [azure.account("gamma").id], window)
        assert refused.value.status_code == 400
    allowing = changed("healthy", azure={"metric_grains": ["PT1M", "PT1H"]})
    async with stage(allowing, tmp_path / "b", monkeypatch) as azure:
        (hours,) = await _read(azure, "eastus", [azure.account("gamma").id], window, HOUR)
    assert len(_totals(hours)) in (48, 49)
    assert _totals(hours)[1] == sum(filter(None, _totals(minutes)[53:113])), "09:07 is 53 minutes before the next hour"


async def test_points_that_have_not_arrived_are_null(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = changed("healthy", azure={"metric_delay": "3m"})
    async with stage(scenario, tmp_path, monkeypatch) as azure:
        window = (scenario.start - timedelta(minutes=10), scenario.start)
        (result,) = await _read(azure, "westeurope", [azure.account("alpha").id], window)
    values = _totals(result)
    assert None not in values[:6]
    assert values[-2:] == [None, None]


async def test_a_batch_is_of_one_subscription_and_region_and_at_most_fifty(azure: Stage) -> None:
    window = (azure.azure.scenario.start - HOUR, azure.azure.scenario.start)
    storefront, ledger, games = (azure.account(name).id for name in ("storefront", "ledger-1", "games-eu"))
    with pytest.raises(HttpResponseError, match="have to be in region westeurope"):
        await _read(azure, "westeurope", [ledger, storefront], window)
    with pytest.raises(HttpResponseError, match="have to be in subscription"):
        await _read(azure, "westeurope", [ledger, games], window)
    with pytest.raises(HttpResponseError, match="from 1 to 50; there are 51"):
        await _read(azure, "westeurope", [ledger] * 51, window)


async def test_the_batch_endpoint_may_refuse_the_provider_and_single_calls_still_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario = changed("healthy", azure={"metric_batch": False})
    async with stage(scenario, tmp_path, monkeypatch) as azure:
        window = (scenario.start - HOUR, scenario.start)
        with pytest.raises(HttpResponseError, match="not supported by the batch API"):
            await _read(azure, "westeurope", [azure.account("alpha").id], window)
        span = f"{window[0]:%Y-%m-%dT%H:%M:%SZ}/{window[1]:%Y-%m-%dT%H:%M:%SZ}"
        query = f"timespan={span}&interval=PT1M&metricnames=SignCompleted&aggregation=Total&api-version=2024-02-01"
        path = f"{azure.account('alpha').id}/providers/Microsoft.Insights/metrics?{query}"
        status, body, _ = await azure.call("GET", path)
        data = body["value"][0]["timeseries"][0]["data"]
        assert (status, body["timespan"], body["interval"], len(data)) == (200, span, "PT1M", 60)
        assert sum(point["total"] for point in data) == _truth(azure, "alpha", window)
        assert azure.azure.calls.seen()["kinds"]["metrics_single"] == 1


async def test_metrics_want_a_token_of_their_own(azure: Stage) -> None:
    window = (azure.azure.scenario.start - HOUR, azure.azure.scenario.start)
    account = azure.account("ledger-1")
    async with azure.metrics("westeurope", audience="https://management.azure.com") as client:
        with pytest.raises(ClientAuthenticationError, match="InvalidAuthenticationTokenAudience"):
            await client.query_resources(
                resource_ids=[account.id], metric_namespace=NAMESPACE, metric_names=["SignCompleted"], timespan=window
            )


async def test_somebody_signing_shows_in_its_minute(azure: Stage) -> None:
    start = azure.azure.scenario.start
    async with azure.session.post(f"{azure.origin}/sandbox/happen", json={"sign": "branch-1", "files": 700}) as answer:
        assert answer.status == 204
    azure.put_clock(start + timedelta(minutes=5))
    (result,) = await _read(azure, "westeurope", [azure.account("branch-1").id], (start, start + timedelta(minutes=5)))
    assert max(filter(None, _totals(result))) >= 700


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("metricnames=Other", "Failed to find metric configuration"),
        ("metricnamespace=microsoft.web/sites", "There is no metric namespace"),
        ("interval=soon", "Detected invalid time grain input"),
        ("timespan=noon/night", "Not a time"),
        ("timespan=2026-11-20T09:00:00Z/2026-11-20T08:00:00Z", "later than the end"),
    ],
)
async def test_a_question_that_is_none_is_refused(azure: Stage, query: str, says: str) -> None:
    path = f"{azure.account('ledger-1').id}/providers/Microsoft.Insights/metrics?api-version=2024-02-01&{query}"
    status, body, _ = await azure.call("GET", path)
    assert (status, body["error"]["code"]) == (400, "BadRequest")
    assert says in body["error"]["message"]


async def test_dimensions_are_named_where_they_are_asked_for(azure: Stage) -> None:
    query = "api-version=2024-02-01&$filter=CertType eq '*' and Region eq '*'".replace(" ", "%20")
    path = f"{azure.account('ledger-1').id}/providers/Microsoft.Insights/metrics?{query}"
    _, body, _ = await azure.call("GET", path)
    values = {each["name"]["value"]: each["value"] for each in body["value"][0]["timeseries"][0]["metadatavalues"]}
    assert values == {"certtype": "PublicTrust", "region": "westeurope"}
