"""Azure's clouds: where each answers, and for whom tokens are asked."""

from collections.abc import Mapping
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Cloud:
    """One cloud. `metrics` and `signing` hold `{region}`; audiences are what tokens are asked for."""

    resource_manager: str
    resource_manager_audience: str
    metrics: str
    metrics_audience: str
    authority: str
    storage_suffix: str
    portal: str
    timestamp: str
    signing: str
    communication_audience: str

    def with_endpoints(self, **given: str) -> "Cloud":
        """The same with endpoints that are set singly; an empty one stays as it is. Audiences stay the cloud's."""
        return replace(self, **{name: address for name, address in given.items() if address})


CLOUDS: Mapping[str, Cloud] = {
    "public": Cloud(
        resource_manager="https://management.azure.com",
        resource_manager_audience="https://management.azure.com",
        metrics="https://{region}.metrics.monitor.azure.com",
        metrics_audience="https://metrics.monitor.azure.com",
        authority="https://login.microsoftonline.com",
        storage_suffix="core.windows.net",
        portal="https://portal.azure.com",
        timestamp="http://timestamp.acs.microsoft.com",
        signing="https://{region}.codesigning.azure.net",
        communication_audience="https://communication.azure.com",
    ),
    "usgovernment": Cloud(
        resource_manager="https://management.usgovcloudapi.net",
        resource_manager_audience="https://management.usgovcloudapi.net",
        metrics="https://{region}.metrics.monitor.azure.us",
        metrics_audience="https://metrics.monitor.azure.us",
        authority="https://login.microsoftonline.us",
        storage_suffix="core.usgovcloudapi.net",
        portal="https://portal.azure.us",
        timestamp="http://timestamp.acs.microsoft.com",
        signing="https://{region}.codesigning.azure.us",
        communication_audience="https://communication.azure.us",
    ),
    "china": Cloud(
        resource_manager="https://management.chinacloudapi.cn",
        resource_manager_audience="https://management.chinacloudapi.cn",
        metrics="https://{region}.metrics.monitor.azure.cn",
        metrics_audience="https://metrics.monitor.azure.cn",
        authority="https://login.chinacloudapi.cn",
        storage_suffix="core.chinacloudapi.cn",
        portal="https://portal.azure.cn",
        timestamp="http://timestamp.acs.microsoft.com",
        signing="https://{region}.codesigning.azure.cn",
        communication_audience="https://communication.azure.cn",
    ),
}
