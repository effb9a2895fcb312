"""When a server is to end: at a signal, or when its standard input closes."""

import asyncio
import os
import signal
import sys


def end_asked_for(until_stdin_closes: bool) -> asyncio.Event:
    """Is set on SIGTERM, SIGINT, or, where asked, when whoever started this process is gone.

    Make it before the ready line is printed: a signal may come right after that.
    """
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, over.set)
    if until_stdin_closes:
        _watch_stdin(loop, over)
    return over


def _watch_stdin(loop: asyncio.AbstractEventLoop, over: asyncio.Event) -> None:
    def read() -> None:
        if not os.read(sys.stdin.fileno(), 4096):
            loop.remove_reader(sys.stdin.fileno())
            over.set()

    try:
        loop.add_reader(sys.stdin.fileno(), read)
    except PermissionError:  # /dev/null or a file, which ends as soon as it is read.
        over.set()
