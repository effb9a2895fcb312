"""The inventory against the stand-in for Azure: everything is seen, and what is not seen is said to be hidden."""

from pathlib import Path

import pytest

from shared.cloud.inventory import GraphInventory
from shared.domain.blind import About, Blind, Sight, hidden
from shared.domain.subscription import Subscription
from shared.ports.errors import Throttled
from tests.contract.azure_stand_in import IMPATIENT, account_form, account_named, scenario_named, scenario_of, stand_in

GRAPH = "POST /providers/Microsoft.ResourceGraph"


async def test_the_whole_fleet_is_listed_with_names_of_subscriptions(tmp_path: Path) -> None:
    async with stand_in(scenario_named("contoso"), tmp_path) as azure:
        fleet = await GraphInventory(azure.session).fleet()

        world = azure.azure.world()
        assert {found.name for found in fleet.subscriptions} == {found.name for found in world.subscriptions.values()}
        assert {(a.name, a.region, a.sku) for a in fleet.accounts} == {
            (a.name, a.region, a.sku) for a in world.accounts.values()
        }
        assert fleet.blind == ()
        assert azure.calls("resource_graph") == 1
        assert azure.session.calls.by_kind() == {"resource-graph": 1}


async def test_an_account_is_read_with_all_that_the_index_knows(tmp_path: Path) -> None:
    form = account_form("alpha", sku="Premium", group="RG-One", tags={"Owner": "ana"}, created="2026-01-19T10:17:44Z")
    async with stand_in(scenario_of(accounts=[form]), tmp_path) as azure:
        (account,) = (await GraphInventory(azure.session).fleet()).accounts

        (owner,) = azure.azure.world().subscriptions.values()
        assert account.id == account.id.lower()
        assert account.id.startswith(f"/subscriptions/{owner.id}/resourcegroups/rg-one/")
        assert (account.sku, account.resource_group, dict(account.tags)) == ("Premium", "rg-one", {"Owner": "ana"})
        assert account.provisioning_state == "Succeeded"
        assert account.uri == azure.session.endpoints.signing.format(region="weu") + "/"
        assert account.created is not None
        assert f"{account.created:%Y-%m-%dT%H:%M:%S%z}" == "2026-01-19T10:17:44+0000"


async def test_tags_are_read_at_every_level_and_the_state_of_the_subscription(tmp_path: Path) -> None:
    owner = {"name": "Main", "state": "Warned", "tags": {"Unit": "games"}, "groups": {"rg-one": {"Cost": "42"}}}
    form = account_form("alpha", group="RG-One", provisioning="Failed", tags={"Owner": "ana"})
    async with stand_in(scenario_of(subscriptions=[owner], accounts=[form]), tmp_path) as azure:
        fleet = await GraphInventory(azure.session).fleet()
        (account,), (subscription,) = fleet.accounts, fleet.subscriptions

        assert (dict(account.tags), dict(account.group_tags)) == ({"Owner": "ana"}, {"Cost": "42"})
        assert account.provisioning_state == "Failed"
        assert (subscription.state, dict(subscription.tags)) == ("Warned", {"Unit": "games"})
        assert subscription.tenant_id == azure.azure.scenario.tenant.id


async def test_fifteen_hundred_accounts_are_two_calls(tmp_path: Path) -> None:
    many = {"many": {"count": 1500, "name": "team-{n:04}", "subscription": "Main", "region": "westeurope"}}
    async with stand_in(scenario_of(accounts=[many]), tmp_path) as azure:
        fleet = await GraphInventory(azure.session).fleet()

        assert len({account.id for account in fleet.accounts}) == 1500
        assert azure.calls("resource_graph") == 2


async def test_only_what_settings_name_is_asked_for(tmp_path: Path) -> None:
    async with stand_in(scenario_named("contoso"), tmp_path) as azure:
        ids = {found.name: found.id for found in azure.azure.world().subscriptions.values()}
        by_id = await GraphInventory(azure.session, subscriptions=[ids["Games"].upper()]).fleet()
        by_group = await GraphInventory(azure.session, management_groups=["contoso"]).fleet()

        assert [found.name for found in by_id.subscriptions] == ["Games"]
        assert len(by_group.subscriptions) == len(ids)


async def test_all_subscriptions_are_listed_also_those_without_an_account(tmp_path: Path) -> None:
    async with stand_in(scenario_of(subscriptions=[{"name": "Main"}, {"name": "Empty"}]), tmp_path) as azure:
        listed = await GraphInventory(azure.session).subscriptions()

        tenant = azure.azure.scenario.tenant.id
        expected = [
            Subscription(found.id, found.name, tenant, "Enabled", {})
            for found in azure.azure.world().subscriptions.values()
        ]
        assert not isinstance(listed, Blind)
        assert sorted(expected, key=lambda found: found.id) == sorted(listed, key=lambda found: found.id)


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500},
        {"status": 403},
        {"status": 400},
        {"body": "<html>nothing to see</html>"},
        {"body": "{}"},
        {"body": '{"data": [{"id": 7}]}'},
        {"truncate": True},
        {"hang": True},
    ],
)
async def test_a_list_that_never_came_hides_everything(tmp_path: Path, fault: dict[str, object]) -> None:
    async with stand_in(scenario_named("healthy"), tmp_path, IMPATIENT) as azure:
        azure.breaks(GRAPH, **fault)
        fleet = await GraphInventory(azure.session).fleet()

        assert fleet.accounts == ()
        assert [(blind.about, blind.scope) for blind in fleet.blind] == [(About.ACCOUNTS, "")]
        assert hidden([Sight(About.USAGE, "/subscriptions/any/resourcegroups/rg")], fleet.blind)


@pytest.mark.parametrize("fault", [{"status": 400}, {"body": '{"data": [], "totalRecords": 12}'}])
async def test_a_second_page_that_never_came_leaves_the_first_and_hides_the_rest(
    tmp_path: Path, fault: dict[str, object]
) -> None:
    many = {"many": {"count": 12, "name": "team-{n:02}", "subscription": "Main", "region": "westeurope"}}
    async with stand_in(scenario_of(accounts=[many], azure={"graph_page": 10}), tmp_path) as azure:
        azure.breaks(GRAPH, every=2, **fault)
        fleet = await GraphInventory(azure.session).fleet()

        assert len(fleet.accounts) == 10
        assert [blind.scope for blind in fleet.blind] == [""]


async def test_the_quota_is_heeded_before_it_runs_out(tmp_path: Path) -> None:
    behaviour = {"graph_queries": 2, "graph_window": "2s"}
    async with stand_in(scenario_of(accounts=[account_form("alpha")], azure=behaviour), tmp_path) as azure:
        inventory = GraphInventory(azure.session)
        for _ in range(5):
            assert account_named(await inventory.fleet(), "alpha")

        assert azure.azure.calls.seen()["statuses_by_kind"]["resource_graph"] == {"200": 5}


async def test_a_long_wait_is_told(tmp_path: Path) -> None:
    async with stand_in(scenario_named("healthy"), tmp_path) as azure:
        azure.breaks(GRAPH, status=429, retry_after=60)

        with pytest.raises(Throttled) as told:
            await GraphInventory(azure.session).fleet()
        assert (told.value.kind, told.value.scope) == ("resource-graph", "")
