"""Testimony: what people say of identity validations, because no public API reads them (DOMAIN.md section 2)."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any


class ValidationStatus(StrEnum):
    """The portal's own words."""

    IN_PROGRESS = "In Progress"
    ACTION_REQUIRED = "Action Required"
    COMPLETED = "Completed"
    FAILED = "Failed"
    EXPIRED = "Expired"


class Way(StrEnum):
    """How an entry came in."""

    PERSON = "signed-in person"
    IMPORT = "import"
    EVENT = "event"


_DETAILS = ("expires", "organisation", "account", "owner", "reason", "note")


@dataclass(frozen=True, slots=True)
class RegisterEntry:
    """One line of the validation list: what somebody said of one validation, who, when and by what way.

    `validation_id` is a lower-case GUID, or empty while a request has none yet; then `account` names the account that
    it was requested for. `expires` is the last day that the portal shows, in UTC.
    """

    subscription_id: str
    validation_id: str
    status: ValidationStatus
    said_by: str
    said_at: datetime
    way: Way
    expires: date | None = None
    organisation: str = ""
    account: str = ""
    owner: str = ""
    reason: str = ""
    note: str = ""

    def over(self, known: "RegisterEntry | None") -> "RegisterEntry":
        """What holds when this is said: the later word, and of an event only what it does say."""
        if known is None:
            return self
        if self.said_at < known.said_at:
            return known
        return replace(self, **_unsaid(self, known)) if self.way is Way.EVENT else self

    def ended(self, now: datetime) -> bool:
        """It is said to have expired, or to have had its last day."""
        past = self.expires is not None and self.expires < now.date()
        return self.status is ValidationStatus.EXPIRED or (self.status is ValidationStatus.COMPLETED and past)

    @property
    def title(self) -> str:
        """How people call it: the organisation and the first characters of the id."""
        which = self.validation_id[:8] if self.validation_id else f"for {self.account}"
        short = f"identity validation {which}"
        return f"{short} ({self.organisation})" if self.organisation else short


def _unsaid(entry: RegisterEntry, known: RegisterEntry) -> dict[str, Any]:
    return {name: getattr(known, name) for name in _DETAILS if not getattr(entry, name)}
