"""What GitHub refuses, in sentences that a person can act on."""

import re
from collections.abc import Iterator
from dataclasses import replace
from email.utils import parsedate_to_datetime
from typing import Any

from shared.http import Answer, refusal
from shared.ports.errors import DeliveryError

# "Rate limits for the REST API": where GitHub does not say how long, one minute at least.
PATIENCE_SECONDS = 60
A_DAY = 86_400
# Of what makes content: "was submitted too quickly" (cli/cli issue 4801), in the errors of a 422; the others with 403
# (nf-core/tools issue 970, jcabi/jcabi-github issue 1325). How long is in no header, as a rule.
TOO_MUCH_MADE = (
    "was submitted too quickly",
    "triggered an abuse detection mechanism",
    "temporarily blocked from content creation",
)
MOVED = (301, 302, 307, 308)
SENTENCES = {
    400: "GitHub does not understand the request, or not this version of its API (400): look at"
    " TICKETS__GITHUB_FIELDS, and at TICKETS__GITHUB_ADDRESS.",
    401: "GitHub does not accept the token (401): it is wrong, expired or revoked. Put a valid one into"
    " TICKETS__GITHUB_TOKEN.",
    403: "GitHub does not let this token do that in {repository} (403): it needs the permission Issues: read and"
    " write there, and its owner the role Write, or Triage where all labels exist. An organization may have to approve"
    " the token, interaction limits of the repository or of its organization may keep the owner out, and what is"
    " archived or locked takes nothing.",
    404: "GitHub shows no repository {repository} to this token, or not its issues (404): look at"
    " TICKETS__GITHUB_REPOSITORY, and at what the token in TICKETS__GITHUB_TOKEN may reach: that repository, with"
    " Issues: read and write.",
    410: "Issues are switched off in {repository}, or this version of GitHub's API is no longer served (410): look at"
    " the features in the settings of the repository.",
    429: "GitHub asks to wait: there were too many requests with the token in TICKETS__GITHUB_TOKEN.",
}
HAS_MOVED = "The repository {repository} has moved ({status}): put its new name into TICKETS__GITHUB_REPOSITORY."
INVALID = (
    "GitHub does not take it ({status}): {why}. Look at TICKETS__GITHUB_FIELDS, TICKETS__GITHUB_PRIORITIES and"
    " TICKETS__LABELS."
)
# "Troubleshooting the REST API", Validation Failed.
CODES = {
    "missing": "does not exist",
    "missing_field": "is missing",
    "invalid": "is not valid",
    "already_exists": "exists already",
}
NOT_GITHUB = (
    "What answered {status} is not GitHub's API: look at TICKETS__GITHUB_ADDRESS, and at proxies between Countersign"
    " and GitHub."
)
SWITCHED_OFF = "Issues are switched off in {repository}: switch them on in its settings, under features."
ARCHIVED = (
    "The repository {repository} is archived, so that nobody can write to it: look at TICKETS__GITHUB_REPOSITORY."
)
MAY_NOT = (
    "GitHub shows the issue and does not let it be changed ({status}): the token in TICKETS__GITHUB_TOKEN needs the"
    " permission Issues: read and write, and its owner at least the role Triage in {repository}."
)


def as_meant(answer: Answer) -> Answer:
    """GitHub asks for patience with 403 as well as with 429 ("Rate limits for the REST API"), and even with 422."""
    if answer.status not in (403, 422, 429):
        return answer
    wait, said = answer.retry_after_seconds or _until_reset(answer), _said(answer)
    if any(words in said for words in TOO_MUCH_MADE):
        return replace(answer, status=429, retry_after_seconds=max(wait, PATIENCE_SECONDS))
    if answer.status == 422:
        return answer
    if answer.status == 429 or wait or b"secondary rate limit" in answer.body.lower():
        return replace(answer, status=429, retry_after_seconds=wait or PATIENCE_SECONDS)
    return answer


def refused(answer: Answer, repository: str, *, creating: bool = False) -> DeliveryError | None:
    """None when GitHub did as it was asked. `creating`: what was made nobody knows of where the answer was lost."""
    error = refusal("GitHub", answer)
    if error is None:
        return None
    maybe = creating and error.maybe_taken
    sentence = _sentence(answer, repository) or str(error)
    return DeliveryError(sentence, permanent=error.permanent, retry_after=error.retry_after, maybe_taken=maybe)


def not_github(answer: Answer, *, creating: bool = False) -> DeliveryError:
    """A good answer that says nothing we know."""
    return DeliveryError(NOT_GITHUB.format(status=answer.status), permanent=False, maybe_taken=creating)


def will_not_assign(answer: Answer) -> bool:
    """Whether nothing but the assignee is wrong."""
    fields = {error.get("field") for error in _errors(answer)}
    return answer.status == 422 and bool(fields) and fields <= {"assignee", "assignees"}


def _sentence(answer: Answer, repository: str) -> str:
    """GitHub refuses in JSON, always; "" where there is nothing more to say than the status."""
    said = SENTENCES.get(answer.status, "")
    if answer.status in MOVED:
        said = HAS_MOVED
    elif 400 <= answer.status < 500 and answer.status != 429 and not answer.json():
        said = NOT_GITHUB
    elif answer.status == 422:
        said = INVALID
    why = ", ".join(_mistakes(answer)) or "it does not say why"
    return said.format(repository=repository, status=answer.status, why=why)


def _mistakes(answer: Answer) -> Iterator[str]:
    """Names of fields and what is wrong with them, in our words."""
    for error in _errors(answer):
        field, resource = _name(error.get("field")), _name(error.get("resource"))
        if field:
            whose = "" if resource in ("", "Issue") else f" of {resource}"
            yield f"{field}{whose} {CODES.get(str(error.get('code')), 'is not accepted')}"


def _errors(answer: Answer) -> list[dict[str, Any]]:
    """Some endpoints have words instead; those are not ours to repeat."""
    found = answer.json().get("errors")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _said(answer: Answer) -> str:
    """GitHub's own words, of the whole and of each error; not the values that it gives back."""
    body = answer.json()
    errors = body.get("errors")
    said = [body, *(errors if isinstance(errors, list) else [errors])]
    return " ".join(str(one.get("message") if isinstance(one, dict) else one) for one in said).lower()


def _name(found: object) -> str:
    return found if isinstance(found, str) and re.fullmatch(r"[A-Za-z_]{1,40}", found) else ""


def _until_reset(answer: Answer) -> int:
    """Seconds until the limit is lifted, by GitHub's own clock; 0 where this is not what it says."""
    headers = answer.headers or {}
    reset = headers.get("x-ratelimit-reset", "")
    if headers.get("x-ratelimit-remaining") != "0" or not re.fullmatch(r"[0-9]{1,12}", reset):
        return 0
    try:
        now = parsedate_to_datetime(headers.get("date", "")).timestamp()
    except ValueError:
        return PATIENCE_SECONDS
    return min(max(int(int(reset) - now), 1), A_DAY)
