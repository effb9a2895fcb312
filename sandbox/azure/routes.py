"""Every path that is answered: which kind of call it is, for which service, and by what."""

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from sandbox.azure.answers import Answer
from sandbox.azure.call import Call
from sandbox.azure.services import (
    accounts,
    costs,
    deletions,
    forecasts,
    graph,
    locks,
    metrics,
    profiles,
    reachable,
    subscriptions,
)

_GROUP = "/subscriptions/{subscription}/resourceGroups/{group}"
_PROVIDER = "/providers/Microsoft.CodeSigning/codeSigningAccounts"
_ACCOUNT = _GROUP + _PROVIDER + "/{account}"
_COSTS = "/providers/Microsoft.CostManagement"
_BILLING = "/providers/Microsoft.Billing/billingAccounts/{billing}"
_COST_SCOPES = (
    "/subscriptions/{subscription}",
    _GROUP,
    "/providers/Microsoft.Management/managementGroups/{management_group}",
    _BILLING,
    _BILLING + "/billingProfiles/{billing_profile}",
)
_LOCKS = "/providers/Microsoft.Authorization/locks"


class Route(NamedTuple):
    """`service` is whose token is asked for, nobody's where it is empty; `kind` is what the call is counted as."""

    method: str
    pattern: re.Pattern[str]
    kind: str
    service: str
    handler: Callable[[Call], Answer]


class Found(NamedTuple):
    route: Route
    parts: Mapping[str, str]


def _route(
    method: str, path: str, kind: str, handler: Callable[[Call], Answer], service: str = "management"
) -> Route:  # fmt: skip
    pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(path))
    return Route(method, re.compile(pattern + "/?", re.IGNORECASE), kind, service, handler)


ROUTES = (
    _route("GET", _ACCOUNT + "/certificateProfiles", "profile_list", profiles.list_profiles),
    _route(
        "POST",
        "/metrics/{region}/subscriptions/{subscription}/metrics:getBatch",
        "metrics_batch",
        metrics.batch,
        "metrics.monitor",
    ),
    _route("POST", "/providers/Microsoft.ResourceGraph/resources", "resource_graph", graph.resources),
    _route("GET", _ACCOUNT, "account_get", accounts.get_account),
    _route("DELETE", _ACCOUNT, "delete", deletions.delete_account),
    _route("GET", _ACCOUNT + "/certificateProfiles/{profile}", "profile_get", profiles.get_profile),
    _route("GET", _ACCOUNT + "/providers/Microsoft.Insights/metrics", "metrics_single", metrics.single),
    _route(
        "GET",
        "/providers/Microsoft.CodeSigning/locations/{region}/operationStatuses/{operation}",
        "operation",
        deletions.operation_status,
    ),
    _route("GET", "/subscriptions", "subscription_list", subscriptions.list_subscriptions),
    _route("GET", "/subscriptions/{subscription}", "subscription", subscriptions.get_subscription),
    _route("GET", "/subscriptions/{subscription}/providers/{namespace}", "provider", subscriptions.get_provider),
    _route("GET", "/subscriptions/{subscription}" + _PROVIDER, "account_list", accounts.list_in_subscription),
    _route("GET", _GROUP, "group", subscriptions.get_group),
    _route("GET", _GROUP + _PROVIDER, "account_list", accounts.list_in_group),
    _route("GET", _ACCOUNT + _LOCKS, "locks", locks.list_locks),
    _route("GET", _GROUP + _LOCKS, "locks", locks.list_locks),
    _route("GET", "/subscriptions/{subscription}" + _LOCKS, "locks", locks.list_locks),
    _route("GET", "/timestamp", "timestamp", reachable.alive, ""),
    _route("GET", "/signing/{region}", "signing_endpoint", reachable.alive, ""),
    *(_route("POST", scope + _COSTS + "/query", "cost", costs.query) for scope in _COST_SCOPES),
    *(_route("POST", scope + _COSTS + "/forecast", "cost_forecast", forecasts.forecast) for scope in _COST_SCOPES),
)


def find_route(method: str, path: str) -> Found | None:
    for route in ROUTES:
        if route.method == method:
            matched = route.pattern.fullmatch(path)
            if matched:
                return Found(route, matched.groupdict())
    return None
