"""The command line: look at your own subscriptions, ask why, and keep the validation list."""

import argparse
import asyncio
import logging
import os
import sys
from collections.abc import Mapping, Sequence

from shared.cli import asking_why, look, retire, silences, telling, tickets, validation_list, what_if
from shared.cli.refusal import Refusal
from shared.cli.running import AUDIENCE, URL


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when all is well, 1 when something could not be read or was refused, 2 for wrong settings or options."""
    options = _parser(os.environ).parse_args(arguments, argparse.Namespace(environment=os.environ))
    # What it says of each credential it tried is for whoever debugs it.
    logging.getLogger("azure").setLevel(logging.CRITICAL)
    try:
        code: int = asyncio.run(options.run(options))
    except Refusal as refusal:
        print("\n".join(refusal.sentences), file=sys.stderr)
        return refusal.code
    except KeyboardInterrupt:
        return 130
    return code


def _parser(environment: Mapping[str, str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="countersign", description="Watch Azure Artifact Signing accounts.")
    commands = parser.add_subparsers(dest="command", required=True)
    remote = argparse.ArgumentParser(add_help=False)
    remote.add_argument("--url", default=environment.get(URL, ""), help=f"where Countersign runs; else {URL}")
    remote.add_argument(
        "--audience",
        default=environment.get(AUDIENCE, ""),
        help=f"for whom your token is asked, like api://CLIENT-ID; else {AUDIENCE}",
    )
    look.add(commands)
    asking_why.add(commands, remote)
    validation_list.add(commands, remote)
    what_if.add(commands)
    telling.add(commands, remote)
    silences.add(commands, remote)
    tickets.add(commands, remote)
    retire.add(commands, remote)
    return parser


if __name__ == "__main__":
    sys.exit(main())
