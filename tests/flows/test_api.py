"""The API over the whole house in memory: the validation list, and why."""

import base64
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from shared.domain.rules.book import BOOK
from shared.domain.validation import Way
from shared.web.app import make_app
from shared.web.principal import HEADER
from tests.flows.fakes import START, Profile, subscription
from tests.flows.world import SETTINGS, World

ID = Profile().validation
OTHER = ID.replace("a", "b")
OWNER = subscription().id
LOCAL = {**SETTINGS, "WEB__LOCAL_USER": "ana", "ALERT__INFO": "webhook"}
SIGNED_IN = {**SETTINGS, "WEBSITE_AUTH_ENABLED": "True", "WEBSITE_SITE_NAME": "x"}
ENTRY = f"/api/register/{OWNER}/{ID}"
SAID = {"status": "Completed", "expires": "2028-11-19"}


@asynccontextmanager
async def api(world: World, settings: Mapping[str, str] | None = None) -> AsyncIterator[httpx.AsyncClient]:
    world.settings = dict(LOCAL if settings is None else settings)
    app = make_app(world.house(), world.clock)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=True)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client


async def seen_world(*profiles: Profile) -> World:
    world = World(settings=dict(LOCAL))
    world.azure.add("games", *(profiles or (Profile(),)))
    await world.look()
    return world


async def rules(world: World) -> list[str]:
    """What stands after everything that waits was done."""
    world.collect()
    await world.settle(world.clock.now() + timedelta(minutes=1))
    return [finding.rule for finding in (await world.view()).findings]


def principal(*roles: str, name: str = "ana") -> dict[str, str]:
    claims = [{"typ": "preferred_username", "val": name}, *({"typ": "roles", "val": role} for role in roles)]
    return {HEADER: base64.b64encode(json.dumps({"claims": claims}).encode()).decode()}


async def test_an_id_in_use_is_there_to_be_filled_in_before_anybody_has_said_anything() -> None:
    async with api(await seen_world()) as client:
        [line] = (await client.get("/api/register", params={"todo": "true"})).json()["lines"]
    assert (ID, None, ["games/release"]) == (line["validation"], line["entry"], line["used_by"])
    assert "the status and the expiry date" == line["missing"]
    assert line["portal"].startswith("https://portal.azure.com/#resource/subscriptions/")


async def test_what_a_person_says_is_judged_at_once() -> None:
    world = await seen_world()
    assert "register-missing" in await rules(world)
    async with api(world) as client:
        answer = await client.put(ENTRY, json=SAID)
        assert (201, "ana", "signed-in person") == (
            answer.status_code,
            answer.json()["said_by"],
            answer.json()["said_way"],
        )
        assert [] == await rules(world)
        [line] = (await client.get("/api/register")).json()["lines"]
        assert ("2028-11-19", "") == (line["entry"]["expires"], line["missing"])


async def test_two_people_do_not_overwrite_each_other() -> None:
    async with api(await seen_world()) as client:
        made = await client.put(ENTRY, json=SAID, headers={"If-None-Match": "*"})
        assert 412 == (await client.put(ENTRY, json=SAID, headers={"If-None-Match": "*"})).status_code
        etag = made.headers["ETag"]
        first = await client.put(ENTRY, json={**SAID, "note": "one"}, headers={"If-Match": etag})
        second = await client.put(ENTRY, json={**SAID, "note": "two"}, headers={"If-Match": etag})
        assert (200, 412) == (first.status_code, second.status_code)
        assert "Somebody else changed this entry: read it again." == second.json()["error"]
        read = await client.get(ENTRY)
        assert ("one", first.headers["ETag"]) == (read.json()["note"], read.headers["ETag"])
        gone = await client.delete(ENTRY, headers={"If-Match": etag})
        assert 412 == gone.status_code


async def test_some_fields_are_said_anew_and_what_belongs_to_another_status_goes() -> None:
    async with api(await seen_world()) as client:
        failed = {
            "status": "Failed",
            "failure": "not eligible",
            "given_up_by": "kim",
            "owner": "kim",
            "attempts_used": 3,
        }
        etag = (await client.put(ENTRY, json=failed)).headers["ETag"]
        other = {"If-Match": '"another"'}
        assert 412 == (await client.patch(ENTRY, json=SAID, headers=other)).status_code
        said = (await client.patch(ENTRY, json={**SAID, "note": "renewed"}, headers={"If-Match": etag})).json()
        assert ("Completed", "", "", "kim", "renewed") == tuple(
            said[name] for name in ("status", "failure", "given_up_by", "owner", "note")
        )
        assert "" == (await client.patch(ENTRY, json={"owner": ""})).json()["owner"]
        assert 422 == (await client.patch(ENTRY, json={"failure": "not eligible"})).status_code
        assert 404 == (await client.patch(ENTRY.replace(ID, OTHER), json=SAID)).status_code


