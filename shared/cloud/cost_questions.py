"""What Cost Management is asked, in wire names: only about signing accounts, by day (DOMAIN.md section 6)."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from shared.domain.cost import month_end

type Question = Mapping[str, Any]

_OURS = {
    "dimensions": {"name": "ResourceType", "operator": "In", "values": ["microsoft.codesigning/codesigningaccounts"]}
}
_COST = {"totalCost": {"name": "Cost", "function": "Sum"}}
_BY_RESOURCE_AND_METER = [{"type": "Dimension", "name": name} for name in ("ResourceId", "Meter")]


def bill_question(first: date, last: date) -> Question:
    """Both days are meant whole."""
    return _question(first, last, grouping=_BY_RESOURCE_AND_METER)


def forecast_question(month: date) -> Question:
    """Forecasts take no grouping; what was charged of the month is a part of the answer."""
    return _question(month, month_end(month)) | {"includeActualCost": True, "includeFreshPartialCost": False}


def _question(first: date, last: date, **more: Any) -> dict[str, Any]:
    return {
        "type": "ActualCost",
        "timeframe": "Custom",
        "timePeriod": {"from": f"{first}T00:00:00Z", "to": f"{last}T23:59:59Z"},
        "dataset": {"granularity": "Daily", "aggregation": _COST, "filter": _OURS, **more},
    }
