"""Event Grid: what subscribers get is what the schema says, complete, and the same when it comes twice."""

import asyncio
import json
import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from azure.core.credentials import AccessToken, AzureKeyCredential
from azure.core.exceptions import ClientAuthenticationError

from sandbox.receivers.event_grid import EventGridTopicStandIn
from sandbox.receivers.stand_in import Arrival
from shared.channels.event_grid import EventGrid
from shared.domain.finding import Finding, Severity
from shared.domain.memory import Intent, Reason
from shared.domain.words import plain
from shared.ports.channel import Part
from shared.ports.errors import DeliveryError
from tests.contract.channels.case import PORTAL, SECRET
from tests.contract.channels.event_grid_case import CASE, KEY, TOPIC
from tests.contract.channels.listening import listening

DOCS = Path(__file__).parents[2] / "docs" / "events"
SCHEMA = json.loads((DOCS / "alert.schema.json").read_text(encoding="utf-8"))
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
)
FIRST = Intent("eventgrid", Reason.FIRST, FINDING, SINCE, SINCE, DECIDED, 1, "sub", "at noon", ("teams",))
HOSTILE = 'games"}]},{"type":"x"\r\n\x00<script>alert(1)</script>\u202e'
# What the house calls things, and nobody outside knows.
INTERNAL = ("look", "shard", "blind", "testimony", "intent")
TYPES = {"string": str, "integer": int, "object": dict, "array": list}


def told(subject: str = "games", reason: Reason = Reason.FIRST, severity: Severity = Severity.CRITICAL) -> Intent:
    finding = replace(FINDING, subject=subject, severity=severity)
    return replace(FIRST, reason=reason, finding=finding)


def composed(*intents: Intent) -> Sequence[Part]:
    parts = CASE.compose().compose("batch", intents, {})
    for part in parts:
        CASE.check(part)
        assert not [mistake for event in json.loads(part.body) for mistake in mistakes(event, SCHEMA, "event")]
    return parts


def events(parts: Sequence[Part]) -> list[dict[str, Any]]:
    return [event for part in parts for event in json.loads(part.body)]


def mistakes(value: Any, schema: dict[str, Any], name: str) -> Iterator[str]:
    """The part of JSON Schema that the schema is written in."""
    if "const" in schema and value != schema["const"]:
        yield f"{name} is not {schema['const']}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{name} is none of {schema['enum']}"
    if "type" in schema and not isinstance(value, TYPES[schema["type"]]):
        yield f"{name} is no {schema['type']}"
    elif isinstance(value, str):
        yield from _mistakes_in_text(value, schema, name)
    elif isinstance(value, list):
        for entry in value:
            yield from mistakes(entry, schema["items"], f"{name}[]")
    elif isinstance(value, dict):
        yield from _mistakes_in_object(value, schema, name)


def _mistakes_in_text(value: str, schema: dict[str, Any], name: str) -> Iterator[str]:
    if not re.search(schema.get("pattern", ""), value):
        yield f"{name} does not fit {schema['pattern']}"
    if schema.get("format") == "date-time" and datetime.fromisoformat(value).tzinfo is None:
        yield f"{name} has no zone"


def _mistakes_in_object(value: dict[str, Any], schema: dict[str, Any], name: str) -> Iterator[str]:
    yield from (f"{name}.{missing} is missing" for missing in set(schema.get("required", ())) - set(value))
    known = schema.get("properties", {})
    for key, entry in value.items():
        if key not in known and "additionalProperties" not in schema:
            yield f"{name}.{key} is not in the schema"
        yield from mistakes(entry, known.get(key, schema.get("additionalProperties", {})), f"{name}.{key}")


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        (Reason.FIRST, "Opened"),
        (Reason.WORSE, "Worsened"),
        (Reason.REPEAT, "Repeated"),
        (Reason.ESCALATED, "Escalated"),
        (Reason.ACKNOWLEDGED, "Acknowledged"),
        (Reason.RESOLVED, "Resolved"),
    ],
)
def test_every_reason_has_its_type_and_fits_the_schema(reason: Reason, kind: str) -> None:
    [event] = events(composed(told(reason=reason)))
    assert f"Countersign.Alert.{kind}" == event["type"]
    assert str(reason) == event["data"]["reason"]


def test_an_account_that_was_retired_has_a_type_of_its_own() -> None:
    retired = replace(FIRST, finding=replace(FIRST.finding, rule="account-retired"))
    [event] = events(composed(retired))
    [over] = events(composed(replace(retired, reason=Reason.RESOLVED)))
    assert ["Countersign.Account.Retired", "Countersign.Alert.Resolved"] == [event["type"], over["type"]]
    assert [] == list(mistakes(event, SCHEMA, "event"))


def test_the_example_of_the_page_fits_the_schema_and_has_every_type() -> None:
    page = (DOCS / "README.md").read_text(encoding="utf-8")
    found = re.search(r"```json\n(.*?)```", page, re.DOTALL)
    assert found
    assert [] == list(mistakes(json.loads(found[1]), SCHEMA, "example"))
    assert SCHEMA["properties"]["type"]["enum"] == re.findall(r"^\| `(Countersign\.[A-Za-z.]+)`", page, re.MULTILINE)


