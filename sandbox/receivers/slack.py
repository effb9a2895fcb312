"""A stand-in for Slack: an incoming webhook, and the two methods of its API that post and change messages."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from sandbox.receivers.stand_in import Arrival, Reply

API = "/slack-api/"
POST, UPDATE = "chat.postMessage", "chat.update"
FIRST_TS = 1_700_000_000
# "chat.postMessage" (reference/methods/chat.postMessage): under 4,000 characters; what is longer is posted in pieces.
MOST_IN_TEXT = 4_000
# "Blocks" (reference/block-kit/blocks): 50 in a message. slackapi/bolt-js issue 2509: 13,172 characters were too long.
MOST_BLOCKS = 50
MOST_IN_BLOCKS = 13_171

# "Sending messages using incoming webhooks" (messaging/sending-messages-using-incoming-webhooks).
WEBHOOK_FIELDS = {"text", "blocks", "attachments", "thread_ts", "mrkdwn", "unfurl_links", "unfurl_media", "metadata"}
# The pages of both methods. Slack passes over what it does not know; here it is an error, or nobody would see it.
_ANY_METHOD = {"channel", "text", "blocks", "attachments", "metadata", "parse", "link_names", "reply_broadcast"}
ARGUMENTS: Mapping[str, set[str]] = {
    POST: _ANY_METHOD | {"thread_ts", "mrkdwn", "unfurl_links", "unfurl_media", "username", "icon_url", "icon_emoji"},
    UPDATE: _ANY_METHOD | {"ts", "file_ids"},
}
# Every page of "Block Kit" (reference/block-kit): fields of what can stand in a message and is known here.
FIELDS: Mapping[str, set[str]] = {
    "header": {"text"},
    "section": {"text", "fields", "accessory", "expand"},
    "context": {"elements"},
    "divider": set(),
    "actions": {"elements"},
    "rich_text": {"elements"},
    "button": {"text", "action_id", "url", "value", "style", "accessibility_label"},
    "rich_text_section": {"elements"},
    "rich_text_quote": {"elements", "border"},
    "rich_text_preformatted": {"elements", "border"},
    "text": {"text", "style"},
    "link": {"url", "text", "style", "unsafe"},
    "plain_text": {"text", "emoji"},
    "mrkdwn": {"text", "verbatim"},
}
RICH = {"rich_text_section", "rich_text_quote", "rich_text_preformatted"}


class Refused(ValueError):
    """Slack's word for it, and one sentence on what is wrong and where Slack says so."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(why)
        self.code = code


@dataclass(frozen=True, slots=True)
class Posted:
    """A message as it stands in the channel. `thread_ts` is "" where it is no answer; `edited`: it was changed."""

    text: str
    blocks: tuple[Any, ...] = ()
    thread_ts: str = ""
    broadcast: bool = False
    edited: bool = False
    key: str | None = None


class SlackStandIn:
    """With a token, every call of the API has to bring it. `messages` by the channel's id and the time stamp."""

    kind = "slack"
    routes = (("POST", "/slack/{name}"), ("POST", f"{API}{POST}"), ("POST", f"{API}{UPDATE}"))

    def __init__(self, token: str = "") -> None:
        self._token = token
        self.messages: dict[tuple[str, str], Posted] = {}

    def judge(self, arrival: Arrival) -> Reply:
        if not arrival.path.startswith(API):
            return _hooked(arrival)
        try:
            return Reply(200, body=self._called(arrival))
        except Refused as error:
            # "Using the Slack Web API" (apis/web-api): what is refused is answered with 200 too.
            return Reply(200, str(error), {"ok": False, "error": error.code})

    def key_of(self, arrival: Arrival) -> str | None:
        """Slack has no place for one and takes everything twice; ours travels in the metadata."""
        found = arrival.readable
        return _key(found) if isinstance(found, dict) else None

    def _called(self, arrival: Arrival) -> Any:
        method = arrival.path.removeprefix(API)
        self._check_token(arrival.headers.get("authorization", ""))
        call = _object(arrival, "invalid_json")
        _only(call, ARGUMENTS[method], "invalid_arguments", method)
        if not isinstance(call.get("channel"), str) or not call["channel"]:
            raise Refused("channel_not_found", f"{method}: the channel is missing")
        _check_message(call)
        _check_metadata(call.get("metadata"))
        return self._post(call) if method == POST else self._update(call)

    def _check_token(self, authorization: str) -> None:
        """ "Using the Slack Web API" (apis/web-api): as a bearer token in the header."""
        scheme, _, token = authorization.partition(" ")
        if scheme != "Bearer" or not token:
            raise Refused("not_authed", "apis/web-api: there is no token")
        if self._token and token != self._token:
            raise Refused("invalid_auth", "apis/web-api: the token is another one")

    def _post(self, call: dict[str, Any]) -> Any:
        """An answer to a message that is not there is posted into the channel (slack-go/slack issue 1571)."""
        channel, thread = _channel_id(call["channel"]), call.get("thread_ts", "")
        if thread and not re.fullmatch(r"\d{10}\.\d{6}", str(thread)):
            raise Refused("invalid_arguments", "chat.postMessage: thread_ts is the ts of a message, in a string")
        thread = thread if (channel, thread) in self.messages else ""
        ts = f"{FIRST_TS + len(self.messages)}.{len(self.messages):06}"
        posted = _posted(call)
        broadcast = bool(thread) and call.get("reply_broadcast") is True
        self.messages[channel, ts] = replace(posted, thread_ts=thread, broadcast=broadcast)
        return {"ok": True, "channel": channel, "ts": ts, "message": {"text": posted.text, "ts": ts}}

    def _update(self, call: dict[str, Any]) -> Any:
        """ "chat.update" (reference/methods/chat.update): the channel by its id; blocks and text are replaced."""
        channel, ts = call["channel"], str(call.get("ts"))
        if channel != _channel_id(channel):
            raise Refused("channel_not_found", "chat.update: the channel has to be an id")
        if (channel, ts) not in self.messages:
            raise Refused("message_not_found", "chat.update: there is no such message")
        before, after = self.messages[channel, ts], _posted(call)
        kept = replace(after, thread_ts=before.thread_ts, broadcast=before.broadcast, edited=True)
        self.messages[channel, ts] = replace(kept, key=after.key or before.key)
        return {"ok": True, "channel": channel, "ts": ts, "text": after.text}


