"""Workflows of Jira projects: those that projects come with, and some that are hard to get through."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.receivers.jira.refused import Refused, malformed

# "What are issue statuses" (support.atlassian.com/jira-cloud-administration): three categories, by their keys.
CATEGORIES: Mapping[str, tuple[int, str]] = {
    "new": (2, "To Do"),
    "indeterminate": (4, "In Progress"),
    "done": (3, "Done"),
}
RESOLUTIONS: Mapping[str, str] = {
    "10000": "Done",
    "10001": "Won't Do",
    "10002": "Duplicate",
    "10003": "Cannot Reproduce",
    "10004": "Known Error",
    "10005": "Fixed",
}


@dataclass(frozen=True, slots=True)
class State:
    """A status."""

    id: str
    name: str
    category: str

    @property
    def shown(self) -> dict[str, Any]:
        """As "Get issue" shows it."""
        number, name = CATEGORIES[self.category]
        category = {"id": number, "key": self.category, "name": name, "colorName": "blue-gray"}
        return {"id": self.id, "name": self.name, "description": "", "statusCategory": category}


@dataclass(frozen=True, slots=True)
class Move:
    """A transition. `sources`: statuses that it leads out of, none for all of them.

    `screen` holds its fields as "Get transitions" shows them; `resolves`: what its post function sets, "" for none.
    """

    id: str
    name: str
    to: State
    sources: tuple[str, ...] = ()
    screen: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    resolves: str = ""

    def shown(self, *, with_fields: bool) -> dict[str, Any]:
        """As "Get transitions" shows it."""
        found = {
            "id": self.id,
            "name": self.name,
            "to": self.to.shown,
            "hasScreen": bool(self.screen),
            "isGlobal": not self.sources,
            "isInitial": False,
            "isAvailable": True,
            "isConditional": False,
            "looped": False,
        }
        return found | ({"fields": {name: dict(one) for name, one in self.screen.items()}} if with_fields else {})


@dataclass(frozen=True, slots=True)
class Workflow:
    """`dismisses` is the status that a person chooses who means "not to be done"; the first is where tickets begin."""

    first: State
    moves: tuple[Move, ...]
    closed: State
    dismissed: State

    def ways(self, state: State) -> list[Move]:
        """Out of this status."""
        return [move for move in self.moves if not move.sources or state.id in move.sources]


def _field(name: str, kind: str, *, required: bool, allowed: Mapping[str, str] | None = None) -> dict[str, Any]:
    """ "Field metadata", as the page "Get transitions" shows it."""
    found: dict[str, Any] = {
        "required": required,
        "schema": {"type": kind},
        "name": name,
        "hasDefaultValue": False,
        "operations": ["set"],
    }
    return (
        found if allowed is None else found | {"allowedValues": [{"id": one, "name": allowed[one]} for one in allowed]}
    )


TO_DO, DOING, DONE = (
    State("10100", "To Do", "new"),
    State("10101", "In Progress", "indeterminate"),
    State("10102", "Done", "done"),
)
OPEN, RESOLVED, REJECTED = State("1", "Open", "new"), State("5", "Resolved", "done"), State("10200", "Won't Do", "done")

# The simplified workflow: every status from everywhere, no screens; a post function sets or clears the resolution.
ORDINARY = Workflow(
    TO_DO,
    (
        Move("11", "To Do", TO_DO),
        Move("21", "In Progress", DOING),
        Move("31", "Done", DONE, resolves="10000"),
    ),
    DONE,
    DONE,
)
_RESOLUTION = _field("Resolution", "resolution", required=True, allowed=dict(sorted(RESOLUTIONS.items(), reverse=True)))
_SOLVED = _field("Resolution", "resolution", required=True, allowed={"10004": "Known Error", "10005": "Fixed"})
_CAUSE = _field("Root cause", "string", required=True)
STRICT = Workflow(
    OPEN,
    (
        Move("2", "Reject", REJECTED, ("1",), {"customfield_10042": _CAUSE}),
        Move("4", "Close with cause", RESOLVED, ("1",), {"resolution": _RESOLUTION, "customfield_10042": _CAUSE}),
        Move("5", "Resolve", RESOLVED, ("1",), {"resolution": _RESOLUTION}),
    ),
    RESOLVED,
    REJECTED,
)

# A service project's: what dismisses is the first on offer, and leads to where all that is done is.
CANCELED, PENDING, CLOSED = (
    State("10300", "Canceled", "done"),
    State("10301", "Pending", "indeterminate"),
    State("6", "Closed", "done"),
)
SERVICE = Workflow(
    OPEN,
    (
        Move("901", "Cancel request", CANCELED, ("1", "10301"), resolves="10001"),
        Move("871", "Pending", PENDING, ("1",)),
        Move("781", "Respond", OPEN, ("10301",)),
        Move("761", "Resolve this issue", RESOLVED, ("1", "10301"), {"resolution": _SOLVED}),
        Move("891", "Close", CLOSED, ("5",)),
        Move("931", "Back to open", OPEN, ("5",)),
    ),
    RESOLVED,
    CANCELED,
)
# One status after the other; what is not to be done may be said everywhere.
REVIEWED = State("10103", "In Review", "indeterminate")
LINEAR = Workflow(
    TO_DO,
    (
        Move("41", "Won't do", REJECTED, ("10100", "10101")),
        Move("42", "Back", TO_DO, ("10101",)),
        Move("43", "Start", DOING, ("10100", "10102")),
        Move("44", "Finish", DONE, ("10101",), resolves="10000"),
    ),
    DONE,
    REJECTED,
)
LONGER = Workflow(
    TO_DO,
    (
        Move("51", "Start", DOING, ("10100",)),
        Move("52", "Still at it", DOING, ("10101",)),
        Move("53", "Review", REVIEWED, ("10101",)),
        Move("54", "Finish", DONE, ("10103",), resolves="10000"),
        Move("55", "Again", DOING, ("10102",)),
    ),
    DONE,
    DONE,
)


def chosen(move: Move, found: Any) -> str:
    """The resolution. Only what is on the transition's screen may be filled, and what is required there has to be."""
    if not isinstance(found, dict):
        raise malformed("Transition issue: fields has to be an object")
    why = "Field '{}' cannot be set. It is not on the appropriate screen, or unknown."
    if off := {name: why.format(name) for name in found if name not in move.screen}:
        raise Refused(400, f"Transition issue: not on its screen: {', '.join(off)}", errors=off)
    lacking = [name for name, one in move.screen.items() if one["required"] and name not in found]
    if lacking:
        errors = {name: f"{move.screen[name]['name']} is required." for name in lacking}
        raise Refused(400, None, errors=errors)
    if "resolution" not in found:
        return ""
    allowed = move.screen["resolution"]["allowedValues"]
    chosen = [one["id"] for one in allowed if found["resolution"] in ({"id": one["id"]}, {"name": one["name"]})]
    if not chosen:
        raise Refused(400, "Transition issue: no such resolution", errors={"resolution": "Resolution is not valid"})
    return str(chosen[0])
