"""How Jira Cloud says no: an error collection, with messages and with errors by field."""

from collections.abc import Mapping
from typing import Any

from sandbox.receivers.stand_in import Reply

# "Status codes" and "Error collection" (developer.atlassian.com/cloud/jira/platform/rest/v3/intro).
PAYLOAD = "Invalid request payload. Refer to the REST API documentation and try again."


class Refused(Exception):
    """`why` is which rule was broken and where Jira says so; None where the request itself was well formed."""

    def __init__(self, status: int, why: str | None, *messages: str, errors: Mapping[str, str] | None = None) -> None:
        super().__init__(why or status)
        self.reply = Reply(status, why, {"errorMessages": list(messages), "errors": dict(errors or {})})


def malformed(why: str) -> Refused:
    """A body that is not what the operation's page shows."""
    return Refused(400, why, PAYLOAD)


def missing(what: str) -> Refused:
    """Nothing is wrong with such a request; "Get issue" and its neighbours answer so for what may not be seen too."""
    return Refused(404, None, what)


def fields(found: Any, allowed: set[str], where: str) -> dict[str, Any]:
    """An object with no other fields; Jira passes over some of these, and here nobody would see it then."""
    if not isinstance(found, dict):
        raise malformed(f"{where}: it has to be an object")
    if unknown := sorted(found.keys() - allowed):
        raise malformed(f"{where}: there is no {', '.join(unknown)}")
    return found
