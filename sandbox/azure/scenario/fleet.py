"""What a scenario says about a fleet at its start: subscriptions, identity validations, accounts, profiles."""

from typing import Literal

from pydantic import ConfigDict, Field, model_validator
from pydantic.dataclasses import dataclass

from sandbox.azure.scenario.moments import Moment

FORM = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True, kw_only=True, config=FORM)
class SubscriptionForm:
    """A subscription; without `id` it gets one made from its name."""

    name: str
    id: str | None = None
    state: str = "Enabled"
    registered: bool = True
    forbidden: bool = False
    currency: str = "USD"
    tags: dict[str, str] = Field(default_factory=dict)
    groups: dict[str, dict[str, str]] = Field(default_factory=dict)
    """Tags of resource groups, by name; a group without tags need not be named."""


@dataclass(frozen=True, slots=True, kw_only=True, config=FORM)
class ValidationForm:
    """An identity validation as it truly is; no API tells any of this but its id."""

    name: str
    subscription: str
    id: str | None = None
    subject: str = "Contoso Ltd"
    expires: Moment
    renews_until: Moment | None = None
    """After this moment no certificate is issued; without it, `expires`."""


@dataclass(frozen=True, slots=True, kw_only=True, config=FORM)
class ProfileForm:
    """A certificate profile, bound to a validation by name."""

    name: str
    validation: str
    type: str = "PublicTrust"
    created: Moment | None = None
    first_certificate: Moment | None = None
    status: str = "Active"
    since: Moment | None = None
    """Since when the status is what it is, where it is not Active."""


@dataclass(frozen=True, slots=True, kw_only=True, config=FORM)
class SignsForm:
    """How much an account signs: so much a week in a pattern, or an exact count so far and a steady rate."""

    per_week: int | None = None
    pattern: Literal["office", "nightly", "steady"] = "office"
    signed_so_far: int | None = None
    """Signatures from the first of the month (UTC) to the start of the story, exactly."""
    per_day: int | None = None

    @model_validator(mode="after")
    def _one_form(self) -> "SignsForm":
        exact = (self.signed_so_far is not None, self.per_day is not None)
        if (self.per_week is not None) == any(exact) or (any(exact) and not all(exact)):
            raise ValueError("say either per_week (with a pattern), or signed_so_far together with per_day")
        return self


@dataclass(frozen=True, slots=True, kw_only=True, config=FORM)
class AccountForm:
    """A signing account; without `signs` it never signed."""

    name: str
    subscription: str
    region: str
    group: str | None = None
    sku: str = "Basic"
    created: Moment | None = None
    provisioning: str = "Succeeded"
    tags: dict[str, str] = Field(default_factory=dict)
    profiles: tuple[ProfileForm, ...] = ()
    signs: SignsForm | None = None


@dataclass(frozen=True, slots=True, kw_only=True, config=FORM)
class LockForm:
    """A management lock on a subscription, a resource group (`Subscription/group`) or an account, by name."""

    on: str
    name: str = "keep"
    level: str = "CanNotDelete"
    notes: str = ""
