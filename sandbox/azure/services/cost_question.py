"""What a query of Cost Management asks for: which days, of which charges, by what."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sandbox.azure.answers import Refused, refusal
from sandbox.azure.call import Call
from sandbox.azure.services.accounts import TYPE
from sandbox.azure.world.billing import Charge
from sandbox.azure.world.resources import Subscription

type Dimensions = Mapping[str, str]

_FRAMES = ("Custom", "MonthToDate", "BillingMonthToDate", "TheLastMonth", "TheLastBillingMonth", "WeekToDate")


@dataclass(frozen=True, slots=True)
class CostQuestion:
    """Days from `first` to `last`; `aggregations` and `groupings` by the names of their columns."""

    first: date
    last: date
    granularity: str
    aggregations: tuple[str, ...]
    groupings: tuple[str, ...]
    wanted: Callable[[Dimensions], bool]

    @property
    def months(self) -> int:
        """Query units: one a month of data."""
        return (self.last.year - self.first.year) * 12 + self.last.month - self.first.month + 1


def read_cost_question(call: Call, most_groupings: int = 2) -> CostQuestion:
    """Raises Refused with 400."""
    body = call.json()
    dataset = body.get("dataset") or {}
    aggregations = tuple(str(each.get("name")) for each in (dataset.get("aggregation") or {}).values())
    groupings = tuple(str(each.get("name")) for each in dataset.get("grouping") or ())
    if not 0 < len(aggregations) <= 2 or len(groupings) > most_groupings:
        raise bad(f"A query takes 1 or 2 aggregations and at most {most_groupings} groupings.")
    if any(each.get("type", "Dimension") != "Dimension" for each in dataset.get("grouping") or ()):
        raise bad("Only dimensions can be grouped by.")
    first, last = _days(body, call.now)
    granularity = str(dataset.get("granularity") or "None")
    filters = dataset.get("filter") or {}
    return CostQuestion(first, last, granularity, aggregations, groupings, lambda row: _fits(filters, row))


def dimensions(charge: Charge, owner: Subscription) -> Dimensions:
    """What a charge can be grouped and filtered by; ids in lower case."""
    account = charge.account
    return {
        "ResourceId": account.id.lower(),
        "Meter": charge.meter,
        "MeterCategory": "Trusted Signing",
        "ServiceName": "Trusted Signing",
        "ResourceType": TYPE,
        "ResourceGroup": account.group.lower(),
        "ResourceGroupName": account.group.lower(),
        "ResourceLocation": account.region,
        "SubscriptionId": owner.id,
        "SubscriptionName": owner.name,
        "ChargeType": "Usage",
    }


def bad(text: str) -> Refused:
    return Refused(refusal(400, "BadRequest", f"Invalid query definition: {text}"))


def _days(body: dict[str, Any], now: datetime) -> tuple[date, date]:
    frame, today = str(body.get("timeframe", "Custom")), now.date()
    month = today.replace(day=1)
    if frame not in _FRAMES:
        raise bad(f"timeframe has to be one of {', '.join(_FRAMES)}, not {frame}.")
    if frame in ("MonthToDate", "BillingMonthToDate"):
        return month, today
    if frame == "WeekToDate":
        return today - timedelta(days=(today.weekday() + 1) % 7), today
    if frame != "Custom":
        last = month - timedelta(days=1)
        return last.replace(day=1), last
    period = body.get("timePeriod") or {}
    try:
        first, last = (datetime.fromisoformat(str(period[name])).date() for name in ("from", "to"))
    except (KeyError, ValueError) as error:
        raise bad("a custom timeframe needs timePeriod with from and to.") from error
    if first > last or first < now.astimezone(UTC).date() - timedelta(days=13 * 31):
        raise bad("the time period ends before it begins, or lies more than 13 months back.")
    return first, last


def _fits(filters: Mapping[str, Any], row: Dimensions) -> bool:
    """Raises Refused with 400 for a filter that is not known."""
    if not filters:
        return True
    if "and" in filters:
        return all(_fits(each, row) for each in filters["and"])
    if "or" in filters:
        return any(_fits(each, row) for each in filters["or"])
    wanted = filters.get("dimensions")
    if not isinstance(wanted, dict) or wanted.get("name") not in row:
        raise bad("a filter has to be and, or, or dimensions with a known name.")
    return row[wanted["name"]].lower() in {str(value).lower() for value in wanted.get("values") or ()}
