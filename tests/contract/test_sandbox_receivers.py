"""The stand-in for webhook receivers takes what is right, refuses the rest with a reason, and shows what came."""

import json
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import aiohttp
import pytest

from sandbox.receivers.cloud_events import BATCH, ONE
from sandbox.receivers.server import running
from sandbox.receivers.signature import HEADER, sign
from tests.contract.channels import teams_case
from tests.contract.channels.case import FINDING, SUSPENDED
from tests.contract.sandbox_process import started

EVENT = {
    "specversion": "1.0",
    "id": "e-1",
    "source": "/countersign/demo",
    "type": "Countersign.Finding.Opened",
    "subject": "games-eu/release",
    "time": "2026-11-20T09:07:03Z",
    "datacontenttype": "application/json",
    "severity": "critical",
    "data": {"title": "profile suspended", "items": ["<script>alert(1)</script>", 2]},
}


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with running() as address, aiohttp.ClientSession(address) as opened:
        yield opened


async def _send(session: aiohttp.ClientSession, body: Any, kind: str = ONE, **headers: str) -> tuple[int, Any]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {"content-type": kind, **{name.replace("_", "-"): value for name, value in headers.items()}}
    async with session.post("/webhook/teams", data=raw, headers=sent) as answer:
        return answer.status, await answer.json()


async def _received(session: aiohttp.ClientSession) -> list[dict[str, Any]]:
    async with session.get("/received") as answer:
        found: list[dict[str, Any]] = await answer.json()
        return found


async def test_an_event_is_taken_and_kept_as_it_came(session: aiohttp.ClientSession) -> None:
    assert await _send(session, EVENT, idempotency_key="k-1") == (200, {"accepted": True, "repeated": False})
    (entry,) = await _received(session)
    assert (entry["receiver"], entry["status"], entry["body"]) == ("teams", 200, EVENT)
    assert entry["headers"]["idempotency-key"] == entry["idempotency_key"] == "k-1"
    assert entry["at"].endswith("Z")


async def test_a_batch_is_taken(session: aiohttp.ClientSession) -> None:
    status, _ = await _send(session, [EVENT, {**EVENT, "id": "e-2"}], BATCH + "; charset=utf-8")
    assert status == 200
    assert [event["id"] for event in (await _received(session))[0]["body"]] == ["e-1", "e-2"]


async def test_the_same_key_twice_is_a_repeat(session: aiohttp.ClientSession) -> None:
    await _send(session, EVENT, idempotency_key="k-1")
    assert await _send(session, EVENT, idempotency_key="k-1") == (200, {"accepted": True, "repeated": True})
    assert [entry["repeated"] for entry in await _received(session)] == [False, True]


async def test_they_are_forgotten_on_request(session: aiohttp.ClientSession) -> None:
    await _send(session, EVENT, idempotency_key="k-1")
    async with session.delete("/received") as answer:
        assert answer.status == 204
    assert await _received(session) == []
    assert (await _send(session, EVENT, idempotency_key="k-1"))[1]["repeated"] is False


@pytest.mark.parametrize(
    ("body", "kind", "reason"),
    [
        (EVENT, "application/json", "content-type has to be"),
        (b"{", ONE, "the body is no JSON"),
        (b"\xff\xfe", ONE, "the body is no JSON in UTF-8"),
        ([EVENT], ONE, "the event has to be a JSON object"),
        (EVENT, BATCH, "has to be an array"),
        ([EVENT, 7], BATCH, "event 1 has to be a JSON object"),
        ({**EVENT, "id": ""}, ONE, "id is missing"),
        ({**EVENT, "source": 1}, ONE, "source is missing or not a text"),
        ({**EVENT, "specversion": "0.3"}, ONE, "specversion has to be 1.0"),
        ({**EVENT, "time": "2026-11-20 09:07"}, ONE, "time has to be as RFC 3339 says"),
        ({**EVENT, "time": "2026-13-20T09:07:03Z"}, ONE, "time is none"),
        ({**EVENT, "subject": ""}, ONE, "subject has to be a text"),
        ({**EVENT, "Owner": "x"}, ONE, "'Owner' is no name for an attribute"),
        ({**EVENT, "owner": ["x"]}, ONE, "owner has to be a text"),
        ({**EVENT, "data_base64": "eA=="}, ONE, "both data and data_base64"),
    ],
)
async def test_what_is_no_cloud_event_is_refused_with_a_reason(
    session: aiohttp.ClientSession, body: Any, kind: str, reason: str
) -> None:
    status, answer = await _send(session, body, kind)
    assert status == 400
    assert reason in answer["error"]
    assert (await _received(session))[0]["status"] == 400


