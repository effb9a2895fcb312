"""The one HTTP client: answers that come in pieces, break off, or never come."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from shared.http import AiohttpHttp, Answer, refusal

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@asynccontextmanager
async def saying(*pieces: bytes) -> AsyncIterator[str]:
    """A server that answers with these bytes, one after the other, and then hangs up."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.05)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/secret"


async def asked(*pieces: bytes) -> Answer:
    http = AiohttpHttp()
    try:
        async with saying(*pieces) as url:
            return await http.post(url, b"{}", {})
    finally:
        await http.close()


async def test_an_answer_in_pieces_is_read_whole() -> None:
    body = b'{"ok": true, "x": "' + b"y" * 20_000 + b'"}'
    found = await asked(HEAD + f"Content-Length: {len(body)}\r\n\r\n".encode(), body[:9_000], body[9_000:])
    assert (200, True, body) == (found.status, found.json()["ok"], found.body)


@pytest.mark.parametrize(
    "pieces",
    [
        (HEAD + b"Content-Length: 900\r\n\r\n", b'{"ok": '),
        (HEAD + b"Content-Encoding: gzip\r\nContent-Length: 9\r\n\r\n", b"not gzip!"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"5\r\nabcde\r\n", b"zzz"),
    ],
)
async def test_what_was_taken_is_taken_though_the_answer_breaks_off(pieces: tuple[bytes, ...]) -> None:
    found = await asked(*pieces)
    assert (200, {}, None) == (found.status, found.json(), refusal("X", found))


async def test_whoever_hangs_up_without_an_answer_may_have_taken_it() -> None:
    error = refusal("X", await asked())
    assert error
    assert (False, True) == (error.permanent, error.maybe_taken)
    assert "secret" not in str(error)


async def test_whoever_cannot_be_reached_has_certainly_nothing() -> None:
    http = AiohttpHttp()
    error = refusal("X", await http.post("http://127.0.0.1:9/secret", b"", {}))
    await http.close()
    assert error
    assert (False, False, "X could not be reached: no connection.") == (error.permanent, error.maybe_taken, str(error))
