"""Event Grid: topics with subscribers, who are asked first whether they want it; then at least once, in no order."""

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import uuid4

import aiohttp
from pydantic import Field
from pydantic.dataclasses import dataclass as form

from sandbox.azure.scenario.fleet import FORM

TRIES = 3
_ORIGIN = "eventgrid.azure.net"

type Schema = Literal["event-grid", "cloud-events"]


class RefusedError(RuntimeError):
    """A subscriber did not take part in the handshake, or did not take an event."""


@form(frozen=True, slots=True, kw_only=True, config=FORM)
class Subscriber:
    """Where the events of a topic go: `resources` are those of Azure, any other name is somebody's own topic."""

    topic: str
    url: str
    sent_as: Schema = "event-grid"


@form(frozen=True, slots=True, kw_only=True, config=FORM)
class ResourceEvent:
    """Something happened to an account, or to a profile (`account/profile`): it was written, deleted or acted upon."""

    about: str
    operation: Literal["write", "delete", "action"] = "write"
    outcome: Literal["Success", "Failure", "Cancel"] = "Success"
    copies: Annotated[int, Field(ge=1, le=100)] = 1
    texts: bool = False
    """Whether objects in `data` come as JSON text."""


@form(frozen=True, slots=True, kw_only=True, config=FORM)
class OwnEvent:
    """An event of somebody's own topic."""

    topic: str
    type: str
    data: dict[str, Any]
    copies: Annotated[int, Field(ge=1, le=100)] = 1


@dataclass(frozen=True, slots=True)
class _Event:
    id: str
    topic: str
    subject: str
    type: str
    time: datetime
    data: Mapping[str, Any]

    def sent_as(self, schema: Schema) -> dict[str, Any]:
        time = f"{self.time:%Y-%m-%dT%H:%M:%S.%f}0Z"
        shared = {"id": self.id, "subject": self.subject, "data": dict(self.data)}
        if schema == "cloud-events":
            return shared | {"specversion": "1.0", "source": self.topic, "type": self.type, "time": time}
        return shared | {
            "topic": self.topic,
            "eventType": self.type,
            "eventTime": time,
            "dataVersion": "2",
            "metadataVersion": "1",
        }


@dataclass(slots=True)
class EventGrid:
    """All topics of one stand-in."""

    subscribers: list[Subscriber] = field(default_factory=list)

    async def subscribe(self, subscriber: Subscriber) -> None:
        """The handshake first. Raises RefusedError."""
        async with aiohttp.ClientSession() as http:
            agreed = await (_by_code if subscriber.sent_as == "event-grid" else _by_origin)(http, subscriber.url)
        if not agreed:
            raise RefusedError(f"{subscriber.url} did not answer the handshake of {subscriber.sent_as}")
        self.subscribers.append(subscriber)

    async def send(self, topic: str, event: "_Event", copies: int) -> int:
        """Every copy to every subscriber of the topic; how many deliveries that were. Raises RefusedError."""
        deliveries = [one for one in self.subscribers if one.topic == topic for _ in range(copies)]
        async with aiohttp.ClientSession() as http:
            for subscriber in random.Random(event.id).sample(deliveries, len(deliveries)):  # noqa: S311
                await _deliver(http, subscriber, event)
        return len(deliveries)


def resource_event(given: ResourceEvent, resource: str, tenant: str, now: datetime) -> _Event:
    """As Resource Manager publishes it, with all that it says of the person who did it. All of that is invented."""
    subscription = resource.split("/")[2]
    kind = "codeSigningAccounts/certificateProfiles" if "/" in given.about else "codeSigningAccounts"
    said: dict[str, Any] = {
        "authorization": {"scope": resource, "action": f"Microsoft.CodeSigning/{kind}/{given.operation}"},
        "claims": {
            "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress": "ana@contoso.example",
            "name": "Ana Invented",
            "ipaddr": "203.0.113.7",
        },
        "httpRequest": {"clientIpAddress": "203.0.113.7", "method": "PUT", "url": f"https://arm.example{resource}"},
    }
    texts = {name: json.dumps(value) for name, value in said.items()} if given.texts else said
    data = {
        **texts,
        "correlationId": str(uuid4()),
        "resourceProvider": "Microsoft.CodeSigning",
        "resourceUri": resource,
        "operationName": f"Microsoft.CodeSigning/{kind}/{given.operation}",
        "status": {"Success": "Succeeded", "Failure": "Failed", "Cancel": "Canceled"}[given.outcome],
        "subscriptionId": subscription,
        "tenantId": tenant,
    }
    type_ = f"Microsoft.Resources.Resource{given.operation.title()}{given.outcome}"
    return _Event(str(uuid4()), f"/subscriptions/{subscription}", resource, type_, now, data)


def own_event(given: OwnEvent, now: datetime) -> _Event:
    return _Event(str(uuid4()), given.topic, given.type, given.type, now, given.data)


async def _by_code(http: aiohttp.ClientSession, url: str) -> bool:
    code = uuid4().hex
    asked = {
        "id": uuid4().hex,
        "topic": "/subscriptions/none",
        "subject": "",
        "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent",
        "eventTime": "2026-01-01T00:00:00Z",
        "data": {"validationCode": code},
        "dataVersion": "2",
    }
    async with http.post(url, json=[asked], headers={"aeg-event-type": "SubscriptionValidation"}) as answer:
        return answer.ok and (await answer.json()).get("validationResponse") == code


async def _by_origin(http: aiohttp.ClientSession, url: str) -> bool:
    async with http.options(url, headers={"WebHook-Request-Origin": _ORIGIN}) as answer:
        return answer.ok and answer.headers.get("WebHook-Allowed-Origin") in {_ORIGIN, "*"}


async def _deliver(http: aiohttp.ClientSession, subscriber: Subscriber, event: _Event) -> None:
    body: Sequence[Any] | Mapping[str, Any] = event.sent_as(subscriber.sent_as)
    headers = {"Content-Type": "application/cloudevents+json; charset=utf-8"}
    if subscriber.sent_as == "event-grid":
        body, headers = [body], {"Content-Type": "application/json", "aeg-event-type": "Notification"}
    status = 0
    for _ in range(TRIES):
        async with http.post(subscriber.url, data=json.dumps(body), headers=headers) as answer:
            status = answer.status
        if status < 300:
            return
    raise RefusedError(f"{subscriber.url} answered {status}, {TRIES} times")
