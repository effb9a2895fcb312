"""The bill against the stand-in for Azure: every charge once, to the mill, and patience as long as it is asked for."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sandbox.azure.scenario.story import Scenario
from sandbox.azure.world.billing import charges as charged_on
from shared.cloud.costs import CostManagement
from shared.domain.blind import About, Blind
from shared.domain.cost import Charge, CostPage, Forecast, GroupingRefused, totals
from shared.domain.subscription import subscription_scope
from shared.ports.errors import Throttled
from tests.contract.azure_stand_in import (
    IMPATIENT,
    START,
    StandIn,
    StoryClock,
    account_form,
    scenario_named,
    scenario_of,
    stand_in,
)

FIRST, LAST, MONTH_END = date(2026, 11, 1), date(2026, 11, 20), date(2026, 11, 30)
KNOWN_UNTIL = date(2026, 11, 18)
"""The last whole day that is a day old at the start of the story."""
QUERY = "Microsoft.CostManagement/query"
FORECAST = "Microsoft.CostManagement/forecast"
ALL = "/providers/microsoft.management/managementgroups/all"
HEADER = "x-ms-ratelimit-microsoft.costmanagement-{kind}-retry-after"
FEE = "9.99"
BUSY = {"signed_so_far": 7000, "per_day": 333}

type Bill = list[tuple[str, Charge]]
"""Account id and charge."""


def many_accounts(**behaviour: Any) -> Scenario:
    """120 fees on the first of the month, and nothing else."""
    many = {"count": 120, "name": "team-{n:03}", "subscription": "Main", "region": "westeurope"}
    return scenario_of(accounts=[{"many": many}], azure=behaviour)


def two_subscriptions(**behaviour: Any) -> Scenario:
    """One of them is billed in euros."""
    return scenario_of(
        subscriptions=[{"name": "Main"}, {"name": "Other", "currency": "EUR"}],
        management_groups={"all": ["Main", "Other"]},
        accounts=[account_form("alpha"), account_form("beta", subscription="Other", profiles=[])],
        azure=behaviour,
    )


def scope_of(azure: StandIn, name: str) -> str:
    known = {found.name: key for key, found in azure.azure.world().subscriptions.items()}
    return subscription_scope(known[name])


async def read_page(azure: StandIn, scope: str, link: str = "") -> CostPage:
    page = await CostManagement(azure.session).page(scope, FIRST, LAST, link)
    assert isinstance(page, CostPage)
    return page


async def read_bill(azure: StandIn, scope: str) -> Bill:
    """Every charge of every page."""
    found: Bill = []
    link, more = "", True
    while more:
        page = await read_page(azure, scope, link)
        found += [(account_id, charge) for account_id, charges in page.charges.items() for charge in charges]
        link = page.next_link
        more = bool(link)
    return found


def truth(azure: StandIn, last: date = KNOWN_UNTIL) -> Bill:
    """What was charged in the end, which the stand-in counts in thousandths of a currency."""
    bill: Bill = []
    day = FIRST
    while day <= last:
        ended = datetime.combine(day, datetime.min.time(), UTC) + timedelta(days=1)
        world = azure.azure.world(min(ended, azure.azure.clock.now()))
        for account in world.accounts.values():
            currency = world.subscriptions[account.subscription_id].currency
            for charge in charged_on(account, world.validations, day, azure.azure.scenario.start):
                amount = Decimal(charge.mills).scaleb(-3)
                bill.append((account.id.lower(), Charge(day, charge.meter, amount, currency)))
        day += timedelta(days=1)
    return bill


def by_key(bill: Bill) -> Bill:
    """In one order, whatever the order of pages."""
    return sorted(bill, key=lambda found: (found[0], found[1].day, found[1].meter))


def totals_of(bill: Bill) -> Mapping[str, Decimal]:
    return totals(charge for _, charge in bill)


async def test_120_rows_in_pages_of_50_are_120_charges_in_three_calls(tmp_path: Path) -> None:
    async with stand_in(many_accounts(cost_page=50), tmp_path) as azure:
        bill = await read_bill(azure, scope_of(azure, "Main"))

        assert len(bill) == len({account_id for account_id, _ in bill}) == 120
        assert totals_of(bill) == {"USD": Decimal("1198.80")}
        assert azure.calls("cost") == 3
        assert azure.session.calls.by_kind() == {"costs": 3}


async def test_every_charge_is_read_to_the_mill(tmp_path: Path) -> None:
    forms = [account_form("alpha", signs=BUSY), account_form("Beta", sku="Premium", group="RG-One")]
    async with stand_in(scenario_of(accounts=forms, azure={"cost_page": 7}), tmp_path) as azure:
        bill = await read_bill(azure, scope_of(azure, "Main"))

        assert by_key(truth(azure)) == by_key(bill)
        assert totals_of(bill) == totals_of(truth(azure))
        assert "Signature Overage" in {charge.meter for _, charge in bill}


async def test_two_currencies_are_kept_apart(tmp_path: Path) -> None:
    async with stand_in(two_subscriptions(), tmp_path) as azure:
        bill = await read_bill(azure, ALL)

        assert totals_of(bill) == {"EUR": Decimal(FEE), "USD": Decimal(FEE)}
        assert len(bill) == 2


async def test_nothing_charged_is_an_empty_page(tmp_path: Path) -> None:
    async with stand_in(scenario_of(), tmp_path) as azure:
        assert await read_page(azure, scope_of(azure, "Main")) == CostPage({})
        assert azure.azure.calls.seen()["statuses_by_kind"]["cost"] == {"204": 1}


async def test_a_wide_scope_that_does_not_tell_resources_apart_says_so_and_a_narrow_one_is_read(tmp_path: Path) -> None:
    async with stand_in(two_subscriptions(cost_groups_resources="subscriptions"), tmp_path) as azure:
        wide = await CostManagement(azure.session).page(ALL, FIRST, LAST)
        narrow = await read_bill(azure, scope_of(azure, "Other"))

        assert wide == GroupingRefused("The scope does not tell which resource was charged.")
        assert totals_of(narrow) == {"EUR": Decimal(FEE)}


async def test_without_the_right_the_role_and_the_place_are_named(tmp_path: Path) -> None:
    other = ALL.replace("all", "other")
    reason = (
        f"The Cost Management Reader role is missing on {other} (403 AuthorizationFailed): "
        "give it to the identity that Countersign runs as."
    )
    async with stand_in(two_subscriptions(), tmp_path) as azure:
        reader = CostManagement(azure.session)

        assert await reader.page(other, FIRST, LAST) == Blind(About.COSTS, other, reason)
        assert await reader.forecast(other, FIRST) == Blind(About.COSTS, other, reason)


@pytest.mark.parametrize("verb", [QUERY, FORECAST])
async def test_throttled_in_headers_of_its_own_nothing_is_sent_before_the_longest(tmp_path: Path, verb: str) -> None:
    clock = StoryClock(START)
    async with stand_in(scenario_of(accounts=[account_form("alpha")]), tmp_path, clock=clock) as azure:
        waits = {HEADER.format(kind="entity"): "21", HEADER.format(kind="clienttype"): "44"}
        azure.breaks(verb, status=429, headers=waits, times=1)
        begun = clock.now()

        with pytest.raises(Throttled) as told:
            await ask(azure, verb, scope_of(azure, "Main"))
        clock.at = told.value.until - timedelta(seconds=2)
        assert begun + timedelta(seconds=44) <= told.value.until <= clock.now() + timedelta(seconds=2)
        assert azure.session.calls.by_kind() == {"costs": 1}

        await ask(azure, verb, scope_of(azure, "Main"))
        assert clock.now() >= told.value.until
        assert azure.session.calls.by_kind() == {"costs": 2}


async def ask(azure: StandIn, verb: str, scope: str) -> object:
    reader = CostManagement(azure.session)
    return await (reader.page(scope, FIRST, LAST) if verb == QUERY else reader.forecast(scope, FIRST))


@pytest.mark.parametrize(
    ("headers", "held"),
    [
        ({HEADER.format(kind="entity"): "40"}, False),
        ({"Retry-After": "40"}, False),
        ({HEADER.format(kind="entity"): "40", HEADER.format(kind="tenant"): "0"}, False),
        ({HEADER.format(kind="qpu"): "40"}, True),
        ({HEADER.format(kind="tenant"): "40"}, True),
        ({HEADER.format(kind="client"): "40"}, True),
        ({HEADER.format(kind="clienttype"): "40"}, True),
        ({HEADER.format(kind="entity"): "40", HEADER.format(kind="tenant"): "7"}, True),
    ],
)
async def test_a_limit_of_the_tenant_holds_every_bill_back_and_one_of_a_scope_its_own(
    tmp_path: Path, headers: dict[str, str], held: bool
) -> None:
    async with stand_in(two_subscriptions(), tmp_path) as azure:
        main, other = scope_of(azure, "Main"), scope_of(azure, "Other")
        azure.breaks(QUERY, status=429, headers=headers, times=1)

        with pytest.raises(Throttled) as told:
            await read_page(azure, main)
        assert told.value.scope == ("" if held else main)
        assert held == await is_held_back(azure, other)
        assert azure.session.calls.by_kind() == {"costs": 1 if held else 2}


async def is_held_back(azure: StandIn, scope: str) -> bool:
    try:
        await read_page(azure, scope)
    except Throttled:
        return True
    return False


async def test_the_query_units_of_the_tenant_are_never_overdrawn_twice(tmp_path: Path) -> None:
    clock = StoryClock(START)
    async with stand_in(two_subscriptions(), tmp_path, clock=clock) as azure:
        for _ in range(12):
            await read_page(azure, ALL)
        with pytest.raises(Throttled) as told:
            await read_page(azure, scope_of(azure, "Main"))
        clock.at = told.value.until
        await read_page(azure, scope_of(azure, "Other"))

        assert (told.value.kind, told.value.scope) == ("costs", "")
        assert azure.azure.calls.seen()["statuses_by_kind"]["cost"] == {"200": 13, "429": 1}


async def test_a_page_that_fails_midway_is_blind_and_its_link_goes_on_later(tmp_path: Path) -> None:
    async with stand_in(many_accounts(cost_page=50), tmp_path, IMPATIENT) as azure:
        scope = scope_of(azure, "Main")
        first = await read_page(azure, scope)
        azure.breaks("skiptoken", status=500, times=3)
        failed = await CostManagement(azure.session).page(scope, FIRST, LAST, first.next_link)
        second = await read_page(azure, scope, first.next_link)

        assert failed == Blind(About.COSTS, scope, "Azure is having trouble of its own (500 Sandbox500).")
        assert len(first.charges) == len(second.charges) == 50
        assert not set(first.charges) & set(second.charges)


@pytest.mark.parametrize(
    ("fault", "word"),
    [
        ({"truncate": True}, "cut short"),
        ({"body": '{"properties": {"columns": [], "ro'}, "cut short"),
        ({"body": ""}, "cut short"),
        ({"body": "{}"}, "cut short"),
        ({"status": 401}, "401"),
        ({"status": 404}, "404"),
        ({"status": 400}, "400"),
        ({"status": 503}, "503"),
        ({"hang": True}, "in time"),
    ],
)
@pytest.mark.parametrize("verb", [QUERY, FORECAST])
async def test_a_bill_that_cannot_be_read_is_blind_and_never_empty(
    tmp_path: Path, verb: str, fault: dict[str, object], word: str
) -> None:
    async with stand_in(scenario_of(accounts=[account_form("alpha")]), tmp_path, IMPATIENT) as azure:
        azure.breaks(verb, **fault)
        found = await ask(azure, verb, scope_of(azure, "Main"))

        assert isinstance(found, Blind)
        assert (found.about, found.scope) == (About.COSTS, scope_of(azure, "Main"))
        assert word in found.reason


async def test_a_link_to_somebody_else_is_not_followed(tmp_path: Path) -> None:
    columns = [{"name": name} for name in ("Cost", "UsageDate", "ResourceId", "Meter", "Currency")]
    body = {"properties": {"columns": columns, "rows": [], "nextLink": f"https://evil.example{ALL}/{QUERY}"}}
    async with stand_in(scenario_of(), tmp_path) as azure:
        scope = scope_of(azure, "Main")
        azure.breaks(QUERY, body=json.dumps(body))
        page = await read_page(azure, scope)

        assert page.next_link.startswith("https://evil.example/")
        assert isinstance(await CostManagement(azure.session).page(scope, FIRST, LAST, page.next_link), Blind)
        assert azure.session.calls.by_kind() == {"costs": 1}


async def test_a_forecast_is_of_the_whole_month_with_what_was_charged(tmp_path: Path) -> None:
    async with stand_in(scenario_of(accounts=[account_form("alpha", signs=BUSY)]), tmp_path) as azure:
        forecast = await CostManagement(azure.session).forecast(scope_of(azure, "Main"), FIRST)

        assert forecast == Forecast(FIRST, totals_of(truth(azure, MONTH_END)))
        assert totals_of(truth(azure, MONTH_END))["USD"] > totals_of(truth(azure))["USD"]


async def test_a_forecast_in_pages_is_added_up_by_currency(tmp_path: Path) -> None:
    forms = [account_form("alpha", signs=BUSY), account_form("beta", subscription="Other", profiles=[])]
    scenario = scenario_of(
        subscriptions=[{"name": "Main"}, {"name": "Other", "currency": "EUR"}],
        management_groups={"all": ["Main", "Other"]},
        accounts=forms,
        azure={"cost_page": 9},
    )
    async with stand_in(scenario, tmp_path) as azure:
        forecast = await CostManagement(azure.session).forecast(ALL, FIRST)

        assert forecast == Forecast(FIRST, totals_of(truth(azure, MONTH_END)))
        assert totals_of(truth(azure, MONTH_END))["EUR"] == Decimal(FEE)
        assert azure.calls("cost_forecast") > 1


async def test_under_28_days_of_history_there_is_no_forecast(tmp_path: Path) -> None:
    async with stand_in(scenario_of(accounts=[account_form("young", created="-27d")]), tmp_path) as azure:
        assert await CostManagement(azure.session).forecast(scope_of(azure, "Main"), FIRST) is None
        assert azure.azure.calls.seen()["statuses_by_kind"]["cost_forecast"] == {"204": 1}


async def test_a_bill_of_a_whole_story_is_what_was_charged(tmp_path: Path) -> None:
    async with stand_in(scenario_named("contoso"), tmp_path) as azure:
        bill = await read_bill(azure, ALL.replace("all", "contoso"))

        assert by_key(truth(azure)) == by_key(bill)
