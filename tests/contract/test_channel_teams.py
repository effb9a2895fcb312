"""What is special about Teams: cards that nobody can write into, within a limit that Teams counts in its own way."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from sandbox.receivers.stand_in import Arrival
from sandbox.receivers.teams import TeamsStandIn
from shared.domain.finding import Severity
from shared.domain.memory import Intent, Reason
from shared.ports.channel import Part
from shared.ports.errors import DeliveryError
from tests.contract.channels.case import FINDING, PORTAL, SUSPENDED
from tests.contract.channels.teams_case import CASE, card, opened, words

INTENT = replace(SUSPENDED, receiver="teams")
HOSTILE = [
    "[pay here](http://evil.example)",
    "![x](http://evil.example/x.png)",
    "**bold** _italic_ `code` ~~gone~~",
    "<at>Everyone</at>",
    "<img src=x onerror=alert(1)>",
    "{{DATE(2017-02-14T06:00:00Z, SHORT)}} {{TIME(2017-02-14T06:00:00Z)}}",
    "# heading",
    "1. one - two",
    "{{{{{{",
    'quote " and \\ back',
    "${name}",
    "Ünïcode 署名 🔏",
]


def intent(**changes: Any) -> Intent:
    return replace(INTENT, finding=replace(FINDING, **changes))


def alike(number: int) -> list[Intent]:
    return [
        intent(
            subject=f"games-{one:03}",
            what=f"Account games-{one:03} is suspended in Games",
            problem=f"suspension of games-{one:03}",
            resource=f"{FINDING.resource}-{one:03}",
        )
        for one in range(number)
    ]


def compose(*intents: Intent) -> Sequence[Part]:
    parts = CASE.compose().compose("batch", intents, {})
    for part in parts:
        CASE.check(part)
    return parts


def colors(part: Part) -> list[str]:
    elements = [element for element in card(part)["body"] if element["type"] == "RichTextBlock"]
    return [run["color"] for element in elements for run in element["inlines"] if "color" in run]


def test_a_person_reads_what_stops_what_to_do_and_who_else_knows() -> None:
    (part,) = compose(INTENT)
    assert [
        "Countersign: 1 critical: suspension of games",
        "Critical: Account games is suspended in Games",
        "If nothing is done: Nothing can be signed with any profile of games.",
        "Next step: Find the mail that Microsoft sent, and answer it.",
        "First seen: Wed 18 Nov 2026 08:41 UTC",
        "You will hear again: in a day.",
        "Also told: mail, pagerduty",
        "What this is: Azure says that a whole signing account is suspended.",
        "Subscription: Games · Region: westeurope",
        f"Portal: {PORTAL}/#resource{FINDING.resource}",
        "Microsoft's page: https://learn.microsoft.com/azure/artifact-signing/faq",
    ] == words(part).split("\n")


def test_words_that_only_we_use_are_not_in_it() -> None:
    (part,) = compose(INTENT)
    said = words(part).lower()
    assert not [word for word in ("look", "shard", "blind", "testimony", "intent") if re.search(rf"\b{word}\b", said)]


def test_a_notification_shows_the_summary() -> None:
    (part,) = compose(INTENT)
    summary = "Countersign: 1 critical: suspension of games"
    assert (summary, summary) == (json.loads(part.body)["summary"], card(part)["fallbackText"])


def test_an_end_reads_well_and_asks_for_nothing() -> None:
    (part,) = compose(replace(INTENT, reason=Reason.RESOLVED))
    assert [
        "Countersign: 1 over: suspension of games",
        "Over: suspension of games",
        "It is no longer seen. First seen: Wed 18 Nov 2026 08:41 UTC, 2 days ago.",
        "Also told: mail, pagerduty",
    ] == words(part).split("\n")
    assert ["Good"] == colors(part)


@pytest.mark.parametrize(
    ("severity", "color"),
    [(Severity.CRITICAL, "Attention"), (Severity.WARNING, "Warning"), (Severity.INFO, "Default")],
)
def test_the_color_says_how_grave_it_is(severity: Severity, color: str) -> None:
    assert [color] == colors(compose(intent(severity=severity))[0])


def test_opening_a_link_is_all_that_a_button_does() -> None:
    (part,) = compose(INTENT)
    actions = [action for element in card(part)["body"] for action in element.get("actions", [])]
    assert [("Action.OpenUrl", "Portal"), ("Action.OpenUrl", "Microsoft's page")] == [
        (action["type"], action["title"]) for action in actions
    ]


@pytest.mark.parametrize("link", ["javascript:alert(1)", "http://learn.example", "https://x y", f"https://{'x' * 900}"])
def test_what_is_no_safe_address_is_text(link: str) -> None:
    (part,) = compose(intent(link=link, resource=""))
    assert not [element for element in card(part)["body"] if element["type"] == "ActionSet"]
    assert f"Microsoft's page: {link}" in words(part).replace("xx xx", "xxxx")


def test_500_problems_alike_are_few_cards_and_none_is_lost() -> None:
    intents = alike(500)
    parts = compose(*intents)
    said = "\n".join(words(part) for part in parts)
    assert 15 > len(parts)
    assert [one.problem for one in intents] == [problem for part in parts for problem in part.opens]
    assert [f"Critical: {one.finding.what}" for one in intents] == re.findall("Critical: .*", said)
    assert 500 == said.count("\nPortal: ")
    assert 1 == said.count("Next step: ")
    assert 1 == said.count("Microsoft's page: ")


def test_later_cards_say_which_they_are_and_what_they_go_on_with() -> None:
    parts = compose(*alike(100))
    of = len(parts)
    headings = [words(part).split("\n")[:2] for part in parts]
    assert "(" not in headings[0][0]
    assert [f"({number} of {of})" for number in range(2, of + 1)] == [first[-8:].strip() for first, _ in headings[1:]]
    assert ["100 critical, all of one kind, continued"] * (of - 1) == [second for _, second in headings[1:]]


@pytest.mark.parametrize("where", ["what", "stops", "next_step", "means", "problem", "facts"])
def test_a_text_of_60_kilobytes_is_parted_and_complete(where: str) -> None:
    names = [f"account-{number:04}" for number in range(5_000)]
    text = ", ".join(names)
    parts = compose(intent(**{where: {"Accounts": text} if where == "facts" else text}))
    found = re.findall(r"account-\d{4}", "\n".join(words(part) for part in parts))
    assert names == found
    assert {(INTENT.problem,)} == {part.opens for part in parts}


@pytest.mark.parametrize("text", ["x" * 60_000, '"' * 20_000, "\\" * 20_000, "🔏" * 5_000, "{{DATE(" * 3_000])
def test_not_even_a_text_without_spaces_or_one_that_grows_when_written_is_too_long(text: str) -> None:
    parts = compose(intent(what=text, problem="🔏" * 250))
    said = "".join(words(part) for part in parts).replace(" ", "")
    assert text.count(text[0]) <= said.count(text[0])


@pytest.mark.parametrize("name", HOSTILE)
def test_nobody_can_write_links_or_markup_into_a_card(name: str) -> None:
    hostile = replace(
        intent(what=name, stops=name, next_step=name, problem=name, facts={name: name}), next_word=name, note=name
    )
    (part,) = compose(hostile)
    markdown = [element["text"] for element in card(part)["body"] if element["type"] == "TextBlock"]
    assert [] == markdown
    assert f"Critical: {name}" in words(part)
    assert f"{name}: {name}" in words(part)
    assert not re.search(r"\{\{(DATE|TIME)\(", json.dumps(card(part)))
    assert not re.search(r"(?<!\\)[\[\]<>*_`~{]", card(part)["fallbackText"])


def test_a_name_of_several_lines_cannot_pretend_to_be_a_line_of_ours() -> None:
    (part,) = compose(intent(what="games\nNext step: pay\u2028now\x00"))
    assert "Critical: games Next step: pay now" in words(part)


def test_what_is_not_unicode_is_shown_as_a_question_mark() -> None:
    (part,) = compose(intent(what="half \ud83d"))
    assert "Critical: half ?" in words(part)


OLD = (
    "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error {} with ContextId tcid=0"
)


@pytest.mark.parametrize(
    ("text", "reason", "permanent"),
    [
        (OLD.format(413), "Teams answered 413.", True),
        (OLD.format(429), "Teams answered 429.", False),
        (OLD.format(503), "Teams answered 503.", False),
        ("Webhook message delivery failed with error: unknown", "Teams answered 502.", False),
    ],
)
async def test_an_error_inside_of_a_200_is_one(text: str, reason: str, *, permanent: bool) -> None:
    async with opened(lambda _status: text) as post:
        post.fail(200)
        with pytest.raises(DeliveryError) as raised:
            await post.channel.send(compose(INTENT)[0])
    assert (reason, permanent) == (str(raised.value), raised.value.permanent)


async def test_an_older_connector_says_1_when_it_took_it() -> None:
    async with opened(lambda _status: "1") as post:
        post.fail(200)
        assert "" == await post.channel.send(compose(INTENT)[0])


async def test_a_card_arrives_with_its_key() -> None:
    (part,) = compose(INTENT)
    async with opened() as post:
        await post.channel.send(part)
    (arrived,) = post.received()
    assert (202, part.key, json.loads(part.body)) == (
        arrived.status,
        arrived.headers["idempotency-key"],
        arrived.body,
    )


def _judged(change: Mapping[str, Any], element: Mapping[str, Any] | None = None) -> str | None:
    """What the stand-in says of a good card that was changed."""
    (part,) = compose(INTENT)
    message = json.loads(part.body)
    message["attachments"][0]["content"] |= change
    message["attachments"][0]["content"]["body"] += [element] if element else []
    raw = json.dumps(message).encode()
    return TeamsStandIn().judge(Arrival("POST", "x", {"content-type": "application/json"}, raw)).reason


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"version": "1.6"}, "1.5"),
        ({"version": "x"}, "1.5"),
        ({"unknown": 1}, "has no unknown"),
        ({"color": "red"}, "has no color"),
        ({"body": []}, "needs body"),
        ({"msteams": {"entities": []}}, "width"),
        ({"actions": [{"type": "Action.Submit", "title": "Yes"}]}, "Action.OpenUrl"),
        ({"actions": [{"type": "Action.OpenUrl", "title": "x", "url": "http://x.example"}]}, "https"),
        ({"actions": [{"type": "Action.OpenUrl", "title": "x", "url": "/x"}]}, "https"),
        ({"actions": [{"type": "Action.OpenUrl", "title": "x", "url": "https://x.example"}] * 7}, "6"),
    ],
)
def test_the_stand_in_refuses_a_card_that_teams_would_not_show(change: Mapping[str, Any], reason: str) -> None:
    assert reason in (_judged(change) or "")


@pytest.mark.parametrize(
    ("element", "reason"),
    [
        ({"type": "Chart"}, "no element 'Chart'"),
        ({"type": "TextBlock"}, "needs text"),
        ({"type": "TextBlock", "text": "x", "bold": True}, "has no bold"),
        ({"type": "TextBlock", "text": "x", "color": "Red"}, "no color"),
        ({"type": "TextBlock", "text": "x", "wrap": "yes"}, "true or false"),
        ({"type": "RichTextBlock", "inlines": ["x"]}, "TextRun has to be"),
        ({"type": "FactSet", "facts": [{"title": "x"}]}, "needs value"),
        ({"type": "ActionSet", "actions": [{"type": "Action.Execute", "title": "x"}]}, "Action.OpenUrl"),
    ],
)
def test_the_stand_in_refuses_an_element_that_is_not_in_the_schema(element: Mapping[str, Any], reason: str) -> None:
    assert reason in (_judged({}, element) or "")


@pytest.mark.parametrize(
    ("raw", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'{"type": "message", "attachments": []}', "application/json", 400),
        (b'{"type": "message", "attachments": [{"contentType": "text/plain"}]}', "application/json", 400),
        (b"{}", "text/plain", 400),
        (b'"' + b"x" * 28_700 + b'"', "application/json", 413),
        (b'"' * 20_000, "application/json", 413),
    ],
)
def test_the_stand_in_refuses_what_is_no_message(raw: bytes, kind: str, status: int) -> None:
    reply = TeamsStandIn().judge(Arrival("POST", "x", {"content-type": kind}, raw))
    assert status == reply.status
    assert reply.reason
