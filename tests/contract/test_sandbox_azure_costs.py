"""Cost Management's side of the stand-in: by resource and meter, in pages, a day late, throttled in its own way."""

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.contract.sandbox_azure import Stage, changed, named, stage

VERSION = "api-version=2025-03-01"
COSTS = "providers/Microsoft.CostManagement"
TYPE = "microsoft.codesigning/codesigningaccounts"


@pytest.fixture
async def azure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    async with stage(named("contoso"), tmp_path, monkeypatch) as started:
        yield started


def _question(*groupings: str, **changes: Any) -> dict[str, Any]:
    dataset = {
        "granularity": "Daily",
        "aggregation": {"totalCost": {"name": "Cost", "function": "Sum"}},
        "grouping": [{"type": "Dimension", "name": name} for name in groupings],
        "filter": {"dimensions": {"name": "ResourceType", "operator": "In", "values": [TYPE]}},
    }
    return {"type": "ActualCost", "timeframe": "MonthToDate", "dataset": dataset, **changes}


def _between(first: str, last: str) -> dict[str, Any]:
    return {"timeframe": "Custom", "timePeriod": {"from": f"{first}T00:00:00Z", "to": f"{last}T23:59:59Z"}}


async def _ask(azure: Stage, scope: str, question: dict[str, Any], verb: str = "query") -> tuple[int, Any, Any]:
    return await azure.call("POST", f"{scope}/{COSTS}/{verb}?{VERSION}", question)


def _records(body: Any) -> list[dict[str, Any]]:
    names = [column["name"] for column in body["properties"]["columns"]]
    return [dict(zip(names, row, strict=True)) for row in body["properties"]["rows"]]


def _sum(records: list[dict[str, Any]]) -> Decimal:
    return sum((Decimal(str(record["Cost"])) for record in records), Decimal())


GROUP = "/providers/Microsoft.Management/managementGroups/contoso"


async def test_a_month_holds_every_fee_once(azure: Stage) -> None:
    status, body, _ = await _ask(azure, GROUP, _question("ResourceId", "Meter"))
    fees = [record for record in _records(body) if record["Meter"].endswith(" Account")]
    assert status == 200
    assert _sum(fees) == Decimal("749.61"), "all but the account made on the 20th, which is not settled yet"
    assert {record["UsageDate"] for record in fees} == {20261101}
    assert len({record["ResourceId"] for record in fees}) == len(fees) == 39
    azure.put_clock(azure.azure.scenario.start + timedelta(days=3))
    _, body, _ = await _ask(azure, GROUP, _question("Meter", **_between("2026-11-01", "2026-11-20")))
    fees = [record for record in _records(body) if record["Meter"].endswith(" Account")]
    assert _sum(fees) == Decimal("709.65"), "with the new one, without the five of Labs, which cannot be read"


async def test_the_bill_comes_a_day_late(azure: Stage) -> None:
    _, body, _ = await _ask(azure, GROUP, _question("Meter"))
    assert max(record["UsageDate"] for record in _records(body)) == 20261118


async def test_what_is_signed_over_the_quota_costs(azure: Stage) -> None:
    platform = azure.account("tools-basic").subscription_id
    azure.put_clock(azure.azure.scenario.start + timedelta(days=9))
    _, body, _ = await _ask(azure, f"/subscriptions/{platform}", _question("ResourceId", "Meter"))
    over = [record for record in _records(body) if record["Meter"] == "Signature Overage"]
    assert {record["ResourceId"].rpartition("/")[2] for record in over} == {"tools-basic"}
    assert [record["UsageDate"] for record in over] == [20261123, 20261124, 20261125, 20261126, 20261127]
    assert over[-1]["Cost"] == 0.8, "160 signatures at 0.005"


