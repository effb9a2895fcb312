"""What it means when ServiceNow does not do what it was asked, in sentences that a person can act on.

The error is {"error": {"message", "detail"}, "status": "failure"}. Nothing of it is shown but names of fields: it is
looked at for phrases that ServiceNow itself has put there.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from shared.http import Answer, refusal, seconds_of
from shared.ports.errors import DeliveryError

WHO = "ServiceNow"
SITE = "TICKETS__SERVICENOW_SITE"
FIELDS = "TICKETS__SERVICENOW_FIELDS"
CLIENT = "TICKETS__SERVICENOW_CLIENT_ID and TICKETS__SERVICENOW_CLIENT_SECRET"
GRANT = "glide.oauth.inbound.client.credential.grant_type.enabled"
ROLES = "sn_incident_read and sn_incident_write, or itil"
# What follows "Data Policy Exception:", for several fields and for one.
DEMANDED = re.compile(
    r"The following fields are mandatory:\s*([A-Za-z0-9_ ,]{1,200})|Exception:\s*([A-Za-z0-9_ ]{1,80}?) is mandatory"
)
LABEL = re.compile(r"[A-Za-z][A-Za-z0-9_]*(?: [A-Za-z0-9_]+){0,4}")


class Forbidden(DeliveryError):
    """403: what was asked for is not allowed, and was not done."""


class Ruled(Forbidden):
    """By a rule that looks at what a record holds, not at who asks."""


def refused(answer: Answer, now: datetime, *, writes: bool) -> DeliveryError | None:
    """None when it was taken. What only reads leaves nobody in doubt about what was made."""
    plain = refusal(WHO, answer, "an error of its own, which is tried again" if answer.status >= 500 else "")
    if plain is None:
        return None
    sentence = _sentence(answer) or str(plain)
    wait = plain.retry_after or _until_reset(answer, now)
    kind = DeliveryError
    if answer.status == 403:
        kind = Ruled if _ruled(answer) else Forbidden
    return kind(sentence, permanent=plain.permanent, retry_after=wait, maybe_taken=plain.maybe_taken and writes)


def not_signed_in(answer: Answer, now: datetime) -> DeliveryError | None:
    """The same for the question for a token."""
    error = refused(answer, now, writes=False)
    if error is None or answer.status not in (400, 401, 403):
        return error
    return DeliveryError(
        f"{WHO} gave no token ({answer.status}): look at {CLIENT}, whether the system property {GRANT} is true, "
        "and whether the application registry names an OAuth application user.",
        permanent=True,
    )


def not_understood(what: str, *, maybe_taken: bool = False) -> DeliveryError:
    """An answer that says that all is well, and then is not what was asked for: a page of a proxy, a login, a pause."""
    return DeliveryError(
        f"{WHO} answered without {what}: look whether {SITE} is the instance itself and whether it is awake, "
        "and whether the application user may read incidents.",
        permanent=False,
        maybe_taken=maybe_taken,
    )


def hidden() -> DeliveryError:
    """More fits a query than it shows."""
    return DeliveryError(
        f"{WHO} has an incident of ours that it does not show: look at its access control rules, and whether the OAuth "
        f"application user has the roles {ROLES}.",
        permanent=False,
    )


def notes_unseen() -> DeliveryError:
    """A field that the user may not read is not in the answer."""
    return DeliveryError(
        f"{WHO} does not show work notes, so that one could be written twice: give the OAuth application user the "
        "right to read the field work_notes of incidents (an access control rule incident.work_notes).",
        permanent=True,
    )


def _sentence(answer: Answer) -> str:
    """ "" for what `refusal` says as well as anybody."""
    status = answer.status
    if 300 <= status < 400:
        return f"{WHO} answered {status}, a page elsewhere: {SITE} has to be https://….service-now.com of the instance."
    if status == 403:
        return _forbidden(answer)
    return {
        400: _bad(answer),
        401: f"{WHO} did not take the token (401), not even a new one: look at {CLIENT} and at what its scopes allow.",
        404: f"{WHO} has no incidents at the address in {SITE} (404): it is https://….service-now.com, without a path.",
        429: f"{WHO} was asked too often (429): a rate limit rule or its semaphores allow less. It is tried again.",
    }.get(status, "" if status == 0 or status >= 500 or status in (408, 425) else _odd(status))


def _odd(status: int) -> str:
    return f"{WHO} answered {status}: look at {SITE}, and at a proxy or firewall that may stand before it."


def _bad(answer: Answer) -> str:
    if "Invalid table" in _error(answer):
        return f"{WHO} has no table of incidents (400): look whether {SITE} is an instance with IT service management."
    return (
        f"{WHO} did not understand the request (400): look at {FIELDS}, whose names and values go into it as they are."
    )


def _forbidden(answer: Answer) -> str:
    found = _error(answer)
    if "Data Policy Exception" in found:
        names = _demanded(found)
        said = f" It asks for: {', '.join(names)}." if names else ""
        return (
            f"A data policy of {WHO} refused it (403).{said} "
            f"Give what it demands in {FIELDS}, and for closing a code in TICKETS__SERVICENOW_CLOSE_CODE."
        )
    if _ruled(answer):
        return f"A business rule of {WHO} refused it (403): look there what it wants, and give that in {FIELDS}."
    if found:
        return (
            f"{WHO} does not allow it (403): the OAuth application user needs the roles {ROLES}, "
            "and closed incidents are changed by admins only."
        )
    return f"{WHO}, or what stands before it, refused it (403): look at {SITE} and its IP address access controls."


def _ruled(answer: Answer) -> bool:
    phrases = ("Data Policy Exception", "aborted by Business Rule", "Insert Aborted", "Update Aborted")
    return any(phrase in _error(answer) for phrase in phrases)


def _demanded(found: str) -> Sequence[str]:
    """Labels of fields, and nothing that could be a sentence."""
    named = DEMANDED.search(found)
    labels = [label.strip() for label in (named[1] or named[2]).split(",")] if named else []
    return [label for label in labels[:9] if len(label) <= 40 and LABEL.fullmatch(label)]


def _error(answer: Answer) -> str:
    """For a look at it, not for showing."""
    error = answer.json().get("error")
    return f"{error.get('message')}: {error.get('detail')}" if isinstance(error, dict) else ""


def _until_reset(answer: Answer, now: datetime) -> timedelta | None:
    """ "Inbound REST API rate limiting": X-RateLimit-Reset is a UNIX time, for where Retry-After is missing."""
    reset = (answer.headers or {}).get("x-ratelimit-reset", "")
    if answer.status != 429 or not re.fullmatch(r"[0-9]{1,11}", reset):
        return None
    seconds = seconds_of(str(max(int(reset) - int(now.timestamp()), 0)))
    return timedelta(seconds=seconds) if seconds else None
