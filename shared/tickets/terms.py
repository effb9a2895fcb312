"""What an installation wants in its tickets, in the words of its desk."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.domain.finding import Severity

OURS = "countersign"  # In every ticket, as a label, a tag or what the desk has.


@dataclass(frozen=True, slots=True)
class Terms:
    """`labels` are added to our own; `priorities` are the desk's names by severity, over the desk's defaults.

    `assignees` by owner, in lower case: as whom the desk knows them. `fields`, by the desk's own names, are set as
    they are when a ticket is made.
    """

    labels: tuple[str, ...] = ()
    priorities: Mapping[Severity, str] = field(default_factory=dict)
    assignees: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, Any] = field(default_factory=dict)

    def assigned(self, owners: Iterable[str]) -> str:
        """The first owner that the desk knows; "" for nobody."""
        return next((self.assignees[owner.lower()] for owner in owners if owner.lower() in self.assignees), "")
