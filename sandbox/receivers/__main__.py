"""python -m sandbox.receivers: stand-ins for all that receive, with a page that shows what arrived."""

import argparse
import asyncio
import json
import os
from datetime import UTC, datetime

from sandbox.azure.ending import end_asked_for
from sandbox.azure.gate.clock import Clock
from sandbox.receivers.mail import mail_server
from sandbox.receivers.received import Book
from sandbox.receivers.server import running

# The name of what is in the environment: a message that is not signed with it is refused with 401.
SECRET = "RECEIVERS_SECRET"  # noqa: S105


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m sandbox.receivers", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: any that is free")
    parser.add_argument("--now", type=datetime.fromisoformat, help="where the clock of ticket desks stands: ISO 8601")
    parser.add_argument("--until-stdin-closes", action="store_true", help="end when standard input closes")
    arguments = parser.parse_args()
    asyncio.run(_serve(arguments, os.environ.get(SECRET, "")))


async def _serve(arguments: argparse.Namespace, secret: str) -> None:
    over, book = end_asked_for(arguments.until_stdin_closes), Book()
    clock = Clock(arguments.now or datetime.now(UTC))
    async with running(arguments.port, secret, book, clock) as address, mail_server(book.write) as mail:
        print(json.dumps({"listening": address, "mail": mail.port}), flush=True)
        await over.wait()


if __name__ == "__main__":
    main()
