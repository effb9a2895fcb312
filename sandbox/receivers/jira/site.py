"""What the stand-in for Jira Cloud stands for: a site with one project, and an account in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta, timezone, tzinfo

from sandbox.receivers.jira.fields import PRIORITIES, Screens
from sandbox.receivers.jira.workflows import ORDINARY, Workflow

# "Get all permissions" (rest/v3/api-group-permissions): those of a project that are asked about here.
PERMISSIONS = {
    *("BROWSE_PROJECTS", "CREATE_ISSUES", "EDIT_ISSUES", "TRANSITION_ISSUES", "ADD_COMMENTS", "RESOLVE_ISSUES"),
    *("ASSIGN_ISSUES", "ASSIGNABLE_USER", "DELETE_ISSUES", "ADMINISTER_PROJECTS"),
}
ACCOUNT = "5b10a2844c20165700ede21f"  # The one that the token is of.


@dataclass(frozen=True, slots=True)
class Site:
    """What the stand-in stands for. `people` by account id; `lacks` are permissions that the account has not.

    `former` are keys that the project had before. `lists_properties`: comments are listed with their properties, which
    Jira does and does not promise. `zone` is that of the account: its searches ask in it, its issues tell in it.
    """

    user: str = ""
    token: str = ""
    project: str = "OPS"
    former: tuple[str, ...] = ()
    people: Mapping[str, str] = field(default_factory=lambda: {"5b10ac8d82e05b22cc7d4ef5": "Ana Example"})
    lacks: frozenset[str] = frozenset()
    types: tuple[str, ...] = ("Task", "Bug", "Story")
    components: tuple[str, ...] = ("Signing",)
    custom: tuple[str, ...] = ("customfield_10010",)
    priorities: tuple[str, ...] = PRIORITIES
    workflow: Workflow = ORDINARY
    zone: tzinfo = timezone(timedelta(hours=2))
    lists_properties: bool = False

    @property
    def everybody(self) -> dict[str, str]:
        """People, and the account that asks, by account id."""
        return {**self.people, ACCOUNT: "Countersign"}

    @property
    def home(self) -> tuple[str, str]:
        """Id and key of the project."""
        return "10001", self.project

    @property
    def screens(self) -> Screens:
        """What may be filled in."""
        keys = (self.project, *self.former)
        denied = "CREATE_ISSUES" in self.lacks
        return Screens(keys, self.types, self.components, self.people, self.custom, self.priorities, denied)
