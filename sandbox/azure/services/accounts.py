"""ARM: signing accounts, listed and read."""

from collections.abc import Sequence
from typing import Any

from sandbox.azure.answers import Answer
from sandbox.azure.call import Call
from sandbox.azure.services.wire import system_data
from sandbox.azure.world.resources import Account

TYPE = "microsoft.codesigning/codesigningaccounts"


def list_in_subscription(call: Call) -> Answer:
    return _page(call, call.world.of_subscription.get(call.subscription().id, ()))


def list_in_group(call: Call) -> Answer:
    owner, group = call.subscription(), call.parts["group"].lower()
    return _page(
        call, [found for found in call.world.of_subscription.get(owner.id, ()) if found.group.lower() == group]
    )


def get_account(call: Call) -> Answer:
    found = call.account()
    return Answer(200, body(call, found), targets=(found.id,))


def properties(call: Call, found: Account) -> dict[str, Any]:
    code = call.scenario.regions[found.region]
    return {
        "sku": {"name": found.sku},
        "provisioningState": found.provisioning,
        "accountUri": call.azure.signing.format(region=code),
    }


def body(call: Call, found: Account) -> dict[str, Any]:
    """An account as the wire has it: the type in lower case, the id in mixed case."""
    return {
        "id": found.id,
        "name": found.name,
        "type": TYPE,
        "location": found.region,
        "tags": dict(found.tags),
        "systemData": system_data(found.created, found.modified),
        "properties": properties(call, found),
    }


def _page(call: Call, found: Sequence[Account]) -> Answer:
    first, size = int(call.query.get("$skiptoken", 0)), call.scenario.azure.account_page
    answer: dict[str, Any] = {"value": [body(call, each) for each in found[first : first + size]]}
    if first + size < len(found):
        answer["nextLink"] = call.next_page(**{"$skiptoken": str(first + size)})
    return Answer(200, answer)
