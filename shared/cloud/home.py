"""Requests go where settings say and nowhere else: a link in an answer must not lead a token away."""

import re

from azure.core.pipeline import PipelineRequest
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.core.rest import AsyncHttpResponse, HttpRequest

from shared.cloud.wire import Malformed


class HomePolicy(SansIOHTTPPolicy[HttpRequest, AsyncHttpResponse]):
    """Every address begins with `root`, in which `{region}` stands for one name of a region. Raises Malformed."""

    def __init__(self, root: str) -> None:
        before, _, after = root.lower().partition("{region}")
        region = "[a-z0-9-]+" if "{region}" in root else ""
        self._root = re.compile(f"{re.escape(before)}{region}{re.escape(after)}(?=/|$)")

    def on_request(self, request: PipelineRequest[HttpRequest]) -> None:
        """Nothing is sent elsewhere."""
        if not self.leads_home(request.http_request.url):
            raise Malformed("a link leads to somebody else")

    def leads_home(self, url: str) -> bool:
        """Compared without regard to case, as hosts are."""
        return self._root.match(url.lower()) is not None
