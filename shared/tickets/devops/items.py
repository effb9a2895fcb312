"""What Azure DevOps answers with: work items, their states, comments."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from shared.domain.ticket import Status
from shared.http import Answer
from shared.tickets.devops.refusals import odd

# Only what we look at is asked for: a text may have a million characters.
FIELDS = (
    "System.TeamProject",
    "System.WorkItemType",
    "System.State",
    "System.Reason",
    "System.Tags",
    "System.CreatedDate",
    "System.ChangedDate",
    "System.ChangedBy",
    "System.AssignedTo",
    "Microsoft.VSTS.Common.ClosedBy",
    "Microsoft.VSTS.Common.ResolvedBy",
    "Microsoft.VSTS.Common.StateChangeDate",
)
MARKER = re.compile(r"countersign-[0-9a-z-]{16,64}")
# Reasons of the system processes for closing what nobody did ("Work item states" of Agile, Scrum and CMMI).
DISMISSALS = frozenset(
    {
        "abandoned",
        "as designed",
        "cannot reproduce",
        "copied to backlog",
        "cut",
        "deferred",
        "duplicate",
        "not a bug",
        "obsolete",
        "out of scope",
        "rejected",
        "removed from backlog",
        "removed from the backlog",
        "will not fix",
        "won't fix",
    }
)


def _who(found: object) -> object:
    """The name that people see; older organizations answer with one instead of an identity."""
    if isinstance(found, dict):
        return found.get("displayName") or found.get("uniqueName") or ""
    return found or ""


type Who = Annotated[str, BeforeValidator(_who)]


class _Answered(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class Fields(_Answered):
    """Of a work item. What is empty is not in the answer."""

    project: str = Field("", alias="System.TeamProject")
    kind: str = Field(alias="System.WorkItemType")
    state: str = Field(alias="System.State")
    reason: str = Field("", alias="System.Reason")
    joined_tags: str = Field("", alias="System.Tags")
    created: AwareDatetime = Field(alias="System.CreatedDate")
    changed: AwareDatetime = Field(alias="System.ChangedDate")
    assignee: Who = Field("", alias="System.AssignedTo")
    closed_by: Who = Field("", alias="Microsoft.VSTS.Common.ClosedBy")
    resolved_by: Who = Field("", alias="Microsoft.VSTS.Common.ResolvedBy")
    changed_by: Who = Field("", alias="System.ChangedBy")
    state_changed: AwareDatetime | None = Field(None, alias="Microsoft.VSTS.Common.StateChangeDate")

    @property
    def ended_by(self) -> str:
        """Of one that is not open. For a state of the category Removed only the last change says it.

        Where something else was changed since, nobody does.
        """
        last = self.changed_by if self.state_changed in (None, self.changed) else ""
        return self.closed_by or self.resolved_by or last


class WorkItem(_Answered):
    """`rev` counts its changes."""

    id: int
    rev: int
    fields: Fields

    @property
    def tags(self) -> tuple[str, ...]:
        """In lower case: Azure DevOps keeps the case of whoever wrote a tag first."""
        return tuple(tag.strip().lower() for tag in self.fields.joined_tags.split(";") if tag.strip())

    def marker(self, labels: Iterable[str]) -> str:
        """Ours, which none of the labels is; "" where it has none."""
        others = {label.lower() for label in labels}
        return next((tag for tag in self.tags if MARKER.fullmatch(tag) and tag not in others), "")


class Found(_Answered):
    """One id that a query found."""

    id: int


class QueryResult(_Answered):
    """Ids, in the order that was asked for."""

    found: tuple[Found, ...] = Field(alias="workItems")


class Batch(_Answered):
    """In the place of a work item that is gone, or that is not shown, stands nothing."""

    value: tuple[WorkItem | None, ...]


class Binned(_Answered):
    """What lies in the recycle bin."""

    id: int


class State(_Answered):
    """`category` is Proposed, InProgress, Resolved, Completed or Removed, whatever the state is called."""

    name: str
    category: str


class States(_Answered):
    """Of one type, in their order."""

    value: tuple[State, ...]


class Project(_Answered):
    """By its name of today."""

    name: str


class Comment(_Answered):
    """As HTML."""

    text: str = ""
    created: AwareDatetime = Field(alias="createdDate")


class Comments(_Answered):
    """One page; `token` leads to the next."""

    comments: tuple[Comment, ...]
    token: str | None = Field(None, alias="continuationToken")


class Said(_Answered):
    """A comment that was just made."""

    id: int


def understood[T: _Answered](kind: type[T], answer: Answer, *, creates: bool = False) -> T:
    """Raises DeliveryError where it is nothing of the kind."""
    try:
        return kind.model_validate(answer.json())
    except ValidationError:
        raise odd(creates=creates) from None


def status_of(category: str, reason: str) -> Status:
    """Resolved counts as done: that somebody still verifies it is the project's own business."""
    if category == "Removed":
        return Status.DISMISSED
    if category in ("Completed", "Resolved"):
        return Status.DISMISSED if reason.strip().lower() in DISMISSALS else Status.DONE
    return Status.OPEN


def first_of(states: Iterable[State], category: str) -> str:
    """The first state of this category; "" where there is none."""
    return next((state.name for state in states if state.category == category), "")


def utc(moment: datetime) -> datetime:
    """The same moment."""
    return moment.astimezone(UTC)