def test_the_check_of_the_schema_finds_what_is_wrong() -> None:
    [event] = events(composed(FIRST))
    wrong = event | {"type": "Other", "time": "2026-11-20T08:41:00", "data": event["data"] | {"accounts": "games"}}
    del wrong["id"]
    assert {
        "event.id is missing",
        "event.time has no zone",
        "event.data.accounts is no array",
        f"event.type is none of {SCHEMA['properties']['type']['enum']}",
    } == set(mistakes(wrong, SCHEMA, "event"))


def test_whoever_subscribes_gets_all_of_it() -> None:
    [event] = events(composed(FIRST))
    assert "sub/signing-down/games" == event["subject"]
    assert DECIDED.isoformat() == event["time"]
    data = event["data"]
    assert ("sub|signing-down|games", "critical", ["games"], {"Owner": "lena"}) == (
        data["problem"],
        data["severity"],
        data["accounts"],
        data["facts"],
    )
    for text in (
        "Critical: Signing is down: 1 account (games)",
        "If nothing is done: Signing has stopped.",
        "Next step: Request a new validation.",
        "First seen: Wed 18 Nov 2026 08:41 UTC",
        "You will hear again: at noon.",
        "Also told: teams",
        "Owner: lena",
        "Portal: https://portal.example/#resource/subscriptions/1",
    ):
        assert text in data["text"].splitlines()
    assert not [word for word in INTERNAL if word in json.dumps(event).lower()]


def test_an_end_asks_for_nothing() -> None:
    [event] = events(composed(told(reason=Reason.RESOLVED)))
    assert ["", "", ""] == [event["data"][name] for name in ("stops", "next_step", "next_word")]
    assert "Over: signing down for games" == event["data"]["title"]


def test_ids_repeat_with_the_same_and_differ_with_another() -> None:
    again, worse, other = told(), replace(FIRST, version=2), told("tools")
    [first, second, third, fourth] = [events(composed(one))[0]["id"] for one in (FIRST, again, worse, other)]
    assert first == second
    assert 3 == len({first, third, fourth})


def test_five_hundred_problems_are_few_requests_the_worst_first() -> None:
    many = [told(f"account-{number}", severity=Severity.WARNING) for number in range(498)]
    parts = composed(told("over", Reason.RESOLVED), *many, told("grave"))
    assert 2 >= len(parts)
    found = [event["data"]["subject"] for event in events(parts)]
    assert (500, "grave", "over") == (len(set(found)), found[0], found[-1])


def test_no_request_is_larger_than_event_grid_takes() -> None:
    many = [replace(told(f"{number}"), note="Ж" * 9_000) for number in range(40)]
    parts = composed(*many)
    assert 40 == len(events(parts))
    assert all(len(part.body) <= 900_000 for part in parts)
    assert len({part.key for part in parts}) == len(parts)


def test_a_problem_with_sixty_kilobytes_of_names_is_complete() -> None:
    names = tuple(f"account-with-a-very-long-name-{number:034}" for number in range(1_000))
    finding = replace(FINDING, accounts=names, facts={"Names": ", ".join(names)})
    [part] = composed(replace(FIRST, finding=finding))
    [event] = events([part])
    assert list(names) == event["data"]["accounts"]
    assert ", ".join(names) in event["data"]["text"]


def test_what_is_larger_than_an_event_goes_on_in_the_next() -> None:
    names = tuple(f"ключ-{number}" for number in range(20_000))
    finding = replace(FINDING, facts={"Names": ", ".join(names)}, accounts=names)
    found = events(composed(replace(FIRST, finding=finding)))
    assert 1 < len(found)
    assert [(part, len(found)) for part in range(1, len(found) + 1)] == [
        (event["data"]["part"], event["data"]["parts"]) for event in found
    ]
    assert len(found) == len({event["id"] for event in found})
    texts = " ".join(event["data"]["text"] for event in found).replace(",", " ").split()
    assert not set(names).difference(texts)


def test_hostile_names_stay_names() -> None:
    finding = replace(FINDING, subject=HOSTILE, what=HOSTILE, accounts=(HOSTILE,), facts={HOSTILE: HOSTILE})
    [event] = events(composed(replace(FIRST, finding=finding)))
    assert {plain(HOSTILE): plain(HOSTILE)} == event["data"]["facts"]
    assert event["subject"].isprintable()


async def test_the_sdk_sends_what_was_composed_and_nothing_else() -> None:
    finding = replace(FINDING, facts={"Größe": "Ж 🔏", "empty": ""})
    part, *_ = CASE.compose().compose("batch", [replace(FIRST, finding=finding), told("tools")], {})
    async with CASE.opened() as post:
        assert ["", ""] == [await post.channel.send(part) for _ in range(2)]
        first, second = post.received()
    assert [200, 200] == [first.status, second.status]
    assert first.body == second.body
    expected = [{**event, "time": "2026-11-20T08:41:00.000Z"} for event in json.loads(part.body)]
    assert expected == first.body
    assert CASE.key
    assert part.key == CASE.key(first)


