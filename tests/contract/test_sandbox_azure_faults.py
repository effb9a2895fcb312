"""What may go wrong goes wrong as asked, and every call is counted."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from azure.core.exceptions import DecodeError, HttpResponseError, IncompleteReadError, ServiceResponseError

from sandbox.azure.scenario.story import Fault
from tests.contract.sandbox_azure import ACCOUNTS, Stage, changed, named, stage

LIST = "GET .*/certificateProfiles"


@pytest.fixture
async def azure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    async with stage(named("healthy"), tmp_path, monkeypatch) as started:
        yield started


async def _post(azure: Stage, path: str, body: Any) -> int:
    async with azure.session.post(f"{azure.origin}/sandbox/{path}", json=body) as answer:
        return answer.status


async def _profiles(azure: Stage, name: str = "alpha") -> list[str]:
    account = azure.account(name)
    async with azure.signing("Main") as client:
        pages = client.certificate_profiles.list_by_code_signing_account(account.group, name, read_timeout=0.4)
        return [profile.name or "" async for profile in pages]


async def _statuses(azure: Stage, count: int) -> list[int]:
    path = f"{azure.account('alpha').id}/certificateProfiles?api-version=2025-10-13"
    return [(await azure.call("GET", path))[0] for _ in range(count)]


async def test_every_third_call_answers_429_with_retry_after(azure: Stage) -> None:
    assert await _post(azure, "faults", [{"match": LIST, "status": 429, "retry_after": 1, "every": 3}]) == 204
    assert await _statuses(azure, 6) == [200, 200, 429, 200, 200, 429]
    await _statuses(azure, 2)
    path = f"{azure.account('alpha').id}/certificateProfiles?api-version=2025-10-13"
    assert (await azure.call("GET", path))[2]["Retry-After"] == "1"


async def test_a_fault_strikes_so_many_times_and_can_be_taken_away(azure: Stage) -> None:
    await _post(azure, "faults", [{"match": LIST, "status": 503, "times": 2}])
    assert await _statuses(azure, 3) == [503, 503, 200]
    await _post(azure, "faults", [{"match": LIST, "status": 500}])
    assert await _statuses(azure, 1) == [500]
    async with azure.session.delete(f"{azure.origin}/sandbox/faults") as answer:
        assert answer.status == 204
    assert await _statuses(azure, 1) == [200]


async def test_a_share_of_calls_fails_the_same_way_in_every_run(azure: Stage) -> None:
    await _post(azure, "faults", [{"match": LIST, "status": 500, "share": 0.3}])
    first = await _statuses(azure, 60)
    async with azure.session.delete(f"{azure.origin}/sandbox/faults"):
        pass
    await _post(azure, "faults", [{"match": LIST, "status": 500, "share": 0.3}])
    assert await _statuses(azure, 60) == first
    assert 8 <= first.count(500) <= 30


async def test_a_fault_has_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    faults = [{"match": LIST, "status": 403, "starting": "+1h", "until": "+2h"}]
    scenario = changed("healthy", faults=faults)
    async with stage(scenario, tmp_path, monkeypatch) as azure:
        seen = []
        for hours in (0, 1, 2):
            azure.put_clock(scenario.start + timedelta(hours=hours))
            seen += await _statuses(azure, 1)
    assert seen == [200, 403, 200]


async def test_only_what_matches_is_struck(azure: Stage) -> None:
    await _post(azure, "faults", [{"match": "GET .*/codesigningaccounts/BETA/", "status": 500}])
    assert await _profiles(azure, "alpha") == ["release"]
    with pytest.raises(HttpResponseError, match="Sandbox500"):
        await _profiles(azure, "beta")


async def test_a_hang_outlasts_patience(azure: Stage) -> None:
    await _post(azure, "faults", [{"match": LIST, "hang": True}])
    with pytest.raises(ServiceResponseError):
        await _profiles(azure)


async def test_an_answer_may_be_cut_short(azure: Stage) -> None:
    await _post(azure, "faults", [{"match": LIST, "truncate": True}])
    with pytest.raises((IncompleteReadError, ServiceResponseError)):
        await _profiles(azure)
    with pytest.raises(aiohttp.ClientPayloadError):
        await _statuses(azure, 1)


async def test_an_answer_may_be_nonsense(azure: Stage) -> None:
    await _post(azure, "faults", [{"match": LIST, "body": "<html>Our services aren't available right now</html>"}])
    with pytest.raises((DecodeError, HttpResponseError, ValueError)):
        await _profiles(azure)


async def test_a_malformed_fault_effect_or_time_is_refused(azure: Stage) -> None:
    assert await _post(azure, "faults", [{"match": "(", "status": 500}]) == 400
    assert await _post(azure, "faults", [{"status": 500}]) == 400
    assert await _post(azure, "happen", {"suspend": "alpha/none"}) == 400
    assert await _post(azure, "happen", {"dance": "alpha"}) == 400
    assert await _post(azure, "clock", {"now": "noon"}) == 400
    assert await _post(azure, "clock", {}) == 400


async def test_the_clock_can_be_put_anywhere_and_ticks_on(azure: Stage) -> None:
    assert await _post(azure, "clock", {"now": "+2d"}) == 200
    assert azure.azure.clock.now() >= azure.azure.scenario.start + timedelta(days=2)
    assert await _post(azure, "clock", {"now": "2026-11-20T09:07:00Z"}) == 200
    async with azure.session.get(f"{azure.origin}/sandbox/clock") as answer:
        assert (await answer.json())["now"].startswith("2026-11-20T09:07:0")


async def test_what_happens_now_is_seen_by_the_next_call(azure: Stage) -> None:
    assert await _post(azure, "happen", [{"suspend": "alpha/release"}, {"tag": "alpha", "tags": {"a": "b"}}]) == 204
    _, body, _ = await azure.call("GET", f"{azure.account('alpha').id}?api-version=2025-10-13")
    path = f"{azure.account('alpha').id}/certificateProfiles/release?api-version=2025-10-13"
    _, profile, _ = await azure.call("GET", path)
    assert body["tags"] == {"a": "b"}
    assert profile["properties"]["status"] == "Suspended"


async def test_calls_are_counted_by_kind_status_and_target(azure: Stage) -> None:
    await azure.graph(ACCOUNTS + " | project id")
    for name in ("alpha", "beta", "alpha"):
        await _profiles(azure, name)
    azure.azure.faults.add([Fault(match="gamma/certificateProfiles", status=429, retry_after=1)])
    await azure.call("GET", f"{azure.account('gamma').id}/certificateProfiles?api-version=2025-10-13")
    await azure.call("GET", f"{azure.account('alpha').id}x?api-version=2025-10-13")
    async with azure.session.get(f"{azure.origin}/sandbox/calls") as answer:
        seen = await answer.json()
    assert seen["kinds"] == {"account_get": 1, "profile_list": 4, "resource_graph": 1, "token": 1}
    assert seen["distinct_targets"]["profile_list"] == 2
    assert seen["statuses"] == {"200": 5, "404": 1, "429": 1}
    assert seen["total"] == 7
    assert seen["bytes_sent"] > 3000
    async with azure.session.get(f"{azure.origin}/sandbox/calls/profile_list") as answer:
        assert await answer.json() == [azure.account(name).id.lower() for name in ("alpha", "beta")]
    async with azure.session.delete(f"{azure.origin}/sandbox/calls") as answer:
        assert answer.status == 204
    assert azure.azure.calls.seen()["total"] == 0
