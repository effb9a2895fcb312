"""HTTP triggers: routes, what arrives, what goes out."""

import pytest
from yarl import URL

from tests.doors.host_driver import SampleHost

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_request_arrives_whole(host: SampleHost) -> None:
    headers = {"X-Thing": "one"}
    async with host.client.put("/items/12/wheel?a=1&a=2&b=%C3%BC", data="a body", headers=headers) as response:
        assert response.status == 207
        assert await response.json() == {
            "method": "PUT",
            "url": f"{host.running.address}/items/12/wheel?a=1&a=2&b=%C3%BC",
            "route": {"id": "12", "part": "wheel"},
            "query": {"a": "1,2", "b": "ü"},
            "header": "one",
            "body": "a body",
        }


async def test_an_optional_parameter_may_be_missing(host: SampleHost) -> None:
    async with host.client.get("/ITEMS/12") as response:
        assert (await response.json())["route"] == {"id": "12", "part": ""}


@pytest.mark.parametrize(("method", "path"), [("GET", "/items/twelve"), ("DELETE", "/items/12")])
async def test_what_no_route_fits_falls_to_the_catch_all(host: SampleHost, method: str, path: str) -> None:
    async with host.client.request(method, path) as response:
        assert await response.text() == path


async def test_several_cookies_and_bytes_survive(host: SampleHost) -> None:
    async with host.client.get("/cookies") as response:
        assert await response.read() == b"\x00\xff"
        assert response.headers["Content-Type"] == "application/octet-stream"
        assert response.headers.getall("Set-Cookie") == [
            "first=1; HttpOnly; Path=/",
            "second=2; Max-Age=60; SameSite=Lax; Secure",
        ]


async def test_an_exception_is_not_shown_to_the_caller(host: SampleHost) -> None:
    async with host.client.get("/boom") as response:
        assert (response.status, await response.text()) == (500, "")


@pytest.mark.parametrize(("path", "seen"), [("/", "/"), ("/a/b", "/a/b"), ("/a%2Fb/%C3%BC", "/a/b/ü")])
async def test_an_asgi_application_gets_every_path(host: SampleHost, path: str, seen: str) -> None:
    async with host.client.get(URL(path, encoded=True)) as response:
        assert await response.text() == seen
        assert response.headers.getall("Set-Cookie") == ["a=1", "b=2"]
