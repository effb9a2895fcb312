"""python -m sandbox.story run | serve | look: the whole of Countersign on this machine, without Azure."""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from sandbox.authority import authority_in, make_authority
from sandbox.azure.scenario.loading import ScenarioMistake
from sandbox.azurite import AzuriteError
from sandbox.stage import PROJECT, StageError
from sandbox.story.one_more import look
from sandbox.story.run import run
from sandbox.story.serve import serve
from sandbox.story.settings import WrongSettings, laptop_settings
from sandbox.story.waiting import TooLong

CONTOSO = PROJECT / "sandbox" / "scenarios" / "contoso.yaml"
INTERRUPTED = 130


def main() -> int:
    """0 when all went well, 1 when something did not, 2 for wrong settings, 130 after Ctrl-C."""
    options = _parser().parse_args()
    _trust(options.out.resolve() / ("serve" if options.command == "look" else options.command) / "authority")
    try:
        if options.command == "look":
            return asyncio.run(look(options.out))
        settings = laptop_settings(PROJECT)
        does = run if options.command == "run" else serve
        return asyncio.run(_until_told(does(options.scenario, settings, options.out)))
    except WrongSettings as wrong:
        print("\n".join(wrong.sentences), file=sys.stderr)
        return 2
    except (AzuriteError, StageError, ScenarioMistake, TooLong) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped; everything that was started has ended.", file=sys.stderr)
        return INTERRUPTED


def _trust(folder: Path) -> None:
    """Begin again with the sandbox's own authority trusted: the environment is read once, when libraries load."""
    trusted = str(authority_in(folder).trusted)
    if os.environ.get("SSL_CERT_FILE") != trusted:
        if "look" not in sys.argv:
            make_authority(folder)
        environment = {**os.environ, "SSL_CERT_FILE": trusted}
        os.execve(sys.executable, [sys.executable, "-m", "sandbox.story", *sys.argv[1:]], environment)  # noqa: S606


async def _until_told(story: Coroutine[Any, Any, int]) -> int:
    """SIGTERM ends it as Ctrl-C does: what was started is ended first."""
    task = asyncio.ensure_future(story)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        return await task
    except asyncio.CancelledError:
        print("Stopped; everything that was started has ended.", file=sys.stderr)
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox.story", description=__doc__)
    parser.add_argument("command", choices=["run", "serve", "look"])
    parser.add_argument("--scenario", type=Path, default=CONTOSO)
    parser.add_argument("--out", type=Path, default=PROJECT / "out")
    return parser


if __name__ == "__main__":
    sys.exit(main())