async def test_a_file_moves_an_entry_on_without_what_belonged_to_another_status() -> None:
    async with api(await seen_world()) as client:
        await client.put(ENTRY, json={"status": "Failed", "failure": "not eligible", "contact": "lena"})
        assert (await taken(client, f"{HEAD}Sub1,{ID},Completed,2028-11-19,kim\n")).json()["done"]
        entry = (await client.get(ENTRY)).json()
    assert ("Completed", "", "lena", "kim") == tuple(entry[name] for name in ("status", "failure", "contact", "owner"))


async def test_everything_that_was_said_stays_to_be_read() -> None:
    world = await seen_world()
    async with api(world) as client:
        await client.put(ENTRY, json={**SAID, "expires": "2027-01-01"})
        world.clock.at += timedelta(hours=1)
        await client.put(ENTRY, json=SAID)
        world.clock.at += timedelta(hours=1)
        assert 204 == (await client.delete(ENTRY)).status_code
        assert 404 == (await client.get(ENTRY)).status_code
        words = (await client.get(f"{ENTRY}/history")).json()["history"]
    assert [("2027-01-01", False), ("2028-11-19", False), ("2028-11-19", True)] == [
        (word["expires"], word["withdrawn"]) for word in words
    ]


WORDS = "In Progress, Action Required, Completed, Failed, Expired"
UNSEEN = "is none of those that are watched; one that holds a signing account is known after the next check"
NO_NAME = "must be the name of an account: 3 to 24 letters, digits and hyphens"
NO_KEY = "must be the id of a validation, or account: and the name of an account"


@pytest.mark.parametrize(
    ("address", "body", "faults"),
    [
        (ENTRY, {}, {"status": "must be given"}),
        (ENTRY, {"status": "Done"}, {"status": f"must be one of {WORDS}"}),
        (ENTRY, {**SAID, "expires": "19.11.2028"}, {"expires": "must be a date like 2028-11-19"}),
        (ENTRY, {**SAID, "expires": 20281119}, {"expires": "must be a date like 2028-11-19"}),
        (ENTRY, {**SAID, "expires": "2082-11-19"}, {"expires": "is more than 3 years ahead: is the year right?"}),
        (ENTRY, {**SAID, "expiry": "x"}, {"expiry": "is not a field of the validation list"}),
        (ENTRY, {**SAID, "account": "the games account"}, {"account": NO_NAME}),
        (f"/api/register/{OWNER}/nonsense", SAID, {"validation": NO_KEY}),
        (f"/api/register/games/{ID}", SAID, {"subscription": "must be the id of a subscription"}),
        (f"/api/register/{subscription(9).id}/{ID}", SAID, {"subscription": UNSEEN}),
    ],
)
async def test_what_cannot_be_is_refused_field_by_field(address: str, body: Any, faults: dict[str, str]) -> None:
    async with api(await seen_world()) as client:
        answer = await client.put(address, json=body)
        assert 422 == answer.status_code
        assert faults == {fault["field"]: fault["words"] for fault in answer.json()["faults"]}


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"[" * 100_000])
async def test_a_body_that_is_no_object_is_refused(body: bytes) -> None:
    async with api(await seen_world()) as client:
        answer = await client.put(ENTRY, content=body, headers={"Content-Type": "application/json"})
        assert (422, "must be a JSON object") == (answer.status_code, answer.json()["faults"][0]["words"])


async def test_a_request_without_an_id_is_entered_by_account() -> None:
    world = World(settings=dict(LOCAL))
    world.azure.add("onboarding")
    await world.look()
    async with api(world) as client:
        said = {"status": "In Progress", "requested": "2026-11-19"}
        assert 201 == (await client.put(f"/api/register/{OWNER}/account:Onboarding", json=said)).status_code
        world.clock.at += timedelta(minutes=1)
        assert 201 == (await client.put(ENTRY, json={**said, "account": "onboarding"})).status_code
        [line] = (await client.get("/api/register")).json()["lines"]
        assert (ID, "onboarding") == (line["validation"], line["account"])


