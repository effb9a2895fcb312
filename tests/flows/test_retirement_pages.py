"""Pages of retirement: what they show to whom, and that only our own form, sent by who may, does anything."""

import re

import httpx
import pytest

from shared.domain.walk import Stage
from tests.flows.retiring_world import RetiringWorld
from tests.flows.test_api import api, principal
from tests.flows.test_retire_api import APPROVER, OPERATOR, READER, SETTINGS, announced

WHERE = "/retirement"
OLD = f"{WHERE}/old?subscription=Sub1"
PAGE = {"accept": "text/html"}
HERE = {"origin": "http://localhost", "sec-fetch-site": "same-origin", **PAGE}
ACTS = {"no": {"why": "we want it"}, "undo": {}, "seen": {}, "approval": {"name": "old"}}


async def stage(world: RetiringWorld) -> Stage:
    cases, [old] = world.house().retire.cases, world.truth.accounts
    return (await cases.walk(old.id, old.created)).stage


def hidden(text: str, name: str) -> str:
    """What a form of the page sends without anybody filling it in."""
    return next(iter(re.findall(rf'name="{name}" value="([^"]*)"', text)), "")


async def send(client: httpx.AsyncClient, who: dict[str, str], act: str, **fields: str) -> httpx.Response:
    """As somebody does who opens the page and sends its form."""
    shown = (await client.get(OLD, headers=who | PAGE)).text
    sent = {"token": hidden(shown, "token"), "evidence": hidden(shown, "evidence"), **ACTS[act], **fields}
    return await client.post(f"{WHERE}/old/{act}?subscription=Sub1", data=sent, headers=who | HERE)


def forms(text: str) -> list[str]:
    return re.findall(r'action="/retirement/(?:old/)?([a-z]+)', text)


@pytest.mark.parametrize(
    ("who", "everything", "account"),
    [
        (READER, [], []),
        (OPERATOR, ["hold"], ["no", "seen"]),
        (APPROVER, ["hold"], ["no", "seen", "approval"]),
    ],
)
async def test_everybody_sees_it_and_is_offered_what_they_may_do(
    who: dict[str, str], everything: list[str], account: list[str]
) -> None:
    async with api(await announced(), SETTINGS) as client:
        whole, one = [await client.get(address, headers=who | PAGE) for address in (WHERE, OLD)]
    assert (200, 200, everything, account) == (whole.status_code, one.status_code, forms(whole.text), forms(one.text))
    for words in ("it was given up by a named person", "given up by kim", "announced"):
        assert words in whole.text
        assert words in one.text
    assert "not before 11 Dec 2026" in one.text


async def test_whoever_is_not_signed_in_sees_why() -> None:
    async with api(await announced(), SETTINGS) as client:
        answer = await client.get(WHERE, headers=PAGE)
    assert 401 == answer.status_code
    assert "Sign in first." in answer.text
    assert "old" not in answer.text


async def test_a_no_is_two_clicks_and_can_be_taken_back() -> None:
    world = await announced()
    async with api(world, SETTINGS) as client:
        answer = await send(client, OPERATOR, "no")
        assert 303 == answer.status_code
        assert answer.headers["location"].endswith("-000000000001&done=no")
        assert Stage.EXCUSED is await stage(world)
        after = await client.get(answer.headers["location"], headers=APPROVER | PAGE)
        assert "It stays: its retirement has ended." in after.text
        assert "olga said no: we want it" in after.text
        assert ["undo"] == forms(after.text)
        assert 303 == (await send(client, APPROVER, "undo")).status_code
    assert Stage.NONE is await stage(world)


async def test_an_approval_is_of_what_the_page_showed_and_takes_the_name() -> None:
    world = await announced()
    async with api(world, SETTINGS) as client:
        wrong = await send(client, APPROVER, "approval", name="games")
        changed = await send(client, APPROVER, "approval", evidence="0" * 16)
        assert [409, 409] == [wrong.status_code, changed.status_code]
        assert "type old, the name of the account that would be deleted" in wrong.text
        assert "What is known of it has changed since it was shown" in changed.text
        assert 303 == (await send(client, APPROVER, "approval", name="OLD")).status_code
        assert "ben approved it on" in (await client.get(OLD, headers=READER | PAGE)).text


async def test_having_read_the_notice_begins_the_time_to_say_no() -> None:
    async with api(await announced(), SETTINGS) as client:
        assert 303 == (await send(client, OPERATOR, "seen")).status_code
        shown = (await client.get(OLD, headers=OPERATOR | PAGE)).text
    assert "anybody can say no" in shown
    assert ["no"] == forms(shown)


