"""The webhook as the conformance suite sees it."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pydantic import SecretStr

from sandbox.receivers.cloud_events import read_events
from sandbox.receivers.webhook import WebhookStandIn
from shared.channels.webhook import LIMIT_BYTES, Webhook
from shared.clock import SystemClock
from shared.http import AiohttpHttp
from shared.ports.channel import Channel, Part
from tests.contract.channels.case import PORTAL, SECRET, Arrived, Case, Post
from tests.contract.channels.listening import listening


@asynccontextmanager
async def opened() -> AsyncIterator[Post]:
    """The channel over a real client."""
    http = AiohttpHttp()
    try:
        async with listening(WebhookStandIn(SECRET), lambda status: {"error": status}) as there:
            url = SecretStr(f"{there.address}/webhook/{SECRET}")
            yield Post(Webhook(http, SystemClock(), url, SecretStr(SECRET), PORTAL), there.received, there.fail)
    finally:
        await http.close()


def compose() -> Channel:
    return Webhook(AiohttpHttp(), SystemClock(), SecretStr(SECRET), SecretStr(SECRET), PORTAL)


def words(part: Part) -> str:
    """The summary, and each problem as text."""
    data = json.loads(part.body)["data"]
    return "\n".join([data["summary"], *(item["text"] for item in data["items"])])


def check(part: Part) -> None:
    """It is a CloudEvent that most receivers take."""
    raw = part.body.encode()
    read_events(part.content_type, raw)
    assert LIMIT_BYTES >= len(raw)


def key(arrived: Arrived) -> str:
    return arrived.headers["idempotency-key"]


CASE = Case("webhook", compose, words, check, opened, key)
