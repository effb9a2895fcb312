"""Bills, and what events made us do, over every back end: the last reading counts, and nobody's change is lost."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from operator import methodcaller

import pytest

from shared.domain.blind import About, Blind
from shared.domain.cost import AccountCost, Bill, Charge, CostScope
from shared.domain.refresh import Burst
from shared.store.bills import HEADS, TableBills
from shared.store.bursts import BURST, KIND, TableBursts
from shared.store.keys import key
from shared.store.months import COST, month_key
from shared.store.rows import Insert, Merge, Row
from shared.store.schema import SCHEMA
from tests.contract.conftest import Store

pytestmark = pytest.mark.asyncio(loop_scope="session")

SUBSCRIPTION = "00000000-0000-4000-8000-000000000001"
SCOPE = f"/subscriptions/{SUBSCRIPTION}"
ACCOUNT = f"{SCOPE}/resourcegroups/rg/providers/microsoft.codesigning/codesigningaccounts/games"
NOVEMBER = date(2026, 11, 1)
NOW = datetime(2026, 11, 20, 7, 7, tzinfo=UTC)
FEE = Charge(NOVEMBER, "Basic Account", Decimal("9.990000000000000001"), "USD")
BILL = Bill(SCOPE, NOVEMBER, NOW, {"USD": Decimal("9.99")}, date(2026, 11, 18), {"USD": Decimal("9.99")})
NEWER = SCHEMA + 1


def account(number: int) -> str:
    return f"{ACCOUNT}{number}"


async def costs(store: Store, account_id: str = ACCOUNT, partition: str = SUBSCRIPTION) -> AccountCost | None:
    row = await store.rows.get(key(partition), month_key("cost", NOVEMBER, account_id))
    return COST.readable(row) if row else None


async def test_charges_are_kept_to_the_last_digit_and_replaced(store: Store) -> None:
    bills = TableBills(store.rows)
    first = AccountCost(ACCOUNT, NOVEMBER, (FEE,))
    await bills.keep([first])
    assert await costs(store) == first

    second = AccountCost(ACCOUNT, NOVEMBER, (FEE, replace(FEE, meter="Signature Overage", currency="EUR")))
    await bills.keep([second])
    await bills.keep([second])
    assert await costs(store) == second


async def test_many_accounts_are_kept_at_once(store: Store) -> None:
    kept = [AccountCost(account(number), NOVEMBER, (FEE,)) for number in range(230)]
    await TableBills(store.rows).keep(kept)

    assert [await costs(store, one.account_id) for one in kept] == kept


async def test_what_belongs_to_no_subscription_is_kept_with_the_bills(store: Store) -> None:
    await TableBills(store.rows).keep([AccountCost("", NOVEMBER, (FEE,))])
    row = await store.rows.get(HEADS, month_key("cost", NOVEMBER, ""))

    assert row is not None


async def test_bills_are_found_by_month(store: Store) -> None:
    bills = TableBills(store.rows)
    wide = replace(BILL, scope="/providers/microsoft.management/managementgroups/contoso", forecast=None)
    october = replace(BILL, month=date(2026, 10, 1))
    for bill in (BILL, wide, october, replace(BILL, until=None), BILL):
        await bills.record(bill)

    assert list(await bills.of(NOVEMBER)) == [wide, BILL]
    assert list(await bills.of(date(2026, 10, 1))) == [october]


async def test_scopes_are_noted_while_something_is_wrong_with_them(store: Store) -> None:
    bills = TableBills(store.rows)
    blind = CostScope(SCOPE, blind=Blind(About.COSTS, SCOPE, "No role."), unread_since=NOW)
    refused = CostScope("/wide", refused_at=NOW)
    for scope in (blind, refused, refused):
        await bills.note(scope)
    assert await bills.scopes() == {SCOPE: blind, "/wide": refused}

    await bills.note(CostScope(SCOPE))
    assert await bills.scopes() == {"/wide": refused}


async def test_what_a_newer_release_kept_stays(store: Store) -> None:
    bills = TableBills(store.rows)
    row_key = month_key("cost", NOVEMBER, ACCOUNT)
    row = Row(row_key, {**COST.values(AccountCost(ACCOUNT, NOVEMBER, (FEE,))), "schema": NEWER})
    await store.rows.transact(key(SUBSCRIPTION), [Insert(row)])
    await bills.keep([AccountCost(ACCOUNT, NOVEMBER, ())])

    there = await store.rows.get(key(SUBSCRIPTION), row_key)
    assert there is not None
    assert there.values["schema"] == NEWER


async def test_of_many_workers_one_opens_a_burst(store: Store) -> None:
    bursts = TableBursts(store.rows)
    changes = [bursts.change(ACCOUNT, lambda burst: burst.with_event(NOW, NOW)) for _ in range(5)]
    seen = await asyncio.gather(*changes)

    assert [before.until for before, _ in seen].count(None) == 1
    _, now = await bursts.change(ACCOUNT, lambda burst: burst)
    assert now == Burst(ACCOUNT, NOW + timedelta(seconds=10), trailing=True)


async def test_no_change_of_a_burst_is_lost(store: Store) -> None:
    bursts = TableBursts(store.rows)
    moments = [NOW + timedelta(seconds=number) for number in range(4)]
    await asyncio.gather(*(bursts.change(ACCOUNT, methodcaller("with_reading", at)) for at in moments))

    _, now = await bursts.change(ACCOUNT, lambda burst: burst)
    assert now == Burst(ACCOUNT, read_at=moments[-1])


async def test_a_burst_of_a_newer_release_is_left_as_it_is(store: Store) -> None:
    bursts = TableBursts(store.rows)
    await bursts.change(ACCOUNT, lambda burst: burst.with_reading(NOW))
    row = await store.rows.get(key(SUBSCRIPTION), key(KIND, ACCOUNT))
    assert row is not None
    await store.rows.transact(
        key(SUBSCRIPTION), [Merge(Row(row.key, {**BURST.values(Burst(ACCOUNT)), "schema": NEWER}, row.etag))]
    )
    _, after = await bursts.change(ACCOUNT, lambda burst: burst.with_event(NOW, NOW))

    there = await store.rows.get(key(SUBSCRIPTION), row.key)
    assert there is not None
    assert there.values["schema"] == NEWER
    assert after.until == NOW + timedelta(seconds=10)
