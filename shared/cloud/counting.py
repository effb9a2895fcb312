"""How many calls went to Azure, by kind; and a line about each for whoever debugs, without addresses or bodies."""

import logging
from collections import Counter
from collections.abc import Mapping
from contextvars import ContextVar

from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.core.rest import AsyncHttpResponse, HttpRequest

from shared.cloud.target import TARGET, Target

_log = logging.getLogger(__name__)
_of_task: ContextVar[Counter[str] | None] = ContextVar("calls of this task", default=None)


class CallCount:
    """Calls sent since it was made, every try counted."""

    def __init__(self) -> None:
        self._sent: Counter[str] = Counter()

    def add(self, kind: str) -> None:
        """One more call of this kind."""
        self._sent[str(kind)] += 1
        if (mine := _of_task.get()) is not None:
            mine[kind] += 1

    def start(self) -> Mapping[str, int]:
        """Count from zero what this task and its children send from here on; the mapping grows as they do."""
        mine: Counter[str] = Counter()
        _of_task.set(mine)
        return mine

    def by_kind(self) -> Mapping[str, int]:
        """A copy: kind -> calls."""
        return dict(self._sent)


class CountingPolicy(SansIOHTTPPolicy[HttpRequest, AsyncHttpResponse]):
    """Stands next to the transport, so that it sees every try."""

    def __init__(self, calls: CallCount) -> None:
        self._calls = calls

    def on_request(self, request: PipelineRequest[HttpRequest]) -> None:
        """Count it."""
        self._calls.add(_target(request).kind)

    def on_response(
        self, request: PipelineRequest[HttpRequest], response: PipelineResponse[HttpRequest, AsyncHttpResponse]
    ) -> None:
        """Say what came back."""
        target = _target(request)
        _log.debug("%s %s: %d", target.kind, target.scope, response.http_response.status_code)


def _target(request: PipelineRequest[HttpRequest]) -> Target:
    """Put there by the policy for patience, or still among the options where a pipeline has none."""
    target: Target = request.context.get(TARGET) or request.context.options.pop(TARGET)
    request.context[TARGET] = target
    return target
