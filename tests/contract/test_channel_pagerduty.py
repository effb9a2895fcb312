"""PagerDuty: one incident a problem or a group, from its beginning to its end, and every word in it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.receivers.pagerduty import PagerDutyStandIn
from sandbox.receivers.stand_in import Arrival
from shared.channels.pagerduty import LIMIT_BYTES, MOST_IN_KEY, MOST_IN_SUMMARY, dedup_key
from shared.domain.finding import Finding, Severity
from shared.domain.memory import Intent, Reason
from shared.domain.words import plain
from shared.ports.channel import Channel, Part, Thread
from shared.ports.errors import DeliveryError
from tests.contract.channels.case import SECRET, Post
from tests.contract.channels.pagerduty_case import CASE, ROUTING_KEY, opened_on

SINCE = datetime(2026, 11, 18, 8, 41, tzinfo=UTC)
DECIDED = SINCE + timedelta(days=2)
FINDING = Finding(
    rule="signing-down",
    subject="games",
    severity=Severity.CRITICAL,
    what="Signing is down: 1 account (games)",
    stops="Signing has stopped.",
    next_step="Request a new validation.",
    rests_on=(),
    accounts=("games",),
    facts={"Owner": "lena"},
    resource="/subscriptions/1",
    problem="signing down for games",
    link="https://learn.example/renewal",
)
FIRST = Intent("pager", Reason.FIRST, FINDING, SINCE, SINCE, DECIDED, 1, "sub", "at noon", ("teams",))
HOSTILE = 'games"}],"routing_key":"<script>alert(1)</script>\r\n\u202e[x](javascript:alert(1))'
# What the house calls things, and nobody outside knows.
INTERNAL = ("look", "shard", "blind", "testimony", "intent")


def told(
    subject: str = "games", reason: Reason = Reason.FIRST, group: str = "", severity: Severity = Severity.CRITICAL
) -> Intent:
    finding = replace(FINDING, subject=subject, problem=f"signing down for {subject}", severity=severity)
    return replace(FIRST, reason=reason, finding=finding, group=group)


def composed(
    *intents: Intent, threads: Mapping[str, Thread] | None = None, channel: Channel | None = None
) -> Sequence[Part]:
    parts = (channel or CASE.compose()).compose("batch", intents, threads or {})
    for part in parts:
        CASE.check(part)
    return parts


def events(parts: Sequence[Part]) -> list[dict[str, Any]]:
    return [json.loads(part.body) for part in parts]


async def tell(post: Post, threads: dict[str, Thread], *intents: Intent) -> None:
    """As deliver does: the receipt is kept with what is open, and forgotten with what is over."""
    for part in composed(*intents, threads=dict(threads), channel=post.channel):
        receipt = await post.channel.send(part)
        threads |= {problem: Thread(receipt, part.groups.get(problem, "")) for problem in part.opens}
        for problem in part.ends:
            threads.pop(problem, None)


def test_whoever_is_paged_reads_all_of_it() -> None:
    words = CASE.words(composed(FIRST)[0])
    for text in (
        "Critical: Signing is down: 1 account (games)",
        "If nothing is done: Signing has stopped.",
        "Next step: Request a new validation.",
        "First seen: Wed 18 Nov 2026 08:41 UTC",
        "You will hear again: at noon.",
        "Also told: teams",
        "Owner: lena",
        "https://portal.example/#resource/subscriptions/1",
        "https://learn.example/renewal",
    ):
        assert text in words
    assert not [word for word in INTERNAL if word in words.lower()]


def test_pagerduty_can_sort_and_route_it() -> None:
    [event] = events(composed(FIRST))
    assert "trigger" == event["event_action"]
    assert {
        "summary": "Critical: Signing is down: 1 account (games)",
        "source": "games",
        "severity": "critical",
        "timestamp": DECIDED.isoformat(),
        "component": "games",
        "group": "sub",
        "class": "signing-down",
    } == {name: value for name, value in event["payload"].items() if name != "custom_details"}


def test_what_belongs_to_no_single_account_comes_from_its_subscription() -> None:
    [event] = events(composed(replace(FIRST, finding=replace(FINDING, accounts=("a", "b")))))
    assert "sub" == event["payload"]["source"]
    [event] = events(composed(replace(FIRST, finding=replace(FINDING, accounts=()), subscription="")))
    assert "Countersign" == event["payload"]["source"]


def test_only_safe_links_are_offered() -> None:
    [event] = events(composed(replace(FIRST, finding=replace(FINDING, link="javascript:alert(1)"))))
    assert ["https://portal.example/#resource/subscriptions/1"] == [link["href"] for link in event["links"]]


@pytest.mark.parametrize(
    ("reason", "action"),
    [
        (Reason.FIRST, "trigger"),
        (Reason.WORSE, "trigger"),
        (Reason.REPEAT, "trigger"),
        (Reason.ESCALATED, "trigger"),
        (Reason.ACKNOWLEDGED, "acknowledge"),
        (Reason.RESOLVED, "resolve"),
    ],
)
def test_every_reason_has_its_action(reason: Reason, action: str) -> None:
    assert [action] == [event["event_action"] for event in events(composed(told(reason=reason)))]


def test_the_worst_comes_first_and_what_is_over_last() -> None:
    parts = composed(
        told("over", Reason.RESOLVED), told("mild", severity=Severity.INFO), told("grave", severity=Severity.CRITICAL)
    )
    assert ["grave", "mild", "over"] == [event["payload"]["component"] for event in events(parts)]
    assert ["batch-1", "batch-2", "batch-3"] == [part.key for part in parts]


def test_a_problem_has_one_incident_for_as_long_as_it_lasts() -> None:
    keys = {events(composed(told(reason=reason)))[0]["dedup_key"] for reason in Reason if reason.tells}
    assert {"countersign/sub|signing-down|games"} == keys


def test_long_names_still_have_a_key_each() -> None:
    first, second = dedup_key("x" * 300 + "1"), dedup_key("x" * 300 + "2")
    assert first != second
    assert [MOST_IN_KEY, MOST_IN_KEY] == [len(first), len(second)]


async def test_an_incident_is_opened_acknowledged_and_resolved() -> None:
    pagerduty = PagerDutyStandIn()
    key = dedup_key(FIRST.problem)
    threads: dict[str, Thread] = {}
    async with opened_on(pagerduty) as post:
        for reason, state in (
            (Reason.FIRST, "triggered"),
            (Reason.WORSE, "triggered"),
            (Reason.ACKNOWLEDGED, "acknowledged"),
            (Reason.RESOLVED, "resolved"),
            (Reason.FIRST, "triggered"),
        ):
            await tell(post, threads, told(reason=reason))
            assert state == pagerduty.state_of(key)
    assert [4, 1] == [len(incident.log) for incident in pagerduty.incidents[key]]
    assert {FIRST.problem: Thread(key)} == threads


async def test_a_group_is_one_incident_that_ends_with_its_last_problem() -> None:
    pagerduty = PagerDutyStandIn()
    key = dedup_key("", "all|sub")
    threads: dict[str, Thread] = {}
    async with opened_on(pagerduty) as post:
        await tell(post, threads, told("a", group="all|sub"), told("b", group="all|sub"), told("alone"))
        await tell(post, threads, told("a", Reason.RESOLVED, "all|sub"), told("c", group="all|sub"))
        await tell(post, threads, told("b", Reason.RESOLVED, "all|sub"))
        assert "triggered" == pagerduty.state_of(key)
        await tell(post, threads, told("c", Reason.RESOLVED, "all|sub"))
        assert "resolved" == pagerduty.state_of(key)
    assert {key, dedup_key("sub|signing-down|alone")} == set(pagerduty.incidents)
    assert [
        "Critical: Signing is down: 1 account (games) (1 more open in this incident)",
        "Critical: Signing is down: 1 account (games) (1 more open in this incident)",
        "Critical: Signing is down: 1 account (games) (1 more open in this incident)",
        "Over: signing down for a (2 more open in this incident)",
        "Over: signing down for b (1 more open in this incident)",
        "Over: signing down for c",
    ] == pagerduty.incidents[key][0].log


def test_what_ends_together_is_resolved_and_never_opened_again() -> None:
    threads = {told(name).problem: Thread(dedup_key("", "g"), "g") for name in ("a", "b")}
    parts = composed(told("a", Reason.RESOLVED, "g"), told("b", Reason.RESOLVED, "g"), threads=threads)
    assert ["resolve", "resolve"] == [event["event_action"] for event in events(parts)]


def test_what_opens_and_ends_in_one_message_does_both_in_that_order() -> None:
    found = events(composed(told(reason=Reason.RESOLVED), told()))
    assert ["trigger", "resolve"] == [event["event_action"] for event in found]
    assert "Critical: Signing is down: 1 account (games)" == found[0]["payload"]["summary"]


def test_one_in_hand_does_not_silence_the_others_of_its_group() -> None:
    threads = {told(name).problem: Thread(dedup_key("", "g"), "g") for name in ("a", "b")}
    [event] = events(composed(told("a", Reason.ACKNOWLEDGED, "g"), threads=threads))
    assert "trigger" == event["event_action"]
    both = composed(told("a", Reason.ACKNOWLEDGED, "g"), told("b", Reason.ACKNOWLEDGED, "g"), threads=threads)
    assert ["acknowledge", "acknowledge"] == [event["event_action"] for event in events(both)]


def test_a_problem_ends_in_the_incident_that_it_opened_though_its_route_was_grouped_since() -> None:
    mine = {told("a").problem: Thread(dedup_key(told("a").problem))}
    other = {told("b").problem: Thread(dedup_key("", "g"), "g")}
    [event] = events(composed(told("a", Reason.RESOLVED, "g"), threads=mine | other))
    assert ("resolve", dedup_key(told("a").problem)) == (event["event_action"], event["dedup_key"])


def test_a_receipt_that_is_none_of_ours_is_not_used() -> None:
    threads = {FIRST.problem: Thread("1700000000.12")}
    assert dedup_key(FIRST.problem) == events(composed(FIRST, threads=threads))[0]["dedup_key"]


def test_five_hundred_problems_are_five_hundred_calls() -> None:
    parts = composed(*[told(f"account-{number}") for number in range(500)])
    assert 500 == len(parts)
    assert 500 == len({event["dedup_key"] for event in events(parts)})


def test_a_thousand_accounts_fit_into_one_event() -> None:
    accounts = tuple(f"account-with-a-very-long-name-{number:034}" for number in range(1_000))
    finding = replace(FINDING, accounts=accounts, facts={"Accounts": ", ".join(accounts)})
    [part] = composed(replace(FIRST, finding=finding))
    assert LIMIT_BYTES >= len(part.body.encode())
    words = CASE.words(part)
    assert not [name for name in accounts if name not in words]


def test_what_is_larger_than_an_event_goes_on_in_the_same_incident() -> None:
    names = [f"ключ-{number}" for number in range(40_000)]
    finding = replace(FINDING, facts={"Names": ", ".join(names)}, accounts=tuple(names))
    parts = composed(replace(FIRST, finding=finding))
    assert 2 < len(parts)
    assert 1 == len({event["dedup_key"] for event in events(parts)})
    texts = " ".join(event["payload"]["custom_details"]["text"] for event in events(parts)).replace(",", " ").split()
    assert not set(names).difference(texts)
    assert all(part.opens == (FIRST.problem,) for part in parts)


def test_a_title_of_any_length_is_one_line_and_stands_whole_in_the_details() -> None:
    what = "Signing is down:\n" + "games, " * 300
    [event] = events(composed(replace(FIRST, finding=replace(FINDING, what=what))))
    assert MOST_IN_SUMMARY == len(event["payload"]["summary"])
    assert "\n" not in event["payload"]["summary"]
    assert plain(what) in event["payload"]["custom_details"]["text"]


def test_hostile_names_stay_names() -> None:
    finding = replace(
        FINDING, subject=HOSTILE, what=HOSTILE, accounts=(HOSTILE,), facts={HOSTILE: HOSTILE}, problem=HOSTILE
    )
    [event] = events(composed(replace(FIRST, finding=finding, group=HOSTILE)))
    assert HOSTILE == event["payload"]["component"]
    assert {plain(HOSTILE): plain(HOSTILE)} == event["payload"]["custom_details"]["facts"]
    assert {"event_action", "dedup_key", "client", "links", "payload"} == set(event)


def test_the_same_twice_is_the_same() -> None:
    intents = [told(f"account-{number}", group="g") for number in range(5)]
    assert composed(*intents) == composed(*intents)


@pytest.mark.parametrize(("status", "permanent"), [(400, True), (403, True), (429, False), (500, False), (503, False)])
async def test_what_will_not_help_is_not_tried_again(status: int, permanent: bool) -> None:
    async with CASE.opened() as post:
        post.fail(status)
        with pytest.raises(DeliveryError) as refused:
            await post.channel.send(composed(FIRST)[0])
    assert permanent is refused.value.permanent
    assert SECRET not in str(refused.value)


async def test_the_integration_key_travels_and_is_kept_nowhere() -> None:
    async with CASE.opened() as post:
        [part] = composed(FIRST, channel=post.channel)
        assert dedup_key(FIRST.problem) == await post.channel.send(part)
        [arrived] = post.received()
    assert ROUTING_KEY == arrived.body["routing_key"]
    assert SECRET not in f"{part}{post.channel!r}"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"routing_key": "short"}, "Length of 'routing_key' is incorrect"),
        ({"event_action": "open"}, "'event_action' is missing or invalid"),
        ({"event_action": "resolve", "dedup_key": ""}, "'dedup_key' is missing"),
        ({"dedup_key": "x" * 256}, "'dedup_key' is too long"),
        ({"surprise": 1}, "unknown fields: surprise"),
        ({"payload": {"summary": "s", "source": "s"}}, "'payload.severity' is missing"),
        ({"payload": {"summary": "s", "source": "s", "severity": "fatal"}}, "'payload.severity' is invalid"),
        ({"payload": {"summary": " ", "source": "s", "severity": "info"}}, "'payload.summary' is missing"),
        ({"payload": {"summary": "s" * 1_025, "source": "s", "severity": "info"}}, "'payload.summary' is too long"),
        ({"links": [{"text": "nowhere"}]}, "'links' has an entry without 'href'"),
    ],
)
def test_the_stand_in_refuses_what_pagerduty_refuses(change: dict[str, Any], words: str) -> None:
    event = {
        "routing_key": ROUTING_KEY,
        "event_action": "trigger",
        "dedup_key": "k",
        "payload": {"summary": "s", "source": "s", "severity": "info"},
    }
    reply = PagerDutyStandIn().judge(Arrival("POST", "", {}, json.dumps(event | change).encode()))
    assert 400 == reply.status
    assert words in (reply.reason or "")


def test_the_stand_in_drops_what_nobody_opened() -> None:
    pagerduty = PagerDutyStandIn()
    event = {"routing_key": ROUTING_KEY, "event_action": "resolve", "dedup_key": "never"}
    assert 202 == pagerduty.judge(Arrival("POST", "", {}, json.dumps(event).encode())).status
    assert pagerduty.state_of("never") is None
    assert 413 == pagerduty.judge(Arrival("POST", "", {}, b" " * (512 * 1024 + 1))).status
    assert 400 == pagerduty.judge(Arrival("POST", "", {}, b"no JSON")).status
