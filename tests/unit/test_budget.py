"""What counts towards a budget, and what a month will have cost."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from shared.domain.budget import Spending, counts_towards, spending_of
from shared.domain.happened import Happened, What
from shared.domain.policy import Budget, CostPolicy, Policy
from shared.domain.price import prices_of
from shared.domain.survey import AccountFacts
from tests.unit.rules.samples import GAMES, NOVEMBER, NOW, OCTOBER, OLD, OWNER, account, cost, daily, signed, survey

FEE = ("Basic Account", "9.20")
TOTAL = Policy(cost=CostPolicy((Budget("total", Decimal(100), "EUR"),)))


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("total", True),
        (f"subscription:{OWNER.id}", True),
        ("subscription:games", True),
        ("subscription:labs", False),
        ("account:tools", True),
        ("account:tool", False),
        ("tag:team=apps", True),
        ("tag:team=infra", False),
        ("tag:centre=経理部", True),
        ("tag:owner=group", True),
    ],
)
def test_what_counts_towards_a_budget(name: str, counts: bool) -> None:
    tagged = account("Tools", tags={"Team": "Apps"}, group_tags={"team": "infra", "owner": "group"})
    owner = replace(OWNER, tags={"centre": "経理部"})
    assert counts == counts_towards(Budget(name, Decimal(1), "EUR"), tagged, owner)


def spent(*charged: tuple[str, str], currency: str = "EUR") -> Spending:
    """October settled with 9.20 EUR; November as given, by meter; 200 signatures a day."""
    november = [cost(GAMES, NOVEMBER, *charged, currency=currency)] if charged else []
    costs = {GAMES.id: (cost(GAMES, OCTOBER, FEE), *november)}
    counted = {GAMES.id: signed(daily(200))}
    prices = prices_of(costs.values(), counted, TOTAL.quota, NOW)
    return spending_of(survey(costs=costs, signatures=counted, prices=prices), TOTAL, NOW)["total"]


def cents(amounts: Mapping[str, Decimal]) -> dict[str, str]:
    return {name: f"{amount:.2f}" for name, amount in amounts.items()}


def test_a_fee_still_to_come_and_overage_ahead_are_foreseen() -> None:
    """200 a day make 6,000 in November: 1,000 above the quota, at 0.005 USD by list and 9.20/9.99 EUR a USD."""
    before = spent()
    assert ({}, {"EUR": "13.80"}, 1) == (before.so_far, cents(before.foreseen), before.listed)
    charged = spent(FEE)
    assert ({"EUR": "9.20"}, {"EUR": "13.80"}, 0) == (cents(charged.so_far), cents(charged.foreseen), charged.listed)


def test_what_was_charged_is_never_foreseen_as_less() -> None:
    charged = spent(FEE, ("Signature Overage", "30.00"))
    assert {"EUR": "39.20"} == cents(charged.so_far) == cents(charged.foreseen)


@pytest.mark.parametrize("meter", ["Signature Overage", "Basic Signature", "Premium Signature", "basic signature"])
@pytest.mark.parametrize(("charged", "foreseen"), [("1.00", "13.80"), ("4.60", "13.80"), ("6.00", "15.20")])
def test_overage_that_was_billed_is_not_foreseen_once_more(meter: str, charged: str, foreseen: str) -> None:
    assert {"EUR": foreseen} == cents(spent(FEE, (meter, charged)).foreseen)


def test_what_was_given_back_is_not_charged_again() -> None:
    """9.20 and 4.60 of overage ahead, of which the fee and 2.00 were given back."""
    back = spent(FEE, ("Basic Account", "-9.20"), ("Signature Overage", "2.00"), ("Signature Overage", "-2.00"))
    assert ({"EUR": "0.00"}, {"EUR": "2.60"}) == (cents(back.so_far), cents(back.foreseen))


def test_an_account_billed_in_another_currency_than_the_prices_is_not_foreseen_in_both() -> None:
    assert {"USD": "9.99"} == cents(spent(("Basic Account", "9.99"), currency="USD").foreseen)


@pytest.mark.parametrize(
    ("names", "counted"),
    [
        (["total"], {"total": 2}),
        (["account:games"], {"account:games": 1}),
        (["account:gone"], {}),
        (["total", "account:other"], {"total": 2, "account:other": 1}),
    ],
)
def test_accounts_that_count_are_counted(names: list[str], counted: dict[str, int]) -> None:
    policy = Policy(cost=CostPolicy(tuple(Budget(name, Decimal(1), "EUR") for name in names)))
    found = spending_of(survey(GAMES, account("other")), policy, NOW)
    assert counted == {name: spending.accounts for name, spending in found.items()}


def test_a_name_with_a_budget_in_each_currency_counts_once() -> None:
    twice = Policy(cost=CostPolicy((Budget("total", Decimal(100), "EUR"), Budget("total", Decimal(100), "USD"))))
    [found] = spending_of(survey(), twice, NOW).values()
    assert ({"USD": "9.99"}, 1) == (cents(found.foreseen), found.accounts)


def test_a_deleted_account_counts_with_what_it_was_charged() -> None:
    gone = AccountFacts(GAMES, (), OLD, (Happened(What.DELETED, NOW),), NOW)
    other = account("other")
    seen = survey(other, gone={GAMES.id: gone}, costs={GAMES.id: (cost(GAMES, NOVEMBER, ("Basic Account", "9.20")),)})
    found = spending_of(seen, TOTAL, NOW)["total"]
    assert {"EUR": Decimal("9.20")} == found.so_far
    assert {"EUR": Decimal("9.20"), "USD": Decimal("9.99")} == found.foreseen
    assert 2 == found.accounts


def test_without_budgets_nothing_is_counted() -> None:
    assert {} == spending_of(survey(), Policy(), NOW)
    assert date(2026, 11, 1) == NOVEMBER