HEAD = "subscription,validation,status,expires,owner\n"


async def taken(client: httpx.AsyncClient, content: str, **params: str) -> httpx.Response:
    headers = {"Content-Type": "text/csv"}
    return await client.post("/api/register/import", content=content.encode(), params=params, headers=headers)


async def test_a_file_is_taken_whole_or_not_at_all() -> None:
    world = await seen_world(Profile(), Profile("nightly", validation=OTHER))
    wrong = f"{HEAD}{OWNER},{ID},Completed,2028-11-19,kim\nSub1,{OTHER},Complete,2028-11-31,kim\n"
    async with api(world) as client:
        refused = await taken(client, wrong)
        assert (422, False) == (refused.status_code, refused.json()["done"])
        assert [
            "line 3, expires: must be a date like 2028-11-19",
            "line 3, status: must be one of In Progress, Action Required, Completed, Failed, Expired",
        ] == [fault["sentence"] for fault in refused.json()["faults"]]
        assert 404 == (await client.get(ENTRY)).status_code

        assert {"done": True} == {"done": (await taken(client, wrong, part="true")).json()["done"]}
        entry = (await client.get(ENTRY)).json()
        assert ("2028-11-19", "kim", str(Way.IMPORT)) == (entry["expires"], entry["owner"], entry["said_way"])


async def test_a_preview_changes_nothing_and_what_is_known_is_left_as_it_was_said() -> None:
    world = await seen_world()
    async with api(world) as client:
        await client.put(ENTRY, json={**SAID, "note": "seen in the portal"})
        world.clock.at += timedelta(hours=1)
        preview = (await taken(client, f"{HEAD}Sub1,{ID},Completed,2028-12-24,\n", preview="true")).json()
        assert (False, [({"expires": "2028-11-19"}, {"expires": "2028-12-24"})]) == (
            preview["done"],
            [(change["before"], change["after"]) for change in preview["changes"]],
        )
        same = (await taken(client, f"{HEAD}Sub1,{ID},completed,2028-11-19,\n")).json()
        assert (1, False, []) == (same["same"], same["done"], same["changes"])
        entry = (await client.get(ENTRY)).json()
        assert ("seen in the portal", "signed-in person") == (entry["note"], entry["said_way"])


async def test_columns_that_a_file_does_not_have_stay_and_empty_cells_say_nothing() -> None:
    async with api(await seen_world()) as client:
        await client.put(ENTRY, json={**SAID, "owner": "kim", "note": "kept"})
        await taken(client, f"{HEAD}Sub1,{ID},Completed,2028-11-20,\n")
        entry = (await client.get(ENTRY)).json()
    assert ("2028-11-20", "", "kept") == (entry["expires"], entry["owner"], entry["note"])


async def test_what_is_exported_is_filled_in_and_imported() -> None:
    async with api(await seen_world()) as client:
        exported = (await client.get("/api/register/export", params={"todo": "true"})).text
        unsaid = (await taken(client, exported)).json()
        assert (1, [], []) == (unsaid["unsaid"], unsaid["changes"], unsaid["faults"])
        filled = exported.replace(f"{ID},,,,", f"{ID},,Completed,2028-11-19,")
        assert (await taken(client, filled)).json()["done"]
        assert [] == (await client.get("/api/register", params={"todo": "true"})).json()["lines"]


@pytest.mark.parametrize("second", ["Completed,2028-11-19,", "Expired,2026-01-01,"])
async def test_two_lines_about_one_validation_are_a_fault(second: str) -> None:
    lines = f"Sub1,{ID},Completed,2028-11-19,\nSub1,{ID},{second}\n"
    async with api(await seen_world()) as client:
        await client.put(ENTRY, json=SAID)
        assert ["line 3: is about the same as line 2"] == [
            fault["sentence"] for fault in (await taken(client, HEAD + lines)).json()["faults"]
        ]


