"""Testimony: what people say of identity validations, because no public API reads them (DOMAIN.md section 2)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

DOCUMENT_ATTEMPTS = 3
PENDING = "account:"
NOT_SAID = ("validation_id", "stated_by", "stated_at", "stated_way")
EARLIEST = date(2020, 1, 1)
ELSEWHERE = timedelta(days=1)  # In other time zones it is tomorrow already.


class ValidationStatus(StrEnum):
    """The portal's own words."""

    IN_PROGRESS = "In Progress"
    ACTION_REQUIRED = "Action Required"
    COMPLETED = "Completed"
    FAILED = "Failed"
    EXPIRED = "Expired"


class ApplicantKind(StrEnum):
    """Whose identity is validated."""

    ORGANISATION = "organisation"
    INDIVIDUAL = "individual"


class Trust(StrEnum):
    """What it may be used for: public, or private certificate profiles."""

    PUBLIC = "public"
    PRIVATE = "private"


class FailureReason(StrEnum):
    """Why it failed, as far as people can know."""

    EMAIL_MISSED = "e-mail missed"
    DOCUMENTS_EXHAUSTED = "documents exhausted"
    NOT_ELIGIBLE = "not eligible"
    UNDETERMINED = "undetermined"


class Way(StrEnum):
    """How an entry came in."""

    PERSON = "signed-in person"
    IMPORT = "import"
    EVENT = "event"


class Statement(NamedTuple):
    """Who said how it is with a validation, when and by what way."""

    by: str
    at: datetime
    way: Way


@dataclass(frozen=True, slots=True)
class RegisterEntry:
    """One line of the validation list: what somebody said of one validation, who, when and by what way.

    `validation_id` is a lower-case GUID, or empty while a request has none yet; `account` names the account that it
    was requested for. `expires` is the last day that the portal shows, in UTC. `attempts_used` counts how often
    documents were supplied, of three. `given_up_by` names the person who says that no new request will be made. None
    and "" mean that nobody has said it. The word of somebody who changed only an owner, a contact or a note is no
    statement about the validation: `stated_by`, `stated_at` and `stated_way` then tell whose that was.
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
    kind: ApplicantKind | None = None
    trust: Trust | None = None
    requested: date | None = None
    email_verified: bool | None = None
    attempts_used: int | None = None
    failure: FailureReason | None = None
    given_up_by: str = ""
    owner: str = ""
    contact: str = ""
    note: str = ""
    stated_by: str = ""
    stated_at: datetime | None = None
    stated_way: Way | None = None

    @property
    def statement(self) -> Statement:
        """The last word about the validation itself."""
        return Statement(self.stated_by or self.said_by, self.stated_at or self.said_at, self.stated_way or self.way)

    @property
    def key(self) -> str:
        """What tells it apart within its subscription: the id, or the account while there is none."""
        return self.validation_id or pending_key(self.account)

    def over(self, known: "RegisterEntry | None") -> "RegisterEntry":
        """What holds when this is said: the later word, and of an event only what it does say."""
        if known is None:
            return self
        if self.said_at < known.said_at:
            return known
        return self.with_unsaid(known) if self.way is Way.EVENT else self

    def with_unsaid(self, known: "RegisterEntry") -> "RegisterEntry":
        """The same, with what was known before where it says nothing."""
        unsaid = {
            name: getattr(known, name)
            for name in (field.name for field in fields(self))
            if getattr(self, name) in (None, "") and name not in NOT_SAID
        }
        for name in self._not_carried(known):
            unsaid.pop(name, None)
        return replace(self, **unsaid)

    def _not_carried(self, known: "RegisterEntry") -> Iterator[str]:
        """A reason, a date or a count of another state is not carried into this one."""
        if self.status is not known.status:
            yield from ("failure", "given_up_by")
        if self.open and not known.open:
            yield from ("requested", "email_verified", "attempts_used")
        said, until = self.said_at.date(), known.expires or self.said_at.date()
        renewed = self.status is ValidationStatus.COMPLETED is not known.status and until < said
        if renewed or (self.status is ValidationStatus.EXPIRED and until > said):
            yield "expires"

    def ended(self, now: datetime) -> bool:
        """It is said to have expired, or to have had its last day."""
        past = self.expires is not None and self.expires < now.date()
        return self.status is ValidationStatus.EXPIRED or past

    @property
    def open(self) -> bool:
        """A request that is under way."""
        return self.status in (ValidationStatus.IN_PROGRESS, ValidationStatus.ACTION_REQUIRED)

    @property
    def attempts_left(self) -> int | None:
        """How often documents may still be supplied; None where nobody has said."""
        return None if self.attempts_used is None else max(DOCUMENT_ATTEMPTS - self.attempts_used, 0)

    @property
    def title(self) -> str:
        """How people call it: the organisation and the first characters of the id."""
        which = self.validation_id[:8] if self.validation_id else f"for {self.account}"
        short = f"identity validation {which}"
        return f"{short} ({self.organisation})" if self.organisation else short


@dataclass(frozen=True, slots=True)
class Said:
    """One word about a validation, as it is kept: the entry as it was from then on, or that it was withdrawn."""

    entry: RegisterEntry
    withdrawn: bool = False


def heard(entry: RegisterEntry, words: Sequence[Said]) -> bool:
    """What it says of the validation is the last of all words about it, and a signed-in person's.

    A word that changed only an owner, a contact or a note, is none about the validation.
    """
    about = [one for one in words if one.withdrawn or not one.entry.stated_by]
    if not about or about[-1].withdrawn:
        return False
    last = about[-1].entry
    same = all(getattr(entry, name) == getattr(last, name) for name in ("status", "given_up_by", "attempts_used"))
    same = same and entry.account.lower() == words[-1].entry.account.lower()
    return same and entry.statement == last.statement and last.way is Way.PERSON


def pending_key(account: str) -> str:
    """The key of a request that has no id yet, by the name of its account."""
    return f"{PENDING}{account.lower()}"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with an entry: the field, and a part of a sentence about it."""

    field: str
    words: str


