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


def spent(**meters: str) -> Spending:
    """October closed with 9.20 EUR; November as given, by meter; 200 signatures a day."""
    charged = [(name.replace("_", " "), amount) for name, amount in meters.items()]
    november = [cost(GAMES, NOVEMBER, *charged)] if charged else []
    costs = {GAMES.id: (cost(GAMES, OCTOBER, ("Basic Account", "9.20")), *november)}
    counted = {GAMES.id: signed(daily(200))}
    prices = prices_of(costs.values(), counted, TOTAL.quota, NOW)
    return spending_of(survey(costs=costs, signatures=counted, prices=prices), TOTAL, NOW)["total"]


def cents(amounts: Mapping[str, Decimal]) -> dict[str, str]:
    return {name: f"{amount:.2f}" for name, amount in amounts.items()}


def test_a_fee_still_to_come_and_overage_ahead_are_foreseen() -> None:
    """200 a day make 6,000 in November: 1,000 above the quota, at 0.005 USD by list and 9.20/9.99 EUR a USD."""
    before = spent()
    assert ({}, {"EUR": "13.80"}, 1) == (before.so_far, cents(before.foreseen), before.listed)
    charged = spent(Basic_Account="9.20")
    assert ({"EUR": "9.20"}, {"EUR": "13.80"}, 0) == (cents(charged.so_far), cents(charged.foreseen), charged.listed)


def test_what_was_charged_is_never_foreseen_as_less() -> None:
    charged = spent(Basic_Account="9.20", Signature_Overage="30.00")
    assert {"EUR": "39.20"} == cents(charged.so_far) == cents(charged.foreseen)


def test_a_deleted_account_counts_with_what_it_was_charged() -> None:
    gone = AccountFacts(GAMES, (), OLD, (Happened(What.DELETED, NOW),), NOW)
    other = account("other")
    seen = survey(other, gone={GAMES.id: gone}, costs={GAMES.id: (cost(GAMES, NOVEMBER, ("Basic Account", "9.20")),)})
    found = spending_of(seen, TOTAL, NOW)["total"]
    assert {"EUR": Decimal("9.20")} == found.so_far
    assert {"EUR": Decimal("9.20"), "USD": Decimal("9.99")} == found.foreseen


def test_without_budgets_nothing_is_counted() -> None:
    assert {} == spending_of(survey(), Policy(), NOW)
    assert date(2026, 11, 1) == NOVEMBER
