"""Asking Azure Monitor for one window: one batch where it is served, one call an account where it is not."""

import asyncio
from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from azure.core.exceptions import HttpResponseError
from azure.core.rest import HttpRequest
from azure.monitor.querymetrics.aio import MetricsClient

from shared.cloud.blindness import MONITORING_READER, UNREADABLE, blind
from shared.cloud.dates import write_date
from shared.cloud.grain import Grain, Refusals, batch_not_served, heed
from shared.cloud.metric_series import METRIC, NAMESPACE, resource_of, signatures_by_hour
from shared.cloud.session import Session
from shared.cloud.target import Target
from shared.cloud.wire import listed
from shared.domain.blind import About, Blind
from shared.domain.kept import CallKind
from shared.domain.usage import Window

type Hours = Mapping[datetime, int]
type Signatures = Mapping[str, Hours | Blind]

_API = "2024-02-01"
_AT_ONCE = 8
_QUESTION = {"metricnamespace": NAMESPACE, "metricnames": METRIC, "aggregation": "Total"}
_LEFT_OUT = "Azure left this account out of its answer about signatures."


@dataclass(frozen=True, slots=True)
class AccountBatch:
    """Accounts of one subscription and region; `scope` is the subscription's."""

    scope: str
    region: str
    ids: tuple[str, ...]

    def without(self, ids: Container[str]) -> "AccountBatch":
        """The same, some left out."""
        return replace(self, ids=tuple(id_ for id_ in self.ids if id_ not in ids))


class MetricCalls:
    """Raises Throttled, and what a session raises where nothing of the batch could be read."""

    def __init__(self, session: Session, refusals: Refusals) -> None:
        self._session = session
        self._refusals = refusals
        self._clients: dict[str, MetricsClient] = {}
        self._at_once = asyncio.Semaphore(_AT_ONCE)

    async def read(self, batch: AccountBatch, window: Window, grain: Grain) -> Signatures:
        """For every id its hours, or why it is blind."""
        if self._refusals.batches:
            return await self._one_by_one(batch, window, grain)
        try:
            answer = await self._together(batch, window, grain)
        except HttpResponseError as error:
            heed(error, grain)
            if not batch_not_served(error):
                raise
            return await self._instead(batch, window, grain)
        return answer

    async def _instead(self, batch: AccountBatch, window: Window, grain: Grain) -> Signatures:
        """Where single calls all succeed, batches are not served; otherwise one account may have spoilt this one."""
        answer = await self._one_by_one(batch, window, grain)
        self._refusals.batches = not any(isinstance(read, Blind) for read in answer.values())
        return answer

    async def _together(self, batch: AccountBatch, window: Window, grain: Grain) -> Signatures:
        """By `send_request`: the SDK's models lose whose answer it is, and cost a millisecond an account and hour."""
        client = self._client(batch.region)
        query = {"api-version": _API, "starttime": write_date(window.start), "endtime": write_date(window.end)}
        query |= _QUESTION | {"interval": grain.interval}
        url = f"{batch.scope}/metrics:getBatch?{urlencode(query)}"
        request = HttpRequest("POST", url, json={"resourceids": list(batch.ids)})
        target = Target(CallKind.METRICS, batch.scope, repeatable=True, holds="values")
        response = await client.send_request(request, target=target)
        parts = {resource_of(part): part for part in listed(response.json()["values"])}
        return {id_: self._hours(id_, parts.get(id_), window) for id_ in batch.ids}

    async def _one_by_one(self, batch: AccountBatch, window: Window, grain: Grain) -> Signatures:
        reads = await asyncio.gather(
            *(self._alone(batch, id_, window, grain) for id_ in batch.ids), return_exceptions=True
        )
        answer: dict[str, Hours | Blind] = {}
        for id_, read in zip(batch.ids, reads, strict=True):
            if isinstance(read, BaseException):
                raise read
            answer[id_] = read
        return answer

    async def _alone(self, batch: AccountBatch, account_id: str, window: Window, grain: Grain) -> Hours | Blind:
        span = f"{write_date(window.start)}/{write_date(window.end)}"
        query = {"api-version": _API, "timespan": span, "interval": grain.interval} | _QUESTION
        url = f"{quote(account_id)}/providers/Microsoft.Insights/metrics?{urlencode(query)}"
        target = Target(CallKind.METRICS, batch.scope, holds="value")
        try:
            async with self._at_once:
                answer = await self._session.ask(HttpRequest("GET", url), target)
        except HttpResponseError as error:
            heed(error, grain)
            return blind(About.USAGE, account_id, error, MONITORING_READER)
        except UNREADABLE as error:
            return blind(About.USAGE, account_id, error, MONITORING_READER)
        return self._hours(account_id, answer, window)

    def _hours(self, account_id: str, answer: Mapping[str, Any] | None, window: Window) -> Hours | Blind:
        if answer is None:
            return Blind(About.USAGE, account_id, _LEFT_OUT)
        try:
            return signatures_by_hour(answer, window)
        except ValueError as error:
            return blind(About.USAGE, account_id, error, MONITORING_READER)

    def _client(self, region: str) -> MetricsClient:
        endpoint = self._session.endpoints.metrics_of(region)
        if endpoint not in self._clients:
            session = self._session
            self._clients[endpoint] = MetricsClient(
                endpoint, session.credential, audience=session.endpoints.metrics_audience, pipeline=session.metrics
            )
        return self._clients[endpoint]
