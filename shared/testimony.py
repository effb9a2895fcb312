"""What somebody says of a validation, as it comes from outside: an event, a request, a line of a file."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints, ValidationError

from shared.domain.validation import (
    ApplicantKind,
    FailureReason,
    Fault,
    RegisterEntry,
    Trust,
    ValidationStatus,
    Way,
    faults,
)
from shared.setting_values import GUID

ACCOUNT_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{1,22}[A-Za-z0-9]")


class Unfit(ValueError):
    """What was said cannot be taken; `faults` say why, field by field, without any of its values."""

    def __init__(self, found: Sequence[Fault]) -> None:
        self.faults = tuple(found)
        super().__init__("; ".join(f"{fault.field}: {fault.words}" for fault in found))


def _squeezed(value: object) -> str:
    return re.sub(r"[\s_-]", "", str(value)).lower()


def _word_of(kind: type[StrEnum]) -> Callable[[object], object]:
    """The portal's words in any case and spacing: `In Progress`, `InProgress`, `in progress`."""

    def read(value: object) -> object:
        if value is None or not str(value).strip():
            return None
        found = next((word for word in kind if _squeezed(word) == _squeezed(value)), None)
        if found is None:
            raise ValueError(f"must be one of {', '.join(kind)}")
        return found

    return read


def _lower(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


def _nothing(value: object) -> object:
    """An empty cell says nothing."""
    return None if isinstance(value, str) and not value.strip() else value


def _yes_or_no(value: object) -> object:
    if not isinstance(value, str):
        return value
    said = {"yes": True, "true": True, "no": False, "false": False, "": None}
    if value.strip().lower() not in said:
        raise ValueError("must be yes or no")
    return said[value.strip().lower()]


def _day(value: object) -> object:
    """Only 2028-11-19: what a spreadsheet makes of a date, or a number, is not guessed at."""
    if value is None or isinstance(value, date):
        return value
    written = str(value).strip()
    if written and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", written):
        raise ValueError("must be a date like 2028-11-19")
    return written or None


def _account_name(value: object) -> object:
    """As Azure allows it (DOMAIN.md section 1), so that a sentence in the wrong column is noticed."""
    if isinstance(value, str) and value.strip() and not ACCOUNT_NAME.fullmatch(value.strip()):
        raise ValueError("must be the name of an account: 3 to 24 letters, digits and hyphens")
    return value


type _Guid = Annotated[str, StringConstraints(pattern=f"^{GUID.pattern}$")]
type _Name = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
type _Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2_000)]
type _Day = Annotated[date | None, BeforeValidator(_day)]


class Testimony(BaseModel):
    """One validation, or one request that has no id yet, as somebody describes it."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    subscription: Annotated[_Guid, BeforeValidator(_lower)]
    validation: Annotated[_Guid | None, BeforeValidator(lambda value: _nothing(_lower(value)))] = None
    account: Annotated[_Name, BeforeValidator(_account_name)] = ""
    status: Annotated[ValidationStatus, BeforeValidator(_word_of(ValidationStatus))]
    expires: _Day = None
    organisation: _Name = ""
    kind: Annotated[ApplicantKind | None, BeforeValidator(_word_of(ApplicantKind))] = None
    trust: Annotated[Trust | None, BeforeValidator(_word_of(Trust))] = None
    requested: _Day = None
    email_verified: Annotated[bool | None, BeforeValidator(_yes_or_no)] = None
    attempts_used: Annotated[int | None, BeforeValidator(_nothing)] = None
    failure: Annotated[FailureReason | None, BeforeValidator(_word_of(FailureReason))] = None
    given_up_by: _Name = ""
    owner: _Name = ""
    contact: _Name = ""
    note: _Words = ""


FIELDS = tuple(Testimony.model_fields)
ASIDE = {"account", "owner", "contact", "note"}  # What says nothing of the validation itself.
# Pydantic's words, in ours; what is not here is plain already.
WORDS = {
    "missing": "must be given",
    "extra_forbidden": "is not a field of the validation list",
    "string_pattern_mismatch": "must be an id like 1f3a6c1e-9d52-4b0e-8a77-0c2b5d8e4f10",
    "string_type": "must be text",
    "string_too_long": "is too long",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "bool_type": "must be yes or no",
    "date_from_datetime_parsing": "must be a date like 2028-11-19",
    "date_type": "must be a date like 2028-11-19",
    "enum": "must be given",
}


def entry_of(said: Mapping[str, Any], by: str, at: datetime, way: Way, max_years_ahead: int) -> RegisterEntry:
    """What the validation list takes of it. Raises Unfit, with everything that is wrong at once."""
    try:
        read = Testimony.model_validate(dict(said))
    except ValidationError as error:
        raise Unfit([_fault(detail) for detail in error.errors()]) from None
    given = read.model_dump(exclude={"subscription", "validation"})
    entry = RegisterEntry(
        subscription_id=read.subscription,
        validation_id=read.validation or "",
        said_by=by,
        said_at=at,
        way=way,
        **given,
    )
    if wrong := list(faults(entry, at.date(), max_years_ahead)):
        raise Unfit(wrong)
    return entry


def entry_over(
    known: RegisterEntry, given: Mapping[str, Any], by: str, at: datetime, way: Way, max_years_ahead: int
) -> RegisterEntry:
    """What is known, with what is given in its place: what is not named stays, unless it belongs to another status.

    Raises Unfit.
    """
    about = {"subscription": known.subscription_id, "validation": known.validation_id, "account": known.account}
    entry = entry_of({**about, "status": known.status, **given}, by, at, way, max_years_ahead)
    named = {name: getattr(entry, name) for name in given if name not in ("subscription", "validation")}
    merged = replace(entry.with_unsaid(known), **named)
    if given and set(named) <= ASIDE and merged.validation_id == known.validation_id:
        stated_by, stated_at, stated_way = known.statement
        merged = replace(merged, stated_by=stated_by, stated_at=stated_at, stated_way=stated_way)
    if wrong := list(faults(merged, at.date(), max_years_ahead)):
        raise Unfit(wrong)
    return merged


def said_by(entry: RegisterEntry) -> dict[str, str]:
    """An entry as text, field by field: what `entry_of` reads."""
    values = {name: getattr(entry, name) for name in FIELDS if name not in ("subscription", "validation")} | {
        "subscription": entry.subscription_id,
        "validation": entry.validation_id,
    }
    return {name: _text(values[name]) for name in FIELDS}


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def _fault(error: Mapping[str, Any]) -> Fault:
    name = ".".join(str(part) for part in error["loc"]) or "data"
    words = WORDS.get(error["type"]) or error["msg"].removeprefix("Value error, ")
    return Fault(name, words)
