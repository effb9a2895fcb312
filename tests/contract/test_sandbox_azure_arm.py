"""ARM's side of the stand-in, driven by the SDK's own client, and its bodies held against those of the service."""

import json
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from sandbox.azure.scenario.story import Scenario
from sandbox.identity import SYSTEM_CLIENT_ID
from tests.contract.sandbox_azure import MANAGEMENT, Stage, changed, named, stage

WIRE = Path(__file__).parents[2].parent / "shared" / "reference" / "wire"
LOCKS = "providers/Microsoft.Authorization/locks?api-version=2020-05-01"


@pytest.fixture
def scenario() -> Scenario:
    return named("contoso")


@pytest.fixture
async def azure(scenario: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    async with stage(scenario, tmp_path, monkeypatch) as started:
        yield started


def _shape(value: Any) -> Any:
    """Names and types, and for texts the kind of text it is."""
    if isinstance(value, dict):
        return {name: _shape(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_shape(each) for each in value[:1]]
    if isinstance(value, str):
        kinds = {
            "us date": r"\d{1,2}/\d{1,2}/\d{4} \d{1,2}:\d\d:\d\d [AP]M",
            "iso date": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z",
            "id": r"/subscriptions/.*",
            "guid": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
            "serial": r"33000[0-9A-F]{33}",
            "thumbprint": r"[0-9A-F]{40}",
            "eku": r"1\.3\.6\.1\.4\.1\.311\.97[.\d]+",
            "address": r"https://(\w{3}\.codesigning\.azure\.net|127\.0\.0\.1:\d+/signing/\w{3})/",
        }
        return next((kind for kind, pattern in kinds.items() if re.fullmatch(pattern, value)), "text")
    return type(value).__name__


def _wire(name: str) -> Any:
    path = WIRE / name
    if not path.is_file():
        pytest.skip(f"{path} is not on this machine: bodies of the service to compare with")
    return json.loads(path.read_text("utf-8"))


async def test_an_account_looks_as_the_service_sends_it(azure: Stage) -> None:
    status, body, headers = await azure.call("GET", azure.account("storefront").id + "?api-version=2025-10-13")
    wire = _wire("account_get.json")
    assert status == 200
    assert _shape({**body, "tags": {}}) == _shape({**wire, "tags": {}})
    assert body["type"] == wire["type"]
    assert body["properties"]["accountUri"].endswith("/signing/neu/")
    assert headers["x-ms-ratelimit-remaining-subscription-reads"] == "249"


@pytest.mark.parametrize(
    ("reference", "account", "profile", "kind"),
    [
        ("profile_get_public.json", "storefront", "release", "PublicTrust"),
        ("profile_get_private.json", "vault", "internal", "PrivateTrust"),
    ],
)
async def test_a_profile_looks_as_the_service_sends_it(
    azure: Stage, reference: str, account: str, profile: str, kind: str
) -> None:
    made = {
        "create": {
            "name": "vault",
            "subscription": "Production",
            "region": "westeurope",
            "created": "-9d",
            "profiles": [{"name": "internal", "type": "PrivateTrust", "validation": "contoso"}],
        }
    }
    async with azure.session.post(f"{azure.origin}/sandbox/happen", json=made) as answer:
        assert answer.status == 204
    path = f"{azure.account(account).id}/certificateProfiles/{profile}?api-version=2025-10-13"
    _, body, _ = await azure.call("GET", path)
    assert body["properties"]["profileType"] == kind
    assert _shape(body) == _shape(_wire(reference))


async def test_the_sdk_lists_accounts_by_subscription_and_group(azure: Stage) -> None:
    async with azure.signing("Production") as client:
        every = [account.name async for account in client.code_signing_accounts.list_by_subscription()]
        group = [account.name async for account in client.code_signing_accounts.list_by_resource_group("rg-fabrikam")]
    assert len(every) == 12
    assert group == ["fabrikam-app", "fabrikam-drivers"]


async def test_paths_are_found_in_any_case(azure: Stage) -> None:
    async with azure.signing("Production") as client:
        found = await client.code_signing_accounts.get("RG-FABRIKAM", "FABRIKAM-APP")
    assert found.name == "fabrikam-app"
    status, _, _ = await azure.call("GET", azure.account("storefront").id.upper() + "?api-version=2025-10-13")
    assert status == 200


async def test_a_lapsed_validation_leaves_active_everywhere(azure: Stage) -> None:
    async with azure.signing("Production") as client:
        pages = client.certificate_profiles.list_by_code_signing_account("RG-Fabrikam", "fabrikam-app")
        (profile,) = [profile async for profile in pages]
    properties = profile["properties"]
    assert properties["status"] == "Active"
    assert [found["status"] for found in properties["certificates"]] == ["Active"] * 3
    assert properties["certificates"][-1]["expiryDate"].startswith("11/18/2026 ")


async def test_a_suspended_profile_says_so_until_it_is_active_again(azure: Stage) -> None:
    async with azure.signing("Games") as client:
        before = await client.certificate_profiles.get("RG-Games", "games-eu", "release")
        azure.put_clock(azure.azure.scenario.start + timedelta(minutes=65))
        after = await client.certificate_profiles.get("RG-Games", "games-eu", "release")
    assert (before["properties"]["status"], after["properties"]["status"]) == ("Suspended", "Active")


async def test_profiles_come_in_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    profiles = [{"name": f"profile-{n}", "validation": "main"} for n in range(5)]
    account = {"name": "many", "subscription": "Main", "region": "eastus", "sku": "Premium", "profiles": profiles}
    scenario = changed("healthy", accounts=[account], azure={"profile_page": 2})
    async with stage(scenario, tmp_path, monkeypatch) as azure, azure.signing("Main") as client:
        group = azure.account("many").group
        found = client.certificate_profiles.list_by_code_signing_account(group, "many")
        assert [profile.name async for profile in found] == [f"profile-{n}" for n in range(5)]
        assert azure.azure.calls.seen()["kinds"]["profile_list"] == 3


async def test_what_cannot_be_read_answers_403_and_what_is_not_there_404(azure: Stage) -> None:
    async with azure.signing("Labs") as client:
        group = azure.account("labs-1").group
        with pytest.raises(ResourceNotFoundError, match="ResourceNotFound"):
            await client.code_signing_accounts.get(group, "nobody")
        azure.put_clock(azure.azure.scenario.start + timedelta(days=3))
        with pytest.raises(HttpResponseError, match="AuthorizationFailed") as refused:
            await client.code_signing_accounts.get(group, "labs-1")
    assert refused.value.status_code == 403


async def test_subscriptions_are_listed_unless_they_cannot_be_read(azure: Stage) -> None:
    async def names() -> list[str]:
        _, body, _ = await azure.call("GET", "/subscriptions?api-version=2022-12-01")
        return [found["displayName"] for found in body["value"]]

    assert await names() == ["Production", "Payments", "Games", "Platform", "Labs"]
    azure.put_clock(azure.azure.scenario.start + timedelta(days=3))
    assert await names() == ["Production", "Payments", "Games", "Platform"]


async def test_a_subscription_tells_its_state_and_whether_the_provider_is_registered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forms = [{"name": "Main", "state": "Warned", "registered": False}]
    scenario = changed("healthy", subscriptions=forms)
    async with stage(scenario, tmp_path, monkeypatch) as azure:
        path = f"/subscriptions/{azure.account('alpha').subscription_id}"
        _, body, _ = await azure.call("GET", f"{path}?api-version=2022-12-01")
        _, provider, _ = await azure.call("GET", f"{path}/providers/Microsoft.CodeSigning?api-version=2022-12-01")
    assert (body["state"], body["tenantId"]) == ("Warned", scenario.tenant.id)
    assert provider["registrationState"] == "NotRegistered"


async def test_a_delete_is_accepted_takes_its_time_and_ends_in_404(azure: Stage) -> None:
    account = azure.account("onboarding-2")
    path = f"{account.id}?api-version=2025-10-13"
    async with azure.signing("Platform") as client:
        poller = await client.code_signing_accounts.begin_delete(account.group, account.name, polling_interval=0.05)
        _, during, _ = await azure.call("GET", path)
        assert not poller.done()
        azure.put_clock(azure.azure.clock.now() + timedelta(seconds=101))
        await poller.result()
        status, _, _ = await azure.call("GET", path)
        again, nothing, _ = await azure.call("DELETE", path)
    assert during["properties"]["provisioningState"] == "Deleting"
    assert (status, again, nothing) == (404, 204, None)


async def test_the_addresses_of_a_delete_are_long_and_new_each_time(azure: Stage) -> None:
    wire = _wire("delete_lro.json")
    path = f"{azure.account('legacy-1').id}?api-version=2025-10-13"
    status, nothing, headers = await azure.call("DELETE", path)
    address = headers["azure-asyncoperation"]
    polled, running, fresh = await azure.call("GET", address.removeprefix(azure.origin))
    azure.put_clock(azure.azure.clock.now() + timedelta(seconds=101))
    ended, over, _ = await azure.call("GET", fresh["location"].removeprefix(azure.origin))
    assert (status, nothing, polled, ended) == (202, None, 202, 200)
    assert len(address) > 3000
    assert fresh["azure-asyncoperation"] != address
    assert "Retry-After" not in headers
    assert set(running) == set(wire[1]["body"])
    assert set(over) == set(wire[2]["body"])
    assert (running["status"], over["status"]) == ("Deleting", "Succeeded")


async def test_a_delete_by_real_time_ignores_the_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = changed("healthy", azure={"deletes_take": "1s", "deletes_by": "real"})
    async with stage(scenario, tmp_path, monkeypatch) as azure, azure.signing("Main") as client:
        account = azure.account("beta")
        poller = await client.code_signing_accounts.begin_delete(account.group, account.name, polling_interval=0.1)
        azure.put_clock(scenario.start + timedelta(hours=1))
        assert azure.account("beta").provisioning == "Deleting"
        await poller.result()
        assert "beta" not in azure.azure.world().accounts


async def test_a_lock_refuses_a_delete_and_is_listed(azure: Stage) -> None:
    account = azure.account("onboarding-2")
    lock = {"lock": {"on": f"Platform/{account.group}", "name": "hands-off", "notes": "ask kim"}}
    async with azure.session.post(f"{azure.origin}/sandbox/happen", json=[lock]) as answer:
        assert answer.status == 204
    async with azure.signing("Platform") as client:
        with pytest.raises(HttpResponseError, match="ScopeLocked") as refused:
            await client.code_signing_accounts.begin_delete(account.group, account.name, polling=False)
    assert refused.value.status_code == 409
    for scope in (account.id, account.id.split("/providers/")[0], f"/subscriptions/{account.subscription_id}"):
        _, body, _ = await azure.call("GET", f"{scope}/{LOCKS}")
        assert [found["name"] for found in body["value"]] == ["hands-off"]
    _, elsewhere, _ = await azure.call("GET", f"{azure.account('labs-1').id}/{LOCKS}")
    assert elsewhere == {"value": []}


async def test_reads_are_throttled_for_each_subscription_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario = changed("contoso", azure={"reads": {"holds": 3, "refill": 0.1}})
    async with stage(scenario, tmp_path, monkeypatch) as azure:
        path = f"{azure.account('labs-1').id}?api-version=2025-10-13"
        answers = [await azure.call("GET", path) for _ in range(4)]
        other, _, _ = await azure.call("GET", f"{azure.account('storefront').id}?api-version=2025-10-13")
        azure.put_clock(azure.azure.clock.now() + timedelta(seconds=10))
        later, _, _ = await azure.call("GET", path)
    assert [status for status, _, _ in answers] == [200, 200, 200, 429]
    assert answers[3][1]["error"]["code"] == "SubscriptionRequestsThrottled"
    assert 1 <= int(answers[3][2]["Retry-After"]) <= 10
    assert answers[2][2]["x-ms-ratelimit-remaining-subscription-reads"] == "0"
    assert (other, later) == (200, 200)


async def test_a_call_without_api_version_or_with_another_is_refused(azure: Stage) -> None:
    path = azure.account("labs-1").id
    missing = await azure.call("GET", path)
    wrong = await azure.call("GET", f"{path}?api-version=2020-01-01")
    nowhere = await azure.call("GET", "/nowhere?api-version=2020-01-01")
    assert (missing[0], missing[1]["error"]["code"]) == (400, "MissingApiVersionParameter")
    assert (wrong[0], wrong[1]["error"]["code"]) == (400, "NoRegisteredProviderFound")
    assert nowhere[0] == 404


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        (None, "AuthenticationFailed"),
        ("Bearer nonsense", "InvalidAuthenticationToken"),
        ("metrics", "InvalidAuthenticationTokenAudience"),
    ],
)
async def test_who_has_no_token_for_arm_gets_401(azure: Stage, authorization: str | None, code: str) -> None:
    made = await azure.headers("https://metrics.monitor.azure.com")
    chosen = {None: {}, "metrics": made}.get(authorization, {"Authorization": authorization or ""})
    async with azure.session.get(f"{azure.origin}/subscriptions?api-version=2022-12-01", headers=chosen) as answer:
        body = await answer.json()
        assert (answer.status, body["error"]["code"]) == (401, code)
        assert answer.headers["WWW-Authenticate"].startswith("Bearer ")


