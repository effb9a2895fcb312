"""Where Azure is, and for whom tokens are asked: handed in, since sovereign clouds and private links have others."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Addresses without a trailing slash; `metrics` and `signing` hold `{region}`."""

    resource_manager: str
    resource_manager_audience: str
    metrics: str
    metrics_audience: str
    timestamp: str
    signing: str

    def metrics_of(self, region: str) -> str:
        """The regional endpoint for batches of metrics."""
        return self.metrics.format(region=region.lower().replace(" ", ""))
