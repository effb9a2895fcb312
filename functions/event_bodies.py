"""What Event Grid hands us, in either of its schemas, read into what the flows understand."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any

import azure.functions as func
from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints, ValidationError, model_validator

from shared.domain.validation import RegisterEntry, ValidationStatus, Way
from shared.setting_values import GUID

RESOURCE_EVENTS = "Microsoft.Resources."
VALIDATION_REPORTED = "Countersign.Validation.Reported"

_OPERATIONS = "microsoft.codesigning/"
_ACCOUNT = re.compile(
    rf"/subscriptions/{GUID.pattern}/resourcegroups/[^/]+/providers/microsoft\.codesigning/codesigningaccounts/[^/]+"
)
# The only parts of a resource event that are ever looked at or kept: the others hold personal data and tokens.
_HARMLESS = ("resourceUri", "operationName", "status", "correlationId")


class Unfit(ValueError):
    """An event that cannot be what it says it is; the message says why, without any of its values."""


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
        raise Unfit("The event names no operation or no resource.")
    if not operation.lower().startswith(_OPERATIONS):
        return None
    found = _ACCOUNT.match(resource.lower())
    return found[0] if found else None


def reported_validation(event: Event, now: datetime) -> RegisterEntry | None:
    """What somebody says of a validation; None for events of another type. Raises Unfit."""
    if event.type != VALIDATION_REPORTED:
        return None
    try:
        return _Report.model_validate(event.data).entry(min(event.time or now, now))
    except ValidationError as error:
        faults = sorted({f"{'.'.join(map(str, fault['loc'])) or 'data'}: {fault['msg']}" for fault in error.errors()})
        raise Unfit("; ".join(faults)) from None


def _object(data: object) -> Mapping[str, Any]:
    """Data, and objects in it, sometimes come as text."""
    if isinstance(data, str):
        try:
            data = json.loads(data)
        except ValueError:
            return {}
    return data if isinstance(data, dict) else {}


def _status(value: object) -> object:
    """The portal's words in any case and spacing: `In Progress`, `InProgress`, `in progress`."""
    said = re.sub(r"[\s_-]", "", str(value)).lower()
    return next((status for status in ValidationStatus if status.replace(" ", "").lower() == said), value)


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


type _Guid = Annotated[str, BeforeValidator(_lower), StringConstraints(pattern=f"^{GUID.pattern}$")]
type _Name = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
type _Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2_000)]


class _Report(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    subscription: _Guid
    validation: _Guid | None = None
    account: _Name = ""
    status: Annotated[ValidationStatus, BeforeValidator(_status)]
    expires: date | None = None
    organisation: _Name = ""
    owner: _Name = ""
    reason: _Words = ""
    note: _Words = ""
    by: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]

    @model_validator(mode="after")
    def _names_something(self) -> "_Report":
        if not self.validation and not self.account:
            raise ValueError("validation or account must be given")
        return self

    def entry(self, said_at: datetime) -> RegisterEntry:
        return RegisterEntry(
            subscription_id=self.subscription,
            validation_id=self.validation or "",
            status=self.status,
            said_by=self.by,
            said_at=said_at,
            way=Way.EVENT,
            expires=self.expires,
            organisation=self.organisation,
            account=self.account,
            owner=self.owner,
            reason=self.reason,
            note=self.note,
        )
