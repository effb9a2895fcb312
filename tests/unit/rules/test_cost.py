"""What an account costs: for nothing, out of the ordinary, unexplained, or after its deletion; and the right SKU."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from shared.domain.cost import AccountCost
from shared.domain.happened import Happened, What
from shared.domain.policy import CostPolicy, Policy
from shared.domain.price import prices_of
from shared.domain.rules.fit import fit_of
from shared.domain.signatures import Signatures
from shared.domain.survey import AccountFacts, Survey
from shared.domain.validation import RegisterEntry
from tests.unit.rules.samples import (
    ACTION,
    DAY,
    FAILED,
    GAMES,
    IN_PROGRESS,
    NOVEMBER,
    NOW,
    OCTOBER,
    OLD,
    TODAY,
    account,
    cost,
    daily,
    entry,
    found,
    profile,
    signed,
    survey,
)


def idle(last: int | None, **parts: Any) -> bool:
    """Last signed so many days ago."""
    return bool(
        found("cost-idle", survey(signatures={GAMES.id: signed({TODAY - last * DAY: 5} if last else {})}, **parts))
    )


@pytest.mark.parametrize(("last", "speaks"), [(1, False), (29, False), (30, False), (31, True), (45, True)])
def test_without_a_signature_for_thirty_days_it_costs_for_nothing(last: int, speaks: bool) -> None:
    assert speaks == idle(last)


def test_where_azure_tells_nothing_of_any_account_silence_may_be_the_metrics() -> None:
    other = account("other")
    nothing = {GAMES.id: signed({}, silent=True)}
    assert [] == found("cost-idle", survey(GAMES, other, signatures=nothing))
    telling = nothing | {other.id: signed(daily(5), silent=True)}
    [one] = found("cost-idle", survey(GAMES, other, signatures=telling))
    assert one.what.endswith("9.99 USD by list price a month for nothing: no signature since 21 Oct 2026 at least")


@pytest.mark.parametrize(
    "counted",
    [
        replace(signed({}), read_until=NOW - 3 * DAY),
        replace(signed({}), since=NOW - 20 * DAY),
        Signatures(),
    ],
)
def test_signatures_that_were_not_read_are_not_none(counted: Signatures) -> None:
    assert [] == found("cost-idle", survey(signatures={GAMES.id: counted}))


@pytest.mark.parametrize(
    ("parts", "speaks"),
    [
        ({"created": NOW - timedelta(days=29, hours=23)}, False),
        ({"created": NOW - 30 * DAY}, True),
        ({"tags": {"countersign-keep": "true"}}, False),
        ({"tags": {"countersign-keep": "2026-11-19"}}, True),
    ],
)
def test_an_account_without_a_profile_costs_for_nothing_once_it_is_thirty_days_old(
    parts: dict[str, Any], speaks: bool
) -> None:
    lone = account(**parts)
    assert speaks == bool(found("cost-idle", survey(lone, profiles={lone.id: ()})))


@pytest.mark.parametrize(
    ("said", "speaks"),
    [
        (entry(IN_PROGRESS, account="games"), False),
        (entry(ACTION, account="games"), False),
        (entry(FAILED, account="games"), False),
        (entry(FAILED, account="games", given_up_by="kim"), True),
    ],
)
def test_where_somebody_is_at_it_another_rule_tells(said: RegisterEntry, speaks: bool) -> None:
    assert speaks == bool(found("cost-idle", survey(profiles={GAMES.id: ()}, said=[said])))


def test_an_investigation_is_not_called_idle() -> None:
    assert not idle(45, profiles={GAMES.id: (profile(GAMES, status="Suspended"),)})
    assert idle(45, profiles={GAMES.id: (profile(GAMES, status="Disabled"),)})


def test_early_in_march_what_is_kept_has_to_do() -> None:
    """On 1 March only February is kept of the time before: 28 days."""
    now = datetime(2027, 3, 1, 12, tzinfo=UTC)
    shown = {GAMES.id: (profile(GAMES, now),)}
    quiet = survey(profiles=shown, signatures={GAMES.id: signed({}, now)})
    telling = {GAMES.id: signed({}, now), "/o": signed({date(2027, 2, 3): 1}, now)}
    other = survey(GAMES, account("other"), profiles=shown, signatures=telling)
    assert [[], 1] == [found("cost-idle", quiet, now=now), len(found("cost-idle", other, now=now))]


def billed(*costs: AccountCost, counted: Signatures | None = None, now: datetime = NOW, **parts: Any) -> Survey:
    signatures = {GAMES.id: counted or signed(daily(20))}
    known: Mapping[str, tuple[AccountCost, ...]] = {GAMES.id: costs}
    prices = prices_of(known.values(), signatures, Policy().quota, now)
    return survey(costs=known, signatures=signatures, prices=prices, **parts)


FEE = ("Basic Account", "9.20")


@pytest.mark.parametrize(
    ("before", "now", "speaks"),
    [
        ("10.00", "19.99", False),
        ("10.00", "20.00", True),
        ("9.00", "18.99", False),
        ("9.00", "19.00", True),
        ("0", "50", False),
    ],
)
def test_twice_the_month_before_and_ten_more_is_out_of_the_ordinary(before: str, now: str, speaks: bool) -> None:
    seen = billed(cost(GAMES, OCTOBER, ("Basic Account", before)), cost(GAMES, NOVEMBER, ("Basic Account", now)))
    assert speaks == bool(found("cost-unusual", seen))


def test_currencies_are_never_compared_with_each_other() -> None:
    seen = billed(cost(GAMES, OCTOBER, FEE), cost(GAMES, NOVEMBER, ("Basic Account", "90"), currency="USD"))
    assert [] == found("cost-unusual", seen)


@pytest.mark.parametrize(("charged", "speaks"), [("0.99", False), ("1.00", True), ("5.00", True)])
def test_a_bill_that_signatures_do_not_explain(charged: str, speaks: bool) -> None:
    """20 a day are far below the quota: nothing but the fee is explained, to 10 % and one unit of currency."""
    seen = billed(cost(GAMES, OCTOBER, FEE, ("Signature Overage", charged)))
    assert speaks == bool(found("bill-differs", seen))


UNEXPLAINED = cost(GAMES, OCTOBER, FEE, ("Signature Overage", "9"))
NEWLY_PREMIUM = AccountFacts(GAMES, (), OLD, (Happened(What.SKU, NOW, "Basic", "Premium"),))


@pytest.mark.parametrize(
    "seen",
    [
        billed(UNEXPLAINED, counted=signed(daily(20), silent=True)),
        billed(UNEXPLAINED, counted=replace(signed(daily(20)), since=NOW - 20 * DAY)),
        billed(UNEXPLAINED, facts={GAMES.id: NEWLY_PREMIUM}),
        billed(),
    ],
)
def test_what_is_not_known_to_the_end_is_not_compared_with_the_bill(seen: Survey) -> None:
    assert [] == found("bill-differs", seen)


def test_before_the_month_has_settled_its_bill_is_not_judged() -> None:
    early = datetime(2026, 11, 3, 12, tzinfo=UTC)
    seen = billed(UNEXPLAINED, counted=signed(daily(20, 50, early), early), now=early)
    assert [] == found("bill-differs", seen, now=early)


def deleted(on: date, charged: date) -> Survey:
    at = datetime(on.year, on.month, on.day, 8, tzinfo=UTC)
    known = AccountFacts(GAMES, (), OLD, (Happened(What.DELETED, at),), at)
    late = cost(GAMES, charged.replace(day=1), FEE)
    late = replace(late, charges=(replace(late.charges[0], day=charged),))
    return survey(account("other"), gone={GAMES.id: known}, costs={GAMES.id: (late,)})


@pytest.mark.parametrize(
    ("on", "charged", "speaks"),
    [
        (date(2026, 10, 9), date(2026, 10, 31), False),
        (date(2026, 10, 9), date(2026, 11, 1), True),
        (date(2026, 11, 1), date(2026, 11, 15), False),
    ],
)
def test_the_period_of_the_deletion_is_charged_in_full_and_the_next_should_not(
    on: date, charged: date, speaks: bool
) -> None:
    assert speaks == bool(found("billed-after-deletion", deleted(on, charged)))


def test_unit_prices_come_from_the_bill_in_its_own_currency() -> None:
    """6,000 signatures in October: 1,000 above the quota cost 4.00 EUR."""
    over = signed({OCTOBER: 6_000})
    seen = billed(cost(GAMES, OCTOBER, FEE, ("Signature Overage", "4.00")), counted=over)
    price = seen.prices.of("Basic", Policy().quota)
    assert price
    assert (Decimal("9.20"), Decimal("0.004"), "EUR", False) == (price.fee, price.overage, price.currency, price.listed)


def test_what_was_not_billed_is_priced_by_the_rate_of_what_was() -> None:
    premium = billed(cost(GAMES, OCTOBER, FEE)).prices.of("Premium", Policy().quota)
    assert premium
    assert (Decimal("92.08"), "EUR", False) == (premium.fee, premium.currency, premium.listed)


@pytest.mark.parametrize("seen", [billed(), billed(cost(GAMES, NOVEMBER, FEE)), survey()])
def test_without_a_closed_month_list_prices_serve_and_say_so(seen: Survey) -> None:
    price = seen.prices.of("basic", Policy().quota)
    assert price
    assert ("9.99 USD by list price", True) == (price.said(price.fee), price.listed)
    assert seen.prices.of("Gold", Policy().quota) is None


@pytest.mark.parametrize(
    ("sku", "number", "better", "saving"),
    [
        ("Basic", 766, "Premium", "-0.10"),
        ("Basic", 767, "Premium", "0.05"),
        ("Basic", 1_000, "Premium", "35.00"),
        ("Premium", 20, "Basic", "90.00"),
        ("Premium", 1_000, "Basic", "-40.00"),
    ],
)
def test_the_break_even_lies_where_the_prices_put_it(sku: str, number: int, better: str, saving: str) -> None:
    """23,000 signatures a month cost the same; of October and November the one that saves less counts."""
    one = account(sku=sku)
    seen = survey(one, signatures={one.id: signed(daily(number))})
    fit = fit_of(seen, one, Policy(), NOW)
    assert fit
    assert better == fit.sku
    assert Decimal(saving) == fit.saving.quantize(Decimal("0.01"))


def test_a_downgrade_is_forbidden_by_a_second_profile_of_one_type() -> None:
    one = account(sku="Premium")
    many = (profile(one), profile(one, name="second"), profile(one, name="test", profile_type="PublicTrustTest"))
    [spoken] = found("sku-fit", survey(one, profiles={one.id: many}, signatures={one.id: signed(daily(20))}))
    assert "but Basic allows 1 profile of each type, and it has more of PublicTrust" in spoken.what


def test_days_are_a_setting() -> None:
    seen = survey(signatures={GAMES.id: signed({TODAY - 8 * DAY: 5})})
    assert 1 == len(found("cost-idle", seen, Policy(cost=CostPolicy(idle_days=7))))