def check_blocks(blocks: Any) -> None:
    """Raises Refused."""
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        raise Refused("invalid_blocks_format", "reference/block-kit: blocks is a list of objects")
    if len(blocks) > MOST_BLOCKS:
        raise Refused("invalid_blocks", f"reference/block-kit/blocks: no more than {MOST_BLOCKS} blocks")
    for block in blocks:
        kind = block.get("type")
        if kind not in CHECKS:
            raise Refused("invalid_blocks", f"reference/block-kit/blocks: {kind!r} is no block, or not known here")
        _fields(block, kind, {"block_id"})
        CHECKS[kind](block)
    if len(json.dumps(blocks)) > MOST_IN_BLOCKS:
        raise Refused("msg_blocks_too_long", "slackapi/bolt-js issue 2509: all blocks together are too long")


def _hooked(arrival: Arrival) -> Reply:
    """Errors of a webhook are words in plain text with a status of their own (messaging/sending-messages-...)."""
    try:
        message = _object(arrival, "invalid_payload")
        _only(message, WEBHOOK_FIELDS, "invalid_payload", "incoming webhooks")
        _check_message(message)
    except Refused as error:
        return Reply(400, str(error), error.code)
    return Reply(200, body="ok")


def _object(arrival: Arrival, code: str) -> dict[str, Any]:
    """Arguments in JSON are only heeded where the type says so ("Using the Slack Web API", apis/web-api)."""
    kind = arrival.headers.get("content-type", "").partition(";")[0].strip().lower()
    found = arrival.readable
    if kind != "application/json" or not isinstance(found, dict):
        raise Refused(code, "apis/web-api: the body has to be a JSON object, and to say so")
    return found


def _check_message(message: Mapping[str, Any]) -> None:
    text, blocks = message.get("text", ""), message.get("blocks", [])
    if not isinstance(text, str) or len(text) > MOST_IN_TEXT:
        raise Refused("msg_too_long", f"chat.postMessage: text has at most {MOST_IN_TEXT} characters")
    if not text:
        raise Refused("no_text", "chat.postMessage: with blocks it is what notifications and screen readers have")
    check_blocks(blocks)


def _check_metadata(metadata: Any) -> None:
    """ "Message metadata" (messaging/message-metadata): a type, and an object of plain values."""
    if metadata is None:
        return
    shape = isinstance(metadata, dict) and metadata.keys() == {"event_type", "event_payload"}
    if not shape or not isinstance(metadata["event_type"], str) or not isinstance(metadata["event_payload"], dict):
        raise Refused("invalid_metadata_format", "messaging/message-metadata: event_type and event_payload")


def _check_header(block: dict[str, Any]) -> None:
    """ "Header block" (reference/block-kit/blocks/header-block): plain text, 150 characters."""
    _check_text(block.get("text"), {"plain_text"}, 150)


def _check_section(block: dict[str, Any]) -> None:
    """ "Section block" (blocks/section-block): text of 3,000 characters, or 10 fields of 2,000."""
    fields = block.get("fields", [])
    if "text" not in block and not fields:
        raise Refused("invalid_blocks", "blocks/section-block: it needs text or fields")
    if "text" in block:
        _check_text(block["text"], {"plain_text", "mrkdwn"}, 3_000)
    if len(fields) > 10:
        raise Refused("invalid_blocks", "blocks/section-block: no more than 10 fields")
    for field in fields:
        _check_text(field, {"plain_text", "mrkdwn"}, 2_000)


