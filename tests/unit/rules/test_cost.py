"""What an account costs: for nothing, out of the ordinary, unexplained, or after its deletion; and the right SKU."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from shared.domain.account import CertificateProfile, SigningAccount
from shared.domain.cost import AccountCost
from shared.domain.happened import Happened, What, recent
from shared.domain.policy import CostPolicy, Policy
from shared.domain.price import prices_of
from shared.domain.rules.cost import weigh_cost
from shared.domain.rules.fit import fit_of
from shared.domain.signatures import Signatures
from shared.domain.survey import AccountFacts, Survey
from shared.domain.validation import RegisterEntry
from tests.unit.rules.samples import (
    ACTION,
    COMPLETED,
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
    certificate,
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


REVOKED = certificate(NOW - 40 * DAY, revocation_status="Succeeded", revocation_asked=NOW - 39 * DAY)


@pytest.mark.parametrize(
    ("one", "shown", "speaks"),
    [
        (GAMES, profile(GAMES), True),
        (GAMES, profile(GAMES, status="Disabled"), True),
        (GAMES, profile(GAMES, status="Suspended"), False),
        (replace(GAMES, provisioning_state="Suspended"), profile(GAMES), False),
        (replace(GAMES, provisioning_state="suspended"), profile(GAMES, status="Disabled"), False),
        (GAMES, profile(GAMES, certificates=(REVOKED,)), False),
        (GAMES, profile(GAMES, status="Disabled", certificates=(REVOKED,)), False),
    ],
)
def test_an_investigation_is_not_called_idle(one: SigningAccount, shown: CertificateProfile, speaks: bool) -> None:
    seen = survey(one, profiles={one.id: (shown,)}, signatures={one.id: signed({TODAY - 45 * DAY: 5})})
    assert speaks == bool(found("cost-idle", seen))


OTHERS = "87eafa5b-2f0e-4f57-a5f6-6a55ff0d7f10"
GIVEN_UP = entry(FAILED, validation_id=OTHERS, account="games", given_up_by="kim")


@pytest.mark.parametrize(
    ("said", "speaks"), [(entry(ACTION), False), (entry(IN_PROGRESS), False), (entry(COMPLETED), True)]
)
@pytest.mark.parametrize("usable", [False, True])
def test_while_a_request_is_open_nothing_is_called_idle_though_another_was_given_up(
    said: RegisterEntry, usable: bool, speaks: bool
) -> None:
    shown = (profile(GAMES, status="Active" if usable else "Disabled"),)
    assert speaks == idle(45, profiles={GAMES.id: shown}, said=[GIVEN_UP, said])


def test_whoever_is_advised_to_delete_hears_what_goes_with_it_and_what_stays() -> None:
    [one] = found("cost-idle", survey(signatures={GAMES.id: signed({TODAY - 45 * DAY: 5})}))
    for words in ("so do not if another account uses them", "what was signed stays valid"):
        assert words in one.next_step


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


def in_dollars(known: AccountCost) -> AccountCost:
    return replace(known, charges=tuple(replace(charge, currency="USD") for charge in known.charges))


@pytest.mark.parametrize(
    ("own", "speaks"),
    [
        (cost(GAMES, OCTOBER, FEE, ("Signature Overage", "9")), True),
        (cost(GAMES, OCTOBER, ("Basic Account", "90"), currency="USD"), False),
        (in_dollars(cost(GAMES, OCTOBER, FEE, ("Signature Overage", "9"))), False),
    ],
)
def test_a_bill_in_another_currency_than_the_prices_is_not_compared(own: AccountCost, speaks: bool) -> None:
    """Two other accounts of the subscription are billed in EUR, so prices are."""
    others = [account(name) for name in ("one", "two")]
    known = {one.id: (cost(one, OCTOBER, FEE),) for one in others} | {GAMES.id: (own,)}
    signatures = {GAMES.id: signed(daily(20))}
    prices = prices_of(known.values(), signatures, Policy().quota, NOW)
    seen = survey(GAMES, *others, costs=known, signatures=signatures, prices=prices)
    assert speaks == bool(found("bill-differs", seen))


def test_a_bill_in_two_currencies_is_not_compared() -> None:
    mixed = cost(GAMES, OCTOBER, FEE, ("Signature Overage", "9"))
    dollars = replace(mixed.charges[0], currency="USD")
    assert [] == found("bill-differs", billed(replace(mixed, charges=(*mixed.charges, dollars))))


@pytest.mark.parametrize(("charged", "speaks"), [("0.99", False), ("1.00", True), ("5.00", True)])
def test_a_bill_that_signatures_do_not_explain(charged: str, speaks: bool) -> None:
    """20 a day are far below the quota: nothing but the fee is explained, to 10 % and one unit of currency."""
    seen = billed(cost(GAMES, OCTOBER, FEE, ("Signature Overage", charged)))
    assert speaks == bool(found("bill-differs", seen))


UNEXPLAINED = cost(GAMES, OCTOBER, FEE, ("Signature Overage", "9"))
LONG_AGO = datetime(2026, 10, 2, 8, tzinfo=UTC)
NEWLY_PREMIUM = AccountFacts(GAMES, (), OLD, (Happened(What.SKU, LONG_AGO, "Basic", "Premium"),))


@pytest.mark.parametrize(
    "seen",
    [
        billed(UNEXPLAINED, counted=signed(daily(20), silent=True)),
        billed(UNEXPLAINED, counted=replace(signed(daily(20)), since=NOW - 20 * DAY)),
        billed(UNEXPLAINED, facts={GAMES.id: NEWLY_PREMIUM}),
        billed(replace(UNEXPLAINED, settled=False)),
        billed(),
    ],
)
def test_what_is_not_known_to_the_end_is_not_compared_with_the_bill(seen: Survey) -> None:
    assert [] == found("bill-differs", seen)


def test_another_validation_of_a_profile_explains_no_bill() -> None:
    rebound = AccountFacts(GAMES, (), OLD, (Happened(What.REBOUND, LONG_AGO, profile="release"),))
    assert 1 == len(found("bill-differs", billed(UNEXPLAINED, facts={GAMES.id: rebound})))


@pytest.mark.parametrize("day", range(1, 31))
def test_what_happened_is_known_as_long_as_the_bill_of_its_month_is_judged(day: int) -> None:
    changed = (Happened(What.SKU, datetime(2026, 10, 1, tzinfo=UTC), "Basic", "Premium"),)
    assert changed == recent(changed, datetime(2026, 11, day, 23, 59, tzinfo=UTC))


def test_a_month_that_was_read_by_half_is_no_measure_for_the_next() -> None:
    half = replace(cost(GAMES, OCTOBER, FEE), settled=False)
    assert [] == found("cost-unusual", billed(half, cost(GAMES, NOVEMBER, ("Premium Account", "92"))))


def test_before_the_month_has_settled_its_bill_is_not_judged() -> None:
    early = datetime(2026, 11, 3, 12, tzinfo=UTC)
    moving = replace(UNEXPLAINED, settled=False)
    seen = billed(moving, counted=signed(daily(20, 50, early), early), now=early)
    known = billed(UNEXPLAINED).prices
    assert [] == found("bill-differs", replace(seen, prices=known), now=early)


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


@pytest.mark.parametrize(
    ("charges", "said"),
    [
        ([("9.20", "EUR"), ("-9.20", "EUR")], ""),
        ([("9.20", "EUR"), ("-9.196", "EUR")], ""),
        ([("9.20", "EUR"), ("-5.00", "EUR")], "4.20 EUR up to 2 Nov 2026"),
        ([("9.20", "EUR"), ("-9.20", "USD")], "9.20 EUR up to 2 Nov 2026"),
        ([("-9.20", "EUR")], ""),
    ],
)
def test_what_was_given_back_is_not_billed(charges: list[tuple[str, str]], said: str) -> None:
    seen = deleted(date(2026, 10, 9), date(2026, 11, 2))
    [known] = seen.costs[GAMES.id]
    late = tuple(replace(known.charges[0], amount=Decimal(amount), currency=paid) for amount, paid in charges)
    spoken = found("billed-after-deletion", replace(seen, costs={GAMES.id: (replace(known, charges=late),)}))
    assert ([said] if said else []) == [
        one.what.partition("still billed, ")[2].partition(", though")[0] for one in spoken
    ]


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


EUROS = (cost(GAMES, OCTOBER, FEE),)


@pytest.mark.parametrize(
    ("parts", "known"),
    [
        ({}, True),
        ({"costs": {GAMES.id: EUROS}}, False),
        ({"costs": {GAMES.id: EUROS}, "prices": billed(*EUROS).prices}, True),
        ({"costs": {GAMES.id: (in_dollars(EUROS[0]),)}, "prices": billed(*EUROS).prices}, False),
        ({"costs": {GAMES.id: (*EUROS, in_dollars(EUROS[0]))}, "prices": billed(*EUROS).prices}, False),
    ],
)
def test_skus_are_compared_in_the_one_currency_that_the_account_is_billed_in(
    parts: dict[str, Any], known: bool
) -> None:
    seen = survey(signatures={GAMES.id: signed(daily(20))}, **parts)
    assert known == (fit_of(seen, GAMES, Policy(), NOW) is not None)


def test_where_profiles_were_never_read_nobody_knows_what_forbids_a_change() -> None:
    seen = survey(signatures={GAMES.id: signed(daily(20))})
    unread = replace(seen, profiles={})
    last_seen = replace(unread, last_seen=seen.profiles)
    assert [True, False, True] == [fit_of(one, GAMES, Policy(), NOW) is not None for one in (seen, unread, last_seen)]


def test_unit_prices_are_said_to_four_digits_and_a_month_that_still_moves_as_such() -> None:
    seen = billed(cost(GAMES, OCTOBER, FEE), cost(GAMES, NOVEMBER, FEE))
    assert [
        "9.20 EUR a month, 0.004605 a signature above the quota, by the last bill that settled",
        "billed for October 2026: 9.20 EUR",
        "billed for November 2026 so far: 9.20 EUR",
    ] == list(weigh_cost(seen, GAMES, Policy(), NOW))


def test_days_are_a_setting() -> None:
    seen = survey(signatures={GAMES.id: signed({TODAY - 8 * DAY: 5})})
    assert 1 == len(found("cost-idle", seen, Policy(cost=CostPolicy(idle_days=7))))
