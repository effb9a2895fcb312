"""Why something could not be read: one sentence for people, without secrets or addresses."""

import re

from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    DecodeError,
    HttpResponseError,
    ServiceRequestTimeoutError,
    ServiceResponseTimeoutError,
)

from shared.domain.blind import About, Blind
from shared.domain.subscription import subscription_scope

UNREADABLE = (AzureError, TimeoutError, ValueError)
"""What a reader may meet, Throttled apart. Malformed bodies and dates are ValueErrors."""

READER = "Reader"
MONITORING_READER = "Monitoring Reader"
COST_MANAGEMENT_READER = "Cost Management Reader"

_NO_SUBSCRIPTION = frozenset({"subscriptionnotfound", "invalidsubscriptionid"})
_GONE = frozenset({"resourcenotfound", "resourcegroupnotfound", "notfound"})
_NO_RIGHT = frozenset({"", "accessdenied", "authorizationfailed", "forbidden", "linkedauthorizationfailed"})


def blind(about: About, scope: str, error: Exception, role: str = READER) -> Blind:
    """Blind for `scope`: a lower-case ARM id, or nothing for everything; for its subscription where that is missing."""
    subscription = _subscription_of(scope)
    if subscription and subscription_missing(error):
        return Blind(about, subscription_scope(subscription), f"Subscription {subscription} was not found (404).")
    return Blind(about, scope, _reason(error, scope, role))


def gone(error: HttpResponseError) -> bool:
    """Azure itself says that the account does not exist: a 404 without its own word for it says nothing."""
    return error.status_code == 404 and code_of(error).lower() in _GONE


def subscription_missing(error: Exception) -> bool:
    """Azure does not know the subscription at all, or not for us."""
    return code_of(error).lower() in _NO_SUBSCRIPTION


def _reason(error: Exception, scope: str, role: str) -> str:
    match error:
        case ClientAuthenticationError():
            return "Signing in to Azure failed: no identity was found, or it was not accepted."
        case TimeoutError() | ServiceRequestTimeoutError() | ServiceResponseTimeoutError():
            return "Azure did not answer in time."
        case DecodeError() | ValueError():
            return "Azure's answer was cut short or could not be understood."
        case HttpResponseError():
            return _refusal(error, scope, role)
        case _:
            return "The connection to Azure failed."


def _refusal(error: HttpResponseError, scope: str, role: str) -> str:
    code = code_of(error)
    told = f"{error.status_code} {code}".strip()
    match error.status_code:
        case 401:
            return f"Azure did not accept the sign-in ({told})."
        case 403 if code.lower() in _NO_RIGHT:
            where = _where(scope)
            return f"The {role} role is missing on {where} ({told}): give it to the identity that Countersign runs as."
        case 404:
            return f"Azure does not know what was asked for ({told})."
        case int(status) if status >= 500:
            return f"Azure is having trouble of its own ({told})."
        case _:
            return f"Azure refused to answer ({told})."


def _where(scope: str) -> str:
    """As whoever assigns roles calls it: management groups and billing accounts by their ids."""
    subscription = _subscription_of(scope)
    return f"subscription {subscription}" if subscription else scope or "every subscription to be watched"


def code_of(error: Exception) -> str:
    """Only what looks like a code: texts of errors may carry addresses."""
    code = error.error.code if isinstance(error, HttpResponseError) and error.error else None
    return code if isinstance(code, str) and re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", code) else ""


def _subscription_of(scope: str) -> str:
    found = re.match(r"/subscriptions/([^/]+)", scope)
    return found[1] if found else ""
