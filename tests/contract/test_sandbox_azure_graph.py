"""Resource Graph's side of the stand-in: pages, quota, lag, and what is out of sight."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.contract.sandbox_azure import ACCOUNTS, Stage, changed, named, stage

WITH_NAMES = (
    ACCOUNTS
    + """
    | join kind=leftouter (
        ResourceContainers
        | where type =~ 'microsoft.resources/subscriptions'
        | project subscriptionName = name, subscriptionId
      ) on subscriptionId
    | project id, name, location, resourceGroup, subscriptionId, subscriptionName, tenantId,
              sku = tostring(properties.sku.name), tags, createdAt = systemData['createdAt']
    | order by id asc
    """
)


@pytest.fixture
async def azure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    async with stage(named("contoso"), tmp_path, monkeypatch) as started:
        yield started


async def test_one_query_shows_every_account_with_the_name_of_its_subscription(azure: Stage) -> None:
    status, body, headers = await azure.graph(WITH_NAMES)
    rows = body["data"]
    shown = next(row for row in rows if row["name"] == "storefront")
    assert (status, body["count"], body["totalRecords"], body["resultTruncated"]) == (200, 40, 40, "false")
    assert "$skipToken" not in body
    assert [row["id"] for row in rows] == sorted((row["id"] for row in rows), key=str.lower)
    columns = "id name location resourceGroup subscriptionId subscriptionName tenantId sku tags createdAt"
    assert " ".join(shown) == columns
    assert (shown["subscriptionName"], shown["sku"]) == ("Production", "Premium")
    assert shown["resourceGroup"] == "rg-production"
    assert shown["tags"] == {"owner": "株式会社テスト", "cost-centre": "Products"}
    assert headers["x-ms-user-quota-remaining"] == "14"
    assert headers["x-ms-user-quota-resets-after"] == "00:00:05"


async def test_1500_accounts_take_two_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    many = {"count": 1500, "name": "account-{n}", "subscription": "Main", "region": ["westeurope", "eastus"]}
    async with stage(changed("healthy", accounts=[{"many": many}]), tmp_path, monkeypatch) as azure:
        query = ACCOUNTS + " | project id, name | order by id asc"
        _, first, _ = await azure.graph(query)
        _, second, _ = await azure.graph(query, options={"$skipToken": first["$skipToken"]})
        _, unpaged, _ = await azure.graph(ACCOUNTS + " | project name")
    names = {row["name"] for page in (first, second) for row in page["data"]}
    assert (first["count"], second["count"], len(names)) == (1000, 500, 1500)
    assert (first["resultTruncated"], second["resultTruncated"]) == ("true", "false")
    assert (unpaged["count"], "$skipToken" in unpaged) == (1000, False), "without id there are no pages"


async def test_a_scope_is_kept_to(azure: Stage) -> None:
    games = azure.account("games-eu").subscription_id
    _, one, _ = await azure.graph(ACCOUNTS + " | project id", subscriptions=[games.upper()])
    _, group, _ = await azure.graph(ACCOUNTS + " | project id", managementGroups=["contoso"])
    status, refused, _ = await azure.graph(ACCOUNTS + " | project id", managementGroups=["unknown"])
    assert (one["count"], group["count"]) == (5, 40)
    assert (status, refused["error"]["code"]) == (403, "AccessDenied")


async def test_what_cannot_be_read_is_simply_not_there(azure: Stage) -> None:
    azure.put_clock(azure.azure.scenario.start + timedelta(days=3))
    _, body, _ = await azure.graph(ACCOUNTS + " | project id, name")
    labs = next(key for key, found in azure.azure.world().subscriptions.items() if found.name == "Labs")
    status, _, _ = await azure.graph(ACCOUNTS + " | project id", subscriptions=[labs])
    assert body["count"] == 35
    assert not any(row["name"].startswith("labs") for row in body["data"])
    assert status == 403


async def test_the_sixteenth_query_in_five_seconds_is_throttled(azure: Stage) -> None:
    answers = [await azure.graph(ACCOUNTS + " | project id") for _ in range(16)]
    status, body, headers = answers[-1]
    azure.put_clock(azure.azure.clock.now() + timedelta(seconds=5))
    later, _, _ = await azure.graph(ACCOUNTS + " | project id")
    assert [answer[0] for answer in answers[:-1]] == [200] * 15
    assert (status, body["error"]["code"], headers["x-ms-user-quota-remaining"]) == (429, "RateLimiting", "0")
    assert 1 <= int(headers["Retry-After"]) <= 5
    assert later == 200


async def test_the_index_trails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    created = {"create": {"name": "delta", "subscription": "Main", "region": "eastus"}}
    timeline = [{"at": "+1h", "says": "one comes, one goes", "does": [created, {"delete": "alpha"}]}]
    scenario = changed("healthy", timeline=timeline, azure={"graph_delay": "10m"})
    async with stage(scenario, tmp_path, monkeypatch) as azure:

        async def names_after(minutes: int) -> list[str]:
            azure.put_clock(scenario.start + timedelta(minutes=minutes))
            _, body, _ = await azure.graph(ACCOUNTS + " | project id, name | order by name asc")
            return [row["name"] for row in body["data"]]

        assert await names_after(65) == ["alpha", "beta", "gamma"]
        assert set(azure.azure.world().accounts) == {"beta", "gamma", "delta"}
        assert await names_after(71) == ["beta", "delta", "gamma"]


async def test_the_index_forgets_some_accounts_for_an_hour(azure: Stage) -> None:
    async with azure.session.post(f"{azure.origin}/sandbox/happen", json={"forget": 0.3, "lasting": "1h"}) as answer:
        assert answer.status == 204
    _, during, _ = await azure.graph(ACCOUNTS + " | project id")
    azure.put_clock(azure.azure.clock.now() + timedelta(minutes=61))
    _, after, _ = await azure.graph(ACCOUNTS + " | project id")
    assert 20 <= during["count"] <= 35
    assert after["count"] == 40


@pytest.mark.parametrize(
    ("query", "count"),
    [
        (ACCOUNTS, 40),
        (ACCOUNTS + " | where location == 'eastus' | project id", 9),
        (ACCOUNTS + " and name startswith 'labs' | project id", 5),
        (ACCOUNTS + " | where name !in ('new-1', \"legacy-1\") | project id", 38),
        (ACCOUNTS + " | where isnotempty(tags['tier']) | project id", 1),
        (ACCOUNTS + " | where tags.owner contains 'テスト' | project id", 9),
        (ACCOUNTS + " | extend sku = tolower(properties.sku.name) | where sku == 'premium' | project id", 4),
        (ACCOUNTS + " | project id, name | sort by name | take 7", 7),
        (ACCOUNTS + " | count", 1),
        ("ResourceContainers | where type =~ 'microsoft.resources/subscriptions' | project id, name", 5),
        ("resources // nothing else\n| where type =~ 'Microsoft.Storage/storageAccounts'", 0),
    ],
)
async def test_what_a_client_would_ask_is_understood(azure: Stage, query: str, count: int) -> None:
    status, body, _ = await azure.graph(query)
    assert (status, body["count"]) == (200, count)


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("Nothing | project id", "the table 'nothing'"),
        (ACCOUNTS + " | summarize count() by location", "the operator 'summarize'"),
        (ACCOUNTS + " | where strlen(name) > 3", "the condition"),
        (ACCOUNTS + " | project n = strcat(name, id)", "the expression"),
        ("| where", "has to begin with a table"),
        (ACCOUNTS + " | join kind=fullouter (Resources) on id", "a join has to be"),
    ],
)
async def test_what_is_not_understood_is_refused_not_guessed(azure: Stage, query: str, says: str) -> None:
    status, body, _ = await azure.graph(query)
    details: list[dict[str, Any]] = body["error"]["details"]
    assert status == 400
    assert says in details[-1]["message"]
