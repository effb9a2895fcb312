"""Cost Management: what was spent, a day late, in pages that are asked for by POST."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sandbox.azure.answers import Answer, Refused, refusal
from sandbox.azure.call import Call
from sandbox.azure.gate.cost_quota import HEADER
from sandbox.azure.services.cost_question import CostQuestion, bad, dimensions, read_cost_question
from sandbox.azure.world.billing import Charge, charges
from sandbox.azure.world.invented import guid
from sandbox.azure.world.resources import Subscription

type Rows = list[list[Any]]

DAY = timedelta(days=1)


def query(call: Call) -> Answer:
    """204 where the scope has no charges at all in that time."""
    owners = owners_in_scope(call)
    question = read_cost_question(call)
    pay(call, question.months)
    narrow = "subscription" in call.parts or call.scenario.azure.cost_groups_resources == "everywhere"
    if "ResourceId" in question.groupings and not narrow:
        raise bad("Grouping by ResourceId is not supported at this scope.")
    settled = call.now - call.scenario.azure.cost_delay
    rows = _rows(question, billed(call, owners, question, settled))
    if not rows:
        return Answer(204, targets=(call.path,))
    return page(call, columns(question), rows)


def owners_in_scope(call: Call) -> list[Subscription]:
    """The readable subscriptions of a scope. Raises Refused with 403 or 404."""
    if "subscription" in call.parts:
        return [call.subscription()]
    readable = [found for found in call.world.subscriptions.values() if not found.forbidden]
    group = call.parts.get("management_group", call.scenario.tenant.id).lower()
    if group == call.scenario.tenant.id.lower():
        return readable
    known = {name.lower(): members for name, members in call.scenario.management_groups.items()}
    if group not in known:
        raise call.forbidden()
    return [found for found in readable if found.name in known[group]]


def pay(call: Call, units: int) -> None:
    """Raises Refused with 429 and a header for each limit that was reached; there is no Retry-After."""
    scope = call.path.lower().rpartition("/providers/microsoft.costmanagement")[0]
    waits = call.azure.cost_quota.take(scope, units, call.now)
    if waits:
        headers = {HEADER.format(kind=kind): str(seconds) for kind, seconds in waits.items()}
        raise Refused(refusal(429, "429", "Too many requests. Please retry.", headers))


def billed(
    call: Call, owners: list[Subscription], question: CostQuestion, until: datetime
) -> Iterator[tuple[Charge, Subscription]]:
    """The charges of whole days that had ended by `until`, of accounts as they were on each day."""
    group, day = call.parts.get("group", "").lower(), question.first
    while day <= question.last and _end(day) <= until:
        world = call.azure.world(min(_end(day), call.now))
        for owner in owners:
            for account in world.of_subscription.get(owner.id, ()):
                if group in ("", account.group.lower()):
                    for charge in charges(account, world.validations, day, call.scenario.start):
                        if question.wanted(dimensions(charge, owner)):
                            yield charge, owner
        day += DAY


def columns(question: CostQuestion) -> list[dict[str, str]]:
    date_column = {"Daily": [("UsageDate", "Number")], "Monthly": [("BillingMonth", "Datetime")]}
    named = [
        *((name, "Number") for name in question.aggregations),
        *date_column.get(question.granularity, []),
        *((name, "String") for name in question.groupings),
        ("Currency", "String"),
    ]
    return [{"name": name, "type": kind} for name, kind in named]


def page(call: Call, named: list[dict[str, str]], rows: Rows) -> Answer:
    """One page; the next is had by sending the same body to nextLink."""
    first, size = int(call.query.get("$skiptoken", 0)), call.scenario.azure.cost_page
    more = first + size < len(rows)
    name = guid("query", call.path, call.now)
    properties = {
        "nextLink": call.next_page(**{"$skiptoken": str(first + size)}) if more else None,
        "columns": named,
        "rows": rows[first : first + size],
    }
    body = {"id": f"{call.path.lstrip('/')}/{name}", "name": name, "type": "Microsoft.CostManagement/query"}
    return Answer(
        200, {**body, "location": None, "sku": None, "eTag": None, "properties": properties}, targets=(call.path,)
    )


def _rows(question: CostQuestion, found: Iterator[tuple[Charge, Subscription]]) -> Rows:
    """Summed up by day or month, by the groupings, and by currency; never across currencies."""
    mills, quantities = defaultdict[tuple[Any, ...], int](int), defaultdict[tuple[Any, ...], int](int)
    for charge, owner in found:
        known = dimensions(charge, owner)
        try:
            groups = [known[name] for name in question.groupings]
        except KeyError as error:
            raise bad(f"Dimension {error} is not known.") from error
        key = (*_when(question, charge.day), *groups, owner.currency)
        mills[key] += charge.mills
        quantities[key] += charge.quantity
    return [[*_sums(question, mills[key], quantities[key]), *key] for key in sorted(mills)]


def _sums(question: CostQuestion, mills: int, quantity: int) -> list[float]:
    return [float(quantity) if name == "UsageQuantity" else mills / 1000 for name in question.aggregations]


def _when(question: CostQuestion, day: date) -> list[Any]:
    if question.granularity == "Daily":
        return [int(f"{day:%Y%m%d}")]
    return [f"{day:%Y-%m}-01T00:00:00"] if question.granularity == "Monthly" else []


def _end(day: date) -> datetime:
    return datetime.combine(day, time(), UTC) + DAY
