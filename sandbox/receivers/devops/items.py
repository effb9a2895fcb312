"""Work items and comments as Azure DevOps keeps and shows them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum, auto
from typing import Any

from sandbox.receivers.devops.schema import Refused, WorkItemType

ME = "countersign"


@dataclass(frozen=True, slots=True)
class Remark:
    """A comment as it is kept."""

    number: int
    html: str
    made: datetime


class Whereabouts(Enum):
    """`HIDDEN`: in an area whose work items our sign-in may not view."""

    THERE = auto()
    BINNED = auto()
    HIDDEN = auto()
    DESTROYED = auto()


@dataclass(slots=True)
class Item:
    """`known` is what the search gets to know, and since when; None where the work item is not to be found."""

    number: int
    kind: WorkItemType
    fields: dict[str, Any]
    revision: int = 1
    lies: Whereabouts = Whereabouts.THERE
    remarks: list[Remark] = field(default_factory=list)
    known: list[tuple[datetime, dict[str, Any] | None]] = field(default_factory=list)

    def found(self, at: datetime) -> dict[str, Any] | None:
        """As the search knew it then."""
        return next((fields for since, fields in reversed(self.known) if since <= at), None)


def shown(item: Item, names: Sequence[str] | None = None) -> dict[str, Any]:
    """A field without a value is left out."""
    fields = item.fields if names is None else {name: item.fields[name] for name in names if name in item.fields}
    return {"id": item.number, "rev": item.revision, "fields": fields, "url": address_of(item)}


def shown_binned(item: Item) -> dict[str, Any]:
    """ "WorkItemDelete", as in "Recyclebin - Get" (rest/api/azure/devops/wit/recyclebin/get)."""
    name = f"{item.kind.name} {item.number}"
    return {"id": item.number, "code": 200, "type": item.kind.name, "name": name, "resource": shown(item)}


def address_of(item: Item) -> str:
    """Of the resource, not of its page."""
    return f"https://dev.azure.com/_apis/wit/workItems/{item.number}"


def shown_remark(item: Item, remark: Remark) -> dict[str, Any]:
    """ "Comment", as in the reference of comments."""
    made = {"createdBy": identity(ME), "createdDate": moment_text(remark.made)}
    return {"workItemId": item.number, "id": remark.number, "version": 1, "text": remark.html, "format": "html", **made}


def identity(address: str) -> dict[str, Any]:
    """ "IdentityRef", as in every reference."""
    return {"displayName": address.partition("@")[0], "uniqueName": address, "descriptor": f"aad.{address}"}


def no_item(reference: str) -> Refused:
    """Gone, deleted, hidden, or never there: it says the same of each."""
    message = f"TF401232: Work item {reference} does not exist, or you do not have permissions to read it."
    return Refused(404, "WorkItemUnauthorizedAccessException", message)


def moment_text(moment: datetime) -> str:
    """2026-11-20T09:07:00.000Z."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"