async def test_120_rows_come_in_pages_of_50(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    many = {"count": 120, "name": "account-{n}", "subscription": "Main", "region": "eastus"}
    scenario = changed("healthy", accounts=[{"many": many}], azure={"cost_page": 50})
    async with stage(scenario, tmp_path, monkeypatch) as azure:
        question = _question("ResourceId", "Meter")
        scope = f"/subscriptions/{azure.account('account-1').subscription_id}"
        _, body, _ = await _ask(azure, scope, question)
        records, pages = _records(body), 1
        while body["properties"]["nextLink"]:
            _, body, _ = await azure.call("POST", body["properties"]["nextLink"].removeprefix(azure.origin), question)
            records, pages = records + _records(body), pages + 1
    assert (len(records), pages) == (120, 3)
    assert _sum(records) == Decimal("1198.80")


async def test_a_closed_month_by_month(azure: Stage) -> None:
    question = _question("SubscriptionName", **_between("2026-09-01", "2026-10-31"))
    question["dataset"]["granularity"] = "Monthly"
    _, body, _ = await _ask(azure, "/providers/Microsoft.Billing/billingAccounts/contoso", question)
    records = _records(body)
    assert {record["BillingMonth"] for record in records} == {"2026-09-01T00:00:00", "2026-10-01T00:00:00"}
    assert _sum([r for r in records if r["BillingMonth"].startswith("2026-10")]) == Decimal("749.61")


async def test_currencies_stay_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = changed(
        "healthy",
        subscriptions=[{"name": "Main", "currency": "EUR"}, {"name": "Other"}],
        management_groups={"healthy": ["Main", "Other"]},
        accounts=[{"name": name, "subscription": name, "region": "eastus"} for name in ("Main", "Other")],
    )
    async with stage(scenario, tmp_path, monkeypatch) as azure:
        _, body, _ = await _ask(azure, GROUP.replace("contoso", "healthy"), _question())
    assert [(record["Cost"], record["Currency"]) for record in _records(body)] == [(9.99, "EUR"), (9.99, "USD")]


async def test_grouping_by_resource_may_be_refused_above_subscriptions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario = changed("healthy", azure={"cost_groups_resources": "subscriptions"})
    async with stage(scenario, tmp_path, monkeypatch) as azure:
        wide, refused, _ = await _ask(azure, GROUP.replace("contoso", "healthy"), _question("ResourceId"))
        narrow, _, _ = await _ask(
            azure, f"/subscriptions/{azure.account('alpha').subscription_id}", _question("ResourceId")
        )
    assert (wide, narrow) == (400, 200)
    assert "not supported at this scope" in refused["error"]["message"]


async def test_nothing_spent_is_204(azure: Stage) -> None:
    question = _question(**_between("2026-11-20", "2026-11-20"))
    status, body, _ = await _ask(azure, GROUP, question)
    assert (status, body) == (204, None)


async def test_it_is_throttled_by_query_units_and_says_so_in_headers_of_its_own(azure: Stage) -> None:
    answers = [await _ask(azure, GROUP, _question()) for _ in range(13)]
    status, _, headers = answers[-1]
    azure.put_clock(azure.azure.clock.now() + timedelta(seconds=11))
    later, _, _ = await _ask(azure, GROUP, _question())
    assert [answer[0] for answer in answers[:-1]] == [200] * 12
    assert (status, later) == (429, 200)
    assert 1 <= int(headers["x-ms-ratelimit-microsoft.costmanagement-qpu-retry-after"]) <= 10
    assert "Retry-After" not in headers


async def test_a_forecast_goes_on_where_the_bill_ends(azure: Stage) -> None:
    question = _question(**_between("2026-11-01", "2026-12-31"))
    status, body, _ = await _ask(azure, GROUP, question, "forecast")
    records = _records(body)
    december = [record for record in records if record["UsageDate"] == "2026-12-01T00:00:00"]
    assert status == 200
    assert {record["CostStatus"] for record in records if record["UsageDate"] < "2026-11-19"} == {"Actual"}
    assert [(record["CostStatus"], record["Cost"]) for record in december] == [("Forecast", 759.60)]


async def test_there_is_no_forecast_without_history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    account = {"name": "young", "subscription": "Main", "region": "eastus", "created": "-27d"}
    async with stage(changed("healthy", accounts=[account]), tmp_path, monkeypatch) as azure:
        scope = f"/subscriptions/{azure.account('young').subscription_id}"
        status, _, _ = await _ask(azure, scope, _question(**_between("2026-11-01", "2026-12-31")), "forecast")
    assert status == 204


@pytest.mark.parametrize(
    "changes",
    [
        {"timeframe": "Sometime"},
        {"timeframe": "Custom"},
        _between("2026-11-02", "2026-11-01"),
        _between("2020-11-02", "2020-11-03"),
        {"dataset": {}},
        {"dataset": {**_question("ResourceId", "Meter", "SubscriptionId")["dataset"]}},
        {"dataset": {**_question("Colour")["dataset"]}},
        {"dataset": {**_question()["dataset"], "filter": {"tags": {}}}},
    ],
)
async def test_a_query_that_is_none_is_refused(azure: Stage, changes: dict[str, Any]) -> None:
    status, body, _ = await _ask(azure, GROUP, _question(**changes))
    assert (status, body["error"]["code"]) == (400, "BadRequest")


async def test_who_may_not_read_a_scope_gets_403(azure: Stage) -> None:
    status, _, _ = await _ask(azure, GROUP.replace("contoso", "other"), _question())
    azure.put_clock(azure.azure.scenario.start + timedelta(days=3))
    labs, _, _ = await _ask(azure, f"/subscriptions/{azure.account('labs-1').subscription_id}", _question())
    assert (status, labs) == (403, 403)