@pytest.mark.parametrize(
    ("settings", "headers", "reads", "writes"),
    [
        ({**SETTINGS}, {}, 401, 401),
        ({**SETTINGS}, principal("Approver"), 401, 401),
        (SIGNED_IN, {}, 401, 401),
        (SIGNED_IN, principal(), 403, 403),
        (SIGNED_IN, principal("Reader"), 200, 403),
        (SIGNED_IN, principal("Operator"), 200, 201),
        (SIGNED_IN | {"WEB__LOCAL_USER": "eve"}, {}, 401, 401),
    ],
)
async def test_only_those_who_may(
    settings: Mapping[str, str], headers: Mapping[str, str], reads: int, writes: int
) -> None:
    async with api(await seen_world(), settings) as client:
        for address in ("/api/register", "/api/register/export", "/api/accounts/games/explanation"):
            assert reads == (await client.get(address, headers=headers)).status_code
        assert writes == (await client.put(ENTRY, json=SAID, headers=headers)).status_code


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 201),
        ({"Sec-Fetch-Site": "same-origin"}, 201),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Content-Type": "text/plain"}, 403),
        ({"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}, 403),
        ({"Content-Type": "multipart/form-data; boundary=x"}, 403),
        ({"Content-Type": ""}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "http://["}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://localhost"}, 201),
    ],
)
async def test_no_page_of_another_site_changes_anything(headers: Mapping[str, str], status: int) -> None:
    async with api(await seen_world()) as client:
        given = {"Content-Type": "application/json", **headers}
        assert status == (await client.put(ENTRY, content=json.dumps(SAID), headers=given)).status_code


async def test_every_answer_is_closed_to_other_pages() -> None:
    async with api(await seen_world()) as client:
        for address in ("/", "/api/register", "/api/openapi.json"):
            answer = await client.get(address)
            assert "default-src 'none'; frame-ancestors 'none'" == answer.headers["Content-Security-Policy"]
            assert ("no-store", "nosniff") == (
                answer.headers["Cache-Control"],
                answer.headers["X-Content-Type-Options"],
            )


async def test_the_document_names_every_address() -> None:
    async with api(await seen_world()) as client:
        paths = (await client.get("/api/openapi.json")).json()["paths"]
    assert {
        "/api/register",
        "/api/retirements",
        "/api/retirements/halt",
        "/api/retirements/accounts/{account}",
        "/api/retirements/accounts/{account}/approval",
        "/api/retirements/accounts/{account}/excuse",
        "/api/retirements/accounts/{account}/seen",
        "/api/register/export",
        "/api/register/import",
        "/api/register/{subscription}/{key}",
        "/api/register/{subscription}/{key}/history",
        "/api/accounts/{account}/explanation",
        "/api/tickets",
        "/api/silences",
        "/api/silences/{silence}",
        "/api/acknowledgements",
        "/api/routes/test",
        "/api/receivers",
        "/api/receivers/{receiver}/test",
        "/api/undelivered",
        "/api/undelivered/{receiver}/replay",
    } == set(paths)


async def test_an_account_without_any_problem_is_explained_too() -> None:
    world = await seen_world()
    await world.enter(ID, (START + timedelta(days=500)).date())
    await world.later()
    async with api(world) as client:
        [found] = (await client.get("/api/accounts/GAMES/explanation")).json()
    assert [] == [rule for rule in found["rules"] if rule["problems"]]
    assert set(BOOK) == {rule["rule"] for rule in found["rules"]}
    assert {"watch-late"} == {rule["rule"] for rule in found["rules"] if rule["verdict"] != "nothing found"}, (
        "it is off"
    )
    assert all(rule["numbers"] for rule in found["rules"] if rule["verdict"] != "off")
    assert "2026-11-20T08:07:00Z" == found["read_at"]


async def test_why_says_who_heard_what_and_why_nobody_hears_more() -> None:
    world = await seen_world(Profile(status="Suspended"))
    await world.later()
    async with api(world) as client:
        [found] = (await client.get("/api/accounts/games/explanation")).json()
        problems = {rule["rule"]: rule["problems"] for rule in found["rules"] if rule["problems"]}
        [suspended] = problems["profile-suspended"]
        [heard] = suspended["heard"]
        assert ("webhook", "already told", "first") == (heard["receiver"], heard["reason"], heard["last"])
        assert 404 == (await client.get("/api/accounts/nobody/explanation")).status_code
        other = await client.get("/api/accounts/games/explanation", params={"subscription": "Sub9"})
        assert 404 == other.status_code


async def test_a_deleted_account_is_said_to_be_deleted() -> None:
    world = await seen_world()
    world.azure.delete(next(iter(world.azure.accounts)))
    await world.later()
    async with api(world) as client:
        answer = await client.get("/api/accounts/Games/explanation")
    assert (404, "The signing account Games was deleted: Fri 20 Nov 2026 08:07 UTC.") == (
        answer.status_code,
        answer.json()["error"],
    )


