"""From the body of a metrics answer to signatures by hour; batch and single answers hold the same parts."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from shared.cloud.dates import read_date
from shared.cloud.wire import Malformed, listed, mapping, required, text
from shared.domain.usage import Window

METRIC = "SignCompleted"
NAMESPACE = "microsoft.codesigning/codesigningaccounts"


def signatures_by_hour(answer: Mapping[str, Any], window: Window) -> Mapping[datetime, int]:
    """One resource's answer; a null is unknown, and an hour of which nothing is known is left out."""
    hours: dict[datetime, float] = {}
    for moment, total in _points(answer):
        if window.start <= moment < window.end:
            hour = moment.replace(minute=0, second=0, microsecond=0)
            hours[hour] = hours.get(hour, 0) + total
    return {hour: round(total) for hour, total in sorted(hours.items())}


def resource_of(answer: Mapping[str, Any]) -> str:
    """The lower-case id of the resource that a part of a batch's answer speaks of."""
    told = text(answer, "resourceid")
    if not told:
        told = next((required(metric, "id") for metric in listed(answer.get("value"))), "")
    return told.lower().partition("/providers/microsoft.insights/")[0]


def _points(answer: Mapping[str, Any]) -> Iterator[tuple[datetime, float]]:
    for metric in listed(answer.get("value")):
        if text(metric, "errorCode") not in ("", "Success"):
            raise Malformed("the metric itself was not read")
        if text(mapping(metric.get("name")), "value").lower() != METRIC.lower():
            continue
        for series in listed(metric.get("timeseries")):
            for point in listed(series.get("data")):
                total = point.get("total")
                if total is not None:
                    yield read_date(required(point, "timeStamp")), _number(total)


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Malformed("a total is not a number")
    return value
