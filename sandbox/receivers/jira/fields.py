"""What Jira takes in the fields of an issue that is made or changed, and its own words for what it does not take."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.receivers.jira import documents
from sandbox.receivers.jira.refused import Refused, malformed

PAGE = "Create issue"  # rest/v3/api-group-issues, and "Edit issue" beside it.
MOST_IN_SUMMARY, MOST_IN_LABEL = 255, 255
REQUIRED = {
    "project": "valid project is required",
    "issuetype": "Specify a valid issue type",
    "summary": "You must specify a summary of the issue.",
}
PRIORITIES = ("Highest", "High", "Medium", "Low", "Lowest")


@dataclass(frozen=True, slots=True)
class Screens:
    """One project: what its screens ask for, and what may be chosen there. `keys` are all that it ever had."""

    keys: Collection[str]
    types: Collection[str]
    components: Collection[str]
    people: Collection[str]
    custom: Collection[str] = ()
    priorities: Collection[str] = PRIORITIES
    denied: bool = False
    _edited: tuple[str, ...] = field(default=("summary", "description", "labels", "priority", "assignee", "components"))

    def created(self, fields: Any) -> dict[str, Any]:
        """Raises Refused, with all fields at once: first those that are on no screen."""
        found = self._on_screen(fields, {"project", "issuetype", *self._edited})
        errors = dict(self._errors(found)) | {name: why for name, why in REQUIRED.items() if not found.get(name)}
        if self.denied:
            errors["project"] = "You cannot create issues in this project."
        return _good(found, errors)

    def edited(self, fields: Any) -> dict[str, Any]:
        """Raises Refused."""
        found = self._on_screen(fields, set(self._edited))
        return _good(found, dict(self._errors(found)))

    def _on_screen(self, fields: Any, known: set[str]) -> dict[str, Any]:
        if not isinstance(fields, dict):
            raise malformed(f"{PAGE}: fields has to be an object")
        screen = (known | set(self.custom)) - (set() if self.priorities else {"priority"})
        why = "Field '{}' cannot be set. It is not on the appropriate screen, or unknown."
        if off := {name: why.format(name) for name in fields if name not in screen}:
            # A project without priorities is none of the caller's mistakes, and neither is one without assignees.
            mistaken = off.keys() - {"priority", "assignee"}
            raise Refused(400, f"{PAGE}: not on the screen: {', '.join(mistaken)}" if mistaken else None, errors=off)
        return fields

    def _errors(self, found: Mapping[str, Any]) -> list[tuple[str, str]]:
        checks: dict[str, Callable[[Any], str]] = {
            "project": lambda one: "" if _named(one, "key") in self.keys else "valid project is required",
            "issuetype": lambda one: "" if _named(one, "name") in self.types else "Specify a valid issue type",
            "summary": _summary,
            "description": _description,
            "labels": _labels,
            "priority": lambda one: "" if _named(one, "name") in self.priorities else "Priority name is not valid",
            "assignee": self._assignee,
            "components": self._components,
        }
        told = [(name, checks[name](value)) for name, value in found.items() if name in checks]
        return [(name, why) for name, why in told if why]

    def _assignee(self, found: Any) -> str:
        """By account id: names are gone ("Deprecation notice and migration guide for major changes")."""
        account = _named(found, "id") or _named(found, "accountId")
        return "" if account in self.people else f"Account ID {account} does not exist."

    def _components(self, found: Any) -> str:
        if not isinstance(found, list):
            return "data was not an array"
        unknown = [_named(one, "name") for one in found if _named(one, "name") not in self.components]
        return f"Component name '{unknown[0]}' is not valid" if unknown else ""


def _good(found: dict[str, Any], errors: dict[str, str]) -> dict[str, Any]:
    """Who cannot be assigned, and where nobody may create, is no mistake in the request."""
    if errors:
        mistaken = {name: why for name, why in errors.items() if name not in ("assignee", "project")}
        raise Refused(400, f"{PAGE}: {mistaken}" if mistaken else None, errors=errors)
    return found


def _named(found: Any, by: str) -> str:
    """{"key": "OPS"} -> OPS."""
    value = found.get(by) if isinstance(found, dict) and len(found) == 1 else None
    return value if isinstance(value, str) else ""


def _summary(found: Any) -> str:
    if not isinstance(found, str):
        return "Operation value must be a string"
    if "\n" in found or "\r" in found:
        return "The summary is invalid because it contains newline characters."
    too_long = len(found.encode("utf-16-le")) > 2 * MOST_IN_SUMMARY
    return f"Summary can't exceed {MOST_IN_SUMMARY} characters." if too_long else ""


def _description(found: Any) -> str:
    documents.check(found, "description", PAGE)
    return ""


def _labels(found: Any) -> str:
    """ "Label" (support.atlassian.com/jira-software-cloud/docs: Use labels to organize and find issues)."""
    if not isinstance(found, list) or not all(isinstance(label, str) for label in found):
        return "data was not an array"
    spaced = [label for label in found if not label or any(one.isspace() for one in label)]
    if spaced:
        return f"The label '{spaced[0]}' contains spaces which is invalid."
    too_long = any(len(label) > MOST_IN_LABEL for label in found)
    return f"The label exceeds the maximum length of {MOST_IN_LABEL} characters." if too_long else ""
