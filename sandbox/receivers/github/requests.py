"""What is asked of the stand-in for GitHub: which operation, in which version, with what, and which page of it."""

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from sandbox.receivers.github.issues import NEW, OLD
from sandbox.receivers.github.refusals import Refused, not_found
from sandbox.receivers.github.schema import body_mistakes, query_mistakes
from sandbox.receivers.stand_in import Arrival, Reply

PREFIX = "/github"
REPO = "/repos/{owner}/{repo}"
ISSUES = f"{REPO}/issues"
ISSUE = f"{ISSUES}/{{issue_number}}"
COMMENTS, LABELS, LABEL = f"{ISSUE}/comments", f"{ISSUE}/labels", f"{ISSUE}/labels/{{name}}"
# "Using pagination in the REST API", and the parameter per_page of every list.
PER_PAGE, MOST_PER_PAGE = 30, 100
# The links of pages name the repository by its id.
PATH = re.compile(
    rf"{PREFIX}/(?:repos/(?P<repository>[^/]+/[^/]+)|repositories/\d+)"
    r"(?P<issues>/issues(?:/(?P<number>\d+)(?:/(?P<part>comments|labels)(?:/(?P<label>.+))?)?)?)?"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """`path` as GitHub describes it; `repository` is "" where the path has its id, `number` 0 where there is none."""

    method: str
    path: str
    repository: str
    number: int
    label: str


def asked(arrival: Arrival) -> Asked:
    """Raises Refused."""
    found = PATH.fullmatch(arrival.path)
    if found is None:
        raise not_found('"Troubleshooting the REST API": there is no such path')
    part, label = found["part"], found["label"] or ""
    path = ISSUE if found["number"] else ISSUES if found["issues"] else REPO
    path += f"/{part}" if part else ""
    path += "/{name}" if label else ""
    return Asked(arrival.method, path, found["repository"] or "", int(found["number"] or 0), label)


def check_caller(arrival: Arrival, token: str) -> str:
    """The version of the API that is asked for. Raises Refused."""
    headers = arrival.headers
    if not headers.get("user-agent"):  # "Getting started with the REST API", "User agent".
        raise Refused(403, "Request forbidden by administrative rules.", '"Getting started": User-Agent is missing')
    version = headers.get("x-github-api-version", OLD)
    if version not in (OLD, NEW):  # "Troubleshooting the REST API", "Not a supported version".
        raise Refused(400, "The API version is not supported.", f'"API versions": there is no {version}')
    scheme, _, given = headers.get("authorization", "").partition(" ")
    if scheme.lower() not in ("bearer", "token") or not given:  # "Authenticating to the REST API".
        raise Refused(401, "Requires authentication", '"Authenticating to the REST API": there is no token')
    if token and given != token:
        raise Refused(401, "Bad credentials")
    return version


def check_query(path: str, query: Mapping[str, str]) -> None:
    """`after` is not described, and comes from GitHub's own links (python-github-backup issue 429)."""
    mistakes = list(query_mistakes("GET", path, {name: value for name, value in query.items() if name != "after"}))
    if not re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)?", query.get("since", "")):
        mistakes.append("since is not YYYY-MM-DDTHH:MM:SSZ")
    if mistakes:
        raise Refused(422, "Invalid request.", f"the description of GET {path}: {'; '.join(mistakes)}")


def object_in(arrival: Arrival, path: str) -> dict[str, Any]:
    """ "Troubleshooting the REST API": "Problems parsing JSON", "Body should be a JSON object", "Invalid request"."""
    try:
        found = arrival.json()
    except ValueError as error:
        raise Refused(400, "Problems parsing JSON", '"Troubleshooting the REST API": no JSON') from error
    if not isinstance(found, dict):
        raise Refused(400, "Body should be a JSON object", '"Troubleshooting the REST API": no JSON object')
    if mistakes := list(body_mistakes(arrival.method, path, found)):
        raise Refused(422, "Invalid request.", f"the description of {arrival.method} {path}: {'; '.join(mistakes)}")
    return found


def since(query: Mapping[str, str]) -> datetime:
    """When something has to have been changed last."""
    return datetime.fromisoformat(query["since"]) if query.get("since") else datetime.min.replace(tzinfo=UTC)


def page(found: Sequence[Any], arrival: Arrival, address: str) -> Reply:
    """ "Using pagination in the REST API": links by the repository's id, and in them what to ask for next.

    Issues have a cursor beside the page, and the cursor counts (python-github-backup issue 429).
    """
    query = dict(arrival.query)
    size = min(max(int(query.get("per_page", PER_PAGE)), 1), MOST_PER_PAGE)
    start = (max(int(query.get("page", 1)), 1) - 1) * size
    if "after" in query:
        start = int(base64.urlsafe_b64decode(query["after"]))
    end, headers = start + size, {}
    if end < len(found):
        following = {**query, "page": str(end // size + 1)}
        if address.endswith("/issues"):
            following["after"] = base64.urlsafe_b64encode(str(end).encode()).decode()
        headers["link"] = f'<{address}?{urlencode(following)}>; rel="next"'
    return Reply(200, body=list(found[start:end]), headers=headers)
