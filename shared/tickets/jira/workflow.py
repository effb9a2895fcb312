"""Ways through a workflow of Jira's: which transition closes a ticket, and which opens it again."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from shared.tickets.jira.issue import DONE, Home, Unreadable, alike

OPEN_AGAIN = ("new", "indeterminate")  # Keys of status categories, the best first.
SOLVED = "done"  # The resolution that is preferred.


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

    One that sounds like "won't do" is the last choice, and one that wants fields the last but one.
    """
    done = [move for move in moves if move.category == DONE]
    return min(done, key=lambda move: (home.dismisses(move.status), move.wants), default=None)


def reopening(moves: Iterable[Move]) -> Move | None:
    """The way back, best to where work has not begun; None where there is none."""
    back = [move for move in moves if move.category != DONE]
    order = {category: number for number, category in enumerate(OPEN_AGAIN)}
    return min(back, key=lambda move: (move.wants, order.get(move.category, len(order))), default=None)


def resolution(move: Move, home: Home) -> dict[str, Any]:
    """The fields that say that it is solved; none where its screen has no such field."""
    solved = [name for name in move.resolutions or () if not home.dismisses(name)]
    if not move.resolutions or not solved:
        return {}
    best = min(solved, key=lambda name: alike(name) != SOLVED)
    return {"resolution": {"id": move.resolutions[best]}}


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
