"""A stand-in for whoever listens to the webhook: takes CloudEvents, signed where a secret is set."""

from sandbox.receivers.cloud_events import NotACloudEvent, read_events
from sandbox.receivers.signature import HEADER, mistake_in
from sandbox.receivers.stand_in import Arrival, Reply


class WebhookStandIn:
    """With a secret, every message has to be signed."""

    kind = "webhook"
    routes = (("POST", "/webhook/{name}"),)

    def __init__(self, secret: str = "") -> None:
        self._secret = secret

    def judge(self, arrival: Arrival) -> Reply:
        if self._secret and (mistake := mistake_in(arrival.headers.get(HEADER.lower()), self._secret, arrival.raw)):
            return Reply(401, mistake)
        try:
            read_events(arrival.headers.get("content-type", ""), arrival.raw)
        except NotACloudEvent as error:
            return Reply(400, str(error))
        return Reply(200)

    def key_of(self, arrival: Arrival) -> str | None:
        return arrival.headers.get("idempotency-key")
