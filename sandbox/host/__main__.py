"""`python -m sandbox.host --app DIR`: serve a Functions app on loopback until told to end."""

import argparse
import asyncio
import json
import logging
import os
import signal
import sys
import threading
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from sandbox.host import runtime
from sandbox.host.clock import Clock, parse_moment
from sandbox.host.server import GRACE_SECONDS, Host
from sandbox.host.settings import SettingsError, read_local_settings

_LAST_RESORT_SECONDS = GRACE_SECONDS + 4


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)-7s %(name)s: %(message)s"
    )
    logging.getLogger("azure").setLevel(logging.WARNING)
    folder = options.app.resolve()
    try:
        for name, value in read_local_settings(folder).items():
            os.environ.setdefault(name, value)
        asyncio.run(_serve(folder, options))
    except runtime.AppError as error:
        if error.__cause__:
            traceback.print_exception(error.__cause__)
        return _sorry(str(error))
    except (SettingsError, OSError) as error:
        return _sorry(str(error))
    return 0


async def _serve(folder: Path, options: argparse.Namespace) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    if options.until_stdin_closes:
        _stop_when_stdin_closes(stop)
    last_resort = asyncio.create_task(_end_for_sure(stop))
    clock = Clock()
    if options.now:
        clock.set(options.now)
    try:
        functions = runtime.index(folder)
        host = Host(folder, functions, os.environ, clock, options.port, options.poll_ms / 1000)
        await host.serve(_tell, stop)
    finally:
        # An app leaves its connections to the end of the process, in Azure as here: nothing to complain of.
        logging.getLogger("asyncio").setLevel(logging.CRITICAL)
        clock.close()
        last_resort.cancel()


def _stop_when_stdin_closes(stop: asyncio.Event) -> None:
    """Whoever started this process holds the other end; when it dies, however it dies, the kernel closes it."""
    loop = asyncio.get_running_loop()

    def watch() -> None:
        while os.read(0, 4096):
            pass
        with suppress(RuntimeError):  # The loop has ended already.
            loop.call_soon_threadsafe(stop.set)

    threading.Thread(target=watch, daemon=True, name="stdin").start()


async def _end_for_sure(stop: asyncio.Event) -> None:
    """A function that never returns would keep its thread, and so the process, for ever."""
    await stop.wait()
    timer = threading.Timer(_LAST_RESORT_SECONDS, os._exit, [1])
    timer.daemon = True
    timer.start()


def _tell(line: Mapping[str, Any]) -> None:
    print(json.dumps(line), flush=True)


def _sorry(sentence: str) -> int:
    print(sentence, file=sys.stderr, flush=True)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox.host", description=__doc__)
    parser.add_argument("--app", type=Path, required=True, metavar="DIR", help="folder with host.json, function_app.py")
    parser.add_argument("--port", type=int, default=0, help="on 127.0.0.1; 0 picks a free one")
    parser.add_argument("--poll-ms", type=int, default=100, help="pause between looks at an empty queue")
    parser.add_argument("--until-stdin-closes", action="store_true", help="end when standard input does")
    parser.add_argument("--now", type=parse_moment, metavar="ISO", help="set the clock of the process")
    return parser


if __name__ == "__main__":
    sys.exit(main())
