"""Accounts and their profiles against the stand-in for Azure: as they are, or blind with a reason that helps."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sandbox.azure.world.certificates import certificates
from shared.cloud.accounts import ArmAccounts
from shared.cloud.inventory import GraphInventory
from shared.domain.account import CertificateProfile, SigningAccount
from shared.domain.blind import About, Blind
from shared.domain.subscription import subscription_scope
from shared.ports.errors import Throttled
from tests.contract.azure_stand_in import (
    IMPATIENT,
    StandIn,
    account_form,
    account_named,
    scenario_named,
    scenario_of,
    stand_in,
)


async def listed(azure: StandIn, name: str) -> SigningAccount:
    return account_named(await GraphInventory(azure.session).fleet(), name)


async def test_profiles_and_their_certificates_are_as_they_are(tmp_path: Path) -> None:
    async with stand_in(scenario_named("contoso"), tmp_path) as azure:
        fleet = await GraphInventory(azure.session).fleet()
        reader = ArmAccounts(azure.session)
        read = await asyncio.gather(*(reader.profiles(account) for account in fleet.accounts))

        for account, profiles in zip(fleet.accounts, read, strict=True):
            assert not isinstance(profiles, Blind)
            assert summary(profiles) == truth(azure, account)
        assert azure.calls("profile_list") == len(fleet.accounts)


def summary(profiles: tuple[CertificateProfile, ...]) -> list[tuple[object, ...]]:
    return [
        (
            profile.name,
            profile.profile_type,
            profile.status,
            profile.identity_validation_id,
            profile.created,
            [(one.serial_number, one.created, one.expires, one.revoked) for one in profile.certificates],
        )
        for profile in profiles
    ]


def truth(azure: StandIn, account: SigningAccount) -> list[tuple[object, ...]]:
    now = azure.azure.clock.now()
    world = azure.azure.world(now)
    return [
        (
            profile.name,
            profile.type,
            profile.status,
            world.validations[profile.bindings[-1].validation].id.lower(),
            profile.created,
            [
                (one.serial_number, whole_second(one.issued), whole_second(one.expires), one.revocation is not None)
                for one in certificates(profile, world.validations, now, azure.azure.scenario.azure.certificates_kept)
            ],
        )
        for profile in world.accounts[account.name].profiles
    ]


def whole_second(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)


async def test_every_page_of_profiles_is_read(tmp_path: Path) -> None:
    profiles = [{"name": f"release-{n}", "validation": "main"} for n in range(7)]
    form = account_form("alpha", sku="Premium", profiles=profiles)
    async with stand_in(scenario_of(accounts=[form], azure={"profile_page": 3}), tmp_path) as azure:
        read = await ArmAccounts(azure.session).profiles(await listed(azure, "alpha"))

        assert not isinstance(read, Blind)
        assert [profile.name for profile in read] == [f"release-{n}" for n in range(7)]
        assert azure.calls("profile_list") == 3


async def test_a_page_that_never_came_makes_the_whole_account_blind(tmp_path: Path) -> None:
    profiles = [{"name": f"release-{n}", "validation": "main"} for n in range(7)]
    form = account_form("alpha", sku="Premium", profiles=profiles)
    async with stand_in(scenario_of(accounts=[form], azure={"profile_page": 3}), tmp_path) as azure:
        account = await listed(azure, "alpha")
        azure.breaks("skiptoken=6", status=400)
        read = await ArmAccounts(azure.session).profiles(account)

        assert isinstance(read, Blind)


async def test_one_account_always_throttled_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    async with stand_in(scenario_named("healthy"), tmp_path) as azure:
        fleet = await GraphInventory(azure.session).fleet()
        reader = ArmAccounts(azure.session)
        azure.breaks("/alpha/certificateProfiles", status=429, retry_after=60)
        begun = datetime.now(UTC)

        with pytest.raises(Throttled) as told:
            await reader.profiles(account_named(fleet, "alpha"))
        with pytest.raises(Throttled):
            await reader.profiles(account_named(fleet, "alpha"))
        assert told.value.until >= begun + timedelta(seconds=60)
        assert told.value.scope == account_named(fleet, "alpha").id
        assert isinstance(await reader.profiles(account_named(fleet, "beta")), tuple)
        assert azure.calls("profile_list") == 2


async def test_a_short_wait_is_waited(tmp_path: Path) -> None:
    async with stand_in(scenario_named("healthy"), tmp_path) as azure:
        account = await listed(azure, "alpha")
        azure.breaks("certificateProfiles", status=429, retry_after=1, times=1)
        begun = datetime.now(UTC)

        assert isinstance(await ArmAccounts(azure.session).profiles(account), tuple)
        assert datetime.now(UTC) >= begun + timedelta(seconds=1)


async def test_an_empty_bucket_is_waited_for_and_everything_is_read(tmp_path: Path) -> None:
    many = {"many": {"count": 40, "name": "team-{n:02}", "subscription": "Main", "region": "westeurope"}}
    behaviour = {"reads": {"holds": 20, "refill": 25}}
    async with stand_in(scenario_of(accounts=[many], azure=behaviour), tmp_path) as azure:
        fleet = await GraphInventory(azure.session).fleet()
        reader = ArmAccounts(azure.session)

        read = await asyncio.gather(*(reader.profiles(account) for account in fleet.accounts))
        assert read == [()] * 40


async def test_a_subscription_that_may_not_be_read_names_the_missing_role(tmp_path: Path) -> None:
    async with stand_in(scenario_named("healthy"), tmp_path) as azure:
        account = await listed(azure, "alpha")
        azure.breaks(
            f"^GET /subscriptions/{account.subscription_id}",
            status=403,
            body='{"error": {"code": "AuthorizationFailed", "message": "The client x does not have authorization"}}',
        )
        reader = ArmAccounts(azure.session)
        missing = f"The Reader role is missing on subscription {account.subscription_id} (403 AuthorizationFailed)"
        reason = f"{missing}: give it to the identity that Countersign runs as."

        assert await reader.profiles(account) == Blind(About.PROFILES, account.id, reason)
        assert await reader.account(account) == Blind(About.ACCOUNTS, account.id, reason)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"body": "{not json"}, "Azure's answer was cut short or could not be understood."),
        ({"body": "[]"}, "Azure's answer was cut short or could not be understood."),
        ({"body": "{}"}, "Azure's answer was cut short or could not be understood."),
        ({"body": '{"value": ["x"]}'}, "Azure's answer was cut short or could not be understood."),
        ({"body": '{"value": [{"properties": {}}]}'}, "Azure's answer was cut short or could not be understood."),
        (
            {"body": '{"value": [], "nextLink": "https://elsewhere.example/"}'},
            "Azure's answer was cut short or could not be understood.",
        ),
        ({"truncate": True}, "Azure's answer was cut short or could not be understood."),
        ({"hang": True}, "Azure did not answer in time."),
        ({"status": 503}, "Azure is having trouble of its own (503 Sandbox503)."),
        ({"status": 401}, "Azure did not accept the sign-in (401 Sandbox401)."),
    ],
)
async def test_what_cannot_be_read_is_blind_within_the_timeout(
    tmp_path: Path, fault: dict[str, object], reason: str
) -> None:
    async with stand_in(scenario_named("healthy"), tmp_path, IMPATIENT) as azure:
        account = await listed(azure, "alpha")
        azure.breaks("certificateProfiles", **fault)
        async with asyncio.timeout(3):
            read = await ArmAccounts(azure.session).profiles(account)

        assert read == Blind(About.PROFILES, account.id, reason)


async def test_a_profile_just_made_and_values_never_heard_of_are_data(tmp_path: Path) -> None:
    body = """{"value": [
        {"name": "new", "systemData": {"createdAt": "2026-11-20T09:06:59.8955589Z"}, "properties":
            {"identityValidationId": "ABC", "profileType": "PublicTrust", "provisioningState": "Accepted"}},
        {"name": "odd", "properties": {"profileType": "Quantum", "status": "Dreaming", "certificates": [
            {"serialNumber": "1", "thumbprint": "2", "createdDate": "2026-11-19T08:00:00Z", "status": "Active",
             "expiryDate": "11/22/2026 8:00:00 AM", "revocation": {"status": "Failed", "failureReason": "x"}}]}}]}"""
    async with stand_in(scenario_named("healthy"), tmp_path) as azure:
        account = await listed(azure, "alpha")
        azure.breaks("certificateProfiles", body=body)
        read = await ArmAccounts(azure.session).profiles(account)

        assert not isinstance(read, Blind)
        new, odd = read
        assert (new.status, new.provisioning_state, new.certificates) == ("", "Accepted", ())
        assert (new.identity_validation_id, new.created) == ("abc", datetime(2026, 11, 20, 9, 6, 59, 895558, UTC))
        assert (odd.profile_type, odd.status) == ("Quantum", "Dreaming")
        assert odd.certificates[0].lifetime == timedelta(hours=72)
        assert odd.certificates[0].revocation_status == "Failed"


async def test_an_account_is_as_it_is_now(tmp_path: Path) -> None:
    async with stand_in(scenario_named("contoso"), tmp_path) as azure:
        known = await listed(azure, "fabrikam-app")
        stale = replace(known, sku="Basic", tags={}, created=None, provisioning_state="")

        assert await ArmAccounts(azure.session).account(stale) == known


async def test_only_azures_own_word_makes_an_account_gone(tmp_path: Path) -> None:
    async with stand_in(scenario_named("healthy"), tmp_path) as azure:
        account = await listed(azure, "alpha")
        reader = ArmAccounts(azure.session)
        gone = replace(account, id=account.id.replace("alpha", "omega"), name="omega")
        elsewhere = replace(account, subscription_id="11111111-2222-3333-4444-555555555555")
        elsewhere = replace(elsewhere, id=account.id.replace(account.subscription_id, elsewhere.subscription_id))

        assert await reader.account(gone) is None
        lost = await reader.account(elsewhere)
        assert isinstance(lost, Blind)
        assert lost.scope == subscription_scope(elsewhere.subscription_id)
        azure.breaks("codeSigningAccounts", status=404, body="<html>a proxy's word</html>")
        assert isinstance(await reader.account(account), Blind)


@pytest.mark.parametrize("body", ["[]", '"x"', "{}", '{"id": "/other", "name": "a", "location": "b"}'])
async def test_another_body_than_the_accounts_own_is_blind(tmp_path: Path, body: str) -> None:
    async with stand_in(scenario_named("healthy"), tmp_path) as azure:
        account = await listed(azure, "alpha")
        azure.breaks("codeSigningAccounts/alpha", body=body)

        assert isinstance(await ArmAccounts(azure.session).account(account), Blind)
