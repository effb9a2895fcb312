"""A stand-in for PagerDuty's Events API v2: takes events as it does, and keeps the incidents that they make."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sandbox.receivers.stand_in import Arrival, Reply

# https://developer.pagerduty.com/docs/send-alert-event: the parameters, their lengths, and what is required.
FIELDS = frozenset({"routing_key", "event_action", "dedup_key", "payload", "images", "links", "client", "client_url"})
PAYLOAD = frozenset({"summary", "source", "severity", "timestamp", "component", "group", "class", "custom_details"})
ACTIONS = ("trigger", "acknowledge", "resolve")
SEVERITIES = ("critical", "error", "warning", "info")
ROUTING_KEY_LENGTH = 32
MOST_IN_DEDUP_KEY = 255
MOST_IN_SUMMARY = 1_024
# https://developer.pagerduty.com/docs/events-api-v2-overview: size limits.
MOST_BYTES = 512 * 1024


@dataclass(slots=True)
class Incident:
    """`state` is triggered, acknowledged or resolved; `log` holds the summary of every event that came to it."""

    state: str
    severity: str
    log: list[str] = field(default_factory=list)


class PagerDutyStandIn:
    """One integration: incidents lie by `dedup_key`, the latest last."""

    kind = "pagerduty"
    routes = (("POST", "/pagerduty/v2/enqueue"),)

    def __init__(self) -> None:
        self.incidents: dict[str, list[Incident]] = {}

    def judge(self, arrival: Arrival) -> Reply:
        if len(arrival.raw) > MOST_BYTES:
            return _refused(413, f"the event is larger than {MOST_BYTES} bytes")
        try:
            event = arrival.json()
        except ValueError:
            event = None
        # https://developer.pagerduty.com/api-reference (createV2Event): 400 where it is not valid JSON, or no object.
        if not isinstance(event, dict):
            return _refused(400, "JSON parse error")
        if mistakes := [*_mistakes(event), *_mistakes_in_trigger(event), *_mistakes_in_links(event)]:
            return _refused(400, *mistakes)
        key = event.get("dedup_key") or f"made-{len(self.incidents)}"
        self._apply(key, event)
        return Reply(202, body={"status": "success", "message": "Event processed", "dedup_key": key})

    def key_of(self, arrival: Arrival) -> str | None:  # noqa: ARG002
        """There is no place for one: `dedup_key` names the incident, not the event."""
        return None

    def state_of(self, dedup_key: str) -> str | None:
        """Of the latest incident; None where there never was one."""
        found = self.incidents.get(dedup_key)
        return found[-1].state if found else None

    def _apply(self, key: str, event: dict[str, Any]) -> None:
        """https://developer.pagerduty.com/docs/send-alert-event, "Event Action Behavior".

        What is not open cannot be acknowledged or resolved: such an event is dropped. A trigger after the end opens a
        new incident, and does not wake up one that is acknowledged.
        """
        payload = event.get("payload") or {}
        found = self.incidents.get(key, [])
        live = found[-1] if found and found[-1].state != "resolved" else None
        if live is None and event["event_action"] == "trigger":
            live = Incident("triggered", payload["severity"])
            self.incidents.setdefault(key, []).append(live)
        elif live is not None and event["event_action"] != "trigger":
            live.state = {"acknowledge": "acknowledged", "resolve": "resolved"}[event["event_action"]]
        if live is not None:
            live.log.append(payload.get("summary", ""))


def _mistakes(event: dict[str, Any]) -> Iterator[str]:
    if unknown := set(event) - FIELDS:
        yield f"unknown fields: {', '.join(sorted(unknown))}"
    if len(str(event.get("routing_key", ""))) != ROUTING_KEY_LENGTH:
        yield "Length of 'routing_key' is incorrect (should be 32 characters)"
    if event.get("event_action") not in ACTIONS:
        yield f"'event_action' is missing or invalid (should be one of {', '.join(ACTIONS)})"
    key = event.get("dedup_key")
    if event.get("event_action") in ("acknowledge", "resolve") and not key:
        yield "'dedup_key' is missing or blank"
    if key is not None and not (isinstance(key, str) and len(key) <= MOST_IN_DEDUP_KEY):
        yield f"'dedup_key' is too long (should be at most {MOST_IN_DEDUP_KEY} characters)"


def _mistakes_in_trigger(event: dict[str, Any]) -> Iterator[str]:
    payload = event.get("payload", {})
    if not isinstance(payload, dict):
        yield "'payload' is not an object"
        return
    if unknown := set(payload) - PAYLOAD:
        yield f"unknown fields in 'payload': {', '.join(sorted(unknown))}"
    needed = ("summary", "source", "severity") if event.get("event_action") == "trigger" else ()
    for name in needed:
        if not (isinstance(payload.get(name), str) and payload[name].strip()):
            yield f"'payload.{name}' is missing or blank"
    if "severity" in payload and payload["severity"] not in SEVERITIES:
        yield f"'payload.severity' is invalid (must be one of the following: {', '.join(SEVERITIES)})"
    if len(str(payload.get("summary", ""))) > MOST_IN_SUMMARY:
        yield f"'payload.summary' is too long (should be at most {MOST_IN_SUMMARY} characters)"
    if not isinstance(payload.get("custom_details", {}), dict):
        yield "'payload.custom_details' is not an object"


def _mistakes_in_links(event: dict[str, Any]) -> Iterator[str]:
    """https://developer.pagerduty.com/docs/send-alert-event, "The `links` Property"."""
    links = event.get("links", [])
    if not isinstance(links, list):
        yield "'links' is not an array"
    elif not all(isinstance(link, dict) and link.get("href") and set(link) <= {"href", "text"} for link in links):
        yield "'links' has an entry without 'href', or with an unknown field"


def _refused(status: int, *errors: str) -> Reply:
    body = {"status": "invalid event", "message": "Event object is invalid", "errors": list(errors)}
    return Reply(status, "; ".join(errors), body)
