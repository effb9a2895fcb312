"""The bill, from Cost Management: a page at a time, and a forecast (DOMAIN.md section 6)."""

import functools
from collections.abc import Awaitable, Callable
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from azure.core.exceptions import HttpResponseError
from azure.core.pipeline import PipelineResponse
from azure.core.rest import AsyncHttpResponse, HttpRequest

from shared.cloud.blindness import COST_MANAGEMENT_READER, UNREADABLE, blind
from shared.cloud.cost_questions import Question, bill_question, forecast_question
from shared.cloud.cost_refusals import forecast_unavailable, grouping_refused
from shared.cloud.cost_rows import read_forecast, read_page
from shared.cloud.session import Session
from shared.cloud.target import Target
from shared.cloud.wire import Malformed
from shared.domain.blind import About, Blind
from shared.domain.cost import CostPage, Forecast, GroupingRefused
from shared.domain.kept import CallKind

if TYPE_CHECKING:
    from azure.mgmt.costmanagement.aio import CostManagementClient

_UNTOLD = "The scope does not tell which resource was charged."
_MOST_PAGES = 50
_NO_CONTENT = 204

type Ask = Callable[..., Awaitable[Any]]


class CostManagement:
    """One client for all scopes, on the session's pipeline. Asking twice does no harm, though these are POSTs."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def page(self, scope: str, first: date, last: date, link: str = "") -> CostPage | GroupingRefused | Blind:
        """The SDK does not page: the same body is sent to the link. Raises Throttled."""
        try:
            return await self._page(scope, first, last, link)
        except HttpResponseError as error:
            return GroupingRefused(_UNTOLD) if grouping_refused(error, scope) else _blind(scope, error)
        except UNREADABLE as error:
            return _blind(scope, error)

    async def forecast(self, scope: str, month: date) -> Forecast | Blind | None:
        """None under 28 days of history. Raises Throttled."""
        try:
            return await self._foreseen(scope, month)
        except HttpResponseError as error:
            return None if forecast_unavailable(error) else _blind(scope, error)
        except UNREADABLE as error:
            return _blind(scope, error)

    async def _page(self, scope: str, first: date, last: date, link: str) -> CostPage:
        told = await self._told(self._client.query.usage, scope, bill_question(first, last), link)
        page = CostPage({}) if told is None else read_page(told)
        if link and page.next_link == link:
            raise Malformed("the same page twice")
        return page

    async def _foreseen(self, scope: str, month: date) -> Forecast | None:
        question = forecast_question(month)
        sums: dict[str, Decimal] = {}
        foreseen, link = False, ""
        for _ in range(_MOST_PAGES):
            told = await self._told(self._client.forecast.usage, scope, question, link)
            if told is None:
                return None
            found, some, link = read_forecast(told)
            foreseen |= some
            sums |= {name: sums.get(name, Decimal()) + amount for name, amount in found.items()}
            if not link:
                return Forecast(month, sums) if foreseen else None
        raise Malformed("pages without end")

    async def _told(self, ask: Ask, scope: str, question: Question, link: str) -> str | None:
        """The body as text, for amounts must not pass through a float; None where there is nothing to tell."""
        target = Target(CallKind.COSTS, scope, repeatable=True)
        if link:
            return _text(await self._session.send(HttpRequest("POST", link, json=question), target))
        told: str | None = await ask(scope.lstrip("/"), question, cls=_of_pipeline, target=target)
        return told

    @functools.cached_property
    def _client(self) -> "CostManagementClient":
        """Imported here, because it is large, and most processes never read a bill."""
        from azure.mgmt.costmanagement.aio import CostManagementClient

        return CostManagementClient(
            self._session.credential,
            self._session.endpoints.resource_manager.rstrip("/"),
            credential_scopes=[self._session.endpoints.resource_manager_audience],
            policies=[],
            pipeline=self._session.resource_manager,
        )


def _of_pipeline(response: PipelineResponse[HttpRequest, AsyncHttpResponse], *_: object) -> str | None:
    return _text(response.http_response)


def _text(answer: AsyncHttpResponse) -> str | None:
    return None if answer.status_code == _NO_CONTENT else answer.text()


def _blind(scope: str, error: Exception) -> Blind:
    return blind(About.COSTS, scope, error, COST_MANAGEMENT_READER)
