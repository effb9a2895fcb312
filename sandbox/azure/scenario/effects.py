"""What can happen in a story: one form a verb, in plain words."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, TypeAdapter, ValidationInfo
from pydantic.dataclasses import dataclass

from sandbox.azure.scenario.fleet import FORM, AccountForm, LockForm, ProfileForm
from sandbox.azure.scenario.moments import Duration, Moment


@dataclass(frozen=True, slots=True, kw_only=True, config=FORM)
class Renew:
    """A validation is renewed under its own id."""

    renew: str
    until: Moment


@dataclass(frozen=True, slots=True, kw_only=True, config=FORM)
class Lapse:
    """A validation ends now: no certificate is issued any more, and nothing else shows it."""

    lapse: str


@dataclass(frozen=True, slots=True, kw_only=True, config=FORM)
class Rebind:
    """A profile (`account/profile`) is made again with another validation."""

    rebind: str
    validation: str


@dataclass(frozen=True, slots=True, kw_only=True, config=FORM)
class Suspend:
    """The service suspends a profile: `account/profile`."""

    suspend: str


@dataclass(frozen=True, slots=True, kw_only=True, config=FORM)
class Disable:
    """Somebody disables a profile."""

    disable: str


@dataclass(frozen=True, slots=True, kw_only=True, config=FORM)
class Resume:
    """A suspended or disabled profile is Active again."""

    resume: str


@dataclass(frozen=True, slots=True, kw_only=True, config=FORM)
class Revoke:
    """A profile's newest certificate is revoked."""

    revoke: str
    reason: str = "Key compromised"


@dataclass(frozen=True, slots=True, kw_only=True, config=FORM)
class Forbid:
    """A subscription begins to answer 403."""

    forbid: str


@dataclass(frozen=True, slots=True, kw_only=True, config=FORM)
class Allow:
    """A subscription can be read again."""

    allow: str


@dataclass(frozen=True, slots=True, kw_only=True, config=FORM)
class Change:
    """A subscription's state becomes Warned, PastDue, Disabled or Enabled."""

    subscription: str
    becomes: str


@dataclass(frozen=True, slots=True, kw_only=True, config=FORM)
class Sign:
    """Somebody signs so many files with an account, all in one minute."""

    sign: str
    files: int


@dataclass(frozen=True, slots=True, kw_only=True, config=FORM)
class Create:
    """An account appears."""

    create: AccountForm


@dataclass(frozen=True, slots=True, kw_only=True, config=FORM)
class Delete:
    """An account is deleted by somebody, and gone at once."""

    delete: str


@dataclass(frozen=True, slots=True, kw_only=True, config=FORM)
class BeginDelete:
    """The deletion of an account begins; it is gone when a Delete follows."""

    begin_delete: str


@dataclass(frozen=True, slots=True, kw_only=True, config=FORM)
class AddProfile:
    """An account gets another profile."""

    account: str
    add_profile: ProfileForm


@dataclass(frozen=True, slots=True, kw_only=True, config=FORM)
class RemoveProfile:
    """A profile is deleted."""

    remove_profile: str


@dataclass(frozen=True, slots=True, kw_only=True, config=FORM)
class Tag:
    """An account's tags are replaced."""

    tag: str
    tags: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True, config=FORM)
class Resize:
    """An account changes its SKU."""

    resize: str
    sku: str


@dataclass(frozen=True, slots=True, kw_only=True, config=FORM)
class Provision:
    """An account's provisioningState becomes Failed, Canceled, Updating or Succeeded."""

    provision: str
    becomes: str


@dataclass(frozen=True, slots=True, kw_only=True, config=FORM)
class Forget:
    """Resource Graph does not list this share of all accounts for a while."""

    forget: Annotated[float, Field(gt=0, le=1)]
    lasting: Duration


@dataclass(frozen=True, slots=True, kw_only=True, config=FORM)
class PutLock:
    """Somebody locks something."""

    lock: LockForm


@dataclass(frozen=True, slots=True, kw_only=True, config=FORM)
class Unlock:
    """A lock, by its name, is taken away."""

    unlock: str


type AnyEffect = (
    Renew | Lapse | Rebind | Suspend | Disable | Resume | Revoke | Forbid | Allow | Change | Sign | Create | Delete
    | BeginDelete | AddProfile | RemoveProfile | Tag | Resize | Provision | Forget | PutLock | Unlock
)  # fmt: skip

VERBS: dict[str, type[Any]] = {
    "renew": Renew,
    "lapse": Lapse,
    "rebind": Rebind,
    "suspend": Suspend,
    "disable": Disable,
    "resume": Resume,
    "revoke": Revoke,
    "forbid": Forbid,
    "allow": Allow,
    "subscription": Change,
    "sign": Sign,
    "create": Create,
    "delete": Delete,
    "begin_delete": BeginDelete,
    "add_profile": AddProfile,
    "remove_profile": RemoveProfile,
    "tag": Tag,
    "resize": Resize,
    "provision": Provision,
    "forget": Forget,
    "lock": PutLock,
    "unlock": Unlock,
}


def read_effect(value: Any, info: ValidationInfo) -> Any:
    """The form whose verb is a key of `value`. Raises ValueError where there is none."""
    if not isinstance(value, dict):
        return value
    verb = next((key for key in value if key in VERBS), None)
    if verb is None:
        raise ValueError(f"knows no such effect; known are {', '.join(VERBS)}")
    return TypeAdapter(VERBS[verb]).validate_python(value, context=info.context)


Effect = Annotated[AnyEffect, BeforeValidator(read_effect)]
