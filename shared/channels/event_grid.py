"""Event Grid: one CloudEvent a problem to a custom topic, many of them in one request, for whoever subscribes."""

import asyncio
import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import aiohttp

from shared.domain.memory import Intent, Reason
from shared.domain.message import Item, item_of, worst_first
from shared.http import TIMEOUT_SECONDS, Answer, refusal, seconds_of, unseen
from shared.packing import Limits, packed, pieces
from shared.ports.channel import Part, Thread, part_of

if TYPE_CHECKING:
    from azure.core.exceptions import AzureError
    from azure.eventgrid.aio import EventGridPublisherClient

CONTENT_TYPE = "application/cloudevents-batch+json"
LIMIT_BYTES = 900_000  # Event Grid takes 1 MB, be it one event or many; traces may add to each.
PIECE = 70_000  # Characters, of which none takes more than twelve bytes, as the SDK writes JSON in ASCII.
MOST_IN_TITLE = 1_000
SOURCE = "/countersign"
TYPES = {
    Reason.FIRST: "Countersign.Alert.Opened",
    Reason.WORSE: "Countersign.Alert.Worsened",
    Reason.REPEAT: "Countersign.Alert.Repeated",
    Reason.REOPENED: "Countersign.Alert.Repeated",
    Reason.ESCALATED: "Countersign.Alert.Escalated",
    Reason.ACKNOWLEDGED: "Countersign.Alert.Acknowledged",
    Reason.RESOLVED: "Countersign.Alert.Resolved",
}
RETIRED, RETIREMENT = "Countersign.Account.Retired", ("account-retired", Reason.FIRST)
# The SDK logs the topic's address with every request. A logger that is merely disabled is enabled again by whoever
# configures logging after us (`logging.config`, disable_existing_loggers=False); a filter stays.
SILENT = logging.getLogger(f"{__name__}.silent")
SILENT.addFilter(lambda _: False)


@dataclass(frozen=True, slots=True)
class Event:
    """A CloudEvent as JSON, with its id and what it tells of."""

    intent: Intent
    id: str
    text: str


@dataclass(slots=True)
class EventGrid:
    """A custom topic of the CloudEvents schema. `portal` is the cloud's portal, for links.

    `credential`: an identity (`AsyncTokenCredential`, over TLS only) or a key (`AzureKeyCredential`); whoever made it
    closes it.
    """

    per_problem = False
    remembers = False

    endpoint: str = field(repr=False)
    credential: Any = field(repr=False)
    portal: str
    _client: "EventGridPublisherClient | None" = field(default=None, init=False, repr=False)

    def compose(self, batch_id: str, intents: Sequence[Intent], threads: Mapping[str, Thread]) -> Sequence[Part]:  # noqa: ARG002
        """In as few requests as fit, the worst first; what is longer than an event goes on in the next."""
        groups = [self._events(intent) for intent in worst_first(intents)]
        return [_part(events) for events in packed(groups, _size, Limits(LIMIT_BYTES))]

    async def send(self, part: Part) -> str:
        """Returns when the topic took them all. Raises DeliveryError."""
        if error := refusal("Event Grid", await self._ask(json.loads(part.body))):
            raise error
        return ""

    async def close(self) -> None:
        """Let go of connections."""
        client, self._client = self._client, None
        if client:
            await client.close()

    async def _ask(self, events: Sequence[dict[str, Any]]) -> Answer:
        """The SDK's errors name the topic's address, so they go no further than this."""
        from azure.core.exceptions import AzureError
        from azure.core.messaging import CloudEvent

        try:
            with unseen():
                async with asyncio.timeout(TIMEOUT_SECONDS):
                    await self._open().send([CloudEvent.from_dict(event) for event in events])
        except TimeoutError:
            return Answer(0, "no answer in time")
        except AzureError as error:
            return _answer(error)
        except OSError as error:
            return Answer(0, type(error).__name__)
        return Answer(200)

    def _open(self) -> "EventGridPublisherClient":
        """One for as long as the process lives: it holds the connections. Trying again is the outbox's business."""
        if self._client is None:
            from azure.eventgrid.aio import EventGridPublisherClient

            self._client = EventGridPublisherClient(
                self.endpoint,
                self.credential,
                retry_total=0,
                permit_redirects=False,
                logger=SILENT,
                connection_timeout=TIMEOUT_SECONDS / 3,
                read_timeout=TIMEOUT_SECONDS,
            )
        return self._client

    def _events(self, intent: Intent) -> list[Event]:
        item = item_of(intent, self.portal)
        whole = _event(item, _data(item), 1)
        if _size(whole) <= LIMIT_BYTES:
            return [whole]
        texts = list(pieces("\n".join([item.text, f"Accounts: {', '.join(intent.finding.accounts)}"]), PIECE))
        short = _data(item) | {"title": item.title[:MOST_IN_TITLE], "stops": "", "next_step": "", "parts": len(texts)}
        short |= {"lines": [], "facts": {}, "accounts": [], "links": []}
        return [_event(item, short | {"text": text, "part": part}, part) for part, text in enumerate(texts, 1)]


