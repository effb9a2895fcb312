"""A stand-in for Azure Communication Services Email: takes what it takes, and sends each operation once."""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any
from uuid import UUID, uuid4

from sandbox.identity import TokenError, read_token
from sandbox.receivers.stand_in import Arrival, Reply

# https://learn.microsoft.com/rest/api/communication/email/send: the version, and the fields of the body.
VERSION = "2023-03-31"
FIELDS = frozenset(
    {"senderAddress", "recipients", "content", "headers", "replyTo", "attachments", "userEngagementTrackingDisabled"}
)
RECIPIENTS = frozenset({"to", "cc", "bcc"})
CONTENT = frozenset({"subject", "plainText", "html"})
ADDRESS = re.compile(r"[^@\s<>]+@[^@\s<>]+")
# https://learn.microsoft.com/azure/communication-services/concepts/service-limits, "Email".
MOST_BYTES = 10 * 1024 * 1024
MOST_RECIPIENTS = 50
# https://learn.microsoft.com/azure/communication-services/concepts/email/email-headers: of a valid Message-ID.
MESSAGE_ID = re.compile(r"<[^<>@\s]+@[^<>@\s]+>")
SIGNED = re.compile(r"HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=([A-Za-z0-9+/=]+)")


@dataclass(slots=True)
class Operation:
    """`asked` counts how often somebody asked what became of it; it ends when it was asked `pending` times."""

    request: dict[str, Any]
    ends: str
    code: str
    pending: int
    asked: int = 0


class CommunicationEmailStandIn:
    """One resource. With `key` requests are signed with it, else they bear a token, for `audience` where that is given.

    Operations lie by id; `will_end` says how those do that begin from now on.
    """

    kind = "communication-email"
    routes = (("POST", "/communication/emails:send"), ("GET", "/communication/emails/operations/{name}"))

    def __init__(self, key: str = "", audience: str = "") -> None:
        self.operations: dict[str, Operation] = {}
        self._key = key
        self._audience = audience
        self._next = ("Succeeded", "", 1)

    def will_end(self, status: str, code: str = "", pending: int = 1) -> None:
        """Succeeded, Failed (with an error's code) or Canceled, after it was asked for so many times."""
        self._next = (status, code, pending)

    def judge(self, arrival: Arrival) -> Reply:
        # https://learn.microsoft.com/rest/api/communication/authentication: by access key, or by Entra ID.
        if mistake := self._not_allowed(arrival):
            return _refused(401, "Denied", mistake)
        # https://learn.microsoft.com/rest/api/communication/email/send: api-version is required.
        if arrival.query.get("api-version") != VERSION:
            return _refused(400, "UnsupportedApiVersion", f"api-version has to be {VERSION}")
        return self._state(arrival) if arrival.method == "GET" else self._take(arrival)

    def key_of(self, arrival: Arrival) -> str | None:
        return arrival.headers.get("operation-id") if arrival.method == "POST" else None

    def _take(self, arrival: Arrival) -> Reply:
        """The same operation is not sent again: Operation-Id identifies it (the same page)."""
        operation = arrival.headers.get("operation-id", str(uuid4()))
        if mistake := next(_mistakes(arrival, operation), ""):
            return _refused(400, "BadRequest", mistake)
        if operation not in self.operations:
            self.operations[operation] = Operation(arrival.json(), *self._next)
        there = f"{arrival.path.removesuffix(':send')}/operations/{operation}?api-version={VERSION}"
        headers = {"Operation-Location": f"https://{arrival.headers.get('host', '')}{there}", "Retry-After": "30"}
        return Reply(202, body={"id": operation, "status": "Running"}, headers=headers)

    def _state(self, arrival: Arrival) -> Reply:
        """https://learn.microsoft.com/rest/api/communication/email/get-send-result."""
        found = self.operations.get(arrival.name)
        if found is None:
            return _refused(404, "NotFound", "there is no such operation")
        found.asked += 1
        status = found.ends if found.asked >= found.pending else "Running"
        body: dict[str, Any] = {"id": arrival.name, "status": status}
        if status == "Failed":
            body["error"] = {"code": found.code, "message": "It was not delivered."}
        return Reply(200, body=body)

    def _not_allowed(self, arrival: Arrival) -> str:
        given = arrival.headers.get("authorization", "")
        if self._key:
            return _mistake_in_signature(arrival, given, self._key)
        if not self._audience:
            return "" if re.fullmatch(r"Bearer \S+", given) else "the Authorization header bears no token"
        try:
            audience = read_token(given).audience
        except TokenError as error:
            return str(error)
        return "" if audience == self._audience else f"the token is for {audience}"


