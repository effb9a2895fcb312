"""What Azure DevOps takes for a work item: its types, fields and values, and the document that changes them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.receivers.devops.html import sanitized

SERVER = "Microsoft.TeamFoundation.WorkItemTracking.Server"
# "Work tracking, process, and project limits" (reference "object limits").
MOST_IN_LONG_TEXT = 1_048_576
MOST_TAGS = 100
# "Work item fields and attributes" (boards/work-items/work-item-fields): a string field; .NET counts UTF-16.
MOST_IN_STRING = 255
# "Add work item tags" (boards/queries/add-tags-to-work-items).
MOST_IN_TAG = 400


class Refused(Exception):
    """A status with Azure DevOps' own words. `malformed`: the request itself was wrong, and where that is said."""

    def __init__(self, status: int, kind: str, message: str, malformed: str = "", **custom: Any) -> None:
        super().__init__(message)
        self.status, self.kind, self.malformed, self.custom = status, kind, malformed, custom

    @property
    def body(self) -> dict[str, Any]:
        """The wrapped exception that every service answers with."""
        custom = {"customProperties": self.custom} if self.custom else {}
        named = {"typeName": f"{SERVER}.{self.kind}, {SERVER}", "typeKey": self.kind, "errorCode": 0, "eventId": 3200}
        return {"$id": "1", **custom, "innerException": None, "message": str(self), **named}


@dataclass(frozen=True, slots=True)
class WorkItemType:
    """`states` by name with their category, the first being that of new ones; `reasons` by state, the usual first.

    `straight` are reasons of going from one state to another where they are others than usual, and `barred` is where
    no transition leads.
    """

    name: str
    states: Mapping[str, str]
    reasons: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    straight: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    barred: frozenset[tuple[str, str]] = frozenset()

    def usual_reason(self, before: str, after: str) -> str:
        """Where none is given."""
        usual = self.reasons.get(after, (f"Moved to state {after}",))
        return self.straight.get((before, after), usual)[0]


# "Workflow states and state categories" (boards/work-items/workflow-and-state-categories). Basic, with a state of the
# category Removed added, as "Customize a workflow" (of inherited processes) shows.
ISSUE = WorkItemType(
    "Issue", {"To Do": "Proposed", "Doing": "InProgress", "Done": "Completed", "Not planned": "Removed"}
)
# Reasons: "Bug workflow" of Agile (boards/work-items/guidance/agile-process-workflow).
BUG = WorkItemType(
    "Bug",
    {"New": "Proposed", "Active": "InProgress", "Resolved": "Resolved", "Closed": "Completed"},
    {
        "Resolved": ("Fixed", "As Designed", "Cannot Reproduce", "Deferred", "Duplicate", "Obsolete"),
        "Closed": ("Fixed and verified", "As Designed", "Cannot Reproduce", "Deferred", "Duplicate", "Obsolete"),
    },
)
# Reasons: "CMMI process workflow" (boards/work-items/guidance/cmmi-process-workflow). Straight to Closed is rejected.
TASK = WorkItemType(
    "Task",
    {"Proposed": "Proposed", "Active": "InProgress", "Resolved": "Resolved", "Closed": "Completed"},
    {"Active": ("Accepted", "Reactivated"), "Resolved": ("Complete",), "Closed": ("Completed", "Cut", "Deferred")},
    straight={("Proposed", "Closed"): ("Rejected", "Duplicate", "Deferred")},
    barred=frozenset({("Closed", "Proposed")}),
)
ENDLESS = WorkItemType("Note", {"Written": "Proposed"})
STRICT = WorkItemType("Change", {"New": "Proposed", "Closed": "Completed"}, required=("Custom.Team",))
TYPES = (ISSUE, BUG, TASK, ENDLESS, STRICT)

