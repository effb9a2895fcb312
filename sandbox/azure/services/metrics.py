"""Azure Monitor: the one metric there is, for one resource or in batches of fifty."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from math import ceil
from typing import Any

from sandbox.azure.answers import Answer, Refused, refusal
from sandbox.azure.call import Call
from sandbox.azure.services.accounts import TYPE
from sandbox.azure.services.wire import short_date
from sandbox.azure.world.resources import Account, Span
from sandbox.azure.world.signing import MINUTE, ever_signed, signed_by_minute

METRIC = "SignCompleted"
BATCH_LIMIT = 50
GRAINS = {"PT1M": 1, "PT5M": 5, "PT15M": 15, "PT30M": 30, "PT1H": 60, "PT6H": 360, "PT12H": 720, "P1D": 1440}
_DIMENSION = re.compile(r"(\w+)\s+eq\s+'", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Question:
    """Whole grains: `window` begins and ends on one."""

    window: Span
    end: datetime
    interval: str
    grain_minutes: int
    aggregations: Sequence[str]
    dimensions: Sequence[str]


def batch(call: Call) -> Answer:
    """POST metrics:getBatch at a region: up to 50 resources of one subscription and that region."""
    if not call.scenario.azure.metric_batch:
        raise _bad(f"Resource type {TYPE} is not supported by the batch API.")
    owner = call.subscription()
    ids = call.json().get("resourceids")
    if not isinstance(ids, list) or not all(isinstance(each, str) for each in ids):
        raise _bad("The body has to hold resourceids, a list of resource ids.")
    if not 0 < len(ids) <= BATCH_LIMIT:
        raise _bad(f"The number of resource ids has to be from 1 to {BATCH_LIMIT}; there are {len(ids)}.")
    question = read_question(call, call.query.get("starttime"), call.query.get("endtime"))
    region = call.parts["region"].lower()
    found = [_of(call, each, owner.id, region) for each in ids]
    values = [
        {
            "starttime": short_date(question.window.start),
            "endtime": short_date(question.end),
            "resourceid": wanted,
            **_result(call, account, question),
        }
        for wanted, account in zip(ids, found, strict=True)
    ]
    return Answer(200, {"values": values}, targets=tuple(ids))


def single(call: Call) -> Answer:
    """GET {account}/providers/Microsoft.Insights/metrics."""
    account = call.account()
    start, _, end = call.query.get("timespan", "").partition("/")
    question = read_question(call, start or None, end or None)
    span = f"{short_date(question.window.start)}/{short_date(question.end)}"
    return Answer(200, {"cost": 0, "timespan": span, **_result(call, account, question)}, targets=(account.id,))


def read_question(call: Call, start: str | None, end: str | None) -> Question:
    """The last hour where no time is said, the smallest grain where none is. Raises Refused with 400."""
    interval = call.query.get("interval", call.scenario.azure.metric_grains[0])
    names = call.query.get("metricnames", METRIC)
    if [name.strip().lower() for name in names.split(",")] != [METRIC.lower()]:
        raise _bad(f"Failed to find metric configuration for provider: {TYPE}, names: {names}. Valid metrics: {METRIC}")
    if call.query.get("metricnamespace", TYPE).lower() != TYPE:
        raise _bad(f"There is no metric namespace {call.query['metricnamespace']} here. Valid namespaces: {TYPE}")
    if interval not in call.scenario.azure.metric_grains or interval not in GRAINS:
        valid = ", ".join(call.scenario.azure.metric_grains)
        raise _bad(f"Detected invalid time grain input: {interval}. Valid time grains for {METRIC}: {valid}")
    grain = GRAINS[interval]
    until = _moment(end, call.now)
    first = _moment(start, until - timedelta(hours=1))
    if first > until:
        raise _bad("The start time is later than the end time.")
    first = max(first, call.now - timedelta(days=93))
    last = min(until, call.now) + timedelta(minutes=grain, microseconds=-1)
    begin, stop = _floor(first, grain), _floor(last, grain)
    asked = [each.strip().lower() for each in call.query.get("aggregation", "total").split(",")]
    filters = call.query.get("filter", call.query.get("$filter", ""))
    return Question(Span(begin, stop), until, interval, grain, asked, _DIMENSION.findall(filters))


def _of(call: Call, resource_id: str, subscription_id: str, region: str) -> Account:
    """The account behind an id; one of another subscription or region spoils the batch."""
    parts = resource_id.lower().strip("/").split("/")
    found = call.world.accounts.get(parts[-1])
    if len(parts) != 8 or parts[1] != subscription_id:
        raise _bad(f"All resources have to be in subscription {subscription_id}; this one is not: {resource_id}")
    if found is None or found.id.lower().strip("/") != "/".join(parts):
        raise Refused(refusal(404, "ResourceNotFound", f"The resource was not found: {resource_id}"))
    if found.region != region:
        raise _bad(f"All resources have to be in region {region}; this one is in {found.region}: {resource_id}")
    return found


def _result(call: Call, account: Account, question: Question) -> dict[str, Any]:
    metric = {
        "id": f"{account.id}/providers/Microsoft.Insights/metrics/{METRIC}",
        "type": "Microsoft.Insights/metrics",
        "name": {"value": METRIC, "localizedValue": "Sign Completed"},
        "displayDescription": "Count of the number of completed sign requests",
        "unit": "Count",
        "timeseries": _series(call, account, question),
        "errorCode": "Success",
    }
    return {"interval": question.interval, "namespace": TYPE, "resourceregion": account.region, "value": [metric]}


def _series(call: Call, account: Account, question: Question) -> list[dict[str, Any]]:
    """None at all for an account that never signed."""
    if not ever_signed(account):
        return []
    known = ceil((call.now - call.scenario.azure.metric_delay - question.window.start) / MINUTE)
    minutes = signed_by_minute(account, call.world.validations, question.window, call.scenario.start)
    grain, wanted = question.grain_minutes, [each for each in question.aggregations if each in ("total", "count")]
    points: list[dict[str, Any]] = []
    for place, text in enumerate(_stamps(question.window.start, len(minutes), grain)):
        first, last = place * grain, min(place * grain + grain, known)
        value = float(sum(minutes[first:last]))
        points.append({"timeStamp": text, **dict.fromkeys(wanted if first < known else (), value)})
    return [{"metadatavalues": _metadata(call, account, question), "data": points}]


@lru_cache(maxsize=64)
def _stamps(start: datetime, minutes: int, grain: int) -> tuple[str, ...]:
    return tuple(short_date(start + minute * MINUTE) for minute in range(0, minutes, grain))


def _metadata(call: Call, account: Account, question: Question) -> list[dict[str, Any]]:
    known = {
        "certtype": account.profiles[0].type if account.profiles else "PublicTrust",
        "region": account.region,
        "tenantid": call.scenario.tenant.id,
    }
    asked = [name.lower() for name in question.dimensions]
    return [{"name": {"value": name, "localizedValue": name}, "value": known[name]} for name in asked if name in known]


def _moment(text: str | None, otherwise: datetime) -> datetime:
    if not text:
        return otherwise
    try:
        found = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError as error:
        raise _bad(f"Not a time: {text}") from error
    return found if found.tzinfo else found.replace(tzinfo=otherwise.tzinfo)


def _floor(moment: datetime, minutes: int) -> datetime:
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    grain = timedelta(minutes=minutes)
    return midnight + (moment - midnight) // grain * grain


def _bad(text: str) -> Refused:
    return Refused(refusal(400, "BadRequest", text))