async def test_a_signature_is_checked_where_there_is_a_secret() -> None:
    raw = json.dumps(EVENT).encode()
    good = f"t=1795165623,v1={sign('s3cret', '1795165623', raw)}"
    async with running(secret="s3cret") as address, aiohttp.ClientSession(address) as session:
        refused = [
            await _send(session, raw),
            await _send(session, raw, **{HEADER: "v1=00"}),
            await _send(session, raw, **{HEADER: good.replace("t=1", "t=2")}),
            await _send(session, raw + b" ", **{HEADER: good}),
        ]
        taken = await _send(session, raw, **{HEADER: good})
    assert [status for status, _ in refused] == [401, 401, 401, 401]
    assert "is missing" in refused[0][1]["error"]
    assert taken[0] == 200


async def test_faults_strike_their_receiver_so_many_times(session: aiohttp.ClientSession) -> None:
    faults = [{"receiver": "teams", "status": 503, "times": 2, "retry_after": 1}, {"receiver": "pager", "status": 500}]
    async with session.post("/faults", json=faults) as answer:
        assert answer.status == 204
    async with session.post("/webhook/teams", json=EVENT) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
    assert [(await _send(session, EVENT))[0] for _ in range(2)] == [503, 200]
    async with session.post("/webhook/pager", json=EVENT) as answer:
        assert answer.status == 500
    async with session.delete("/faults") as answer:
        assert answer.status == 204
    async with session.post("/webhook/pager", json=EVENT, headers={"content-type": ONE}) as answer:
        assert answer.status == 200


async def test_a_fault_may_hang_and_then_take_the_message(session: aiohttp.ClientSession) -> None:
    async with session.post("/faults", json={"receiver": "teams", "hang_s": 0.3, "times": 1}) as answer:
        assert answer.status == 204
    begun = time.monotonic()
    assert (await _send(session, EVENT))[0] == 200
    assert time.monotonic() - begun >= 0.3


@pytest.mark.parametrize("fault", [{}, {"status": 99}, {"status": 500, "colour": "red"}, "no", {"hang_s": "long"}])
async def test_a_malformed_fault_is_refused(session: aiohttp.ClientSession, fault: Any) -> None:
    async with session.post("/faults", json=fault) as answer:
        assert answer.status == 400
        assert (await answer.json())["error"]


async def test_the_page_shows_what_came_newest_first_and_runs_nothing(session: aiohttp.ClientSession) -> None:
    async with session.get("/") as answer:
        assert "Nothing has arrived yet." in await answer.text()
    await _send(session, EVENT)
    await _send(session, {**EVENT, "id": "e-2", "subject": "tools-basic", "data": None})
    await _send(session, b"nonsense")
    async with session.get("/") as answer:
        page = await answer.text()
        policy = answer.headers["Content-Security-Policy"]
    assert page.index("no JSON") < page.index("tools-basic") < page.index("games-eu/release")
    assert "3 arrived, 2 accepted" in page
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "prefers-color-scheme: dark" in page
    assert policy.startswith("default-src 'none'")


def test_it_runs_as_a_process_and_ends_with_its_standard_input() -> None:
    with started("sandbox.receivers") as (process, ready):
        assert list(ready) == ["listening", "mail"]
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(10) == 0


async def test_the_page_shows_a_card_as_a_person_reads_it_and_nothing_of_it_is_markup(
    session: aiohttp.ClientSession,
) -> None:
    hostile = replace(FINDING, what="Account <script>alert(1)</script> is suspended")
    [part] = teams_case.CASE.compose().compose("b", [replace(SUSPENDED, finding=hostile)], {})
    async with session.post("/teams/signing", data=part.body, headers={"content-type": part.content_type}) as answer:
        assert 202 == answer.status
    async with session.get("/") as answer:
        page = await answer.text()
    assert "<h3>Critical: Account &lt;script&gt;alert(1)&lt;/script&gt; is suspended</h3>" in page
    assert "Next step: Find the mail that Microsoft sent, and answer it." in page
    assert "<script" not in page
