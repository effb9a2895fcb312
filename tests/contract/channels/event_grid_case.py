"""Event Grid as the conformance suite sees it."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from azure.core.credentials import AzureKeyCredential

from sandbox.receivers.cloud_events import read_events
from sandbox.receivers.event_grid import MOST_BYTES, EventGridTopicStandIn
from shared.channels.event_grid import EventGrid
from shared.ports.channel import Channel, Part
from tests.contract.channels.case import PORTAL, SECRET, Arrived, Case, Post
from tests.contract.channels.listening import listening

KEY = f"{SECRET}-key"
TOPIC = f"/eventgrid/{SECRET}/api/events"


@asynccontextmanager
async def opened() -> AsyncIterator[Post]:
    """The channel over the real SDK, by key: a token is sent over TLS only."""
    async with listening(EventGridTopicStandIn(KEY), _error) as there:
        channel = EventGrid(f"{there.address}{TOPIC}", AzureKeyCredential(KEY), PORTAL)
        try:
            yield Post(channel, there.received, there.fail)
        finally:
            await channel.close()


def compose() -> Channel:
    return EventGrid(f"https://{SECRET}.example/api/events", AzureKeyCredential(KEY), PORTAL)


def words(part: Part) -> str:
    """Its texts, by event."""
    return "\n".join(text for event in json.loads(part.body) for text in _texts(event["data"]))


def check(part: Part) -> None:
    """Valid CloudEvents, and no larger than a request may be, as the SDK writes it."""
    read_events(part.content_type, part.body.encode())
    assert MOST_BYTES >= len(json.dumps(json.loads(part.body)))


def key(arrived: Arrived) -> str:
    """The first event's id."""
    found: str = arrived.body[0]["id"]
    return found


def _error(status: int) -> dict[str, Any]:
    return {"error": {"code": "Wrong", "message": f"asked to go wrong ({status})"}}


def _texts(data: dict[str, Any]) -> list[str]:
    facts = [f"{name}: {value}" for name, value in data["facts"].items()]
    links = [text for link in data["links"] for text in (link["title"], link["url"])]
    named = [data["stops"], data["next_step"], data["next_word"], *data["also_told"], *data["accounts"]]
    return [data["title"], data["text"], *data["lines"], *facts, *named, *links]


CASE = Case("event grid", compose, words, check, opened, key)