@pytest.mark.parametrize(
    ("method", "address", "status", "words"),
    [
        ("GET", "/api/register?todo=perhaps", 422, "What was asked cannot be read."),
        ("DELETE", "/api/register", 405, "That cannot be done here. The API is described in /api/openapi.json."),
        ("GET", "/accounts", 404, "There is nothing here. The API is described in /api/openapi.json."),
    ],
)
async def test_every_refusal_is_a_sentence(method: str, address: str, status: int, words: str) -> None:
    async with api(await seen_world()) as client:
        answer = await client.request(method, address)
    assert (status, words) == (answer.status_code, answer.json()["error"])


async def test_asking_why_changes_nothing() -> None:
    world = await seen_world(Profile(renews_until=START - timedelta(days=2)))
    before = await world.house().shelves.read(subscription(), START)
    async with api(world) as client:
        await client.get("/api/accounts/games/explanation")
        await client.get("/api/register")
    assert before == await world.house().shelves.read(subscription(), START)
    assert 1 == len(world.receiver.parts)


async def test_an_older_export_undoes_nothing_that_was_said_since() -> None:
    world = await seen_world()
    async with api(world) as client:
        await client.put(ENTRY, json=SAID)
        exported = (await client.get("/api/register/export")).text
        world.clock.at += timedelta(hours=1)
        await client.patch(ENTRY, json={"expires": "2027-01-01"})
        [fault] = (await taken(client, exported)).json()["faults"]
        assert "line 2: was said anew by ana since this was exported: export it again" == fault["sentence"]
        assert "2027-01-01" == (await client.get(ENTRY)).json()["expires"]
        again = (await client.get("/api/register/export")).text
        assert (1, []) == ((found := (await taken(client, again)).json())["same"], found["faults"])


async def test_a_new_contact_confirms_nothing() -> None:
    world = await seen_world()
    async with api(world) as client:
        await client.put(ENTRY, json=SAID)
        world.clock.at += timedelta(days=200)
        await world.look()
        await client.patch(ENTRY, json={"contact": "+49 1"})
        [line] = (await client.get("/api/register")).json()["lines"]
        assert "a confirmation: last said 200 days ago" == line["missing"]
        await client.patch(ENTRY, json={})
        [line] = (await client.get("/api/register")).json()["lines"]
        assert "" == line["missing"]


async def test_what_was_said_of_a_request_is_carried_on_to_its_id_and_stays_in_its_history() -> None:
    world = await seen_world()
    async with api(world) as client:
        said = {"status": "In Progress", "requested": "2026-11-19", "owner": "kim"}
        await client.put(f"/api/register/{OWNER}/account:waiter", json=said)
        world.clock.at += timedelta(minutes=1)
        entry = (await client.put(ENTRY, json={"status": "In Progress", "account": "waiter"})).json()
        assert ("kim", "2026-11-19") == (entry["owner"], entry["requested"])
        words = (await client.get(f"{ENTRY}/history")).json()["history"]
    assert ["", ID] == [word["validation"] for word in words]


async def test_a_key_that_cannot_be_is_refused_wherever_it_stands() -> None:
    async with api(await seen_world()) as client:
        for ending in ("", "/history"):
            assert 422 == (await client.get(f"/api/register/{OWNER}/{'x' * 600}{ending}")).status_code


async def test_what_was_read_long_ago_is_judged_as_of_then() -> None:
    world = await seen_world()
    world.clock.at += timedelta(days=4)
    async with api(world) as client:
        [found] = (await client.get("/api/accounts/games/explanation")).json()
    assert "2026-11-20T07:07:00Z" == found["at"] == found["read_at"]
    assert [] == [rule["rule"] for rule in found["rules"] if rule["problems"] and rule["rule"] != "register-missing"]


async def test_two_accounts_of_one_name_are_told_apart() -> None:
    world = World(settings=dict(LOCAL))
    first = world.azure.add("games", Profile(status="Suspended"))
    other = first.replace("/rg/", "/rg2/")
    world.azure.accounts[other] = replace(world.azure.accounts[first], id=other, resource_group="rg2")
    world.azure.held[other] = [Profile()]
    await world.look()
    async with api(world) as client:
        both = (await client.get("/api/accounts/games/explanation")).json()
    suspended = {
        found["account"]["resource_group"]
        for found in both
        for rule in found["rules"]
        if rule["rule"] == "profile-suspended" and rule["problems"]
    }
    assert {"rg"} == suspended
