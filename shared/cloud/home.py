"""Requests go where settings say and nowhere else: a link in an answer must not lead a token away."""

from azure.core.pipeline import PipelineRequest
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.core.rest import AsyncHttpResponse, HttpRequest

from shared.cloud.wire import Malformed


class HomePolicy(SansIOHTTPPolicy[HttpRequest, AsyncHttpResponse]):
    """Every address begins with `root`. Raises Malformed."""

    def __init__(self, root: str) -> None:
        self._root = root.lower()

    def on_request(self, request: PipelineRequest[HttpRequest]) -> None:
        """Compare without regard to case, as hosts are."""
        if not request.http_request.url.lower().startswith(self._root):
            raise Malformed("a link leads to somebody else")
