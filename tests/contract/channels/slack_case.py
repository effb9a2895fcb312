"""Both ways into Slack as the conformance suite sees them."""

import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

from pydantic import SecretStr

from sandbox.receivers.slack import Posted, SlackStandIn
from sandbox.receivers.stand_in import Arrival
from shared.channels.slack import JSON, UPDATE, SlackBot, SlackWebhook
from shared.http import AiohttpHttp
from shared.ports.channel import Channel, Part
from tests.contract.channels.case import PORTAL, SECRET, Arrived, Case, Post
from tests.contract.channels.listening import listening

TOKEN = f"xoxb-{SECRET}"
CHANNEL = "C0123456789"


def webhook_error(_status: int) -> Any:
    """Plain text, as an incoming webhook words it."""
    return "action_prohibited"


def api_error(_status: int) -> Any:
    """As the API words it."""
    return {"ok": False, "error": "invalid_auth"}


@asynccontextmanager
async def webhook_opened(error: Callable[[int], Any] = webhook_error) -> AsyncIterator[Post]:
    """The webhook over a real client."""
    http = AiohttpHttp()
    try:
        async with listening(SlackStandIn(), error) as there:
            url = SecretStr(f"{there.address}/slack/{SECRET}")
            yield Post(SlackWebhook(http, url, PORTAL), there.received, there.fail)
    finally:
        await http.close()


@asynccontextmanager
async def bot_opened(
    error: Callable[[int], Any] = api_error, stand_in: SlackStandIn | None = None
) -> AsyncIterator[Post]:
    """The bot over a real client."""
    http = AiohttpHttp()
    try:
        async with listening(stand_in or SlackStandIn(TOKEN), error) as there:
            channel = SlackBot(http, SecretStr(TOKEN), CHANNEL, PORTAL, f"{there.address}/slack-api")
            yield Post(channel, there.received, there.fail)
    finally:
        await http.close()


def webhook() -> Channel:
    return SlackWebhook(AiohttpHttp(), SecretStr(f"https://hooks.example/{SECRET}"), PORTAL)


def bot() -> Channel:
    return SlackBot(AiohttpHttp(), SecretStr(TOKEN), CHANNEL, PORTAL)


def payload(part: Part) -> dict[str, Any]:
    """What Slack gets."""
    body = json.loads(part.body)
    found: dict[str, Any] = body.get("payload", body)
    return found


def words(part: Part) -> str:
    """What is read in the blocks, a paragraph a line."""
    return words_in(payload(part)["blocks"])


def words_in(blocks: list[dict[str, Any]]) -> str:
    return "\n".join(text for block in blocks for text in _texts(block))


def check(part: Part) -> None:
    """Whatever Slack would refuse, the stand-in refuses."""
    stand_in, call = SlackStandIn(), json.loads(part.body)
    headers, path = {"content-type": part.content_type}, "/slack/x"
    if "method" in call:
        headers, path = {"content-type": JSON, "authorization": f"Bearer {TOKEN}"}, f"/slack-api/{call['method']}"
    if call.get("method") == UPDATE:
        stand_in.messages[call["payload"]["channel"], call["payload"]["ts"]] = Posted("before")
    raw = json.dumps(payload(part), ensure_ascii=False).encode()
    assert None is stand_in.judge(Arrival("POST", "x", headers, raw, path)).reason


def key(arrived: Arrived) -> str:
    found: str = arrived.body["metadata"]["event_payload"]["key"]
    return found


def _texts(block: dict[str, Any]) -> Iterator[str]:
    if block["type"] == "header":
        yield block["text"]["text"]
        return
    for section in block["elements"]:
        runs = section["elements"]
        yield "".join(f"{run['text']}: {run['url']}" if run["type"] == "link" else run["text"] for run in runs)


CASES: tuple[Case, ...] = (
    Case("slack webhook", webhook, words, check, webhook_opened),
    Case("slack bot", bot, words, check, bot_opened, key),
)
