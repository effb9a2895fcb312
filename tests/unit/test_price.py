"""Unit prices: from bills that have settled, believed as far as they can be, and by list where nothing is known."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from shared.domain.cost import AccountCost
from shared.domain.policy import Policy, QuotaPolicy, SkuTerms
from shared.domain.price import Prices, UnitPrice, break_even, prices_of
from shared.domain.signatures import Signatures
from shared.domain.usage import Window
from shared.domain.words import four_digits
from tests.unit.rules.samples import DAY, GAMES, NOVEMBER, NOW, OCTOBER, account, cost, signed

FEE, PREMIUM_FEE = ("Basic Account", "9.20"), ("Premium Account", "80.00")
QUOTA = Policy().quota
SEPTEMBER = date(2026, 9, 1)
LISTED = "0.004605"  # 0.005 USD at 9.20 EUR for 9.99 USD.


def priced(
    *costs: AccountCost, counted: Signatures | None = None, quota: QuotaPolicy = QUOTA, before: Prices | None = None
) -> Prices:
    """All of one account, which made so many signatures."""
    return prices_of([costs], {GAMES.id: counted or signed({})}, quota, NOW, before=before or Prices())


def overage(*charges: tuple[str, str], counted: Signatures | None = None, quota: QuotaPolicy = QUOTA) -> str:
    """Of one signature, where October was charged like this."""
    price = priced(cost(GAMES, OCTOBER, *charges), counted=counted, quota=quota).of("Basic", quota)
    assert price
    return four_digits(price.overage)


def made(over: int) -> Signatures:
    """So many above the quota in October."""
    return signed({OCTOBER: 5_000 + over})


def test_unit_prices_come_from_the_bill_in_its_own_currency() -> None:
    """6,000 signatures in October: 1,000 above the quota cost 4.00 EUR."""
    price = priced(cost(GAMES, OCTOBER, FEE, ("Signature Overage", "4.00")), counted=made(1_000)).of("Basic", QUOTA)
    assert UnitPrice(Decimal("9.20"), Decimal("0.004"), 5_000, "EUR", listed=False) == price


def test_what_was_not_billed_is_priced_by_the_rate_of_what_was() -> None:
    premium = priced(cost(GAMES, OCTOBER, FEE)).of("Premium", QUOTA)
    assert premium
    assert (Decimal("92.08"), "EUR", False) == (premium.fee, premium.currency, premium.listed)


@pytest.mark.parametrize(
    "costs",
    [
        [],
        [cost(GAMES, NOVEMBER, FEE)],
        [cost(GAMES, SEPTEMBER, FEE)],
        [replace(cost(GAMES, OCTOBER, FEE), settled=False)],
        [replace(cost(GAMES, NOVEMBER, FEE), settled=True)],
        [cost(GAMES, OCTOBER, ("Basic Account", "-9.20"))],
    ],
)
def test_without_a_settled_bill_of_the_last_month_list_prices_serve_and_say_so(costs: Sequence[AccountCost]) -> None:
    found = priced(*costs)
    price = found.of("basic", QUOTA)
    assert price
    assert ("9.99 USD by list price", True) == (price.said(price.fee), price.listed)
    assert found.of("Gold", QUOTA) is None


@pytest.mark.parametrize(
    ("over", "charged", "each"),
    [
        (99, "0.40", LISTED),
        (100, "0.40", "0.004"),
        (1_000, "1.53", LISTED),
        (1_000, "1.54", "0.00154"),
        (1_000, "13.81", "0.01381"),
        (1_000, "13.82", LISTED),
        (3, "31.05", LISTED),
        (0, "31.05", LISTED),
        (1_000, "-4.00", LISTED),
    ],
)
def test_a_measured_price_is_believed_where_much_was_measured_and_it_is_near_the_list(
    over: int, charged: str, each: str
) -> None:
    assert each == overage(FEE, ("Signature Overage", charged), counted=made(over))


@pytest.mark.parametrize(
    ("counted", "quota"),
    [
        (signed({OCTOBER: 6_000}, silent=True), QUOTA),
        (replace(made(1_000), gaps=(Window(NOW - 40 * DAY, NOW - 39 * DAY),)), QUOTA),
        (replace(made(1_000), since=NOW - 30 * DAY), QUOTA),
        (made(1_000), QuotaPolicy(billing_day=15)),
    ],
)
def test_where_metric_and_bill_are_not_about_the_same_signatures_no_price_is_measured(
    counted: Signatures, quota: QuotaPolicy
) -> None:
    assert LISTED == overage(FEE, ("Signature Overage", "4.00"), counted=counted, quota=quota)


@pytest.mark.parametrize("meter", ["Signature Overage", "Basic Signature", "Premium Signature"])
def test_overage_is_known_under_whatever_meter_it_is_billed(meter: str) -> None:
    assert "0.004" == overage(FEE, (meter, "4.00"), counted=made(1_000))


@pytest.mark.parametrize("credit", ["-1.00", "-9.20", "-50"])
def test_a_credit_does_not_change_what_a_sku_costs(credit: str) -> None:
    price = priced(cost(GAMES, OCTOBER, FEE, ("Basic Account", credit))).of("Basic", QUOTA)
    assert price
    assert "9.20 EUR" == price.said(price.fee)


@pytest.mark.parametrize(
    ("basic_fee", "premium_fee", "charges", "basic", "premium"),
    [
        ("0", "99.99", [FEE], ("9.20", "0.005"), ("99.99", "0.005")),
        ("0", "100.00", [FEE, PREMIUM_FEE], ("9.20", "0.004"), ("80.00", "0.004")),
        ("0", "100.00", [PREMIUM_FEE], ("0.00", "0.004"), ("80.00", "0.004")),
        ("9.99", "0", [FEE], ("9.20", "0.004605"), ("0.00", "0.004605")),
        ("0", "0", [FEE, PREMIUM_FEE], ("9.20", "0.005"), ("80.00", "0.005")),
    ],
)
def test_a_fee_of_nothing_by_list_gives_no_rate(
    basic_fee: str,
    premium_fee: str,
    charges: list[tuple[str, str]],
    basic: tuple[str, str],
    premium: tuple[str, str],
) -> None:
    """QUOTA__BASIC_FEE=0 is a valid setting."""
    quota = QuotaPolicy(basic=SkuTerms(Decimal(basic_fee), 5_000), premium=SkuTerms(Decimal(premium_fee), 100_000))
    found = priced(cost(GAMES, OCTOBER, *charges), quota=quota)
    both = [found.of(sku, quota) for sku in ("basic", "premium")]
    assert [basic, premium] == [(f"{one.fee:.2f}", four_digits(one.overage)) for one in both if one]


def test_the_fee_of_another_currency_gives_no_rate_either() -> None:
    other = account("other", sku="Premium")
    costs = [[cost(GAMES, OCTOBER, FEE)], [cost(other, OCTOBER, PREMIUM_FEE, currency="USD")]]
    found = prices_of(costs, {}, QuotaPolicy(basic=SkuTerms(Decimal(), 5_000)), NOW)
    basic, premium = found.by_sku["basic"], found.by_sku["premium"]
    assert ("EUR", Decimal("0.005"), "USD") == (basic.currency, basic.overage, premium.currency)


KNOWN = Prices(
    {
        "basic": UnitPrice(Decimal("9.11"), Decimal("0.0046"), 5_000, "EUR", listed=False),
        "premium": UnitPrice(Decimal("91.20"), Decimal("0.0046"), 100_000, "EUR", listed=False),
    }
)


@pytest.mark.parametrize(
    ("costs", "basic", "premium"),
    [
        ([], "9.11 EUR", "91.20 EUR"),
        ([replace(cost(GAMES, OCTOBER, FEE), settled=False)], "9.11 EUR", "91.20 EUR"),
        ([cost(GAMES, OCTOBER, FEE)], "9.20 EUR", "92.08 EUR"),
        ([cost(GAMES, OCTOBER, ("Signature Overage", "4"))], "9.11 EUR", "91.20 EUR"),
    ],
)
def test_until_a_month_has_settled_what_was_known_before_holds(
    costs: Sequence[AccountCost], basic: str, premium: str
) -> None:
    found = priced(*costs, before=KNOWN)
    assert [basic, premium] == [one.said(one.fee) for one in (found.by_sku["basic"], found.by_sku["premium"])]


def test_on_the_first_days_of_a_month_prices_stay_what_they_were() -> None:
    """From the last bill that settled over the days on which the next one still moves."""
    prices = prices_of([[cost(GAMES, OCTOBER, FEE)]], {}, QUOTA, NOW)
    for number in range(12, 20):
        now = NOW + timedelta(days=number)
        settled = now >= datetime(2026, 12, 4, tzinfo=UTC)
        bill = replace(cost(GAMES, NOVEMBER, ("Basic Account", "9.30")), settled=settled)
        prices = prices_of([[bill]], {}, QUOTA, now, before=prices)
        price = prices.of("basic", QUOTA)
        assert price
        assert ("9.30 EUR" if settled else "9.20 EUR") == price.said(price.fee)


def test_what_is_set_now_holds_over_what_was_known_before() -> None:
    """How much is included is no matter of the bill, and list prices are none of it."""
    by_list = UnitPrice(Decimal("99.99"), Decimal("0.005"), 100_000, "USD", listed=True)
    before = Prices({"basic": KNOWN.by_sku["basic"], "premium": by_list})
    quota = QuotaPolicy(basic=SkuTerms(Decimal("9.99"), 6_000), premium=SkuTerms(Decimal(80), 100_000))
    found = priced(quota=quota, before=before)
    basic, premium = found.of("basic", quota), found.of("premium", quota)
    assert basic
    assert premium
    assert (6_000, "80.00 USD by list price") == (basic.included, premium.said(premium.fee))


@pytest.mark.parametrize(
    ("basic", "premium", "currency", "above"),
    [
        ("9.99", "99.99", "USD", 23_000),
        ("9.99", "54.99", "USD", 14_000),
        ("9.99", "9.99", "USD", 5_000),
        ("9.99", "5.00", "USD", 5_000),
        ("9.99", "484.99", "USD", 100_000),
        ("9.99", "485.00", "USD", None),
        ("9.99", "99.99", "EUR", None),
    ],
)
def test_premium_is_cheaper_above_a_number_that_the_prices_give(
    basic: str, premium: str, currency: str, above: int | None
) -> None:
    """Above what Premium includes both cost the same for one signature more."""
    here = UnitPrice(Decimal(basic), Decimal("0.005"), 5_000, "USD", listed=True)
    there = UnitPrice(Decimal(premium), Decimal("0.005"), 100_000, currency, listed=True)
    assert above == break_even(here, there)
    assert break_even(replace(here, overage=Decimal()), there) is None


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("0.0046046046046", "0.004605"),
        ("0.005", "0.005"),
        ("0.00500", "0.005"),
        ("10.345", "10.34"),
        ("22999.39", "23,000"),
        ("0.00000012345", "0.0000001234"),
        ("0", "0"),
    ],
)
def test_numbers_that_were_computed_are_said_to_four_digits(value: str, said: str) -> None:
    assert said == four_digits(Decimal(value))
