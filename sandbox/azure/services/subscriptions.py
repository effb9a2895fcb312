"""ARM: subscriptions, and whether a provider is registered in them."""

from typing import Any

from sandbox.azure.answers import Answer
from sandbox.azure.call import Call
from sandbox.azure.world.resources import Subscription


def list_subscriptions(call: Call) -> Answer:
    """Those that can be read; the others are simply not there."""
    readable = [found for found in call.world.subscriptions.values() if not found.forbidden]
    count = {"type": "Total", "value": len(readable)}
    return Answer(200, {"value": [_body(call, found) for found in readable], "count": count})


def get_subscription(call: Call) -> Answer:
    return Answer(200, _body(call, call.subscription()))


def get_provider(call: Call) -> Answer:
    """Microsoft.CodeSigning is registered as the scenario says, everything else always."""
    found = call.subscription()
    namespace = call.parts["namespace"]
    registered = found.registered or namespace.lower() != "microsoft.codesigning"
    return Answer(
        200,
        {
            "id": f"/subscriptions/{found.id}/providers/{namespace}",
            "namespace": namespace,
            "registrationPolicy": "RegistrationRequired",
            "registrationState": "Registered" if registered else "NotRegistered",
            "resourceTypes": [],
        },
    )


def get_group(call: Call) -> Answer:
    """Resource groups are not kept by themselves; one is there when an account is in it, or was asked for."""
    owner, name = call.subscription(), call.parts["group"]
    return Answer(
        200,
        {
            "id": f"/subscriptions/{owner.id}/resourceGroups/{name}",
            "name": name,
            "type": "Microsoft.Resources/resourceGroups",
            "location": next(iter(call.scenario.regions)),
            "tags": dict(owner.groups.get(name.lower(), {})),
            "properties": {"provisioningState": "Succeeded"},
        },
    )


def _body(call: Call, found: Subscription) -> dict[str, Any]:
    return {
        "id": f"/subscriptions/{found.id}",
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "tags": dict(found.tags),
        "subscriptionId": found.id,
        "tenantId": call.scenario.tenant.id,
        "displayName": found.name,
        "state": found.state,
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01",
            "quotaId": "EnterpriseAgreement_2014-09-01",
            "spendingLimit": "Off",
        },
    }
