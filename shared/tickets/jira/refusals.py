"""What Jira's refusals mean, in a sentence that says which setting or which permission to look at."""

import re
from collections.abc import Mapping

from shared.http import Answer, refusal
from shared.ports.errors import DeliveryError

FIELD = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,59}")
SETTINGS = {
    "issuetype": "TICKETS__JIRA_TYPE",
    "components": "TICKETS__JIRA_COMPONENT",
    "labels": "TICKETS__LABELS",
    "priority": "TICKETS__JIRA_PRIORITIES",
    "assignee": "TICKETS__JIRA_ASSIGNEES",
}
OURS_ALONE = ("summary", "description", "comment")
NEEDED = ("summary", "description", "labels")
SIGN_IN = (
    "it does not accept the sign-in: TICKETS__JIRA_USER has to be the mail address of the account that made "
    "TICKETS__JIRA_TOKEN, the token must not have expired, and one with scopes needs read:jira-work and "
    "write:jira-work, and TICKETS__JIRA_API"
)


def refused(answer: Answer, project: str, *, creates: bool = False, detail: str = "") -> DeliveryError:
    """What is not a yes. `creates`: the request made something, if it came through. Never Jira's own words."""
    error = refusal("Jira", answer, detail or meaning(answer, project))
    if error is None:
        return unreadable(answer, creates=creates)
    error.maybe_taken = error.maybe_taken and creates
    error.permanent = error.permanent and (creates or answer.status != 409)  # "Conflicting update": later it works.
    return error


def unreadable(answer: Answer, *, creates: bool = False) -> DeliveryError:
    """Who says yes, and not what Jira says."""
    reason = (
        f"Jira answered {answer.status} without what its documentation promises: something in between may have "
        "answered. Look at TICKETS__JIRA_SITE, and at proxies on the way."
    )
    return DeliveryError(reason, permanent=False, maybe_taken=creates)


def meaning(answer: Answer, project: str) -> str:
    """In words of our own."""
    fields = errors_of(answer)
    if fields and "project" not in fields:
        return f"it refuses {', '.join(_named(name, on_screen=not off_screen(answer, name)) for name in fields)}"
    if fields:
        return no_project(project)
    return {
        400: "it refuses what was asked: look at TICKETS__JIRA_PROJECT, TICKETS__JIRA_TYPE and TICKETS__JIRA_FIELDS",
        401: SIGN_IN,
        403: f"the account of TICKETS__JIRA_USER may not do that in project {project}: it needs the permissions to "
        "browse projects, and to create, edit, transition and comment issues",
        404: no_project(project),
        409: "somebody else was changing the same ticket",
        413: "the ticket has as many comments, or as much in it, as Jira allows",
        429: "it was asked too often, and is asked again later",
    }.get(answer.status, "look at TICKETS__JIRA_SITE, and at status.atlassian.com")


def no_project(project: str) -> str:
    """Whether it is not there or not to be seen, Jira does not tell."""
    return (
        f"there is no project {project} at TICKETS__JIRA_SITE that the account of TICKETS__JIRA_USER may browse and "
        "create issues in: look at TICKETS__JIRA_PROJECT, and at the project's permissions"
    )


def errors_of(answer: Answer) -> Mapping[str, str]:
    """Fields that it refuses, with Jira's words, which are for our eyes only."""
    found = answer.json().get("errors")
    if answer.status not in (400, 422) or not isinstance(found, dict):
        return {}
    return {name: str(why) for name, why in found.items() if FIELD.fullmatch(name)}


def off_screen(answer: Answer, field: str) -> bool:
    """Whether the project has no such field to fill, which is no mistake in any setting."""
    return "cannot be set" in errors_of(answer).get(field, "")


def _named(field: str, *, on_screen: bool) -> str:
    setting = SETTINGS.get(field, "TICKETS__JIRA_FIELDS")
    if not on_screen:
        where = f"the field {field}, which is not on the project's screen for that issue type (put it there"
        return f"{where})" if field in NEEDED else f"{where}, or look at {setting})"
    return f"the field {field}" if field in OURS_ALONE else f"the field {field} (look at {setting})"
