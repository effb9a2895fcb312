"""Slack: an incoming webhook, which only speaks, or an app's bot, which answers what it said before."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import SecretStr

from shared.channels.slack_blocks import Posting, postings
from shared.domain.memory import Intent, Reason
from shared.domain.message import worst_first
from shared.http import Answer, Http, refusal
from shared.ports.channel import Part, Thread, part_of

type Payload = dict[str, Any]

JSON = "application/json; charset=utf-8"
CALL = "application/vnd.countersign.slack-call+json"
POST, UPDATE = "chat.postMessage", "chat.update"
# No markup in the text that stands in for the blocks, no names that become mentions, no previews of pages.
AS_WRITTEN: Payload = {"mrkdwn": False, "unfurl_links": False, "unfurl_media": False}
UNLINKED: Payload = {"parse": "none", "link_names": False}
THREADED = ("thread_ts", "reply_broadcast")
ANSWERS = (Reason.RESOLVED, Reason.ACKNOWLEDGED)
# The API answers 200 even when it refuses; these help if they are tried again, every other error does not. After
# internal_error and fatal_error something may have been posted, says the page of every method.
TRANSIENT = {
    "ratelimited": 429,
    "rate_limited": 429,
    "request_timeout": 408,
    "internal_error": 500,
    "fatal_error": 500,
    "service_unavailable": 503,
    "team_added_to_org": 503,
    "org_login_required": 503,
    "ekm_access_denied": 503,
}
# A message that is gone, or that nobody may change any more, is not updated; the reply in its thread has said it all.
GONE = {"message_not_found", "cant_update_message", "edit_window_closed", "thread_not_found", "update_failed"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message stands: the channel's id and Slack's time stamp. `alone`: it tells of one problem, completely."""

    channel: str
    ts: str
    alone: bool


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the API before it has its key. `intents` are those that it is there to tell."""

    method: str
    payload: Payload
    intents: tuple[Intent, ...]
    alone: bool = False


@dataclass(frozen=True, slots=True)
class SlackWebhook:
    """An incoming webhook of one channel. `portal` is the cloud's portal, for links.

    It has no place for a key: what comes twice is shown twice.
    """

    per_problem = False
    remembers = False

    http: Http
    url: SecretStr
    portal: str

    def compose(self, batch_id: str, intents: Sequence[Intent], threads: Mapping[str, Thread]) -> Sequence[Part]:  # noqa: ARG002
        """In as few messages as fit, the worst first, nothing cut off."""
        return [
            part_of(f"{batch_id}-{number}", JSON, _json(_said(found) | AS_WRITTEN), found.intents)
            for number, found in enumerate(postings(intents, self.portal), 1)
        ]

    async def send(self, part: Part) -> str:
        """Returns when Slack took it. Raises DeliveryError."""
        headers = {"Content-Type": part.content_type}
        answer = await self.http.post(self.url.get_secret_value(), part.body.encode(), headers)
        if error := refusal("Slack", answer, _named(answer.body.decode(errors="replace").strip())):
            raise error
        return ""


@dataclass(frozen=True, slots=True)
class SlackBot:
    """An app that may write (`chat:write`) in `channel`, best given by its id. `address` is where the API is.

    A part's body is the method, the payload, and whether the message is `alone`. A receipt is a `Place` in JSON.
    Slack has no key that would keep out what comes twice: `client_msg_id` is for its own programs only
    (slackapi/java-slack-sdk issue 852). The part's key travels as the message's metadata, where it can be found.
    """

    per_problem = False
    remembers = True

    http: Http
    token: SecretStr
    channel: str
    portal: str
    address: str = "https://slack.com/api"

    def compose(self, batch_id: str, intents: Sequence[Intent], threads: Mapping[str, Thread]) -> Sequence[Part]:
        """What is open in one message or as few as fit, the worst first, nothing cut off.

        What is over or acknowledged answers the message that told of it last, in the channel's sight; one that told of
        it alone is changed in the end to say that it is over.
        """
        fresh, answers = _sorted(intents, threads)
        calls = [*self._posts(fresh), *self._replies(answers), *self._updates(answers)]
        return [_part(f"{batch_id}-{number}", call) for number, call in enumerate(calls, 1)]

    async def send(self, part: Part) -> str:
        """The place of a message that problems can be answered to in, "" of an answer. Raises DeliveryError."""
        call = json.loads(part.body)
        method, payload = call["method"], call["payload"]
        answer = await self._call(method, payload)
        if method == POST and "thread_ts" in payload and _error(answer) == "thread_not_found":
            unthreaded = {name: value for name, value in payload.items() if name not in THREADED}
            answer = await self._call(method, unthreaded)
        if method == UPDATE and _error(answer) in GONE:
            return ""
        if error := refusal("Slack", answer, _error(answer)):
            raise error
        return "" if method == UPDATE or "thread_ts" in payload else _receipt(answer, alone=call["alone"])

    async def _call(self, method: str, payload: Payload) -> Answer:
        headers = {"Content-Type": JSON, "Authorization": f"Bearer {self.token.get_secret_value()}"}
        return _as_meant(await self.http.post(f"{self.address}/{method}", _json(payload).encode(), headers))

    def _posts(self, intents: Sequence[Intent]) -> Iterator[Call]:
        found = postings(intents, self.portal)
        for one in found:
            payload = {"channel": self.channel, **_said(one), **AS_WRITTEN, **UNLINKED}
            yield Call(POST, payload, one.intents, alone=len(found) == len(intents) == 1)

    def _replies(self, answers: Mapping[Place, Sequence[Intent]]) -> Iterator[Call]:
        """To the whole channel too: what is over is news to all who read of it."""
        for place, intents in answers.items():
            thread = {"channel": place.channel, "thread_ts": place.ts, "reply_broadcast": True}
            for one in postings(intents, self.portal):
                yield Call(POST, {**thread, **_said(one), **AS_WRITTEN, **UNLINKED}, one.intents)

    def _updates(self, answers: Mapping[Place, Sequence[Intent]]) -> Iterator[Call]:
        """They tell nothing that the reply has not told, so nothing is lost where one is refused."""
        for place, intents in answers.items():
            found = postings(intents, self.portal)
            if place.alone and len(found) == len(intents) == 1 and intents[0].over:
                yield Call(UPDATE, {"channel": place.channel, "ts": place.ts, **_said(found[0]), **UNLINKED}, ())


def _sorted(
    intents: Sequence[Intent], threads: Mapping[str, Thread]
) -> tuple[list[Intent], Mapping[Place, Sequence[Intent]]]:
    """What goes into the channel, and what answers which message."""
    fresh: list[Intent] = []
    answers: dict[Place, list[Intent]] = {}
    for intent in worst_first(intents):
        thread = threads.get(intent.problem) if intent.reason in ANSWERS else None
        place = _place(thread.receipt) if thread else None
        (answers.setdefault(place, []) if place else fresh).append(intent)
    return fresh, answers


def _part(key: str, call: Call) -> Part:
    metadata = {"event_type": "countersign", "event_payload": {"key": key}}
    body = {"method": call.method, "payload": call.payload | {"metadata": metadata}, "alone": call.alone}
    return part_of(key, CALL, _json(body), call.intents)


def _said(posting: Posting) -> Payload:
    return {"text": posting.text, "blocks": list(posting.blocks)}


def _json(found: Payload) -> str:
    return json.dumps(found, ensure_ascii=False)


def _receipt(answer: Answer, *, alone: bool) -> str:
    found = answer.json()
    place = {"channel": found.get("channel"), "ts": found.get("ts"), "alone": alone}
    return json.dumps(place) if place["channel"] and place["ts"] else ""


def _place(receipt: str) -> Place | None:
    """None where it is no receipt of ours."""
    try:
        found = json.loads(receipt)
    except ValueError:
        return None
    if not isinstance(found, dict) or not found.get("channel") or not found.get("ts"):
        return None
    return Place(found["channel"], found["ts"], found.get("alone") is True)


def _as_meant(answer: Answer) -> Answer:
    """With the status that the error would have elsewhere; who answers without JSON is not Slack, but in between."""
    found = answer.json()
    if not 200 <= answer.status < 300 or found.get("ok") is True:
        return answer
    return replace(answer, status=TRANSIENT.get(_error(answer), 400) if "ok" in found else 502)


def _error(answer: Answer) -> str:
    return _named(answer.json().get("error"))


def _named(error: object) -> str:
    """Slack's word for what went wrong; "" for everything that could be something else."""
    return error if isinstance(error, str) and re.fullmatch(r"[a-z_]{1,60}", error) else ""