def event_id(intent: Intent, part: int = 1) -> str:
    """The same however often it is sent: what a subscriber drops repeats by."""
    digest = hashlib.sha256(json.dumps(intent.key).encode()).hexdigest()
    return digest if part == 1 else f"{digest}-{part}"


def _event(item: Item, data: Mapping[str, Any], part: int) -> Event:
    intent = item.intent
    event = {
        "specversion": "1.0",
        "id": event_id(intent, part),
        "source": SOURCE,
        "type": _type(intent),
        "subject": _subject(intent),
        "time": intent.decided.isoformat(),
        "datacontenttype": "application/json",
        "data": data,
    }
    return Event(intent, event_id(intent, part), json.dumps(event))


def _data(item: Item) -> dict[str, Any]:
    """As docs/events/alert.schema.json says."""
    intent, finding = item.intent, item.intent.finding
    return {
        "problem": intent.problem,
        "subscription": intent.subscription,
        "rule": finding.rule,
        "subject": finding.subject,
        "severity": finding.severity.name.lower(),
        "reason": str(intent.reason),
        "title": item.title,
        "text": item.text,
        "lines": list(item.lines),
        "facts": dict(item.facts),
        "accounts": list(finding.accounts),
        "links": [{"title": link.title, "url": link.url} for link in item.links],
        "stops": "" if intent.over else finding.stops,
        "next_step": "" if intent.over else finding.next_step,
        "next_word": "" if intent.over else intent.next_word,
        "also_told": list(intent.also),
        "since": intent.since.isoformat(),
        "decided": intent.decided.isoformat(),
        "part": 1,
        "parts": 1,
    }


def _type(intent: Intent) -> str:
    """What somebody's programs wait for has a type of its own; all else is an alert."""
    return RETIRED if (intent.finding.rule, intent.reason) == RETIREMENT else TYPES[intent.reason]


def _subject(intent: Intent) -> str:
    """What subscriptions filter by. CloudEvents forbids control characters in it."""
    subject = f"{intent.subscription}/{intent.finding.rule}/{intent.finding.subject}"
    return "".join(sign if sign.isprintable() else " " for sign in subject)


def _part(events: Sequence[Event]) -> Part:
    """Its key is the first event's id: the service knows no other."""
    intents = {event.intent.key: event.intent for event in events}
    body = f"[{', '.join(event.text for event in events)}]"
    return part_of(events[0].id, CONTENT_TYPE, body, list(intents.values()))


def _size(event: Event) -> int:
    """In bytes: the text is ASCII."""
    return len(event.text) + len(", ")


def _answer(error: "AzureError") -> Answer:
    """What the SDK makes of an answer, or of none, as an answer again."""
    from azure.core.exceptions import (
        ClientAuthenticationError,
        HttpResponseError,
        ResourceNotFoundError,
        ServiceRequestError,
        ServiceResponseError,
    )

    match error:
        case HttpResponseError(status_code=int(status), response=response):
            wait = str(getattr(response, "headers", {}).get("Retry-After", ""))
            return Answer(status, retry_after_seconds=seconds_of(wait))
        case ResourceNotFoundError():  # The SDK writes a new error, without the answer.
            return Answer(404)
        case ClientAuthenticationError():
            return Answer(0, "there is no token for the identity", left=False)
        case ServiceRequestError():
            return Answer(0, "no connection", left=_left(error.inner_exception))
        case ServiceResponseError():
            return Answer(0, "no answer")
    return Answer(0, type(error).__name__)


def _left(cause: BaseException | None) -> bool:
    """The SDK calls a connection that broke while it waited for the answer a failed request, too."""
    never = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL)
    return isinstance(cause, aiohttp.ClientError) and not isinstance(cause, never)
