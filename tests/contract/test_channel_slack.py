"""What is special about Slack: rich text that nobody can write into, answers in threads, and errors behind a 200."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from sandbox.receivers.slack import Posted, SlackStandIn
from sandbox.receivers.stand_in import Arrival
from shared.channels.slack import JSON, TRANSIENT
from shared.domain.memory import Intent, Reason
from shared.ports.channel import Part, Thread
from shared.ports.errors import DeliveryError
from tests.contract.channels.case import FINDING, PORTAL, SUSPENDED, Case, Post
from tests.contract.channels.slack_case import (
    CASES,
    CHANNEL,
    TOKEN,
    bot,
    bot_opened,
    check,
    payload,
    webhook_opened,
    words,
    words_in,
)

INTENT = replace(SUSPENDED, receiver="slack")
HOSTILE = [
    "*bold* _italic_ ~gone~ `code` ```block```",
    "<!channel> <!here> <!everyone>",
    "<@U012AB3CD> <#C012AB3CD> <!subteam^S012AB3CD>",
    "<http://evil.example|the portal>",
    "http://evil.example @channel @here #general",
    "> quoted",
    "&lt;!channel&gt; &amp;",
    ":rotating_light:",
    'quote " and \\ back',
    "Ünïcode 署名 🔏",
]
THERE = Thread(json.dumps({"channel": CHANNEL, "ts": "1700000000.000000", "alone": True}))
BOTH = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])


def intent(number: int | None = None, reason: Reason = Reason.FIRST, **changes: Any) -> Intent:
    """The one, or one of many alike."""
    name = "games" if number is None else f"games-{number:03}"
    of_it = {
        "subject": name,
        "what": f"Account {name} is suspended in Games",
        "problem": f"suspension of {name}",
        "resource": FINDING.resource if number is None else f"{FINDING.resource}-{number:03}",
    }
    return replace(INTENT, reason=reason, finding=replace(FINDING, **{**of_it, **changes}))


def over(number: int | None = None) -> Intent:
    return replace(intent(number, Reason.RESOLVED), version=2)


def compose(*intents: Intent, case: Case = CASES[0], threads: Mapping[str, Thread] | None = None) -> Sequence[Part]:
    parts = case.compose().compose("batch", intents, threads or {})
    for part in parts:
        check(part)
    return parts


def kinds(blocks: object) -> set[str]:
    """Every type of block, element and text there is in it."""
    if isinstance(blocks, list):
        return {kind for block in blocks for kind in kinds(block)}
    if not isinstance(blocks, dict):
        return set()
    return (
        {blocks["type"], *(kind for value in blocks.values() for kind in kinds(value))} if "type" in blocks else set()
    )


@BOTH
def test_a_person_reads_what_stops_what_to_do_and_who_else_knows(case: Case) -> None:
    (part,) = compose(INTENT, case=case)
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
        f"Portal: {PORTAL}/#resource{FINDING.resource} · Microsoft's page: {FINDING.link}",
    ] == words(part).split("\n")


@BOTH
def test_words_that_only_we_use_are_not_in_it(case: Case) -> None:
    said = words(compose(INTENT, case=case)[0]).lower()
    assert not [word for word in ("look", "shard", "blind", "testimony", "intent") if re.search(rf"\b{word}\b", said)]


@BOTH
def test_a_notification_begins_with_the_summary_and_a_screen_reader_reads_it_all(case: Case) -> None:
    (part,) = compose(INTENT, case=case)
    assert words(part) == payload(part)["text"]


def test_of_many_problems_a_notification_has_the_summary() -> None:
    parts = compose(*(intent(number) for number in range(50)))
    summary = "Countersign: 50 critical: suspension of games-000; suspension of games-001 and 48 more"
    assert summary == payload(parts[0])["text"]
    assert f"{summary} (2 of {len(parts)})" == payload(parts[1])["text"]


def test_labels_and_titles_are_bold() -> None:
    (part,) = compose(INTENT)
    bold = re.findall(r'"text": "([^"]*)", "style": \{"bold": true\}', part.body)
    assert ["Critical: Account games is suspended in Games", "If nothing is done: ", "Next step: "] == bold[:3]


def test_a_link_is_a_link_and_nothing_asks_an_app_to_answer() -> None:
    (part,) = compose(INTENT)
    runs = payload(part)["blocks"][1]["elements"][0]["elements"]
    links = [(run["text"], run["url"]) for run in runs if run["type"] == "link"]
    assert [("Portal", f"{PORTAL}/#resource{FINDING.resource}"), ("Microsoft's page", FINDING.link)] == links
    assert {"header", "plain_text", "rich_text", "rich_text_section", "text", "link"} == kinds(payload(part)["blocks"])


@pytest.mark.parametrize("link", ["javascript:alert(1)", "http://learn.example", "https://x y", f"https://{'x' * 900}"])
def test_what_is_no_safe_address_is_text(link: str) -> None:
    (part,) = compose(intent(link=link, resource=""))
    assert "link" not in kinds(payload(part)["blocks"])
    assert f"Microsoft's page: {link}" in words(part).replace("x\nx", "xx")


@BOTH
@pytest.mark.parametrize("name", HOSTILE)
def test_nobody_can_write_markup_mentions_or_links(case: Case, name: str) -> None:
    finding: dict[str, Any] = {"what": name, "stops": name, "next_step": name, "problem": name, "facts": {name: name}}
    hostile = replace(intent(**finding), next_word=name, note=name)
    (part,) = compose(hostile, case=case)
    sent = payload(part)
    assert {"header", "plain_text", "rich_text", "rich_text_section", "text", "link"} == kinds(sent["blocks"])
    assert f"Critical: {name}" in words(part)
    assert f"{name}: {name}" in words(part)
    assert not re.search(r"[<>]|&(?!amp;|lt;|gt;)", sent["text"])
    assert not re.search(r"[<>&]", sent["blocks"][0]["text"]["text"])
    assert (False, False, False) == (sent["mrkdwn"], sent["unfurl_links"], sent["unfurl_media"])


def test_names_do_not_become_mentions() -> None:
    (part,) = compose(INTENT, case=CASES[1])
    assert ("none", False) == (payload(part)["parse"], payload(part)["link_names"])


def test_a_name_of_several_lines_cannot_pretend_to_be_a_line_of_ours() -> None:
    (part,) = compose(intent(what="games\nNext step: pay\u2028now\x00"))
    assert "Critical: games Next step: pay now" in words(part)


def test_what_is_not_unicode_is_shown_as_a_question_mark() -> None:
    assert "Critical: half ?" in words(compose(intent(what="half \ud83d"))[0])


@BOTH
def test_500_problems_alike_are_few_messages_and_none_is_lost(case: Case) -> None:
    intents = [intent(number) for number in range(500)]
    parts = compose(*intents, case=case)
    said = "\n".join(words(part) for part in parts)
    assert 25 > len(parts)
    assert [one.problem for one in intents] == [problem for part in parts for problem in part.opens]
    assert [f"Critical: {one.finding.what}" for one in intents] == re.findall("Critical: .*", said)
    assert (500, 1, 1) == tuple(said.count(words) for words in ("Portal: ", "Next step: ", "Microsoft's page: "))


def test_later_messages_say_which_they_are_and_what_they_go_on_with() -> None:
    parts = compose(*(intent(number) for number in range(100)))
    of = len(parts)
    headings = [words(part).split("\n")[:2] for part in parts]
    assert "(" not in headings[0][0]
    assert [f"({number} of {of})" for number in range(2, of + 1)] == [first[-8:].strip() for first, _ in headings[1:]]
    assert ["100 critical, all of one kind, continued"] * (of - 1) == [second for _, second in headings[1:]]


def test_problems_of_many_kinds_stay_below_the_number_of_blocks() -> None:
    intents = [intent(number, rule=f"rule-{number}", what="x") for number in range(99)]
    parts = compose(*intents)
    assert 99 == "\n".join(words(part) for part in parts).count("Critical: x")


@BOTH
@pytest.mark.parametrize("where", ["what", "stops", "next_step", "means", "problem", "facts"])
def test_a_text_of_60_kilobytes_is_parted_and_complete(case: Case, where: str) -> None:
    names = [f"account-{number:04}" for number in range(5_000)]
    text = ", ".join(names)
    changes: dict[str, Any] = {where: {"Accounts": text} if where == "facts" else text}
    parts = compose(intent(**changes), case=case)
    assert names == re.findall(r"account-\d{4}", "\n".join(words(part) for part in parts))
    assert {(INTENT.problem,)} == {part.opens for part in parts}


@pytest.mark.parametrize("text", ["x" * 60_000, '"' * 20_000, "\\" * 20_000, "🔏" * 5_000, "&" * 5_000])
def test_not_even_a_text_without_spaces_or_one_that_grows_when_written_is_too_long(text: str) -> None:
    parts = compose(intent(what=text, problem="🔏" * 100))
    assert text.count(text[0]) <= "".join(words(part) for part in parts).count(text[0])


def test_nothing_to_tell_is_no_message() -> None:
    assert [] == list(compose(case=CASES[0])) == list(compose(case=CASES[1]))


def methods(parts: Sequence[Part]) -> list[tuple[str, str]]:
    """Which method each part goes with, and in which thread or to which message."""
    bodies = [json.loads(part.body) for part in parts]
    return [(body["method"], body["payload"].get("thread_ts", body["payload"].get("ts", ""))) for body in bodies]


def told(*intents: Intent, threads: Mapping[str, Thread]) -> Sequence[Part]:
    return compose(*intents, case=CASES[1], threads=threads)


@pytest.mark.parametrize("reason", [Reason.FIRST, Reason.WORSE, Reason.REPEAT, Reason.ESCALATED])
def test_what_wants_attention_stands_in_the_channel_and_not_in_a_thread(reason: Reason) -> None:
    parts = told(intent(reason=reason), threads={INTENT.problem: THERE})
    assert [("chat.postMessage", "")] == methods(parts)
    assert CHANNEL == payload(parts[0])["channel"]


def test_an_end_answers_what_it_ends_and_changes_it_where_it_stood_alone() -> None:
    parts = told(over(), threads={INTENT.problem: THERE})
    assert [("chat.postMessage", "1700000000.000000"), ("chat.update", "1700000000.000000")] == methods(parts)
    assert [(INTENT.problem,), ()] == [part.ends for part in parts]
    assert payload(parts[0])["reply_broadcast"] is True
    assert ["Over: suspension of games"] * 2 == [words(part).split("\n")[1] for part in parts]


def test_an_acknowledgement_answers_and_changes_nothing() -> None:
    parts = told(intent(reason=Reason.ACKNOWLEDGED), threads={INTENT.problem: THERE})
    assert [("chat.postMessage", "1700000000.000000")] == methods(parts)


def test_what_ended_of_one_message_is_one_answer() -> None:
    there = Thread(json.dumps({"channel": CHANNEL, "ts": "1700000001.000001", "alone": False}))
    ended = [over(1), over(2)]
    parts = told(*ended, threads={one.problem: there for one in ended})
    assert [("chat.postMessage", "1700000001.000001")] == methods(parts)
    assert {one.problem for one in ended} == set(parts[0].ends)


def test_what_is_new_comes_before_what_is_answered() -> None:
    parts = told(over(1), intent(2), over(3), threads={over(1).problem: THERE})
    assert ["", "1700000000.000000", "1700000000.000000"] == [thread for _, thread in methods(parts)]
    assert ([intent(2).problem], [over(3).problem]) == (list(parts[0].opens), list(parts[0].ends))
    assert ["batch-1", "batch-2", "batch-3"] == [part.key for part in parts]


@pytest.mark.parametrize("receipt", ["", "{", "[]", "1", '{"channel": "C1"}', '{"channel": "", "ts": "1"}'])
def test_where_nobody_knows_the_message_an_end_is_told_in_the_channel(receipt: str) -> None:
    assert [("chat.postMessage", "")] == methods(told(over(), threads={INTENT.problem: Thread(receipt)}))


async def sent(post: Post, *intents: Intent, threads: Mapping[str, Thread] | None = None) -> list[str]:
    """The receipts."""
    return [await post.channel.send(part) for part in post.channel.compose("batch", intents, threads or {})]


async def test_a_problem_lives_and_ends_in_one_thread() -> None:
    stand_in = SlackStandIn(TOKEN)
    async with bot_opened(stand_in=stand_in) as post:
        (receipt,) = await sent(post, INTENT)
        threads = {INTENT.problem: Thread(receipt)}
        assert [""] == await sent(post, intent(reason=Reason.ACKNOWLEDGED), threads=threads)
        assert ["", ""] == await sent(post, over(), threads=threads)
    opened, acknowledged, ended = stand_in.messages.values()
    (channel, ts), *_ = stand_in.messages
    assert {"channel": channel, "ts": ts, "alone": True} == json.loads(receipt)
    assert [(ts, True), (ts, True)] == [(one.thread_ts, one.broadcast) for one in (acknowledged, ended)]
    assert [True, False, False] == [one.edited for one in (opened, acknowledged, ended)]
    assert "Over: suspension of games" == words_in(list(opened.blocks)).split("\n")[1]
    assert "Acknowledged: suspension of games" == words_in(list(acknowledged.blocks)).split("\n")[1]


async def test_a_message_about_several_problems_is_answered_and_stays_as_it_is() -> None:
    stand_in = SlackStandIn(TOKEN)
    async with bot_opened(stand_in=stand_in) as post:
        (receipt,) = await sent(post, intent(1), intent(2))
        await sent(post, over(1), threads={over(1).problem: Thread(receipt)})
    assert json.loads(receipt)["alone"] is False
    assert [False, False] == [one.edited for one in stand_in.messages.values()]


async def test_a_problem_in_several_messages_is_not_alone_in_any() -> None:
    async with bot_opened() as post:
        receipts = await sent(post, intent(what="x " * 20_000))
    assert [False] * len(receipts) == [json.loads(receipt)["alone"] for receipt in receipts]
    assert 1 < len(receipts)


async def test_the_answer_to_a_message_that_was_deleted_is_told_in_the_channel() -> None:
    stand_in = SlackStandIn(TOKEN)
    async with bot_opened(stand_in=stand_in) as post:
        assert ["", ""] == await sent(post, over(), threads={INTENT.problem: THERE})
    assert [""] == [one.thread_ts for one in stand_in.messages.values()]


async def test_where_slack_refuses_the_thread_it_is_told_in_the_channel() -> None:
    stand_in = SlackStandIn(TOKEN)
    async with bot_opened(lambda _: {"ok": False, "error": "thread_not_found"}, stand_in) as post:
        post.fail(200)
        await sent(post, over(), threads={INTENT.problem: THERE})
    (posted,) = stand_in.messages.values()
    assert ("", False) == (posted.thread_ts, posted.broadcast)


@pytest.mark.parametrize("code", ["message_not_found", "cant_update_message", "edit_window_closed", "thread_not_found"])
async def test_a_message_that_cannot_be_changed_any_more_holds_up_nothing(code: str) -> None:
    update = told(over(), threads={INTENT.problem: THERE})[1]
    async with bot_opened(lambda _: {"ok": False, "error": code}) as post:
        post.fail(200)
        assert "" == await post.channel.send(update)


PERMANENT = (
    "invalid_auth",
    "not_authed",
    "account_inactive",
    "token_revoked",
    "token_expired",
    "channel_not_found",
    "not_in_channel",
    "is_archived",
    "msg_too_long",
    "msg_blocks_too_long",
    "invalid_blocks",
    "no_permission",
    "missing_scope",
    "restricted_action",
    "something_new",
)


@pytest.mark.parametrize("code", [*PERMANENT, *TRANSIENT])
async def test_an_error_behind_a_200_is_one_of_its_kind(code: str) -> None:
    async with bot_opened(lambda _: {"ok": False, "error": code}) as post:
        post.fail(200)
        with pytest.raises(DeliveryError, match=rf"^Slack answered \d+ \({code}\)\.$") as raised:
            await sent(post, INTENT)
    assert (code in PERMANENT, code in ("internal_error", "fatal_error")) == (
        raised.value.permanent,
        raised.value.maybe_taken,
    )


@pytest.mark.parametrize("error", ["xoxb-1234", "Not Found", "x" * 61, 1, None])
async def test_an_error_that_is_no_word_of_slacks_is_not_repeated(error: object) -> None:
    async with bot_opened(lambda _: {"ok": False, "error": error}) as post:
        post.fail(200)
        with pytest.raises(DeliveryError, match=r"^Slack answered 400\.$") as raised:
            await sent(post, INTENT)
    assert raised.value.permanent


@pytest.mark.parametrize("body", ["", "<html>", "[]", "{}"])
async def test_who_answers_without_an_ok_is_not_slack(body: str) -> None:
    async with bot_opened(lambda _: body) as post:
        post.fail(200)
        with pytest.raises(DeliveryError, match=r"^Slack answered 502\.$") as raised:
            await sent(post, INTENT)
    assert (False, True) == (raised.value.permanent, raised.value.maybe_taken)


async def test_a_message_without_a_place_has_no_receipt() -> None:
    async with bot_opened(lambda _: {"ok": True}) as post:
        post.fail(200)
        assert [""] == await sent(post, INTENT)


@pytest.mark.parametrize(
    ("status", "code", "permanent"),
    [
        (400, "invalid_payload", True),
        (403, "action_prohibited", True),
        (404, "no_service", True),
        (410, "channel_is_archived", True),
        (429, "rate_limited", False),
        (500, "rollup_error", False),
    ],
)
async def test_an_error_of_a_webhook_has_its_word(status: int, code: str, *, permanent: bool) -> None:
    async with webhook_opened(lambda _: code) as post:
        post.fail(status)
        with pytest.raises(DeliveryError) as raised:
            await sent(post, INTENT)
    assert (f"Slack answered {status} ({code}).", permanent) == (str(raised.value), raised.value.permanent)


async def test_a_webhook_takes_it_and_says_nothing() -> None:
    async with webhook_opened() as post:
        assert [""] == await sent(post, INTENT)
    (arrived,) = post.received()
    assert (200, JSON) == (arrived.status, arrived.headers["content-type"])


def call(method: str, body: object, headers: Mapping[str, str] | None = None) -> Arrival:
    known = {"content-type": "application/json", "authorization": f"Bearer {TOKEN}"}
    return Arrival("POST", "", headers or known, json.dumps(body).encode(), f"/slack-api/{method}")


def error_of(change: Mapping[str, Any], blocks: Sequence[Any] | None = None) -> object:
    """What the stand-in says of a good message that was changed."""
    message = {**payload(compose(INTENT, case=CASES[1])[0]), **change}
    message |= {} if blocks is None else {"blocks": list(blocks)}
    answer = SlackStandIn().judge(call("chat.postMessage", message)).body
    return answer.get("error")


TEXT = {"type": "plain_text", "text": "x"}
RUN = {"type": "text", "text": "x"}


def rich(*runs: object) -> dict[str, Any]:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(runs)}]}


@pytest.mark.parametrize(
    "block",
    [
        {"type": "header", "text": TEXT},
        {"type": "section", "text": TEXT, "block_id": "b"},
        {"type": "section", "fields": [{"type": "mrkdwn", "text": "x"}]},
        {"type": "context", "elements": [TEXT]},
        {"type": "divider"},
        {"type": "actions", "elements": [{"type": "button", "text": TEXT, "url": "https://x.example"}]},
        rich(RUN, {"type": "link", "url": "https://x.example", "text": "x", "style": {"bold": True}}),
    ],
)
def test_the_stand_in_takes_what_slack_shows(block: object) -> None:
    assert error_of({}, [block]) is None


@pytest.mark.parametrize(
    "block",
    [
        {"type": "chart"},
        {"type": "divider", "text": TEXT},
        {"type": "header", "text": {"type": "mrkdwn", "text": "x"}},
        {"type": "header", "text": {"type": "plain_text", "text": "x" * 151}},
        {"type": "header", "text": {"type": "plain_text", "text": ""}},
        {"type": "header", "text": {"type": "plain_text", "text": "x", "verbatim": True}},
        {"type": "section"},
        {"type": "section", "text": {"type": "plain_text", "text": "x" * 3_001}},
        {"type": "section", "fields": [TEXT] * 11},
        {"type": "section", "fields": [{"type": "plain_text", "text": "x" * 2_001}]},
        {"type": "context", "elements": [TEXT] * 11},
        {"type": "actions", "elements": []},
        {"type": "actions", "elements": [{"type": "select"}]},
        {"type": "actions", "elements": [{"type": "button", "text": {"type": "plain_text", "text": "x" * 76}}]},
        {"type": "actions", "elements": [{"type": "button", "text": TEXT, "url": "https://" + "x" * 3_000}]},
        {"type": "rich_text", "elements": [{"type": "rich_text_table", "elements": [RUN]}]},
        rich({"type": "text", "text": ""}),
        rich({"type": "text", "text": "x", "color": "red"}),
        rich({"type": "text", "text": "x", "style": {"huge": True}}),
        rich({"type": "link", "url": "javascript:alert(1)", "text": "x"}),
        rich({"type": "broadcast", "range": "channel"}),
    ],
)
def test_the_stand_in_refuses_a_block_that_slack_would_not_take(block: object) -> None:
    assert "invalid_blocks" == error_of({}, [block])


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"blocks": {}}, "invalid_blocks_format"),
        ({"blocks": [{"type": "divider"}] * 51}, "invalid_blocks"),
        ({"blocks": [rich({"type": "text", "text": "x" * 1_000})] * 14}, "msg_blocks_too_long"),
        ({"text": "x" * 4_001}, "msg_too_long"),
        ({"text": ""}, "no_text"),
        ({"channel": ""}, "channel_not_found"),
        ({"unknown": 1}, "invalid_arguments"),
        ({"thread_ts": 1.5}, "invalid_arguments"),
        ({"metadata": {"key": "x"}}, "invalid_metadata_format"),
        ({"metadata": None}, None),
    ],
)
def test_the_stand_in_refuses_a_message_that_slack_would_not_take(change: Mapping[str, Any], error: str | None) -> None:
    assert error == error_of(change)


@pytest.mark.parametrize(
    ("headers", "error"),
    [
        ({"content-type": "application/json"}, "not_authed"),
        ({"content-type": "application/json", "authorization": "Basic x"}, "not_authed"),
        ({"content-type": "application/json", "authorization": "Bearer x"}, "invalid_auth"),
        ({"content-type": "text/plain", "authorization": f"Bearer {TOKEN}"}, "invalid_json"),
    ],
)
def test_the_stand_in_wants_a_token_and_json(headers: Mapping[str, str], error: str) -> None:
    reply = SlackStandIn(TOKEN).judge(call("chat.postMessage", payload(compose(INTENT, case=CASES[1])[0]), headers))
    assert (200, error) == (reply.status, reply.body["error"])


def test_the_stand_in_changes_only_a_message_that_is_there_in_a_channel_by_its_id() -> None:
    stand_in = SlackStandIn()
    stand_in.messages[CHANNEL, "1"] = Posted("x", thread_ts="2")
    answers = [
        stand_in.judge(call("chat.update", {"channel": channel, "ts": ts, "text": "y"})).body.get("error")
        for channel, ts in ((CHANNEL, "1"), (CHANNEL, "3"), ("#alerts", "1"))
    ]
    assert [None, "message_not_found", "channel_not_found"] == answers
    assert Posted("y", thread_ts="2", edited=True) == stand_in.messages[CHANNEL, "1"]


def test_the_stand_in_knows_a_channel_by_its_name_too() -> None:
    said = [SlackStandIn().judge(call("chat.postMessage", {"channel": name, "text": "x"})) for name in ("#a", "a")]
    assert said[0].body["channel"] == said[1].body["channel"]


@pytest.mark.parametrize(
    ("body", "words"), [([], "invalid_payload"), ({"texts": "x"}, "invalid_payload"), ({"text": ""}, "no_text")]
)
def test_the_stand_in_of_a_webhook_refuses_in_plain_words(body: object, words: str) -> None:
    reply = SlackStandIn().judge(replace(call("", body), path="/slack/x"))
    assert (400, words) == (reply.status, reply.body)


def test_the_key_of_a_part_is_found_in_what_arrives() -> None:
    (part,) = compose(INTENT, case=CASES[1])
    stand_in = SlackStandIn()
    bodies: tuple[object, ...] = (payload(part), {"text": "x"}, [])
    assert [part.key, None, None] == [stand_in.key_of(call("chat.postMessage", body)) for body in bodies]


def test_the_token_is_in_no_part() -> None:
    assert TOKEN not in repr((bot(), compose(INTENT, case=CASES[1])))
