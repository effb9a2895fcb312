"""Teams as the conformance suite sees it."""

import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

from pydantic import SecretStr

from sandbox.receivers.stand_in import Arrival
from sandbox.receivers.teams import TeamsStandIn
from shared.channels.teams import Teams
from shared.http import AiohttpHttp
from shared.ports.channel import Channel, Part
from tests.contract.channels.case import PORTAL, SECRET, Arrived, Case, Post
from tests.contract.channels.listening import listening

PATH = f"/teams/{SECRET}?sig={SECRET}"


def refusal_body(status: int) -> Any:
    """As a workflow words it."""
    return {"error": {"code": "DirectApiAuthorizationRequired", "message": f"asked to go wrong ({status})"}}


@asynccontextmanager
async def opened(error: Callable[[int], Any] = refusal_body) -> AsyncIterator[Post]:
    """The channel over a real client."""
    http = AiohttpHttp()
    try:
        async with listening(TeamsStandIn(), error) as there:
            yield Post(Teams(http, SecretStr(f"{there.address}{PATH}"), PORTAL), there.received, there.fail)
    finally:
        await http.close()


def compose() -> Channel:
    return Teams(AiohttpHttp(), SecretStr(f"https://teams.example{PATH}"), PORTAL)


def card(part: Part) -> dict[str, Any]:
    """What Teams draws."""
    found: dict[str, Any] = json.loads(part.body)["attachments"][0]["content"]
    return found


def words(part: Part) -> str:
    """What is read in the card, a paragraph a line; one that goes on in the next element is put together."""
    found: list[str] = []
    for element in card(part)["body"]:
        said = list(_texts(element))
        if element.get("spacing") == "None" and found:
            found[-1] = f"{found[-1]} {said.pop(0)}"
        found += said
    return "\n".join(found)


def check(part: Part) -> None:
    """Whatever the service would refuse, the stand-in refuses."""
    headers = {"content-type": part.content_type}
    assert None is TeamsStandIn().judge(Arrival("POST", "x", headers, part.body.encode())).reason


def key(arrived: Arrived) -> str:
    return arrived.headers["idempotency-key"]


def _texts(element: dict[str, Any]) -> Iterator[str]:
    """Only a heading of ours may be Markdown, and it has none in it."""
    match element["type"]:
        case "TextBlock":
            yield element["text"]
        case "RichTextBlock":
            yield "".join(run["text"] for run in element["inlines"])
        case "ActionSet":
            yield from (f"{action['title']}: {action['url']}" for action in element["actions"])


CASE = Case("teams", compose, words, check, opened, key)
