"""The API: silences, acknowledgements, routes, receivers and what could not be delivered."""

from datetime import timedelta
from typing import Any

import pytest

from shared.ports.errors import DeliveryError
from tests.flows.fakes import START, Profile
from tests.flows.test_api import SIGNED_IN, api, principal, seen_world
from tests.flows.world import World

SILENCE: dict[str, Any] = {"match": {"account": "games"}, "hours": 3, "reason": "moving to Premium"}
LATER = "must be later than its start, and than now"
REFUSED = DeliveryError("The webhook answered 403.", permanent=True)


async def suspended_world() -> World:
    return await seen_world(Profile(status="Suspended"))


async def test_a_silence_is_made_listed_and_ended() -> None:
    async with api(await seen_world()) as client:
        made = await client.post("/api/silences", json=SILENCE)
        [listed] = (await client.get("/api/silences")).json()["silences"]
        ended = await client.delete(f"/api/silences/{listed['id']}")
        again = await client.delete(f"/api/silences/{listed['id']}")
        assert [] == (await client.get("/api/silences")).json()["silences"]
    assert (201, listed) == (made.status_code, made.json())
    assert ("account games", "ana", "moving to Premium", True, False) == tuple(
        listed[name] for name in ("about", "author", "reason", "active", "acknowledges")
    )
    assert (START + timedelta(hours=3)).isoformat() == listed["ends"]
    assert (204, 404) == (ended.status_code, again.status_code)


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({**SILENCE, "reason": " "}, [("reason", "must say why: whoever wonders about the quiet reads it")]),
        ({**SILENCE, "hours": 31 * 24}, [("ends", "is more than 30 days later (SILENCE__MAX_DAYS)")]),
        ({**SILENCE, "ends": "2026-11-21T00:00:00Z"}, [("ends", "give either ends or hours")]),
        (
            {**SILENCE, "hours": None, "ends": "2026-11-19T00:00:00Z"},
            [("ends", LATER)],
        ),
        ({**SILENCE, "match": {"acount": "x"}}, [("match.acount", "is not known here")]),
        ({**SILENCE, "match": {"rule": "qota"}}, [("match.rule", "there is no rule qota")]),
        ({**SILENCE, "match": {}}, [("match", "say what is to be silenced, or that it is everything")]),
        ({"hours": 3}, [("match", "is missing"), ("reason", "is missing")]),
        ([], [("", "must be an object")]),
    ],
)
async def test_what_is_wrong_with_a_silence_is_said_by_field(body: Any, faults: list[tuple[str, str]]) -> None:
    async with api(await seen_world()) as client:
        answer = await client.post("/api/silences", json=body)
        assert [] == (await client.get("/api/silences")).json()["silences"]
    assert (422, faults) == (answer.status_code, [(one["field"], one["words"]) for one in answer.json()["faults"]])


async def test_a_problem_is_acknowledged_by_its_account() -> None:
    async with api(await suspended_world()) as client:
        taken = await client.post("/api/acknowledgements", json={"account": "games", "reason": "on it"})
        nothing = await client.post("/api/acknowledgements", json={"account": "tools"})
        too_long = await client.post("/api/acknowledgements", json={"account": "games", "days": 15})
        unsaid = await client.post("/api/acknowledgements", json={})
    kinds = {(one["acknowledges"], one["author"], one["reason"]) for one in taken.json()["silences"]}
    assert (201, {(True, "ana", "on it")}) == (taken.status_code, kinds)
    assert [404, 422, 422] == [one.status_code for one in (nothing, too_long, unsaid)]


