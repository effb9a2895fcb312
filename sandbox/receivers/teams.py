"""A stand-in for a Teams workflow that starts "When a Teams webhook request is received": takes Adaptive Cards."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from sandbox.receivers.stand_in import Arrival, Reply

# "Create Incoming Webhooks" (microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook): 28 KB; and
# "Microsoft Teams" (connectors/teams), known issues: about 28 KB, with everything in it.
LIMIT_BYTES = 28 * 1024
CARD_TYPE = "application/vnd.microsoft.card.adaptive"
# "Cards in Teams" (microsoftteams/platform/task-modules-and-cards/cards/cards-reference): 1.5 is the newest.
NEWEST = (1, 5)

# All below: "Schema Explorer" (adaptivecards.io/explorer), adaptive-card.json 1.5.0; what it has not is an error.
_ANY_ELEMENT = {"type", "id", "isVisible", "requires", "fallback", "height", "separator", "spacing"}
_ANY_ACTION = {"type", "id", "title", "iconUrl", "style", "fallback", "tooltip", "isEnabled", "mode", "requires"}
_ANY_TEXT = {"text", "color", "fontType", "isSubtle", "size", "weight"}
# "Format cards in Teams" (cards-format): msteams holds width; the rest of it is not used here.
_CARD = {"type", "$schema", "version", "body", "actions", "fallbackText", "speak", "lang", "rtl", "msteams"}
ALLOWED: Mapping[str, set[str]] = {
    "AdaptiveCard": _CARD,
    "TextBlock": _ANY_ELEMENT | _ANY_TEXT | {"horizontalAlignment", "maxLines", "wrap", "style"},
    "RichTextBlock": _ANY_ELEMENT | {"inlines", "horizontalAlignment"},
    "TextRun": _ANY_TEXT | {"type", "highlight", "italic", "selectAction", "strikethrough", "underline"},
    "FactSet": _ANY_ELEMENT | {"facts"},
    "Fact": {"type", "title", "value"},
    "ActionSet": _ANY_ELEMENT | {"actions"},
    "Action.OpenUrl": _ANY_ACTION | {"url"},
}
REQUIRED: Mapping[str, tuple[tuple[str, type], ...]] = {
    "AdaptiveCard": (("version", str), ("body", list)),
    "TextBlock": (("text", str),),
    "RichTextBlock": (("inlines", list),),
    "TextRun": (("text", str),),
    "FactSet": (("facts", list),),
    "Fact": (("title", str), ("value", str)),
    "ActionSet": (("actions", list),),
    "Action.OpenUrl": (("url", str), ("title", str)),
}
VALUES: Mapping[str, set[str]] = {
    "color": {"default", "dark", "light", "accent", "good", "warning", "attention"},
    "size": {"default", "small", "medium", "large", "extralarge"},
    "weight": {"default", "lighter", "bolder"},
    "spacing": {"default", "none", "small", "medium", "large", "extralarge", "padding"},
    "fontType": {"default", "monospace"},
}
FLAGS = {"isSubtle", "separator", "wrap", "isVisible", "italic", "highlight", "strikethrough", "underline"}
ELEMENTS = {"TextBlock", "RichTextBlock", "FactSet", "ActionSet"}


class NotACard(ValueError):
    """One sentence on what is wrong, and where Microsoft says so."""


class TeamsStandIn:
    """Answers 400 and 413 at once. The real one answers 202 to almost anything, and the run of the flow fails later,
    where whoever sent it never looks.
    """

    kind = "teams"
    routes = (("POST", "/teams/{name}"),)

    def judge(self, arrival: Arrival) -> Reply:
        if len(arrival.raw) > LIMIT_BYTES or _stored_bytes(arrival.raw) > LIMIT_BYTES:
            return _refused(413, "RequestEntityTooLarge", f"the message is longer than {LIMIT_BYTES} bytes")
        try:
            check_message(_json(arrival))
        except NotACard as error:
            return _refused(400, "BadRequest", str(error))
        return Reply(202, body="")

    def key_of(self, arrival: Arrival) -> str | None:  # noqa: ARG002
        """Teams has no place for one: what comes twice is shown twice."""
        return None


def check_message(message: Any) -> None:
    """The message around the card: "Microsoft Teams - Webhook" (connectors/teams), request body schema.

    Raises NotACard.
    """
    if not isinstance(message, dict) or message.get("type") != "message":
        raise NotACard('connectors/teams: the body has to be an object of the type "message"')
    _only(message, {"type", "summary", "attachments"}, "the message")
    attachments = message.get("attachments")
    if not isinstance(attachments, list) or not attachments:
        raise NotACard("connectors/teams: attachments has to be a list that is not empty")
    for attachment in attachments:
        if not isinstance(attachment, dict) or attachment.get("contentType") != CARD_TYPE:
            raise NotACard(f"connectors/teams: the contentType of an attachment has to be {CARD_TYPE}")
        _only(attachment, {"contentType", "contentUrl", "content"}, "an attachment")
        if attachment.get("contentUrl") is not None:
            raise NotACard("connectors/teams: contentUrl has to be null")
        check_card(attachment.get("content"))


def check_card(card: Any) -> None:
    """Raises NotACard."""
    _check(card, "AdaptiveCard")
    version = card["version"].split(".")
    if not all(number.isdigit() for number in version) or tuple(map(int, version)) > NEWEST:
        raise NotACard(f"cards-reference: Teams shows cards up to 1.5, not {card['version']}")
    if card.get("msteams", {}) not in ({}, {"width": "Full"}):
        raise NotACard("cards-format: msteams holds width, and that is Full")
    for element in card["body"]:
        _check_element(element)
    _check_actions(card.get("actions", []))


def _check_element(element: Any) -> None:
    kind = element.get("type") if isinstance(element, dict) else None
    if kind not in ELEMENTS:
        raise NotACard(f"adaptivecards.io/explorer: there is no element {kind!r}, or it is not known here")
    _check(element, kind)
    for run in element.get("inlines", []):
        _check(run, "TextRun")
        _check_actions([run["selectAction"]] if "selectAction" in run else [])
    for fact in element.get("facts", []):
        _check({"type": "Fact", **fact} if isinstance(fact, dict) else fact, "Fact")
    _check_actions(element.get("actions", []))


def _check_actions(actions: list[Any]) -> None:
    """Behind a webhook there is no bot that would answer an Action.Submit or Action.Execute, says "Create Incoming
    Webhooks" (add-incoming-webhook); of more than six actions in a row the rest hides in a menu ("Card actions").
    """
    if len(actions) > 6:
        raise NotACard("cards-reference: at most 6 actions stand in a row")
    for action in actions:
        if not isinstance(action, dict) or action.get("type") != "Action.OpenUrl":
            raise NotACard("add-incoming-webhook: only Action.OpenUrl does something in a card from a webhook")
        _check(action, "Action.OpenUrl")
        address = urlsplit(action["url"])
        if address.scheme != "https" or not address.hostname:
            raise NotACard(f"cards-actions: an address has to be absolute and https, not {action['url']}")


def _check(found: Any, kind: str) -> None:
    """Type, required and unknown properties, and values of those that are enumerations."""
    if not isinstance(found, dict) or found.get("type") != kind:
        raise NotACard(f"adaptivecards.io/explorer: {kind} has to be an object of that type")
    _only(found, ALLOWED[kind], kind)
    for name, wanted in REQUIRED[kind]:
        if not isinstance(found.get(name), wanted) or not found[name]:
            raise NotACard(f"adaptivecards.io/explorer: {kind} needs {name}")
    for name in found.keys() & VALUES.keys():
        if str(found[name]).lower() not in VALUES[name]:
            raise NotACard(f"adaptivecards.io/explorer: {found[name]!r} is no {name}")
    for name in found.keys() & FLAGS:
        if not isinstance(found[name], bool):
            raise NotACard(f"adaptivecards.io/explorer: {name} is true or false")


def _only(found: dict[str, Any], allowed: set[str], where: str) -> None:
    if unknown := sorted(found.keys() - allowed):
        raise NotACard(f"adaptivecards.io/explorer: {where} has no {', '.join(unknown)}")


def _json(arrival: Arrival) -> Any:
    """A workflow parses only what says that it is JSON."""
    if arrival.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise NotACard("connectors/teams: the content type has to be application/json")
    try:
        return json.loads(arrival.raw.decode())
    except (ValueError, RecursionError) as error:
        raise NotACard("connectors/teams: the body is no JSON in UTF-8") from error


def _stored_bytes(raw: bytes) -> int:
    """As Teams counts, which stores a card as JSON in a JSON string (MicrosoftDocs/msteams-docs, issue 11274)."""
    return len(json.dumps(raw.decode(errors="replace"), ensure_ascii=False).encode())


def _refused(status: int, code: str, reason: str) -> Reply:
    return Reply(status, reason, {"error": {"code": code, "message": reason}})
