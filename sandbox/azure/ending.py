"""Wait until a server is to end: a signal, or its standard input closing."""

import asyncio
import os
import signal
import sys


async def wait_for_end(until_stdin_closes: bool) -> None:
    """Returns on SIGTERM, SIGINT, or, where asked, when whoever started this process is gone."""
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, over.set)
    if until_stdin_closes:
        await _watch_stdin(over)
    await over.wait()


async def _watch_stdin(over: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()

    def read() -> None:
        if not os.read(sys.stdin.fileno(), 4096):
            loop.remove_reader(sys.stdin.fileno())
            over.set()

    loop.add_reader(sys.stdin.fileno(), read)