async def test_everything_is_held_and_goes_on() -> None:
    world = await announced()
    async with api(world, SETTINGS) as client:
        token = hidden((await client.get(WHERE, headers=OPERATOR | PAGE)).text, "token")
        hold = await client.post(f"{WHERE}/hold", data={"token": token, "why": "<b>wait</b>"}, headers=OPERATOR | HERE)
        shown = (await client.get(hold.headers["location"], headers=APPROVER | PAGE)).text
        assert "Held</b> by olga" in shown
        assert "&lt;b&gt;wait&lt;/b&gt;" in shown
        assert ["resume"] == forms(shown)
        refused = await client.post(f"{WHERE}/resume", data={"token": token}, headers=OPERATOR | HERE)
        goes_on = await client.post(f"{WHERE}/resume", data={"token": token}, headers=APPROVER | HERE)
    assert [403, 303] == [refused.status_code, goes_on.status_code]
    assert await world.house().retire.cases.halt() is None


@pytest.mark.parametrize(
    "how",
    [
        {"origin": "https://elsewhere.example"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "null"},
        {"content-type": "text/plain"},
        {"content-type": "multipart/form-data; boundary=x"},
        {"cookie": "countersign-form=" + "a" * 43},
        {"cookie": ""},
    ],
)
@pytest.mark.parametrize("act", ACTS)
async def test_what_no_page_of_ours_sent_does_nothing(act: str, how: dict[str, str]) -> None:
    world = await announced()
    async with api(world, SETTINGS) as client:
        token = hidden((await client.get(OLD, headers=APPROVER | PAGE)).text, "token")
        cookies = {"cookie": f"countersign-form={token}"}
        sent = httpx.QueryParams({"token": token, **ACTS[act]})
        kind = {"content-type": "application/x-www-form-urlencoded"}
        client.cookies.clear()
        answer = await client.post(
            f"{WHERE}/old/{act}", content=str(sent), headers=APPROVER | HERE | kind | cookies | how
        )
    assert (403, Stage.ANNOUNCED) == (answer.status_code, await stage(world))


@pytest.mark.parametrize("act", ACTS)
async def test_nothing_acts_on_a_get_nor_for_a_reader(act: str) -> None:
    """Mail scanners open links."""
    world = await announced()
    async with api(world, SETTINGS) as client:
        got = await client.get(f"{WHERE}/old/{act}", headers=APPROVER | PAGE)
        token = hidden((await client.get(OLD, headers=APPROVER | PAGE)).text, "token")
        read = await client.post(f"{WHERE}/old/{act}", data={"token": token, **ACTS[act]}, headers=READER | HERE)
    assert ([405, 403], Stage.ANNOUNCED) == ([got.status_code, read.status_code], await stage(world))
    assert "ana needs the app role" in read.text


@pytest.mark.parametrize("act", ["seen", "approval", "undo"])
async def test_a_program_neither_approves_nor_reads(act: str) -> None:
    world = await announced()
    program = principal("Approver")
    async with api(world, SETTINGS) as client:
        answer = await send(client, program | {"x-ms-client-principal": PROGRAM}, act)
    assert (403, Stage.ANNOUNCED) == (answer.status_code, await stage(world))
    assert "Only a person may do this" in answer.text


PROGRAM = "eyJjbGFpbXMiOiBbeyJ0eXAiOiAiYXBwaWQiLCAidmFsIjogIjEifSwgeyJ0eXAiOiAicm9sZXMiLCAidmFsIjogIkFwcHJvdmVyIn1dfQ=="


async def test_nobody_known_and_nothing_there_are_pages_too() -> None:
    async with api(await announced(), SETTINGS) as client:
        answers = [await client.get(f"{WHERE}{path}", headers=READER | PAGE) for path in ("/nobody", "/a/b/c")]
        assert [404, 404] == [answer.status_code for answer in answers]
        assert "No signing account called nobody has been seen." in answers[0].text
        unknown = await client.post(f"{WHERE}/old/shout", data={"token": "x"}, headers=APPROVER | HERE)
        assert 404 == unknown.status_code
        program = await client.get(f"{WHERE}/nobody", headers=READER)
        assert "No signing account called nobody has been seen." == program.json()["error"]


async def test_a_page_loads_nothing_from_elsewhere_and_is_shown_in_no_other() -> None:
    async with api(await announced(), SETTINGS) as client:
        shown = await client.get(OLD, headers=READER | PAGE)
        sheet = re.findall(r'rel="stylesheet" href="([^"]+)"', shown.text)
        style = await client.get(sheet[0])
    policy = shown.headers["content-security-policy"]
    assert ("default-src 'none'" in policy, "frame-ancestors 'none'" in policy, "unsafe" in policy) == (
        True,
        True,
        False,
    )
    assert "no-store" == shown.headers["cache-control"]
    assert "<script" not in shown.text
    assert (200, "text/css; charset=utf-8") == (style.status_code, style.headers["content-type"])
    cookie = shown.headers["set-cookie"]
    assert ("HttpOnly" in cookie, "SameSite=lax" in cookie, "Secure" in cookie) == (True, True, False)