# "Field reference" (boards/work-items/guidance/work-item-field): of what kind each is.
KINDS: Mapping[str, str] = {
    "System.Id": "read only",
    "System.TeamProject": "read only",
    "System.WorkItemType": "read only",
    "System.CreatedDate": "read only",
    "System.ChangedDate": "read only",
    "System.ChangedBy": "read only",
    "Microsoft.VSTS.Common.ClosedBy": "read only",
    "Microsoft.VSTS.Common.ResolvedBy": "read only",
    "Microsoft.VSTS.Common.StateChangeDate": "read only",
    "System.Title": "string",
    "System.State": "state",
    "System.Reason": "reason",
    "System.AreaPath": "area",
    "System.Tags": "tags",
    "System.AssignedTo": "identity",
    "System.Description": "html",
    "Microsoft.VSTS.TCM.ReproSteps": "html",
    "Microsoft.VSTS.Common.Priority": "priority",
    "Custom.Team": "string",
    "Custom.Cost": "integer",
}


@dataclass(frozen=True, slots=True)
class Rules:
    """Of one project: its area paths, and the people whom a work item may be assigned to, by address."""

    areas: frozenset[str]
    people: Mapping[str, Any]


def known(name: object) -> str:
    """Raises Refused for a field that there is not."""
    if not isinstance(name, str) or name not in KINDS:
        message = f"TF51535: Cannot find field {name}."
        raise Refused(
            400, "WorkItemTrackingFieldDefinitionNotFoundException", message, "work-item-field", ReferenceName=name
        )
    return name


def changes(document: Any, *, revision: int | None) -> dict[str, Any]:
    """Fields by reference name that the document sets. `revision` is None for what is being made.

    "Work Items - Create" and "- Update" (rest/api/azure/devops/wit/work-items): JSON Patch.
    """
    if not isinstance(document, list) or not document:
        raise Refused(
            400,
            "VssPropertyValidationException",
            "You must pass a valid patch document in the body of the request.",
            "work-items/update: the body is an array of operations",
        )
    found: dict[str, Any] = {}
    for one in document:
        found |= _operation(one, revision)
    return found


def _operation(one: Any, revision: int | None) -> dict[str, Any]:
    where = "work-items/update: op is add, replace or test, path is /fields/{name} or /rev"
    if not isinstance(one, dict) or one.keys() != {"op", "path", "value"} or not isinstance(one["path"], str):
        raise Refused(400, "PatchOperationFailedException", "The patch operation is not valid.", where)
    if one["op"] == "test" and one["path"] == "/rev" and revision is not None:
        if one["value"] != revision:
            message = f"VS403351: Test Operation for path /rev failed, value {revision} was not equal to test value."
            raise Refused(412, "TestPatchOperationFailedException", message)
        return {}
    if one["op"] not in ("add", "replace") or not one["path"].startswith("/fields/"):
        message = f"Unable to evaluate path {one['path']}."
        raise Refused(400, "PatchOperationFailedException", message, where)
    return {known(one["path"].removeprefix("/fields/")): one["value"]}


def checked(name: str, value: Any, kind: WorkItemType, rules: Rules) -> Any:
    """As it is kept. Raises Refused."""
    check = CHECKS.get(KINDS[name])
    if check is None:
        raise _broken(name, "ReadOnly", "work-item-field: it cannot be written")
    return check(name, value, kind, rules)


def demand(fields: Mapping[str, Any], kind: WorkItemType) -> None:
    """ "Rules and rule evaluation" (of inherited processes): what a type requires."""
    for name in ("System.Title", *kind.required):
        if not fields.get(name):
            raise _broken(name, "Required, InvalidEmpty", "rule-reference: it is required")


def allow(before: Mapping[str, Any], found: Mapping[str, Any], kind: WorkItemType) -> None:
    """What a transition, and the lack of one, permits. Breaking these rules is no malformed request.

    A reason cannot be changed within a state (ssimakov.geekswithblogs.net/BobHardister, 2012-05-15).
    """
    old = before["System.State"]
    new = found.get("System.State", old)
    if (old, new) in kind.barred:
        raise _broken("System.State", "HasValues, LimitedToValues, InvalidListValue", "")
    if old == new and found.get("System.Reason", before["System.Reason"]) != before["System.Reason"]:
        raise _broken("System.Reason", "ReadOnly", "")


def _broken(name: str, code: str, where: str) -> Refused:
    message = f"TF401320: Rule Error for field {name.rpartition('.')[2]}. Error code: {code}."
    rule = {"fieldReferenceName": name, "fieldStatusFlags": code.lower(), "errorMessage": message}
    return Refused(400, "RuleValidationException", message, where, RuleValidationErrors=[rule])


