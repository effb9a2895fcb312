"""Whether the timestamp service and the signing endpoints answer, against the stand-in for Azure."""

from pathlib import Path
from typing import Any

import pytest

from shared.cloud.inventory import GraphInventory
from shared.cloud.reach import PublicReach
from shared.domain.reach import Reached
from tests.contract.azure_stand_in import IMPATIENT, StandIn, account_form, scenario_of, stand_in

EVERYWHERE = scenario_of(accounts=[account_form("alpha"), account_form("beta", region="eastus")])


async def asked(azure: StandIn) -> tuple[Reached, ...]:
    accounts = (await GraphInventory(azure.session).fleet()).accounts
    return await PublicReach(azure.session, IMPATIENT.whole_call).reach([account.uri for account in accounts])


async def test_each_is_asked_once(tmp_path: Path) -> None:
    async with stand_in(EVERYWHERE, tmp_path) as azure:
        read = await asked(azure)

        assert [(one.service, one.answered) for one in read] == [
            ("timestamp service", True),
            ("signing endpoint eus", True),
            ("signing endpoint weu", True),
        ]
        assert (azure.calls("timestamp"), azure.calls("signing_endpoint")) == (1, 2)


@pytest.mark.parametrize("status", [401, 403, 404])
async def test_a_signing_endpoint_that_refuses_is_there(tmp_path: Path, status: int) -> None:
    async with stand_in(EVERYWHERE, tmp_path) as azure:
        azure.breaks("/signing/weu", status=status)
        assert [one.answered for one in await asked(azure)] == [True, True, True]


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"status": 500}, "It answered 500."),
        ({"status": 503, "retry_after": 60}, "It answered 503."),
        ({"hang": True}, "It did not answer in time."),
    ],
)
async def test_trouble_is_told_of_the_one_that_has_it(tmp_path: Path, fault: dict[str, Any], words: str) -> None:
    async with stand_in(EVERYWHERE, tmp_path) as azure:
        azure.breaks("/signing/weu", **fault)
        azure.breaks("GET /timestamp", **fault)

        assert [one.problem for one in await asked(azure)] == [words, "", words]
        assert (azure.calls("timestamp"), azure.calls("signing_endpoint")) == (1, 2)


async def test_a_timestamp_service_that_refuses_is_not_there(tmp_path: Path) -> None:
    async with stand_in(EVERYWHERE, tmp_path) as azure:
        azure.breaks("GET /timestamp", status=403)
        assert [one.problem for one in await asked(azure)] == ["It answered 403.", "", ""]


async def test_nobody_listens(tmp_path: Path) -> None:
    async with stand_in(EVERYWHERE, tmp_path) as azure:
        accounts = (await GraphInventory(azure.session).fleet()).accounts
        endpoints = [account.uri for account in accounts]
        session = azure.connect()
    async with session:
        read = await PublicReach(session, IMPATIENT.whole_call).reach(endpoints)

        assert {one.problem for one in read} == {"No connection to it could be made."}


async def test_an_address_elsewhere_is_not_asked(tmp_path: Path) -> None:
    async with stand_in(EVERYWHERE, tmp_path) as azure:
        _, elsewhere = await PublicReach(azure.session).reach(["https://elsewhere.example/weu"])

        assert not elsewhere.answered
        assert "not asked" in elsewhere.problem
