"""The way of one call: who asks, may it pass, what goes wrong with it, and the answer."""

from sandbox.azure.answers import Answer, Refused, refusal
from sandbox.azure.call import Call, read_query
from sandbox.azure.gate.tokens import caller
from sandbox.azure.routes import Found, find_route
from sandbox.azure.service import Azure
from sandbox.azure.services.accounts import TYPE
from sandbox.identity import Claims

API_VERSION = "2025-10-13"
ANYBODY = Claims("", "", "", "anybody")
RIGHTS = {
    "metrics_batch": "metrics",
    "metrics_single": "metrics",
    "cost": "costs",
    "cost_forecast": "costs",
    "delete": "delete",
}


def answer(azure: Azure, method: str, target: str, authorization: str | None, body: bytes) -> Answer:
    """`target` is path and query as they came. The call is counted by what it was and how it ended."""
    path, _, query = target.partition("?")
    found = find_route(method, path)
    kind, client = (found.route.kind if found else "unknown"), "nobody"
    try:
        if found is None:
            raise Refused(refusal(404, "InvalidResourceType", f"There is nothing at {method} {path}."))
        tenant = azure.scenario.tenant.id
        open_to_all = not found.route.service
        who = ANYBODY if open_to_all else caller(authorization, found.route.service, azure.origin, tenant)
        client = who.client_id
        now = azure.clock.now()
        call = Call(azure, method, path, read_query(query), body, found.parts, who, now, azure.world(now))
        made = _answered(call, found)
    except Refused as refused:
        made = refused.answer
    azure.calls.count(kind, made.status, made.targets or (path,), client)
    return made


def _answered(call: Call, found: Found) -> Answer:
    if found.route.service:
        _check_rights(call, found)
        _check_version(call)
    headers = _throttled(call, found)
    try:
        made = found.route.handler(call)
    except Refused as refused:
        made = refused.answer
    return Answer(made.status, made.body, {**headers, **made.headers}, made.targets)


def _check_rights(call: Call, found: Found) -> None:
    """Raises Refused with 403 for an identity that the scenario names and that may not do this."""
    right = RIGHTS.get(found.route.kind, "read")
    for identity in call.scenario.identities:
        if identity.client_id.lower() == call.caller.client_id.lower() and right not in identity.may:
            raise call.forbidden()


def _check_version(call: Call) -> None:
    version = call.query.get("api-version")
    if not version:
        text = "The api-version query parameter (?api-version=) is required for all requests."
        raise Refused(refusal(400, "MissingApiVersionParameter", text))
    if "/microsoft.codesigning/" in call.path.lower() and "microsoft.insights" not in call.path.lower():
        ours = "microsoft.authorization" not in call.path.lower()
        if ours and version != API_VERSION:
            text = f"No registered resource provider found for API version '{version}' for type '{TYPE}'."
            raise Refused(refusal(400, "NoRegisteredProviderFound", f"{text} The supported one is '{API_VERSION}'."))


def _throttled(call: Call, found: Found) -> dict[str, str]:
    """ARM's buckets for each subscription and principal; other services have their own. Raises Refused with 429."""
    subscription = call.parts.get("subscription", "tenant").lower()
    if found.route.service != "management" or call.method not in ("GET", "DELETE"):
        return {}
    deletes = call.method == "DELETE"
    kind = "deletes" if deletes else "reads"
    buckets = call.azure.deletes if deletes else call.azure.reads
    taken = buckets.take((subscription, call.caller.object_id), call.now)
    headers = {
        f"x-ms-ratelimit-remaining-subscription-{kind}": str(taken.remaining),
        f"x-ms-ratelimit-remaining-subscription-global-{kind}": str(taken.remaining * 15),
    }
    if taken.passes:
        return headers
    text = (
        f"Number of '{kind}' requests for subscription '{subscription}' exceeded the limit of '{buckets.form.holds}'. "
    )
    text += f"Please try again after '{taken.retry_after}' seconds."
    late = {**headers, "Retry-After": str(taken.retry_after)}
    raise Refused(refusal(429, "SubscriptionRequestsThrottled", text, late))