async def test_a_sovereign_cloud_has_an_audience_of_its_own(azure: Stage) -> None:
    assert azure.credential
    for audience in (MANAGEMENT, "https://management.usgovcloudapi.net", azure.origin):
        headers = await azure.headers(audience)
        async with azure.session.get(f"{azure.origin}/subscriptions?api-version=2022-12-01", headers=headers) as answer:
            assert answer.status == 200


async def test_an_identity_may_do_what_its_roles_allow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    identities = [{"client_id": SYSTEM_CLIENT_ID, "name": "watcher", "may": ["read", "metrics", "costs"]}]
    async with stage(changed("healthy", identities=identities), tmp_path, monkeypatch) as azure:
        path = f"{azure.account('alpha').id}?api-version=2025-10-13"
        read, _, _ = await azure.call("GET", path)
        deleted, refused, _ = await azure.call("DELETE", path)
    assert (read, deleted) == (200, 403)
    assert refused["error"]["code"] == "AuthorizationFailed"


async def test_tags_of_groups_are_read_from_arm_and_from_the_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forms = [{"name": "Main", "groups": {"RG-Main": {"cost-centre": "経理部"}}}]
    async with stage(changed("healthy", subscriptions=forms), tmp_path, monkeypatch) as azure:
        scope = azure.account("alpha").id.split("/providers/")[0]
        _, group, _ = await azure.call("GET", f"{scope}?api-version=2022-09-01")
        query = "ResourceContainers | where type =~ 'microsoft.resources/subscriptions/resourcegroups' | project tags"
        _, body, _ = await azure.graph(query)
    assert group["tags"] == {"cost-centre": "経理部"}
    assert body["data"] == [{"tags": group["tags"]}]


@pytest.mark.parametrize(("path", "status"), [("/timestamp", 200), ("/signing/eastus", 200), ("/signing/mars", 404)])
async def test_what_is_only_asked_whether_it_is_there_needs_no_token(azure: Stage, path: str, status: int) -> None:
    async with azure.session.get(azure.origin + path) as answer:
        assert answer.status == status


async def test_a_revoked_certificate_says_so(azure: Stage) -> None:
    async with azure.session.post(f"{azure.origin}/sandbox/happen", json={"revoke": "labs-1/experiments"}) as answer:
        assert answer.status == 204
    path = f"{azure.account('labs-1').id}/certificateProfiles/experiments?api-version=2025-10-13"
    _, body, _ = await azure.call("GET", path)
    *others, newest = body["properties"]["certificates"]
    assert (newest["status"], newest["revocation"]["reason"]) == ("Revoked", "Key compromised")
    assert _shape(newest["revocation"]["requestedAt"]) == "iso date"
    assert all("revocation" not in other for other in others)
