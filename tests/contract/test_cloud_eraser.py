"""The eraser against the stand-in for Azure: one request, whatever is answered, by the identity that deletes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.cloud.accounts import ArmAccounts
from shared.cloud.eraser import ArmEraser
from shared.cloud.inventory import GraphInventory
from shared.domain.account import SigningAccount
from shared.ports.retiring import Erased, Fate
from tests.contract.azure_stand_in import StandIn, account_form, account_named, scenario_of, stand_in
from tests.flows.fakes import HandClock

DELETER, WATCHER = "5c5e0a5e-0000-4000-8000-0000000000de", "5c5e0a5e-0000-4000-8000-000000000001"
IDENTITIES = [
    {"client_id": DELETER, "name": "deleter", "may": ["delete"]},
    {"client_id": WATCHER, "name": "watcher", "may": ["read", "metrics", "costs"]},
]
LOCKED = '{"error": {"code": "ScopeLocked", "message": "The scope is locked."}}'
OTHER_TOKEN = {"WWW-Authenticate": 'Bearer error="insufficient_claims", claims="e30="'}
AMONG_OTHERS = '{"error": {"code": "Conflict", "message": "Another operation is in progress."}}'


@asynccontextmanager
async def azure_with(folder: Path, **behaviour: Any) -> AsyncIterator[tuple[StandIn, SigningAccount]]:
    scenario = scenario_of(accounts=[account_form("old")], identities=IDENTITIES, azure=behaviour)
    async with stand_in(scenario, folder) as azure:
        yield azure, account_named(await GraphInventory(azure.session).fleet(), "old")


async def erased(azure: StandIn, account: SigningAccount, client_id: str = DELETER) -> Erased:
    async with azure.erasing(client_id) as session:
        return await ArmEraser(session, HandClock()).erase(account)


async def test_an_account_is_deleted_by_the_identity_that_deletes(tmp_path: Path) -> None:
    async with azure_with(tmp_path) as (azure, account):
        answer = await erased(azure, account)
        state = await ArmAccounts(azure.session).account(account)
        assert (Fate.ACCEPTED, "Azure took the delete (202)") == (answer.fate, answer.why)
        assert isinstance(state, SigningAccount)
        assert "Deleting" == state.provisioning_state
        assert {DELETER: 1} == azure.azure.calls.seen()["by_client_id"]["delete"]


async def test_the_identity_that_watches_may_not(tmp_path: Path) -> None:
    async with azure_with(tmp_path) as (azure, account):
        answer = await erased(azure, account, WATCHER)
        assert Fate.REFUSED is answer.fate
        assert "codeSigningAccounts/delete" in answer.why
        assert 1 == azure.calls("delete")


@pytest.mark.parametrize(
    ("fault", "fate"),
    [
        ({"status": 403}, Fate.REFUSED),
        ({"status": 400}, Fate.REFUSED),
        ({"status": 401}, Fate.REFUSED),
        ({"status": 401, "headers": OTHER_TOKEN}, Fate.REFUSED),
        ({"status": 408}, Fate.UNKNOWN),
        ({"status": 409, "body": LOCKED}, Fate.LOCKED),
        ({"status": 409, "body": AMONG_OTHERS}, Fate.REFUSED),
        ({"status": 404}, Fate.REFUSED),
        ({"status": 204, "body": ""}, Fate.NOT_THERE),
        ({"status": 429, "retry_after": 1}, Fate.THROTTLED),
        ({"status": 429}, Fate.THROTTLED),
        ({"status": 307, "headers": {"Location": "/"}}, Fate.UNKNOWN),
        ({"status": 202, "headers": {"Content-Encoding": "gzip"}, "body": "not packed"}, Fate.UNKNOWN),
        ({"status": 409, "body": "[]"}, Fate.REFUSED),
        ({"status": 500}, Fate.UNKNOWN),
        ({"status": 500, "afterwards": True}, Fate.UNKNOWN),
        ({"status": 502}, Fate.UNKNOWN),
        ({"status": 503, "retry_after": 1}, Fate.UNKNOWN),
        ({"status": 504}, Fate.UNKNOWN),
        ({"drop": True}, Fate.UNKNOWN),
        ({"drop": True, "afterwards": True}, Fate.UNKNOWN),
    ],
)
async def test_whatever_is_answered_it_was_sent_once(tmp_path: Path, fault: dict[str, Any], fate: Fate) -> None:
    """Neither by the SDK, nor by the HTTP library, which repeats a DELETE on a lost connection, nor by us."""
    async with azure_with(tmp_path) as (azure, account):
        azure.breaks("^DELETE ", **fault)
        answer = await erased(azure, account)
        assert fate is answer.fate
        sent = azure.azure.calls.seen()["statuses_by_kind"]["delete"]
        on_purpose = sent.get("202", 0) if fault.get("afterwards") else 0
        assert (1, 1 if fault.get("afterwards") else 0) == (sum(sent.values()) - on_purpose, on_purpose)
        assert "://" not in answer.why


async def test_no_answer_in_time_is_not_known(tmp_path: Path) -> None:
    async with azure_with(tmp_path) as (azure, account):
        azure.breaks("^DELETE ", hang=True)
        async with azure.erasing(DELETER) as session:
            answer = await ArmEraser(session, HandClock(), whole_call=timedelta(seconds=1)).erase(account)
        assert Fate.UNKNOWN is answer.fate
        assert 1 == azure.calls("delete")


async def test_nobody_is_patient_for_ever(tmp_path: Path) -> None:
    async with azure_with(tmp_path) as (azure, account):
        clock = HandClock()
        azure.breaks("^DELETE ", status=429, headers={"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT"})
        async with azure.erasing(DELETER) as session:
            answer = await ArmEraser(session, clock).erase(account)
        assert clock.now() + timedelta(days=1) == answer.until


async def test_patience_is_kept_for_as_long_as_azure_asks(tmp_path: Path) -> None:
    async with azure_with(tmp_path) as (azure, account):
        clock = HandClock()
        azure.breaks("^DELETE ", status=429, retry_after=90)
        async with azure.erasing(DELETER) as session:
            answer = await ArmEraser(session, clock).erase(account)
        assert clock.now() + timedelta(seconds=90) == answer.until


async def test_what_cannot_be_reached_was_not_sent(tmp_path: Path) -> None:
    async with azure_with(tmp_path) as (azure, account):
        session = azure.erasing(DELETER)
    async with session:
        answer = await ArmEraser(session, HandClock()).erase(account)
    assert (Fate.THROTTLED, True) == (answer.fate, "nothing was sent" in answer.why)


async def test_one_that_is_gone_is_not_there(tmp_path: Path) -> None:
    async with azure_with(tmp_path) as (azure, account):
        azure.happens(delete="old")
        assert Fate.NOT_THERE is (await erased(azure, account)).fate


@pytest.mark.parametrize("end", ["gone", "Succeeded", "Failed", "never"])
async def test_a_delete_may_end_in_several_ways(tmp_path: Path, end: str) -> None:
    async with azure_with(tmp_path, deletes_end=end) as (azure, account):
        assert Fate.ACCEPTED is (await erased(azure, account)).fate
        azure.azure.clock.put(azure.azure.clock.now() + timedelta(minutes=5))
        after = await ArmAccounts(azure.session).account(account)
        state = after.provisioning_state if isinstance(after, SigningAccount) else "gone"
        assert {"never": "Deleting"}.get(end, end) == state
