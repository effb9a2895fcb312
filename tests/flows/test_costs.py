"""The bill: every page, apart by currency, never earlier than Azure asks, and nothing lost by waiting."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from shared.domain.cost import AccountCost, Charge
from shared.store.messages import BILL_QUEUE, LOOK_QUEUE
from tests.flows.crashes import fused
from tests.flows.fakes import START, Profile, subscription
from tests.flows.world import MINUTE, SETTINGS, Fuse, World

NOVEMBER, OCTOBER = date(2026, 11, 1), date(2026, 10, 1)
GROUP = "/providers/microsoft.management/managementgroups/contoso"


def charges(month: date, count: int, currency: str = "USD") -> list[Charge]:
    return [Charge(month + timedelta(days=n), "Basic Account", Decimal("0.333"), currency) for n in range(count)]


async def billed(count: int = 1) -> World:
    """An account in each of so many subscriptions, seen once, with seven days of charges that nobody has read yet."""
    world = World()
    for number in range(1, count + 1):
        account = world.azure.add(f"tools-{number}", Profile(), number=number)
        world.azure.billed[account] = [*charges(OCTOBER, 31), *charges(NOVEMBER, 7)]
    await world.plan()
    for message in list(world.waiting):
        await world.handle(message)
    world.waiting.clear()
    return world


async def kept(world: World, number: int = 1) -> dict[date, AccountCost]:
    month = START.replace(day=1, hour=0, minute=0)
    found = await world.house().shelves.read(subscription(number), month)
    return {cost.month: cost for costs in found.costs.values() for cost in costs}


async def test_the_bill_is_read_after_the_first_check_that_saw_an_account_and_then_by_its_own_timer() -> None:
    world = World()
    await world.look()
    account = world.azure.add("tools", Profile())
    world.azure.billed[account] = charges(NOVEMBER, 2)
    read = []
    for _ in range(3):
        await world.later()
        read.append(world.azure.reads["costs", subscription().scope])

    assert [2, 2, 2] == read
    assert {"USD": Decimal("0.666")} == (await kept(world))[NOVEMBER].totals


async def test_every_page_is_read_and_kept_with_its_account() -> None:
    world = await billed()
    await world.read_bills()

    found = await kept(world)
    [account] = world.azure.accounts
    assert {account} == {cost.account_id for cost in found.values()}
    assert {OCTOBER: Decimal("10.323"), NOVEMBER: Decimal("2.331")} == {
        month: cost.totals["USD"] for month, cost in found.items()
    }


async def test_the_bill_says_how_far_it_goes_and_what_the_month_will_cost() -> None:
    world = await billed()
    await world.read_bills()

    [bill] = await world.house().bills.of(NOVEMBER)
    assert (subscription().scope, date(2026, 11, 7), {"USD": Decimal("2.331")}) == (bill.scope, bill.until, bill.totals)
    assert bill.forecast


async def test_a_forecast_holds_until_there_is_another_or_none_and_not_beyond_the_month() -> None:
    world = await billed()

    async def foreseen(after_days: int = 0) -> object:
        await world.settle(world.clock.now() + timedelta(days=after_days))
        await world.house().costs.plan(world.clock.now())
        await world.settle(world.clock.now())
        [bill] = await world.house().bills.of(NOVEMBER)
        return bill.forecast

    once = await foreseen()
    world.azure.throttled = {"forecast": {subscription().scope: 99}}
    assert once == await foreseen()
    assert await foreseen(after_days=11) is None

    world = await billed()
    assert once == await foreseen()
    world.azure.billed.clear()
    assert await foreseen() is None


async def test_currencies_are_kept_apart() -> None:
    world = await billed()
    [account] = world.azure.accounts
    world.azure.billed[account] = [*charges(NOVEMBER, 3), *charges(NOVEMBER, 2, "EUR")]
    await world.read_bills()

    assert {"EUR": Decimal("0.666"), "USD": Decimal("0.999")} == (await kept(world))[NOVEMBER].totals


async def test_reading_again_replaces_and_never_adds() -> None:
    world = await billed()
    await world.read_bills()
    once = await kept(world)
    await world.read_bills()

    assert once == await kept(world)


async def test_a_closed_month_is_read_until_it_no_longer_moves() -> None:
    world = await billed()
    await world.read_bills()
    reads = world.azure.reads.copy()
    await world.read_bills()

    november_only = world.azure.reads["costs", subscription().scope] - reads["costs", subscription().scope]
    assert (20, 4) == (reads["costs", subscription().scope], november_only)


async def test_a_month_is_settled_once_it_was_read_to_its_end_after_it_stopped_moving() -> None:
    world = await billed()
    [account] = world.azure.accounts
    seen = []
    for at in (datetime(2026, 12, 2, 7, tzinfo=UTC), datetime(2026, 12, 3, 23, tzinfo=UTC)):
        await world.settle(at)
        await world.read_bills()
        seen.append((await kept(world))[NOVEMBER].settled)
    world.azure.billed[account].append(Charge(date(2026, 11, 30), "Signature Overage", Decimal(4), "USD"))
    world.azure.throttled_after = {"costs": world.azure.reads["costs", subscription().scope] + 2}
    await world.settle(datetime(2026, 12, 4, 7, tzinfo=UTC))
    await world.house().costs.plan(world.clock.now())
    world.collect()
    await world.settle(world.clock.now())
    seen.append((await kept(world))[NOVEMBER].settled)
    await world.settle(world.clock.now() + timedelta(hours=1))
    found = await kept(world)

    assert [False, False, False] == seen
    assert (True, Decimal("6.331")) == (found[NOVEMBER].settled, found[NOVEMBER].totals["USD"])


async def test_throttling_waits_as_long_as_asked_and_keeps_what_was_read() -> None:
    world = await billed()
    world.azure.narrow = True
    await world.house().costs.plan(world.clock.now())
    world.collect()
    planned = world.clock.now()
    world.azure.throttled = {"costs": {subscription().scope: 1}}
    await world.settle(planned)

    assert 0 == world.azure.reads["costs", subscription().scope]
    await world.settle(planned + world.azure.patience - timedelta(seconds=1))
    assert 0 == world.azure.reads["costs", subscription().scope]
    await world.settle(planned + world.azure.patience)
    assert 20 == world.azure.reads["costs", subscription().scope]
    assert Decimal("2.331") == (await kept(world))[NOVEMBER].totals["USD"]


async def test_a_bill_that_is_throttled_midway_goes_on_where_it_was() -> None:
    world = await billed()
    world.azure.throttled_after = {"costs": 2}
    await world.read_bills()

    assert 20 == world.azure.reads["costs", subscription().scope]
    assert Decimal("2.331") == (await kept(world))[NOVEMBER].totals["USD"]


async def test_what_one_worker_was_told_holds_for_all() -> None:
    world = await billed(2)
    world.azure.throttled = {"costs": {subscription(1).scope: 1}}
    world.azure.tenant_wide = True
    await world.house().costs.plan(world.clock.now())
    world.collect()
    began = world.clock.now()
    await world.settle(began + timedelta(minutes=1))

    assert 0 == world.azure.reads["costs", subscription(2).scope]
    await world.settle(began + timedelta(minutes=10))
    assert Decimal("2.331") == (await kept(world, 2))[NOVEMBER].totals["USD"]


async def test_costs_that_have_to_wait_hold_nothing_else_back() -> None:
    world = await billed()
    world.azure.throttled = {"costs": {subscription().scope: 1}}
    world.azure.patience = timedelta(minutes=30)
    await world.house().costs.plan(world.clock.now())
    world.collect()
    await world.settle(world.clock.now())
    [account] = world.azure.accounts
    world.azure.change(account, status="Suspended")
    look = await world.look()

    assert not look.partial
    await world.settle(world.clock.now() + 3 * MINUTE)
    assert ("first", "critical", "profile-suspended") in world.receiver.heard()
    assert {BILL_QUEUE} == {message.queue for message in world.waiting} - {LOOK_QUEUE}


async def test_a_wide_scope_that_tells_no_accounts_is_remembered_and_its_subscriptions_are_read() -> None:
    world = await billed(2)
    world.settings = {**SETTINGS, "COST__SCOPES": "contoso"}
    await world.read_bills()
    await world.read_bills()

    assert (1, 24) == (world.azure.reads["costs", GROUP], world.azure.reads["costs", subscription(2).scope])
    assert Decimal("2.331") == (await kept(world, 2))[NOVEMBER].totals["USD"]


async def test_a_wide_bill_tells_which_subscription_it_no_longer_shows() -> None:
    world = await billed(2)
    world.settings = {**SETTINGS, "COST__SCOPES": "contoso"}
    world.azure.groups_anywhere = True
    charged = dict(world.azure.billed)
    missing = []
    for shown in (charged, dict([*charged.items()][:1]), dict([*charged.items()][:1]), charged):
        world.azure.billed = shown
        await world.read_bills()
        [bill] = await world.house().bills.of(NOVEMBER)
        missing.append(bill.missing)

    assert [(), (subscription(2).id,), (subscription(2).id,), ()] == missing


async def test_a_bill_that_cannot_be_read_is_a_warning_after_some_tries_and_over_when_it_can() -> None:
    world = await billed()
    world.azure.forbidden.add(subscription().scope)
    await world.read_bills()
    world.azure.forbidden.clear()
    await world.hear()
    heard = await world.hear()
    assert ("first", "warning", "bill-unreadable") in heard

    await world.read_bills()
    await world.hear()
    assert ("resolved", "warning", "bill-unreadable") in await world.hear()


async def test_patience_ends_after_most_of_a_day_and_is_told() -> None:
    world = await billed()
    world.azure.throttled = {"costs": {subscription().scope: 10_000}}
    world.azure.patience = timedelta(hours=1)
    await world.read_bills()

    [scope] = (await world.house().bills.scopes()).values()
    assert scope.blind
    assert "patience" in scope.blind.reason


@pytest.mark.parametrize("after", [False, True])
async def test_a_crash_at_any_point_loses_no_charge_and_counts_none_twice(after: bool) -> None:
    quiet = await billed()
    await quiet.read_bills()
    for at in range(1, 60):
        world = await billed()
        world.fuse = Fuse(at, after=after)
        world.storage = fused(world.storage, world.fuse)
        world.restart()
        await world.timer(world.read_bills)
        world.fuse.at = 0
        await world.timer(world.read_bills)
        assert await kept(quiet) == await kept(world)
