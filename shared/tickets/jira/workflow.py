"""Ways through a workflow of Jira's: which transition closes a ticket, which leads there, and which opens it again."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.tickets.jira.issue import DONE, Home, Unreadable, alike

BEGUN = "indeterminate"  # The key of the status category "In Progress".
OPEN_AGAIN = ("new", BEGUN)  # The best first.
# Names of statuses, and of resolutions, that say that it is solved, the best first.
CLOSED = ("done", "resolved", "closed", "completed", "complete", "fixed")
SOLVED = ("done", "fixed", "resolved", "completed", "complete")


@dataclass(frozen=True, slots=True)
class Move:
    """One way out of a status. `category` and `status` are where it leads; `resolutions` are ids by name.

    `wants`: so many fields on its screen are required that nobody here can fill.
    """

    id: str
    category: str
    status: str
    wants: int = 0
    resolutions: Mapping[str, str] | None = None


def moves_of(answer: Mapping[str, Any]) -> list[Move]:
    """Raises Unreadable."""
    try:
        return [_move(one) for one in answer["transitions"]]
    except (KeyError, TypeError, AttributeError) as error:
        raise Unreadable("no transitions") from error


def closing(moves: Iterable[Move], home: Home) -> Move | None:
    """The way into a status that is done; None where there is none.

    One that dismisses is the last choice, and one that wants fields the last but one; of the others that is better
    whose status, or else whose resolution, says that it is solved.
    """
    done = [move for move in moves if move.category == DONE]
    return min(done, key=lambda move: (dismissing(move, home), move.wants, _unlike_solved(move)), default=None)


def dismissing(move: Move, home: Home) -> bool:
    """Whether it leads to "not to be done": by its status, or because it has no resolution that says otherwise."""
    return home.dismisses(move.status) or (bool(move.resolutions) and not _resolutions(move, home))


def nearing(moves: Iterable[Move], been: Collection[str]) -> Move | None:
    """A step into work that has begun, from where it may be closed; None where there is none.

    `been` are names of statuses that it was in already.
    """
    known = {alike(name) for name in been}
    steps = (move for move in moves if move.category == BEGUN and not move.wants and alike(move.status) not in known)
    return next(steps, None)


def reopening(moves: Iterable[Move]) -> Move | None:
    """The way back, best to where work has not begun; None where there is none."""
    back = [move for move in moves if move.category != DONE]
    order = {category: number for number, category in enumerate(OPEN_AGAIN)}
    return min(back, key=lambda move: (move.wants, order.get(move.category, len(order))), default=None)


def resolution(move: Move, home: Home) -> dict[str, Any]:
    """The fields that say that it is solved; none where its screen has no such field."""
    if not (solved := _resolutions(move, home)):
        return {}
    return {"resolution": {"id": solved[min(solved, key=lambda name: _place(name, SOLVED))]}}


def _resolutions(move: Move, home: Home) -> dict[str, str]:
    """Those on its screen that do not dismiss: ids by name."""
    return {name: number for name, number in (move.resolutions or {}).items() if not home.dismisses(name)}


def _unlike_solved(move: Move) -> tuple[bool, int]:
    """Less is better."""
    named = _place(move.status, CLOSED)
    resolved = any(alike(name) in CLOSED for name in move.resolutions or ())
    return named == len(CLOSED) and not resolved, named


def _place(name: str, names: Sequence[str]) -> int:
    """Behind the last of them where it is not among them."""
    return names.index(alike(name)) if alike(name) in names else len(names)


def _move(found: Mapping[str, Any]) -> Move:
    fields = found.get("fields") or {}
    allowed = (fields.get("resolution") or {}).get("allowedValues") or ()
    wanted = [
        name
        for name, field in fields.items()
        if name != "resolution" and field.get("required") and not field.get("hasDefaultValue")
    ]
    return Move(
        id=str(found["id"]),
        category=str(found["to"]["statusCategory"]["key"]),
        status=str(found["to"]["name"]),
        wants=len(wanted),
        resolutions={str(one["name"]): str(one["id"]) for one in allowed},
    )
