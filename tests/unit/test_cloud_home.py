"""A token goes where settings say and nowhere else, in the sandbox and in the real clouds alike."""

import pytest
from azure.core.pipeline import PipelineContext, PipelineRequest
from azure.core.rest import HttpRequest

from shared.cloud.home import HomePolicy
from shared.cloud.wire import Malformed
from shared.clouds import CLOUDS

METRICS = CLOUDS["public"].metrics
MANAGEMENT = CLOUDS["public"].resource_manager


def asks(root: str, url: str) -> None:
    request: PipelineRequest[HttpRequest] = PipelineRequest(HttpRequest("GET", url), PipelineContext(None))
    HomePolicy(root).on_request(request)


@pytest.mark.parametrize(
    ("root", "url"),
    [
        (METRICS, METRICS.format(region="westeurope") + "/subscriptions/x"),
        (MANAGEMENT, f"{MANAGEMENT.upper()}/subscriptions"),
        ("https://127.0.0.1:8443/metrics/{region}", "https://127.0.0.1:8443/metrics/eastus/subscriptions/x"),
    ],
)
def test_home_is_let_through(root: str, url: str) -> None:
    asks(root, url)


@pytest.mark.parametrize(
    ("root", "url"),
    [
        (METRICS, "https://evil.example/x"),
        (METRICS, METRICS.format(region="a.evil.example/")),
        (METRICS, METRICS.format(region="westeurope") + ".evil.example/x"),
        (MANAGEMENT, f"{MANAGEMENT}.evil.example/subscriptions"),
        (MANAGEMENT, MANAGEMENT.replace("https", "http") + "/subscriptions"),
    ],
)
def test_everywhere_else_is_not(root: str, url: str) -> None:
    with pytest.raises(Malformed):
        asks(root, url)
