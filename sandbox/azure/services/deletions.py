"""ARM: an account is deleted, which takes a while and is followed at kilobyte-long signed addresses."""

import asyncio
from datetime import datetime
from urllib.parse import urlencode

from sandbox.azure.answers import Answer, Refused, refusal
from sandbox.azure.call import Call
from sandbox.azure.scenario.effects import BeginDelete, Delete, Provision
from sandbox.azure.services.wire import long_date
from sandbox.azure.world.invented import digest
from sandbox.azure.world.resources import Account, World


def delete_account(call: Call) -> Answer:
    """202 and two addresses; 204 where nothing is; 409 ScopeLocked under a lock."""
    call.subscription()
    try:
        found = call.account()
    except Refused:
        return Answer(204)
    held = locks_on(found.id, call.world)
    if held:
        text = f"The scope '{found.id}' cannot perform delete operation because following scope(s) are locked: "
        raise Refused(refusal(409, "ScopeLocked", f"{text}'{held[0]}'. Please remove the lock and try again."))
    if found.provisioning != "Deleting":
        _begin(call, found)
    return Answer(202, headers=_addresses(call, found, _operation(call, found)), targets=(found.id,))


def operation_status(call: Call) -> Answer:
    """HTTP 202 with fresh addresses while it runs, 200 when it is over. The operation's name says what it deletes."""
    name = call.parts["operation"]
    started, target = call.azure.deletions.get(name, (None, None))
    if started is None or target is None:
        raise Refused(refusal(404, "OperationNotFound", "There is no such operation."))
    running = call.world.accounts.get(target.name.lower())
    body = {
        "id": call.path,
        "name": name,
        "resourceId": target.id,
        "status": "Deleting" if running and running.created == target.created else "Succeeded",
        "startTime": long_date(started),
    }
    if body["status"] == "Succeeded":
        return Answer(200, {**body, "properties": None}, targets=(target.id,))
    return Answer(202, body, _addresses(call, target, name), (target.id,))


def locks_on(scope: str, world: World) -> list[str]:
    """The scopes of all locks that hold for a resource: its own, its group's, its subscription's."""
    inside = scope.lower() + "/"
    return [lock.scope for lock in world.locks if inside.startswith(lock.scope.lower() + "/")]


def _begin(call: Call, found: Account) -> None:
    behaviour = call.scenario.azure
    call.azure.history.add([(call.now, BeginDelete(begin_delete=found.name))])
    call.azure.deletions[_operation(call, found)] = (call.now, found)
    if behaviour.deletes_end == "never":
        return
    if behaviour.deletes_by == "story":
        call.azure.history.add([(call.now + behaviour.deletes_take, _ending(call, found))])
    else:
        loop = asyncio.get_running_loop()
        loop.call_later(behaviour.deletes_take.total_seconds(), _end, call, found)


def _end(call: Call, found: Account) -> None:
    call.azure.history.add([(call.azure.clock.now(), _ending(call, found))])


def _ending(call: Call, found: Account) -> Delete | Provision:
    end = call.scenario.azure.deletes_end
    return Delete(delete=found.name) if end == "gone" else Provision(provision=found.name, becomes=end)


def _operation(call: Call, found: Account) -> str:
    made = digest("operation", found.id, found.created, call.azure.origin).hex()
    return f"{made[:8]}-{made[8:12]}-{made[12:16]}-{made[16:20]}-{made[20:32]}*{made.upper()}"


def _addresses(call: Call, found: Account, operation: str) -> dict[str, str]:
    """Several kilobytes of signature, new with each answer."""
    address = _signed(call.azure.origin, found.region, operation, call.now)
    return {"azure-asyncoperation": address, "location": address}


def _signed(origin: str, region: str, operation: str, now: datetime) -> str:
    signature = "".join(digest("signature", operation, now, part).hex() for part in range(24))
    query = {
        "api-version": "2025-10-13",
        "t": str(int(now.timestamp() * 10_000_000)),
        "c": "MII" + signature,
        "s": signature[::-1],
        "h": signature[:43],
    }
    path = f"/providers/Microsoft.CodeSigning/locations/{region.upper()}/operationStatuses/{operation}"
    return f"{origin}{path}?{urlencode(query)}"
