"""What Event Grid hands us, in either of its schemas, read into what the flows understand."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import azure.functions as func

from shared.channels.mail import MESSAGE_ID
from shared.domain.validation import Fault, RegisterEntry, Way
from shared.setting_values import GUID
from shared.testimony import Unfit, entry_of

RESOURCE_EVENTS = "Microsoft.Resources."
VALIDATION_REPORTED = "Countersign.Validation.Reported"
MAIL_REPORTED = "Microsoft.Communication.EmailDeliveryReportReceived"

MOST_CHARACTERS = 200

_OPERATIONS = "microsoft.codesigning/"
_ACCOUNT = re.compile(
    rf"/subscriptions/{GUID.pattern}/resourcegroups/[^/]+/providers/microsoft\.codesigning/codesigningaccounts/[^/]+"
)
# The only parts of a resource event that are ever looked at or kept: the others hold personal data and tokens.
_HARMLESS = ("resourceUri", "operationName", "status", "correlationId")


@dataclass(frozen=True, slots=True)
class Event:
    """What both schemas have in common. `data` is what came as `raw`, {} where that is no object."""

    id: str
    type: str
    time: datetime | None
    data: Mapping[str, Any]
    raw: object

    def kept(self) -> str:
        """What may be put aside for people to look at, as JSON: all that was said to us, little of what Azure said."""
        harmless = {name: value for name, value in self.data.items() if name in _HARMLESS}
        data = self.raw if self.type == VALIDATION_REPORTED else harmless
        time = self.time.isoformat() if self.time else None
        return json.dumps({"id": self.id, "type": self.type, "time": time, "data": data})


def event_of(given: func.EventGridEvent) -> Event:
    """Despite its type it is a CloudEvent where one was sent; then some names are others."""
    kind = getattr(given, "event_type", None) or getattr(given, "type", None)
    time = getattr(given, "event_time", None) or getattr(given, "time", None)
    if time is not None and time.tzinfo is None:
        time = time.replace(tzinfo=UTC)
    raw = given.get_json()
    return Event(str(given.id or ""), str(kind or ""), time, _object(raw), raw)


def changed_account(event: Event) -> str | None:
    """The lower-case ARM id of the account that something happened to or in; None for what does not concern us.

    Raises Unfit.
    """
    operation, resource = event.data.get("operationName"), event.data.get("resourceUri")
    if not event.type.startswith(RESOURCE_EVENTS):
        return None
    if not isinstance(operation, str) or not isinstance(resource, str):
        raise Unfit([Fault("data", "names no operation or no resource")])
    if not operation.lower().startswith(_OPERATIONS):
        return None
    found = _ACCOUNT.match(resource.lower())
    return found[0] if found else None


def account_operation(event: Event) -> str:
    """What was done to the account itself, like microsoft.codesigning/codesigningaccounts/delete; else ""."""
    found = re.fullmatch(
        r"microsoft\.codesigning/codesigningaccounts/[a-z]{1,40}", str(event.data["operationName"]).lower()
    )
    return found[0] if found else ""


def reported_validation(event: Event, now: datetime, max_years_ahead: int) -> RegisterEntry | None:
    """What somebody says of a validation; None for events of another type. Raises Unfit."""
    if event.type != VALIDATION_REPORTED:
        return None
    by = str(event.data.get("by") or "").strip()
    wrong = [] if 0 < len(by) <= MOST_CHARACTERS and _is_text(by) else [Fault("by", "must say who says so")]
    said = {name: value for name, value in event.data.items() if name != "by"}
    try:
        entry = entry_of(said, by, min(event.time or now, now), Way.EVENT, max_years_ahead)
    except Unfit as unfit:
        raise Unfit([*wrong, *unfit.faults]) from None
    if wrong:
        raise Unfit(wrong)
    return entry


def delivered_letter(event: Event) -> str:
    """The Message-ID of a letter that was delivered to somebody; "" for other letters, and for what is no report.

    Any other status than Delivered is a failure (Microsoft's reference of `AcsEmailDeliveryReportReceivedEventData`).
    """
    status, message_id = event.data.get("status"), event.data.get("internetMessageId")
    if event.type != MAIL_REPORTED or not isinstance(status, str) or not isinstance(message_id, str):
        return ""
    return message_id if status.lower() == "delivered" and MESSAGE_ID.fullmatch(message_id) else ""


def _is_text(words: str) -> bool:
    """Without half a character, which JSON can write and nobody can store."""
    return words.encode("utf-8", "replace").decode() == words


def _object(data: object) -> Mapping[str, Any]:
    """Data, and objects in it, sometimes come as text."""
    if isinstance(data, str):
        try:
            data = json.loads(data)
        except ValueError:
            return {}
    return data if isinstance(data, dict) else {}