def faults(entry: RegisterEntry, today: date, max_years_ahead: int) -> Iterator[Fault]:
    """What cannot be: dates that must be typing errors, and words that do not go together."""
    if not entry.validation_id and not entry.account:
        yield Fault("validation", "name a validation by its id, or the account that it was requested for")
    yield from _wrong_dates(entry, today, max_years_ahead)
    if entry.attempts_used is not None and not 0 <= entry.attempts_used <= DOCUMENT_ATTEMPTS:
        yield Fault("attempts_used", f"must be 0 to {DOCUMENT_ATTEMPTS}: documents may be supplied three times")
    if entry.status is not ValidationStatus.FAILED:
        yield from (
            Fault(name, "goes with the status Failed only")
            for name in ("failure", "given_up_by")
            if getattr(entry, name)
        )
    if entry.kind is ApplicantKind.INDIVIDUAL and entry.trust is Trust.PRIVATE:
        yield Fault("trust", "individuals can be validated for public trust only")


def _wrong_dates(entry: RegisterEntry, today: date, max_years_ahead: int) -> Iterator[Fault]:
    expires, requested = entry.expires, entry.requested
    for name, value in (("requested", requested), ("expires", expires)):
        if value and value < EARLIEST:
            yield Fault(name, "lies before there was such a service: is the year right?")
    if requested and requested > today + ELSEWHERE:
        yield Fault("requested", "lies in the future")
    if expires and expires.toordinal() - today.toordinal() > max_years_ahead * 366:
        yield Fault("expires", f"is more than {max_years_ahead} years ahead: is the year right?")
    if requested and expires and expires < requested and entry.status is ValidationStatus.COMPLETED:
        yield Fault("expires", "lies before the day of the request")
    if expires and expires > today + ELSEWHERE and entry.status is ValidationStatus.EXPIRED:
        yield Fault("expires", "lies in the future, though the status is Expired")