async def test_the_way_of_a_problem_is_told() -> None:
    async with api(await seen_world()) as client:
        asked = {"account": "GAMES", "rule": "signing-down", "severity": "critical"}
        [found] = (await client.get("/api/routes/test", params=asked)).json()["routes"]
        unknown = await client.get("/api/routes/test", params={**asked, "account": "nobody"})
        wrong = await client.get("/api/routes/test", params={**asked, "severity": "grave"})
        lacking = await client.get("/api/routes/test", params={"account": "games"})
    assert ("Sub1", ["webhook"]) == (found["subscription"], found["receivers"])
    assert "Last route (by severity): webhook" == found["lines"][-1]
    assert [404, 422, 422] == [one.status_code for one in (unknown, wrong, lacking)]


async def test_receivers_are_listed_with_what_is_wrong_and_tried() -> None:
    world = await seen_world()
    async with api(world) as client:
        taken = await client.post("/api/receivers/webhook/test", json={})
        world.clock.at += timedelta(minutes=1)
        world.receiver.refusals = [REFUSED]
        refused = await client.post("/api/receivers/webhook/test", json={})
        unknown = await client.post("/api/receivers/teams/test", json={})
        [listed] = (await client.get("/api/receivers")).json()["receivers"]
    assert (200, "taken") == (taken.status_code, taken.json()["fate"])
    assert ("refused", "The webhook answered 403.") == (refused.json()["fate"], refused.json()["why"])
    assert (404, "No receiver called teams is set up; there are: webhook.") == (
        unknown.status_code,
        unknown.json()["error"],
    )
    assert {"name": "webhook", "kind": "webhook", "refuses": "The webhook answered 403."} == listed


async def test_what_was_lost_is_listed_and_told_again() -> None:
    world = await suspended_world()
    world.azure.add("tools", Profile(status="Suspended"))
    world.receiver.refusals = [REFUSED]
    await world.later()
    async with api(world) as client:
        [lost] = (await client.get("/api/undelivered")).json()["undelivered"]
        again = await client.post("/api/undelivered/webhook/replay", json={})
        world.collect()
        await world.settle(world.clock.now())
        left = (await client.get("/api/undelivered")).json()["undelivered"]
        everything = (await client.get("/api/undelivered", params={"everything": True})).json()["undelivered"]
    assert ("webhook", "The webhook answered 403.") == (lost["receiver"], lost["why"])
    assert "tools" in str(lost["parts"])
    assert (200, 0) == (again.status_code, again.json()["overtaken"])
    assert "tools" in str(world.receiver.items()[-1]) or "tools" in str(world.receiver.items()[-2])
    assert ([], 1) == (left, len(everything))


@pytest.mark.parametrize(
    ("method", "address", "role"),
    [
        ("GET", "/api/silences", "Reader"),
        ("POST", "/api/silences", "Operator"),
        ("DELETE", "/api/silences/abc", "Operator"),
        ("POST", "/api/acknowledgements", "Operator"),
        ("GET", "/api/routes/test?account=a&rule=b&severity=info", "Reader"),
        ("GET", "/api/receivers", "Reader"),
        ("POST", "/api/receivers/webhook/test", "Operator"),
        ("GET", "/api/undelivered", "Reader"),
        ("POST", "/api/undelivered/webhook/replay", "Operator"),
    ],
)
async def test_nobody_does_what_their_role_does_not_allow(method: str, address: str, role: str) -> None:
    async with api(await seen_world(), SIGNED_IN) as client:
        nobody = await client.request(method, address, json={} if method == "POST" else None)
        lesser = principal(*(["Reader"] if role == "Operator" else []))
        less = await client.request(method, address, headers=lesser, json={} if method == "POST" else None)
        enough = await client.request(method, address, headers=principal(role), json={} if method == "POST" else None)
    assert (401, 403) == (nobody.status_code, less.status_code)
    assert enough.status_code not in (401, 403)


async def test_whoever_silences_is_named_by_their_sign_in() -> None:
    async with api(await seen_world(), SIGNED_IN) as client:
        made = await client.post("/api/silences", json=SILENCE, headers=principal("Operator", name="lena@x.example"))
    assert "lena@x.example" == made.json()["author"]