def _string(name: str, value: Any, _kind: WorkItemType, _rules: Rules) -> str:
    if not isinstance(value, str):
        raise _broken(name, "InvalidType", "work-item-fields: a string")
    if len(value.encode("utf-16-le")) // 2 > MOST_IN_STRING:
        raise _broken(name, "InvalidTooLong", f"work-item-fields: {MOST_IN_STRING} characters")
    if "\n" in value:
        raise _broken(name, "InvalidCharacters", "work-item-fields: a string is one line")
    return value


def _html(name: str, value: Any, _kind: WorkItemType, _rules: Rules) -> str:
    if not isinstance(value, str):
        raise _broken(name, "InvalidType", "work-item-fields: HTML is a string")
    return kept_html(name, value)


def kept_html(name: str, value: str) -> str:
    """What is left of it. Raises Refused."""
    if len(value.encode("utf-16-le")) // 2 > MOST_IN_LONG_TEXT:
        raise _broken(name, "InvalidTooLong", f"object-limits: {MOST_IN_LONG_TEXT} characters in a long text")
    return sanitized(value)


def _integer(name: str, value: Any, _kind: WorkItemType, _rules: Rules) -> int:
    if isinstance(value, bool) or not isinstance(value, int | str) or not str(value).lstrip("-").isdecimal():
        raise _broken(name, "InvalidType", "work-item-fields: an integer")
    return int(value)


def _priority(name: str, value: Any, kind: WorkItemType, rules: Rules) -> int:
    """ "Planning, ranking, and priorities" (boards/queries/planning-ranking-priorities): 1 to 4."""
    found = _integer(name, value, kind, rules)
    if found not in range(1, 5):
        raise _broken(name, "HasValues, LimitedToValues, InvalidListValue", "planning-ranking-priorities: 1 to 4")
    return found


def _state(name: str, value: Any, kind: WorkItemType, _rules: Rules) -> str:
    if value not in kind.states:
        raise _broken(name, "HasValues, LimitedToValues, InvalidListValue", "workflow-and-state-categories")
    return str(value)


def _reason(name: str, value: Any, kind: WorkItemType, _rules: Rules) -> str:
    if not any(value in reasons for reasons in kind.reasons.values()):
        raise _broken(name, "HasValues, LimitedToValues, InvalidListValue", "agile-process-workflow: no such reason")
    return str(value)


def _area(name: str, value: Any, _kind: WorkItemType, rules: Rules) -> str:
    if value not in rules.areas:
        message = f"TF401347: Invalid tree name given for work item -1, field '{name}'."
        raise Refused(400, "WorkItemFieldInvalidTreeNameException", message, "set-area-paths: there is no such path")
    return str(value)


def _identity(name: str, value: Any, _kind: WorkItemType, rules: Rules) -> Any:
    """Azure/azure-devops-cli-extension issue 272: an unknown one is refused; that is no malformed request."""
    if isinstance(value, str) and value.lower() in rules.people:
        return rules.people[value.lower()]
    message = f"The identity value '{value}' for field 'Assigned To' is an unknown identity."
    raise Refused(400, "WorkItemFieldInvalidException", message, ReferenceName=name)


def _tags(name: str, value: Any, _kind: WorkItemType, _rules: Rules) -> str:
    if not isinstance(value, str):
        raise _broken(name, "InvalidType", "add-tags-to-work-items: a string")
    found = list(dict.fromkeys(tag.strip() for tag in value.replace(",", ";").split(";") if tag.strip()))
    if len(found) > MOST_TAGS:
        message = "TF401243: Failed to save work item because too many new tags were added to the work item."
        raise Refused(400, "WorkItemTagLimitExceededException", message, "add-tags-to-work-items: 100 tags")
    if any(len(tag) > MOST_IN_TAG for tag in found):
        message = "The tag name is not valid."
        raise Refused(400, "InvalidTagNameException", message, "add-tags-to-work-items: 400 characters")
    return "; ".join(found)


CHECKS: Mapping[str, Callable[[str, Any, WorkItemType, Rules], Any]] = {
    "string": _string,
    "html": _html,
    "integer": _integer,
    "priority": _priority,
    "state": _state,
    "reason": _reason,
    "area": _area,
    "identity": _identity,
    "tags": _tags,
}
