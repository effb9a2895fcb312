"""Registered providers and locks against the stand-in for Azure."""

from pathlib import Path
from typing import Any

import pytest

from sandbox.azure.scenario.story import Scenario
from shared.cloud.inventory import GraphInventory
from shared.cloud.subscriptions import ArmSubscriptions
from shared.domain.blind import About, Blind
from shared.domain.subscription import DailyFacts, Lock, Subscription
from shared.ports.errors import Throttled
from tests.contract.azure_stand_in import IMPATIENT, StandIn, account_form, account_named, scenario_of, stand_in

OWN = {"on": "alpha", "name": "own", "level": "ReadOnly"}
GROUP = {"on": "Main/signing", "name": "group"}
WHOLE = {"on": "Main", "name": "whole"}
OTHERS = {"on": "beta", "name": "others"}

PROVIDER = "GET /subscriptions/[^/]+/providers/Microsoft"
LOCKS = "Microsoft.Authorization/locks"


def fleet(**parts: Any) -> Scenario:
    """Two accounts in two groups."""
    return scenario_of(accounts=[account_form("alpha", group="Signing"), account_form("beta", group="Other")], **parts)


async def main(azure: StandIn) -> Subscription:
    (found,) = (await GraphInventory(azure.session).fleet()).subscriptions
    return found


@pytest.mark.parametrize(("registered", "state"), [(True, "Registered"), (False, "NotRegistered")])
async def test_both_providers_are_read(tmp_path: Path, registered: bool, state: str) -> None:
    async with stand_in(fleet(subscriptions=[{"name": "Main", "registered": registered}]), tmp_path) as azure:
        read = await ArmSubscriptions(azure.session).registrations(await main(azure))

        assert read == {"microsoft.codesigning": state, "microsoft.insights": "Registered"}
        assert azure.calls("provider") == 2


async def test_an_account_is_held_by_its_own_locks_its_groups_and_its_subscriptions(tmp_path: Path) -> None:
    async with stand_in(fleet(locks=[OWN, GROUP, WHOLE, OTHERS]), tmp_path) as azure:
        owner = await main(azure)
        alpha = account_named(await GraphInventory(azure.session).fleet(), "alpha")
        read = await ArmSubscriptions(azure.session).locks(owner)

        assert not isinstance(read, Blind)
        assert {lock.name for lock in read} == {"own", "group", "whole", "others"}
        assert set(DailyFacts(locks=read).locks_of(alpha.id) or ()) == {
            Lock(alpha.id, "own", "ReadOnly"),
            Lock(f"{owner.scope}/resourcegroups/signing", "group", "CanNotDelete"),
            Lock(owner.scope, "whole", "CanNotDelete"),
        }
        assert azure.calls("locks") == 1


async def test_without_locks_that_is_known(tmp_path: Path) -> None:
    async with stand_in(fleet(), tmp_path) as azure:
        assert await ArmSubscriptions(azure.session).locks(await main(azure)) == ()


@pytest.mark.parametrize(
    ("fault", "word"),
    [
        ({"status": 403, "body": ""}, "Reader"),
        ({"status": 404, "body": ""}, "404"),
        ({"status": 500}, "500"),
        ({"body": "{not json"}, "understood"),
        ({"body": '{"value": [{"id": "/subscriptions/x", "name": "odd"}]}'}, "understood"),
        ({"truncate": True}, "understood"),
        ({"hang": True}, "in time"),
    ],
)
async def test_what_cannot_be_read_is_blind(tmp_path: Path, fault: dict[str, Any], word: str) -> None:
    async with stand_in(fleet(locks=[WHOLE]), tmp_path, IMPATIENT) as azure:
        reader, owner = ArmSubscriptions(azure.session), await main(azure)
        azure.breaks(PROVIDER, **fault)
        azure.breaks(LOCKS, **fault)
        registrations, locks = await reader.registrations(owner), await reader.locks(owner)

        assert isinstance(registrations, Blind)
        assert isinstance(locks, Blind)
        assert (registrations.about, registrations.scope) == (About.REGISTRATIONS, owner.scope)
        assert (locks.about, locks.scope) == (About.LOCKS, owner.scope)
        assert word in registrations.reason
        assert word in locks.reason


async def test_a_long_wait_is_told(tmp_path: Path) -> None:
    async with stand_in(fleet(), tmp_path) as azure:
        reader, owner = ArmSubscriptions(azure.session), await main(azure)
        azure.breaks(PROVIDER, status=429, retry_after=60)
        azure.breaks(LOCKS, status=429, retry_after=60)

        for ask in (reader.registrations, reader.locks):
            with pytest.raises(Throttled):
                await ask(owner)
