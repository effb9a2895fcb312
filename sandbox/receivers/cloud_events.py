"""What a CloudEvent has to be: CloudEvents 1.0.2, JSON event format, structured and batched content mode."""

import json
import re
from datetime import datetime
from typing import Any

ONE = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
REQUIRED = ("id", "source", "specversion", "type")
OPTIONAL_TEXTS = ("subject", "datacontenttype", "dataschema")
_ATTRIBUTE = re.compile(r"[a-z0-9]+")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")


class NotACloudEvent(ValueError):
    """One sentence on what is wrong."""


def read_events(content_type: str, body: bytes) -> list[dict[str, Any]]:
    """The events of a request. Raises NotACloudEvent."""
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type not in (ONE, BATCH):
        raise NotACloudEvent(f"content-type has to be {ONE} or {BATCH}, not {media_type or 'missing'}")
    try:
        found = json.loads(body.decode())
    except ValueError as error:
        raise NotACloudEvent(f"the body is no JSON in UTF-8: {error}") from error
    if media_type == ONE:
        return [_checked(found, "the event")]
    if not isinstance(found, list):
        raise NotACloudEvent(f"the body of {BATCH} has to be an array")
    return [_checked(event, f"event {index}") for index, event in enumerate(found)]


def _checked(event: Any, name: str) -> dict[str, Any]:
    if not isinstance(event, dict):
        raise NotACloudEvent(f"{name} has to be a JSON object")
    for attribute in REQUIRED:
        if not (isinstance(event.get(attribute), str) and event[attribute]):
            raise NotACloudEvent(f"{name}: {attribute} is missing or not a text")
    if event["specversion"] != "1.0":
        raise NotACloudEvent(f"{name}: specversion has to be 1.0, not {event['specversion']}")
    for attribute in OPTIONAL_TEXTS:
        if attribute in event and not (isinstance(event[attribute], str) and event[attribute]):
            raise NotACloudEvent(f"{name}: {attribute} has to be a text that is not empty")
    if "data" in event and "data_base64" in event:
        raise NotACloudEvent(f"{name}: has both data and data_base64")
    _check_time(event.get("time"), name)
    _check_attributes(event, name)
    return event


def _check_time(time: Any, name: str) -> None:
    if time is None:
        return
    if not isinstance(time, str) or not _TIME.fullmatch(time):
        raise NotACloudEvent(f"{name}: time has to be as RFC 3339 says, with a zone")
    try:
        datetime.fromisoformat(time)
    except ValueError as error:
        raise NotACloudEvent(f"{name}: time is none: {error}") from error


def _check_attributes(event: dict[str, Any], name: str) -> None:
    """Names are lower-case letters and digits; values are texts, whole numbers or booleans."""
    for attribute, value in event.items():
        if attribute in ("data", "data_base64"):
            continue
        if not _ATTRIBUTE.fullmatch(attribute):
            raise NotACloudEvent(f"{name}: {attribute!r} is no name for an attribute: only a-z and 0-9")
        if not isinstance(value, str | int | bool):
            raise NotACloudEvent(f"{name}: {attribute} has to be a text, a whole number or a boolean")