def _check_context(block: dict[str, Any]) -> None:
    """ "Context block" (blocks/context-block): 10 elements."""
    for element in _elements(block, 10):
        _check_text(element, {"plain_text", "mrkdwn"}, 3_000)


def _check_actions(block: dict[str, Any]) -> None:
    """ "Actions block" (blocks/actions-block): 25 elements. "Button element": text of 75 characters, a URL of 3,000."""
    for element in _elements(block, 25):
        _fields(element, "button", set())
        _check_text(element.get("text"), {"plain_text"}, 75)
        if len(element.get("url", "")) > 3_000:
            raise Refused("invalid_blocks", "block-elements/button-element: the url is too long")


def _check_rich_text(block: dict[str, Any]) -> None:
    """ "Rich text block" (blocks/rich-text-block): sections of elements, which are texts and links here."""
    for section in _elements(block, 1_000):
        if section.get("type") not in RICH:
            raise Refused("invalid_blocks", "blocks/rich-text-block: no such element, or it is not known here")
        _fields(section, section["type"], set())
        for run in _elements(section, 10_000):
            _check_run(run)


def _check_run(run: dict[str, Any]) -> None:
    """ "Rich text block": text is not empty, a link has an absolute address, styles are flags."""
    kind = run.get("type")
    if kind not in {"text", "link"}:
        raise Refused("invalid_blocks", "blocks/rich-text-block: no such run, or it is not known here")
    _fields(run, kind, set())
    if not isinstance(run.get("text"), str) or not run["text"]:
        raise Refused("invalid_blocks", "blocks/rich-text-block: text has at least one character")
    if kind == "link" and not re.match(r"https?://\S+$", str(run.get("url"))):
        raise Refused("invalid_blocks", "blocks/rich-text-block: a link needs a url")
    style = run.get("style", {})
    if style.keys() - {"bold", "italic", "strike", "code"} or not all(flag is True for flag in style.values()):
        raise Refused("invalid_blocks", "blocks/rich-text-block: a style is bold, italic, strike or code")


def _check_text(found: Any, kinds: set[str], most: int) -> None:
    """ "Text object" (composition-objects/text-object): one character at least."""
    kind = found.get("type") if isinstance(found, dict) else None
    if kind not in kinds:
        raise Refused("invalid_blocks", f"composition-objects/text-object: it has to be {' or '.join(sorted(kinds))}")
    _fields(found, kind, set())
    if not isinstance(found.get("text"), str) or not 1 <= len(found["text"]) <= most:
        raise Refused("invalid_blocks", f"composition-objects/text-object: 1 to {most} characters")


def _elements(block: dict[str, Any], most: int) -> list[dict[str, Any]]:
    found = block.get("elements")
    if not isinstance(found, list) or not found or not all(isinstance(element, dict) for element in found):
        raise Refused("invalid_blocks", f"reference/block-kit: {block['type']} has elements")
    if len(found) > most:
        raise Refused("invalid_blocks", f"reference/block-kit: {block['type']} has no more than {most} elements")
    return found


def _fields(found: dict[str, Any], kind: str, more: set[str]) -> None:
    if found.get("type") != kind:
        raise Refused("invalid_blocks", f"reference/block-kit: it has to be {kind}, or is not known here")
    _only(found, FIELDS[kind] | more | {"type"}, "invalid_blocks", kind)


def _only(found: Mapping[str, Any], allowed: set[str], code: str, where: str) -> None:
    if unknown := sorted(found.keys() - allowed):
        raise Refused(code, f"{where} has no {', '.join(unknown)}")


def _posted(call: Mapping[str, Any]) -> Posted:
    return Posted(call["text"], tuple(call.get("blocks", ())), key=_key(call))


def _key(found: Mapping[str, Any]) -> str | None:
    metadata = found.get("metadata")
    payload = metadata.get("event_payload") if isinstance(metadata, dict) else None
    key = payload.get("key") if isinstance(payload, dict) else None
    return key if isinstance(key, str) else None


def _channel_id(channel: str) -> str:
    """A name gets an id, always the same."""
    if re.fullmatch(r"[CGD][A-Z0-9]{8,}", channel):
        return channel
    return f"C{sha256(channel.removeprefix('#').encode()).hexdigest()[:10].upper()}"


CHECKS: Mapping[str, Callable[[dict[str, Any]], None]] = {
    "header": _check_header,
    "section": _check_section,
    "context": _check_context,
    "divider": lambda _: None,
    "actions": _check_actions,
    "rich_text": _check_rich_text,
}
