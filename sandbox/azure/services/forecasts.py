"""Cost Management: what will be spent, with what was; none under 28 days of history."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.azure.answers import Answer
from sandbox.azure.call import Call
from sandbox.azure.services.cost_question import CostQuestion, read_cost_question
from sandbox.azure.services.costs import billed, columns, owners_in_scope, page, pay

HISTORY = timedelta(days=28)


def forecast(call: Call) -> Answer:
    """As the story would go on if nothing else happened. Days are ISO texts here, not numbers."""
    owners = owners_in_scope(call)
    question = read_cost_question(call, most_groupings=0)
    pay(call, question.months)
    made = [account.created for owner in owners for account in call.world.of_subscription.get(owner.id, ())]
    if not made or call.now - min(made) < HISTORY:
        return Answer(204, targets=(call.path,))
    named = columns(question)
    named.insert(len(named) - 1, {"name": "CostStatus", "type": "String"})
    return page(call, [_as_text(column) for column in named], _rows(call, question, owners))


def _rows(call: Call, question: CostQuestion, owners: list[Any]) -> list[list[Any]]:
    settled = call.now - call.scenario.azure.cost_delay
    includes_actual = bool(call.json().get("includeActualCost", True))
    sums = defaultdict[tuple[str, str, str], int](int)
    for charge, owner in billed(call, owners, question, datetime.max.replace(tzinfo=UTC)):
        known = datetime(charge.day.year, charge.day.month, charge.day.day, tzinfo=UTC) + timedelta(days=1) <= settled
        if known and not includes_actual:
            continue
        day = charge.day.replace(day=1) if question.granularity == "Monthly" else charge.day
        sums[f"{day}T00:00:00", "Actual" if known else "Forecast", owner.currency] += charge.mills
    return [[*(mills / 1000 for _ in question.aggregations), *key] for key, mills in sorted(sums.items())]


def _as_text(column: dict[str, str]) -> dict[str, str]:
    return {**column, "type": "Datetime"} if column["name"] == "UsageDate" else column
