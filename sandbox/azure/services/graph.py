"""Resource Graph: accounts and subscriptions as an index that may lag behind, with its own quota."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from functools import lru_cache
from typing import Any

from sandbox.azure.answers import Answer, Refused, refusal
from sandbox.azure.call import Call
from sandbox.azure.scenario.story import Scenario
from sandbox.azure.service import Azure
from sandbox.azure.services.accounts import TYPE
from sandbox.azure.services.graph_language import NotUnderstood, read
from sandbox.azure.services.graph_tables import Row, Tables, ordered_by_id, run
from sandbox.azure.services.wire import system_data
from sandbox.azure.world.invented import share
from sandbox.azure.world.resources import Account, Subscription, World


def resources(call: Call) -> Answer:
    """POST /providers/Microsoft.ResourceGraph/resources."""
    taken, resets = call.azure.graph_quota.take(call.caller.object_id, call.now)
    headers = {
        "x-ms-user-quota-remaining": str(taken.remaining),
        "x-ms-user-quota-resets-after": _clock_face(resets),
    }
    if not taken.passes:
        text = "Client application has been throttled and should not repeat the request until an amount of time."
        raise Refused(refusal(429, "RateLimiting", text, {**headers, "Retry-After": str(taken.retry_after)}))
    body = call.json()
    scope = _subscriptions(call, body)
    options = body.get("options") or {}
    rows, pages = _answered(call, str(body.get("query", "")), scope, _forgotten(call))
    first = int(options.get("$skipToken") or options.get("$skip") or 0)
    size = min(int(options.get("$top") or call.scenario.azure.graph_page), call.scenario.azure.graph_page)
    page = rows[first : first + size]
    more = first + size < len(rows)
    answer: dict[str, Any] = {
        "totalRecords": len(rows),
        "count": len(page),
        "data": page,
        "facets": [],
        "resultTruncated": "true" if more else "false",
    }
    if more and pages:
        answer["$skipToken"] = str(first + size)
    return Answer(200, answer, headers, tuple(sorted(scope)))


def _subscriptions(call: Call, body: dict[str, Any]) -> frozenset[str]:
    """The ids that the query may see. Raises Refused with 403 where a scope was named and none of it can be read."""
    readable = {key for key, found in call.world.subscriptions.items() if not found.forbidden}
    ids, groups = body.get("subscriptions"), body.get("managementGroups")
    if not ids and not groups:
        return frozenset(readable)
    wanted = {str(each).lower() for each in ids or ()} | _in_groups(call, groups or ())
    if not wanted & readable:
        text = "Access denied: none of the subscriptions or management groups of the request can be read."
        raise Refused(refusal(403, "AccessDenied", text))
    return frozenset(wanted & readable)


def _in_groups(call: Call, groups: Iterable[str]) -> set[str]:
    """The tenant's root group, by the tenant's id, holds everything."""
    known = {name.lower(): members for name, members in call.scenario.management_groups.items()}
    by_name = {found.name.lower(): key for key, found in call.world.subscriptions.items()}
    found: set[str] = set()
    for group in (each.lower() for each in groups):
        members = by_name if group == call.scenario.tenant.id.lower() else known.get(group, ())
        found.update(by_name[name.lower()] for name in members)
    return found


def _forgotten(call: Call) -> float:
    return max((each.share for each in call.world.forgets if each.span.holds(call.now)), default=0.0)


def _answered(call: Call, text: str, scope: frozenset[str], forgotten: float) -> tuple[list[Row], bool]:
    """All rows, and whether they can be paged. Raises Refused with 400."""
    indexed = call.azure.world(call.now - call.scenario.azure.graph_delay)
    try:
        return _rows(_Index(call.azure, indexed, scope, forgotten), text)
    except (NotUnderstood, ValueError) as error:
        answer = {
            "code": "BadRequest",
            "message": "Please provide below info when asking for support: the query.",
            "details": [
                {"code": "InvalidQuery", "message": "Query is invalid. Please refer to the documentation."},
                {"code": "ParserFailure", "message": str(error)},
            ],
        }
        raise Refused(Answer(400, {"error": answer})) from error


class _Index:
    """What a query sees; two are the same when they see the same world in the same way."""

    def __init__(self, azure: Azure, world: World, scope: frozenset[str], forgotten: float) -> None:
        self.scenario, self.signing = azure.scenario, azure.signing
        self.world, self.scope, self.forgotten = world, scope, forgotten
        self._key = (id(world), scope, forgotten)

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Index) and self.world is other.world and self._key == other._key


@lru_cache(maxsize=8)
def _rows(index: _Index, text: str) -> tuple[list[Row], bool]:
    query = read(text)
    return run(query, _tables(index)), ordered_by_id(query)


@lru_cache(maxsize=2)
def _tables(index: _Index) -> Tables:
    subscriptions = [index.world.subscriptions[key] for key in sorted(index.scope) if key in index.world.subscriptions]
    return {
        "resources": [
            _account_row(index, account, owner)
            for owner in subscriptions
            for account in index.world.of_subscription.get(owner.id, ())
            if share("forgotten", account.id) >= index.forgotten
        ],
        "resourcecontainers": [
            *(_subscription_row(index.scenario, found) for found in subscriptions),
            *(row for found in subscriptions for row in _group_rows(index, found)),
        ],
    }


def _account_row(index: _Index, found: Account, owner: Subscription) -> Row:
    """The index writes groups in lower case, whatever ARM has."""
    sku = {"name": found.sku}
    properties = {
        "sku": sku,
        "provisioningState": found.provisioning,
        "accountUri": index.signing.format(region=index.scenario.regions[found.region]),
    }
    return {
        "id": found.id.replace(f"/resourceGroups/{found.group}/", f"/resourceGroups/{found.group.lower()}/"),
        "name": found.name,
        "type": TYPE,
        "tenantId": index.scenario.tenant.id,
        "kind": "",
        "location": found.region,
        "resourceGroup": found.group.lower(),
        "subscriptionId": owner.id,
        "managedBy": "",
        "sku": None,
        "plan": None,
        "properties": properties,
        "tags": dict(found.tags) or None,
        "identity": None,
        "zones": None,
        "extendedLocation": None,
        "systemData": system_data(found.created, found.modified),
    }


def _subscription_row(scenario: Scenario, found: Subscription) -> Row:
    return {
        "id": f"/subscriptions/{found.id}",
        "name": found.name,
        "type": "microsoft.resources/subscriptions",
        "tenantId": scenario.tenant.id,
        "location": "",
        "resourceGroup": "",
        "subscriptionId": found.id,
        "properties": {"state": found.state, "managementGroupAncestorsChain": []},
        "tags": dict(found.tags) or None,
    }


def _group_rows(index: _Index, owner: Subscription) -> Iterator[Row]:
    for name in sorted({account.group.lower() for account in index.world.of_subscription.get(owner.id, ())}):
        yield {
            "id": f"/subscriptions/{owner.id}/resourceGroups/{name}",
            "name": name,
            "type": "microsoft.resources/subscriptions/resourcegroups",
            "tenantId": index.scenario.tenant.id,
            "location": next(iter(index.scenario.regions)),
            "resourceGroup": name,
            "subscriptionId": owner.id,
            "properties": {"provisioningState": "Succeeded"},
            "tags": dict(owner.groups.get(name, {})) or None,
        }


def _clock_face(left: timedelta) -> str:
    seconds = max(int(left.total_seconds()), 0)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
