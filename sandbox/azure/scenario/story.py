"""A scenario as a whole: the fleet at its start, what people have testified, and what happens then."""

from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from sandbox.azure.scenario.effects import Effect
from sandbox.azure.scenario.fleet import FORM, AccountForm, LockForm, SubscriptionForm, ValidationForm
from sandbox.azure.scenario.moments import Duration, Moment, parse_duration


@dataclass(frozen=True, slots=True, kw_only=True, config=FORM)
class Tenant:
    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True, config=FORM)
class Testimony:
    """What a person says of a validation (by its name here), or of the account it was requested for."""

    validation: str | None = None
    account: str | None = None
    status: Literal["In Progress", "Action Required", "Completed", "Failed", "Expired"]
    expires: Moment | None = None
    requested: Moment | None = None
    kind: Literal["organisation", "individual"] = "organisation"
    trust: Literal["public", "private"] = "public"
    owner: str | None = None
    contact: str | None = None
    email_verified: bool | None = None
    attempts: int | None = None
    reason: str | None = None
    given_up: bool = False
    by: str = "ana"
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, config=FORM)
class Step:
    """A moment in the story: what it is in plain words, what it does to Azure, and what people then testify."""

    at: Moment
    says: str
    does: tuple[Effect, ...] = ()
    register: tuple[Testimony, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, config=FORM)
class Bucket:
    """A token bucket: how much it holds, and what it gets back a second."""

    holds: Annotated[int, Field(gt=0)]
    refill: Annotated[float, Field(gt=0)]


@dataclass(frozen=True, slots=True, kw_only=True, config=FORM)
class Fault:
    """Calls whose `METHOD /path` matches go wrong: every n-th, a share, or all; for a time, or so many times.

    `drop`: the connection is cut before anything is answered. `afterwards`: what was asked is done all the same.
    """

    match: str
    status: int | None = None
    retry_after: Annotated[float, Field(ge=0)] | None = None
    headers: dict[str, str] = Field(default_factory=dict)
    body: str | None = None
    hang: bool = False
    truncate: bool = False
    drop: bool = False
    afterwards: bool = False
    every: Annotated[int, Field(gt=0)] = 1
    share: Annotated[float, Field(gt=0, le=1)] = 1.0
    starting: Moment | None = None
    until: Moment | None = None
    times: int | None = None


type Right = Literal["read", "metrics", "costs", "delete"]


@dataclass(frozen=True, slots=True, kw_only=True, config=FORM)
class Identity:
    """Who may do what; one that a scenario does not name may do everything."""

    client_id: str
    name: str
    may: tuple[Right, ...]


@dataclass(frozen=True, slots=True, kw_only=True, config=FORM)
class Behaviour:
    """How Azure behaves in this story; the defaults are what its documentation says."""

    certificates_kept: int = 3
    profile_page: int = 100
    account_page: int = 100
    graph_page: int = 1000
    graph_delay: Duration = parse_duration("0s")
    graph_queries: int = 15
    graph_window: Duration = parse_duration("5s")
    metric_grains: tuple[str, ...] = ("PT1M",)
    metric_delay: Duration = parse_duration("0s")
    metric_batch: bool = True
    reads: Bucket = Bucket(holds=250, refill=25)
    deletes: Bucket = Bucket(holds=200, refill=10)
    deletes_take: Duration = parse_duration("100s")
    deletes_by: Literal["story", "real"] = "story"
    """Whether a delete takes its time by the story's clock or by real seconds."""
    deletes_end: Literal["gone", "Succeeded", "Failed", "never"] = "gone"
    """How a delete that was taken ends: the account is gone, or there in this state, or Deleting for ever."""
    cost_delay: Duration = parse_duration("24h")
    cost_page: int = 1000
    cost_groups_resources: Literal["everywhere", "subscriptions"] = "everywhere"


@dataclass(frozen=True, slots=True, kw_only=True, config=FORM)
class Scenario:
    """Everything a scenario file says, checked and typed, with every name in it known."""

    name: str
    start: Moment
    tenant: Tenant
    regions: dict[str, str]
    subscriptions: tuple[SubscriptionForm, ...]
    management_groups: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    validations: tuple[ValidationForm, ...] = ()
    accounts: tuple[AccountForm, ...] = ()
    locks: tuple[LockForm, ...] = ()
    register: tuple[Testimony, ...] = ()
    timeline: tuple[Step, ...] = ()
    faults: tuple[Fault, ...] = ()
    identities: tuple[Identity, ...] = ()
    azure: Behaviour = Field(default_factory=Behaviour)