@pytest.mark.parametrize(
    ("status", "permanent", "maybe_taken"),
    [
        (302, True, False),
        (400, True, False),
        (401, True, False),
        (403, True, False),
        (404, True, False),
        (408, False, False),
        (413, True, False),
        (429, False, False),
        (500, False, True),
        (503, False, False),
    ],
)
async def test_a_refusal_says_whether_trying_again_helps(
    status: int,
    permanent: bool,
    maybe_taken: bool,
) -> None:
    async with CASE.opened() as post:
        post.fail(status)
        with pytest.raises(DeliveryError, match=f"Event Grid answered {status}") as refused:
            await post.channel.send(composed(FIRST)[0])
        assert (permanent, maybe_taken) == (refused.value.permanent, refused.value.maybe_taken)
        assert 1 == len(post.received())


async def test_a_topic_that_asks_for_patience_gets_it() -> None:
    class Busy(EventGridTopicStandIn):
        def judge(self, arrival: Arrival) -> Any:
            return replace(super().judge(arrival), status=429, headers={"Retry-After": "7"})

    async with listening(Busy(), str) as there:
        channel = EventGrid(f"{there.address}{TOPIC}", AzureKeyCredential(KEY), PORTAL)
        with pytest.raises(DeliveryError) as refused:
            await channel.send(composed(FIRST)[0])
        await channel.close()
    assert (False, timedelta(seconds=7)) == (refused.value.permanent, refused.value.retry_after)


async def test_nobody_listening_is_not_sent() -> None:
    async with listening(EventGridTopicStandIn(), str) as there:
        address = there.address
    channel = EventGrid(f"{address}{TOPIC}", AzureKeyCredential(KEY), PORTAL)
    with pytest.raises(DeliveryError, match="no connection") as refused:
        await channel.send(composed(FIRST)[0])
    await channel.close()
    assert (False, False) == (refused.value.permanent, refused.value.maybe_taken)
    assert "127.0.0.1" not in str(refused.value)
    assert refused.value.__context__ is None


async def test_a_connection_that_breaks_may_have_brought_it() -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        channel = EventGrid(f"http://127.0.0.1:{port}{TOPIC}", AzureKeyCredential(KEY), PORTAL)
        with pytest.raises(DeliveryError, match="no connection") as refused:
            await channel.send(composed(FIRST)[0])
        await channel.close()
    assert (False, True) == (refused.value.permanent, refused.value.maybe_taken)


class Nobody:
    """An identity without a token."""

    async def get_token(self, *_scopes: str, **_: Any) -> AccessToken:
        raise ClientAuthenticationError(message=f"no managed identity at {SECRET}")


async def test_an_identity_without_a_token_has_sent_nothing() -> None:
    channel = EventGrid(f"https://127.0.0.1:9{TOPIC}", Nobody(), PORTAL)
    with pytest.raises(DeliveryError, match="there is no token for the identity") as refused:
        await channel.send(composed(FIRST)[0])
    await channel.close()
    assert (False, False) == (refused.value.permanent, refused.value.maybe_taken)


async def test_neither_key_nor_address_is_seen_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.NOTSET)
    logging.getLogger("azure").setLevel(1)
    async with CASE.opened() as post:
        [part] = composed(FIRST)
        await post.channel.send(part)
        for status in (401, 404, 500):
            post.fail(status)
            with pytest.raises(DeliveryError) as refused:
                await post.channel.send(part)
            assert SECRET not in str(refused.value)
        assert SECRET not in repr(post.channel)
    logging.getLogger("azure").setLevel(logging.NOTSET)
    assert SECRET not in caplog.text
    assert "127.0.0.1" not in caplog.text


async def test_one_that_was_closed_opens_again() -> None:
    async with CASE.opened() as post:
        [part] = composed(FIRST)
        await post.channel.send(part)
        assert isinstance(post.channel, EventGrid)
        await post.channel.close()
        await post.channel.close()
        await post.channel.send(part)
        assert 2 == len(post.received())


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"headers": {"content-type": "application/cloudevents-batch+json"}}, 401),
        ({"headers": {"content-type": "application/json", "aeg-sas-key": KEY}}, 400),
        ({"headers": {"content-type": "application/cloudevents-batch+json", "aeg-sas-key": "other"}}, 401),
        ({"query": {}}, 400),
        ({"raw": b" " * (1024 * 1024 + 1)}, 413),
        ({"raw": b'[{"id": "1"}]'}, 400),
        ({"raw": b"[]"}, 400),
        ({"headers": {"content-type": "application/cloudevents-batch+json", "authorization": "Bearer t"}}, 200),
        ({}, 200),
    ],
)
def test_the_stand_in_refuses_what_event_grid_refuses(change: dict[str, Any], status: int) -> None:
    headers = {"content-type": "application/cloudevents-batch+json; charset=utf-8", "aeg-sas-key": KEY}
    raw = composed(FIRST)[0].body.encode()
    arrival = Arrival("POST", "alerts", headers, raw, "/eventgrid/alerts/api/events", {"api-version": "2018-01-01"})
    assert status == EventGridTopicStandIn(KEY).judge(replace(arrival, **change)).status
