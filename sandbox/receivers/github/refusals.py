"""How the stand-in for GitHub refuses: GitHub's statuses and bodies, and the page that says so."""

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.receivers.stand_in import Reply

DOCS = "https://docs.github.com/rest"
# dead-claudia/github-limits: what GitHub says when there is more.
MOST_IN_TITLE, MOST_IN_BODY, MOST_IN_LABEL = 256, 65_536, 50


class Refused(Exception):
    """GitHub's status and words. `why`: the request itself is wrong, and by which page."""

    def __init__(
        self,
        status: int,
        message: str,
        why: str = "",
        errors: Sequence[Any] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.why = status, message, why
        self.errors, self.headers = errors, headers or {}

    @property
    def reply(self) -> Reply:
        """As GitHub words it."""
        more = {"errors": list(self.errors)} if self.errors else {}
        return Reply(self.status, self.why or None, body_of(self.status, self.message) | more, self.headers)


def body_of(status: int, message: str) -> dict[str, Any]:
    """Of every refusal."""
    return {"message": message, "documentation_url": DOCS, "status": str(status)}


def too_quickly() -> Refused:
    """What makes content has a limit of its own (cli/cli issue 4801), and GitHub calls it a validation that failed."""
    error = {"resource": "Issue", "code": "custom", "field": "base", "message": "was submitted too quickly"}
    return Refused(422, "Validation Failed", errors=[error])


def abuse() -> Refused:
    """The same limit in older words (nf-core/tools issue 970)."""
    words = "You have triggered an abuse detection mechanism and have been temporarily blocked from content creation."
    return Refused(403, f"{words} Please retry your request again later.")


def no_permission(needed: str) -> Refused:
    """ "Troubleshooting the REST API", "Resource not accessible"."""
    headers = {"x-accepted-github-permissions": f"issues={needed}"}
    return Refused(403, "Resource not accessible by personal access token", headers=headers)


def not_found(why: str = "") -> Refused:
    """ "Troubleshooting the REST API": nobody is told whether it is there."""
    return Refused(404, "Not Found", why)


def moved(method: str, address: str = "") -> Refused:
    """ "Best practices for using the REST API", "Follow redirects"."""
    headers = {"location": address} if address else {}
    return Refused(301 if method == "GET" else 307, "Moved Permanently", headers=headers)


def invalid(resource: str, field: str, code: str, why: str = "") -> Refused:
    """ "Troubleshooting the REST API", "Validation Failed"."""
    return Refused(422, "Validation Failed", why, [{"resource": resource, "field": field, "code": code}])


def check_length(text: str, most: int, resource: str, field: str) -> None:
    """GitHub's words where there is more; of a comment they are others (telia-oss/github-pr-resource issue 259)."""
    if len(text) > most:
        code = "unprocessable" if field == "data" else "custom"
        raise invalid(resource, field, code, f"dead-claudia/github-limits: more than {most} characters")


def check_labels(names: Sequence[str]) -> None:
    if any(not 1 <= len(name) <= MOST_IN_LABEL for name in names):
        raise invalid("Label", "name", "invalid", f"dead-claudia/github-limits: {MOST_IN_LABEL} characters")