def _mistake_in_signature(arrival: Arrival, given: str, key: str) -> str:
    """https://learn.microsoft.com/azure/communication-services/tutorials/hmac-header-tutorial."""
    names = ("x-ms-date", "host", "x-ms-content-sha256")
    if missing := [name for name in names if not arrival.headers.get(name)]:
        return f"{missing[0]} is missing"
    date, host, content = (arrival.headers[name] for name in names)
    try:
        parsedate_to_datetime(date)
    except ValueError:
        return "x-ms-date is none"
    if content != base64.b64encode(hashlib.sha256(arrival.raw).digest()).decode():
        return "x-ms-content-sha256 is not that of the body"
    query = "&".join(f"{name}={value}" for name, value in arrival.query.items())
    text = f"{arrival.method}\n{arrival.path}?{query}\n{date};{host};{content}"
    right = base64.b64encode(hmac.digest(base64.b64decode(key), text.encode(), "sha256")).decode()
    found = SIGNED.fullmatch(given)
    return "" if found and hmac.compare_digest(found[1], right) else "the signature is not right"


def _mistakes(arrival: Arrival, operation: str) -> Iterator[str]:
    """https://learn.microsoft.com/rest/api/communication/email/send; of headers, .../communication/headers."""
    if len(arrival.raw) > MOST_BYTES:
        yield f"the request is larger than {MOST_BYTES} bytes"
    if not arrival.headers.get("content-type", "").startswith("application/json"):
        yield "content-type has to be application/json"
    try:
        UUID(operation)
    except ValueError:
        yield "Operation-Id is no GUID"
    try:
        body = arrival.json()
    except ValueError:
        body = None
    if isinstance(body, dict):
        yield from _mistakes_in_body(body)
    else:
        yield "the body is no JSON object"


def _mistakes_in_body(body: dict[str, Any]) -> Iterator[str]:
    yield from (_wrong(name) for name in sorted(set(body) - FIELDS))
    # A name before the address is refused: https://github.com/Azure/azure-sdk-for-java/issues/39910.
    if not ADDRESS.fullmatch(str(body.get("senderAddress", ""))):
        yield _wrong("senderAddress")
    content = body.get("content")
    if not isinstance(content, dict) or set(content) - CONTENT or not content.get("subject"):
        yield _wrong("content")
    elif not (content.get("plainText") or content.get("html")):
        yield _wrong("content.plainText")
    yield from _mistakes_in_recipients(body.get("recipients"))
    yield from _mistakes_in_headers(body.get("headers", {}))


def _mistakes_in_recipients(recipients: Any) -> Iterator[str]:
    if not isinstance(recipients, dict) or set(recipients) - RECIPIENTS or not recipients.get("to"):
        yield _wrong("recipients")
        return
    everybody = [one for some in recipients.values() for one in some]
    if len(everybody) > MOST_RECIPIENTS:
        yield f"there are more than {MOST_RECIPIENTS} recipients"
    for one in everybody:
        if not ADDRESS.fullmatch(str(one.get("address", ""))) or set(one) - {"address", "displayName"}:
            yield _wrong("recipients.to.address")


def _mistakes_in_headers(headers: Any) -> Iterator[str]:
    """A Message-ID that is not valid is only replaced by the service; here it is a mistake."""
    if not isinstance(headers, dict) or not all(isinstance(value, str) for value in headers.values()):
        yield _wrong("headers")
        return
    if any(re.search(r"[\r\n]", name + value) for name, value in headers.items()):
        yield _wrong("headers")
    if not MESSAGE_ID.fullmatch(headers.get("Message-ID", "<a@b>")):
        yield "Message-ID is not valid"


def _wrong(name: str) -> str:
    return f"Request body validation error. See property '{name}'"


def _refused(status: int, code: str, message: str) -> Reply:
    return Reply(status, message, {"error": {"code": code, "message": message}})
