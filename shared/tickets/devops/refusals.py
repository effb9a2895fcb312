"""Why Azure DevOps did not do it, in sentences that name the setting or the permission; never its own words."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.domain.words import listing
from shared.http import Answer, refusal
from shared.ports.errors import DeliveryError

WHO = "Azure DevOps"
CODE = re.compile(r"(?:TF|VS)[0-9]{4,7}(?![0-9A-Za-z])")  # Its messages begin with a number that its pages explain.
FIELD = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}(?:\.[A-Za-z0-9_-]{1,64}){1,6}")
ASSIGNED, STATE = "System.AssignedTo", "System.State"
UNKNOWN = re.compile(r"The identity value .{0,500} is an [a-z]{1,20} identity\b", re.DOTALL)
NO_AREA, NO_PERMISSION, NO_NEW_TAGS = "TF401347", "TF237111", "TF401289"
SETTINGS = {
    "System.AreaPath": "TICKETS__DEVOPS_AREA",
    "System.Tags": "TICKETS__LABELS",
    "Microsoft.VSTS.Common.Priority": "TICKETS__DEVOPS_PRIORITIES",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request was about. `creates`: it makes something; `changes`: it holds only if nobody else was faster."""

    project: str
    kind: str
    creates: bool = False
    changes: bool = False


def refused(answer: Answer, asked: Asked) -> DeliveryError | None:
    """None where it was done."""
    if signs_in(answer):
        return DeliveryError(f"{WHO} answered {answer.status}. {_unknown_to_it()}", permanent=True)
    error = refusal(WHO, answer, _code(answer))
    if error is None:
        return None
    faster = asked.changes and answer.status in (409, 412)
    advice = "Somebody else changed the work item at the same moment." if faster else _advice(answer, asked)
    return DeliveryError(
        f"{error} {advice}".strip(),
        permanent=error.permanent and not faster,
        retry_after=error.retry_after,
        maybe_taken=error.maybe_taken and asked.creates,
    )


def odd(*, creates: bool = False) -> DeliveryError:
    """It was answered as if it were done, with something that does not say so."""
    reason = (
        f"{WHO} answered with something that is not its own. A proxy may stand in between, or "
        "TICKETS__DEVOPS_ORGANIZATION leads elsewhere."
    )
    return DeliveryError(reason, permanent=False, maybe_taken=creates)


def not_shown(reference: str, asked: Asked) -> DeliveryError:
    """It says 404 of a work item, and has it in no recycle bin."""
    reason = (
        f"{WHO} does not show the work item {reference}: it was destroyed or moved out of the project {asked.project}, "
        "or the app's identity may not see it any more. Give it View work items in this node for the work item's area."
    )
    return DeliveryError(reason, permanent=True)


def signs_in(answer: Answer) -> bool:
    """It shows its page for signing in, with 203 or by sending there, where it does not accept a token."""
    return answer.status == 203 or 300 <= answer.status < 400


def blamed(answer: Answer) -> tuple[str, ...]:
    """Reference names of the fields that it refuses, if it says so."""
    custom = answer.json().get("customProperties")
    if not isinstance(custom, dict):
        return ()
    rules = custom.get("RuleValidationErrors")
    errors = rules if isinstance(rules, list) else []
    named = [rule.get("fieldReferenceName") for rule in errors if isinstance(rule, dict)]
    found = [name for name in (custom.get("ReferenceName"), *named) if isinstance(name, str)]
    return tuple(dict.fromkeys(name for name in found if FIELD.fullmatch(name)))


def unknown_assignee(answer: Answer) -> bool:
    """Whether it refuses whom a work item is assigned to, and nothing else (Azure/azure-devops-cli-extension 272)."""
    message = answer.json().get("message")
    said = isinstance(message, str) and UNKNOWN.match(message) is not None
    return answer.status == 400 and (blamed(answer) == (ASSIGNED,) or (said and not blamed(answer)))


def _advice(answer: Answer, asked: Asked) -> str:
    code = _code(answer)
    if answer.status == 401:
        return _unknown_to_it()
    if answer.status == 403 or code in (NO_PERMISSION, NO_NEW_TAGS):
        return _may_not(asked)
    if answer.status == 404:
        return _not_there(answer, asked)
    if answer.status == 400:
        return _wrong(("System.AreaPath",) if code == NO_AREA else blamed(answer), asked)
    if answer.status in (429, 503):
        return "It is busy, or the app's identity asks it too often."
    return ""


def _unknown_to_it() -> str:
    return (
        "It does not accept the app's identity: add it to the organization in TICKETS__DEVOPS_ORGANIZATION as a user "
        "with Basic access; the organization must be connected to the same Microsoft Entra tenant."
    )


def _may_not(asked: Asked) -> str:
    return (
        f"The app's identity may not do this in the project {asked.project}: make it a Contributor, or give it View "
        "work items in this node and Edit work items in this node for the area, and Create tag definition."
    )


def _not_there(answer: Answer, asked: Asked) -> str:
    kind = answer.json().get("typeKey")
    about = kind if isinstance(kind, str) else ""
    project = f"the project {asked.project} (TICKETS__DEVOPS_PROJECT)"
    if about.startswith("WorkItemType"):
        return f"In {project} there is no type of work items {asked.kind} (TICKETS__DEVOPS_TYPE)."
    if about.startswith("Project"):
        return f"There is no such thing as {project}, or the app's identity is not a member of it."
    return (
        f"There is no such thing as {project}, it has no type of work items {asked.kind} (TICKETS__DEVOPS_TYPE), or "
        "the app's identity is not a member of it."
    )


def _wrong(fields: tuple[str, ...], asked: Asked) -> str:
    if not fields:
        return (
            f"It does not say which field of a work item is wrong: see TICKETS__DEVOPS_FIELDS, and make one of the "
            f"type {asked.kind} by hand with the same values."
        )
    if fields == (STATE,):
        return f"A rule of the project's process keeps a work item of the type {asked.kind} from this state."
    settings = listing(sorted({SETTINGS.get(field, "TICKETS__DEVOPS_FIELDS") for field in fields}))
    return (
        f"It refuses {'the field' if len(fields) == 1 else 'the fields'} {listing(fields)} of the type {asked.kind}: "
        f"see {settings}, and which values the project's process allows or requires."
    )


def _code(answer: Answer) -> str:
    found: Mapping[str, Any] = answer.json()
    message = found.get("message")
    code = CODE.match(message) if isinstance(message, str) else None
    return code[0] if code else ""
