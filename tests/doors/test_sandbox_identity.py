"""The managed identity endpoint: to whom it gives tokens, and what they say."""

from collections.abc import Mapping

import pytest
from aiohttp import ClientSession

from sandbox.identity import Claims, TokenError, issue, read_token
from tests.doors.conftest import TENANT

pytestmark = pytest.mark.asyncio(loop_scope="session")

ASKED = {"api-version": "2019-08-01", "resource": "https://storage.azure.com"}


async def ask(identity: Mapping[str, str], query: Mapping[str, str], secret: str | None = None) -> tuple[int, str]:
    headers = {"X-IDENTITY-HEADER": identity["IDENTITY_HEADER"] if secret is None else secret}
    async with (
        ClientSession() as client,
        client.get(identity["IDENTITY_ENDPOINT"], params=query, headers=headers) as response,
    ):
        return response.status, (await response.json()).get("access_token", "")


async def test_a_token_says_for_whom_and_for_what(identity: Mapping[str, str]) -> None:
    client_id = "11111111-2222-4333-8444-555555555555"
    status, token = await ask(identity, ASKED | {"client_id": client_id})
    claims = read_token(f"Bearer {token}")
    assert status == 200
    assert (claims.audience, claims.tenant_id, claims.client_id) == (ASKED["resource"], TENANT, client_id)


@pytest.mark.parametrize(
    ("query", "secret", "status"),
    [(ASKED, "wrong", 401), ({"api-version": "2019-08-01"}, None, 400), ({"resource": "r"}, None, 400)],
)
async def test_others_get_none(
    identity: Mapping[str, str], query: Mapping[str, str], secret: str | None, status: int
) -> None:
    assert await ask(identity, query, secret) == (status, "")


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer a.b.c", "Basic " + issue("t", "r"), "Bearer e30.e30.e30"])
async def test_what_is_no_token_is_refused(header: str) -> None:
    with pytest.raises(TokenError):
        read_token(header)


async def test_identities_differ() -> None:
    one, two = (read_token(f"Bearer {issue('t', 'r', client)}") for client in ("one", "two"))
    assert isinstance(one, Claims)
    assert one.object_id != two.object_id
