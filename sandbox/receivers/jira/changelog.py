"""What was changed in an issue, by whom and when, as "Get issue" shows it where its changelog is asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

type Value = tuple[str | None, str] | None  # Id, where it has one, and name; None for nothing.


@dataclass(frozen=True, slots=True)
class Item:
    """One field, before and after."""

    field: str
    before: Value
    after: Value

    @property
    def shown(self) -> dict[str, Any]:
        """ "ChangeDetails"."""
        (came, came_name), (went, went_name) = self.before or (None, None), self.after or (None, None)
        found = {"field": self.field, "fieldtype": "jira", "fieldId": self.field, "from": came}
        return found | {"fromString": came_name, "to": went, "toString": went_name}


@dataclass(frozen=True, slots=True)
class Change:
    """`by` is an account id; "" where nobody did it."""

    by: str
    at: datetime
    items: tuple[Item, ...]


def items_of(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Item]:
    """What differs between fields of an issue."""
    names = [name for name in after if before.get(name) != after[name]]
    return [Item(name, _value(before.get(name)), _value(after[name])) for name in names]


def _value(found: Any) -> Value:
    if not found:
        return None
    if isinstance(found, Mapping):
        return None, str(found.get("name", ""))
    return None, " ".join(map(str, found)) if isinstance(found, list) else str(found)
