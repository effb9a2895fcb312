"""PagerDuty as the conformance suite sees it."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

from pydantic import SecretStr

from sandbox.receivers.pagerduty import MOST_BYTES, MOST_IN_DEDUP_KEY, MOST_IN_SUMMARY, PagerDutyStandIn
from sandbox.receivers.stand_in import Arrival
from shared.channels.pagerduty import PagerDuty
from shared.http import AiohttpHttp
from shared.ports.channel import Channel, Part
from tests.contract.channels.case import PORTAL, SECRET, Case, Post
from tests.contract.channels.listening import listening

ROUTING_KEY = SECRET.ljust(32, "0")


@asynccontextmanager
async def opened_on(stand_in: PagerDutyStandIn) -> AsyncIterator[Post]:
    """The channel over a real client."""
    http = AiohttpHttp()
    try:
        async with listening(stand_in, _error) as there:
            channel = PagerDuty(http, SecretStr(ROUTING_KEY), PORTAL, f"{there.address}/pagerduty")
            yield Post(channel, there.received, there.fail)
    finally:
        await http.close()


@asynccontextmanager
async def opened() -> AsyncIterator[Post]:
    async with opened_on(PagerDutyStandIn()) as post:
        yield post


def compose() -> Channel:
    return PagerDuty(AiohttpHttp(), SecretStr(ROUTING_KEY), PORTAL)


def words(part: Part) -> str:
    """The summary, the details and the links: what PagerDuty shows."""
    event = json.loads(part.body)
    payload = event["payload"]
    links = [text for link in event["links"] for text in (link["text"], link["href"])]
    return "\n".join([payload["summary"], *_texts(payload["custom_details"]), *links])


def check(part: Part) -> None:
    """Every limit of the service: what it would refuse, the stand-in refuses, with the integration key in it."""
    event = json.loads(part.body)
    assert "routing_key" not in event
    raw = json.dumps({"routing_key": ROUTING_KEY, **event}, ensure_ascii=False).encode()
    assert None is PagerDutyStandIn().judge(Arrival("POST", "", {}, raw)).reason
    assert MOST_BYTES >= len(raw)
    assert MOST_IN_DEDUP_KEY >= len(event["dedup_key"])
    assert MOST_IN_SUMMARY >= len(event["payload"]["summary"])


def _error(status: int) -> dict[str, Any]:
    return {"status": "invalid event", "message": f"Event object is invalid ({status})", "errors": []}


def _texts(details: dict[str, Any]) -> Iterator[str]:
    for name, value in details.items():
        if isinstance(value, dict):
            yield from _texts(value)
        else:
            yield value if name == "text" else f"{name}: {value}"


CASE = Case("pagerduty", compose, words, check, opened)
