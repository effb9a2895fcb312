"""The API of retiring: who may approve, say no and hold everything, and that nothing acts on a GET."""

import base64
import json
from datetime import timedelta

import httpx
import pytest

from shared.domain.walk import Stage
from shared.store.audit import CONTAINER
from shared.web.principal import HEADER
from tests.flows.fakes import START
from tests.flows.retiring_world import RetiringWorld
from tests.flows.test_api import SIGNED_IN, api, principal

DAY = timedelta(days=1)
SETTINGS = SIGNED_IN | {
    "RETIRE__MODE": "approve",
    "RETIRE__ONLY": "subscription:Sub1",
    "AZURE__DELETER_CLIENT_ID": "2e5f7a90-1b3c-4d5e-8f60-718293a4b5c6",
}
READER, OPERATOR, APPROVER = principal("Reader"), principal("Operator", name="olga"), principal("Approver", name="ben")
WHERE = "/api/retirements"
OLD = f"{WHERE}/accounts/old"


async def announced() -> RetiringWorld:
    """An account whose validation failed, eight days later."""
    world = RetiringWorld(settings=dict(SETTINGS))
    account = world.add_account("old")
    for number in range(8):
        world.clock.at = START + number * DAY
        await world.look()
        if not number:
            await world.gave_up(account)
            await world.settle(world.clock.now())
        await world.retire()
        await world.settle(world.clock.now())
    return world


async def stage(client: httpx.AsyncClient) -> str:
    [one] = (await client.get(OLD, headers=READER)).json()
    found: str = one["walk"]["stage"]
    return found


async def test_whoever_reads_sees_the_plan_and_every_step() -> None:
    async with api(await announced(), SETTINGS) as client:
        plan = (await client.get(WHERE, headers=READER)).json()
        [one] = (await client.get(OLD, headers=READER)).json()
    assert ("approve", ["old"]) == (plan["mode"], [account["account"] for account in plan["accounts"]])
    assert ["candidate", *["still a candidate"] * 4, "announced"] == [step["kind"] for step in one["steps"]]
    assert "saves 9.99 USD a month from January, if it is deleted by 31 Dec 2026" == one["saves"]
    assert all(condition["holds"] for condition in one["conditions"])
    assert 1 == one["approvals_needed"]


async def test_an_approval_names_what_was_seen_and_is_a_persons() -> None:
    async with api(await announced(), SETTINGS) as client:
        [one] = (await client.get(OLD, headers=READER)).json()
        seen = {"evidence": one["evidence"]}
        stale = await client.post(f"{OLD}/approval", json={"evidence": "0"}, headers=APPROVER)
        speaker = await client.post(f"{OLD}/approval", json=seen, headers=principal("Approver", name="Kim"))
        given = await client.post(f"{OLD}/approval", json=seen, headers=APPROVER)
    assert [409, 409, 200] == [answer.status_code for answer in (stale, speaker, given)]
    assert "What is known of it has changed since it was shown: look at it again." == stale.json()["error"]
    assert "somebody else must" in speaker.json()["error"]
    assert ["ben"] == [approval["by"] for approval in given.json()["approvals"]]


async def test_anybody_who_operates_says_no_and_who_approves_takes_it_back() -> None:
    async with api(await announced(), SETTINGS) as client:
        said = await client.post(f"{OLD}/excuse", json={"why": "we appeal"}, headers=OPERATOR)
        after = await stage(client)
        refused = await client.delete(f"{OLD}/excuse", headers=OPERATOR)
        back = await client.delete(f"{OLD}/excuse", headers=APPROVER)
        again = await client.delete(f"{OLD}/excuse", headers=APPROVER)
    assert (200, Stage.EXCUSED, "excused: we appeal") == (said.status_code, after, said.json()["next"])
    assert [403, 200, 409] == [answer.status_code for answer in (refused, back, again)]


async def test_somebody_has_read_the_notice_by_a_post_only() -> None:
    async with api(await announced(), SETTINGS) as client:
        await client.get(OLD, headers=OPERATOR)
        [before] = (await client.get(OLD, headers=READER)).json()
        after = (await client.post(f"{OLD}/seen", json={}, headers=OPERATOR)).json()
    assert (None, "olga has read the notice") == (before["walk"]["proven"], after["walk"]["proof"])
    assert "11 Dec 2026" == after["due"]


async def test_an_audit_that_cannot_be_read_is_said_and_nothing_is_done() -> None:
    world = await announced()
    async with api(world, SETTINGS) as client:
        [one] = (await client.get(OLD, headers=READER)).json()
        born = f"{world.truth.accounts[0].created:%Y%m%dT%H%M%S%f}"
        name = f"{one['account_id'].strip('/')}/{born}/steps.jsonl"
        await world.storage.blobs.append(CONTAINER, name, b"{}\n")
        answers = [
            await client.get(WHERE, headers=READER),
            await client.post(f"{OLD}/approval", json={"evidence": one["evidence"]}, headers=APPROVER),
        ]
    assert [409, 409] == [answer.status_code for answer in answers]
    assert all("line 7: cannot be read" in answer.json()["error"] for answer in answers)
    await world.retire()
    assert [] == world.eraser.requests


async def test_everything_is_held_and_goes_on() -> None:
    async with api(await announced(), SETTINGS) as client:
        held = await client.post(f"{WHERE}/halt", json={"why": "audit"}, headers=OPERATOR)
        shown = (await client.get(WHERE, headers=READER)).json()["halted"]
        refused = await client.delete(f"{WHERE}/halt", headers=OPERATOR)
        lifted = await client.delete(f"{WHERE}/halt", headers=APPROVER)
        again = await client.delete(f"{WHERE}/halt", headers=APPROVER)
    assert (201, "olga", "audit") == (held.status_code, shown["by"], shown["why"])
    assert [403, 204, 404] == [answer.status_code for answer in (refused, lifted, again)]


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", WHERE, {}, 401),
        ("POST", f"{OLD}/approval", OPERATOR, 403),
        ("POST", f"{OLD}/excuse", READER, 403),
        ("POST", f"{OLD}/seen", READER, 403),
        ("POST", f"{WHERE}/halt", READER, 403),
        ("POST", f"{OLD}/approval", APPROVER, 422),
        ("GET", f"{WHERE}/accounts/nobody", READER, 404),
        ("POST", f"{WHERE}/accounts/nobody/excuse", OPERATOR, 404),
        ("GET", f"{OLD}/excuse", APPROVER, 405),
    ],
)
async def test_what_is_refused(method: str, path: str, headers: dict[str, str], status: int) -> None:
    world = RetiringWorld(settings=dict(SETTINGS))
    world.add_account("old")
    await world.look()
    async with api(world, SETTINGS) as client:
        answer = await client.request(method, path, headers=headers, json={} if method == "POST" else None)
    assert status == answer.status_code
    assert answer.json()["error"]


@pytest.mark.parametrize("path", [f"{OLD}/approval", f"{OLD}/seen"])
async def test_a_program_that_signed_in_for_itself_decides_nothing(path: str) -> None:
    async with api(await announced(), SETTINGS) as client:
        answer = await client.post(path, json={"evidence": "0"} if "approval" in path else {}, headers=machine())
    assert (403, "Only a person may do this: sign in as one.") == (answer.status_code, answer.json()["error"])


def machine() -> dict[str, str]:
    """What App Service says of a program with the role."""
    claims = [{"typ": "azp", "val": "app"}, {"typ": "idtyp", "val": "app"}, {"typ": "roles", "val": "Approver"}]
    return {HEADER: base64.b64encode(json.dumps({"claims": claims}).encode()).decode()}
