"""ARM: management locks, with those inherited from above as the service lists them."""

from sandbox.azure.answers import Answer
from sandbox.azure.call import Call
from sandbox.azure.world.resources import Lock


def list_locks(call: Call) -> Answer:
    """At an account, a group or a subscription: what is locked there, above it and below it."""
    call.subscription()
    scope = call.path.lower().removesuffix("/providers/microsoft.authorization/locks")
    found = [lock for lock in call.world.locks if _concerns(lock, scope + "/")]
    return Answer(200, {"value": [_body(lock) for lock in found]}, targets=(scope,))


def _concerns(lock: Lock, scope: str) -> bool:
    locked = lock.scope.lower() + "/"
    return scope.startswith(locked) or locked.startswith(scope)


def _body(lock: Lock) -> dict[str, object]:
    return {
        "id": f"{lock.scope}/providers/Microsoft.Authorization/locks/{lock.name}",
        "name": lock.name,
        "type": "Microsoft.Authorization/locks",
        "properties": {"level": lock.level, "notes": lock.notes},
    }
