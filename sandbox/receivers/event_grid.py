"""A stand-in for custom topics of Event Grid that take CloudEvents."""

import json
from typing import Any

from sandbox.receivers.cloud_events import NotACloudEvent, read_events
from sandbox.receivers.stand_in import Arrival, Reply

# https://learn.microsoft.com/azure/event-grid/post-to-custom-topic: the address, the header, and the answers.
API_VERSION = "2018-01-01"
KEY_HEADER = "aeg-sas-key"
# The same page: an array has a total size of up to 1 MB, and so has each event in it.
MOST_BYTES = 1024 * 1024


class EventGridTopicStandIn:
    """With a key, every request has to bring it, or a bearer token, which is not looked into."""

    kind = "event grid"
    routes = (("POST", "/eventgrid/{name}/api/events"),)

    def __init__(self, key: str = "") -> None:
        self._key = key

    def judge(self, arrival: Arrival) -> Reply:
        """200 without a body, or what the page above lists: 400, 401, 413."""
        if arrival.query.get("api-version") != API_VERSION:
            return _refused(400, "BadRequest", f"api-version has to be {API_VERSION}")
        if mistake := self._stranger(arrival):
            return _refused(401, "Unauthorized", mistake)
        if len(arrival.raw) > MOST_BYTES:
            return _refused(413, "RequestEntityTooLarge", f"more than {MOST_BYTES} bytes")
        try:
            events = read_events(arrival.headers.get("content-type", ""), arrival.raw)
        except NotACloudEvent as error:
            return _refused(400, "BadRequest", str(error))
        return Reply(200, body="") if events else _refused(400, "BadRequest", "there is no event in it")

    def key_of(self, arrival: Arrival) -> str | None:
        """The id of the first event: no event is in two different requests."""
        try:
            found: Any = json.loads(arrival.raw)
        except ValueError:
            return None
        first = found[0] if isinstance(found, list) and found else found
        return first.get("id") if isinstance(first, dict) else None

    def _stranger(self, arrival: Arrival) -> str | None:
        """https://learn.microsoft.com/azure/event-grid/authenticate-with-access-keys-shared-access-signatures, and
        https://learn.microsoft.com/azure/event-grid/authenticate-with-microsoft-entra-id for tokens.
        """
        if arrival.headers.get("authorization", "").lower().startswith("bearer "):
            return None
        key = arrival.headers.get(KEY_HEADER, "")
        if not key:
            return f"neither {KEY_HEADER} nor a bearer token"
        return "the key is not one of the topic's" if self._key and key != self._key else None


def _refused(status: int, code: str, message: str) -> Reply:
    return Reply(status, message, {"error": {"code": code, "message": message}})
