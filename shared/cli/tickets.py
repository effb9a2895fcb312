"""countersign tickets: which there are and how they stand, and a ticket opened, commented and closed as a test."""

import argparse
from collections.abc import Mapping
from typing import Any

from shared.cli.asking import at
from shared.cli.refusal import Refusal
from shared.cli.telling import came_of, tried
from shared.desk_settings import DESKS
from shared.domain.words import count


def add(commands: Any, remote_options: argparse.ArgumentParser) -> None:
    """The commands and their options."""
    tickets = commands.add_parser("tickets", help="tickets of problems").add_subparsers(dest="does", required=True)
    listed = tickets.add_parser("list", parents=[remote_options], help="those that are open, as they were last read")
    listed.add_argument("desk", nargs="?", default="", help="only of this one, like github or jira:games")
    listed.add_argument("--all", action="store_true", help="those of problems that are over, too")
    listed.set_defaults(run=_list)
    test = tickets.add_parser(
        "test", parents=[remote_options], help="open, comment and close a test ticket; here, where no --url is"
    )
    test.add_argument("name", help="a ticket desk, like github or jira:games")
    test.set_defaults(run=_test)


async def _list(options: argparse.Namespace) -> int:
    params = {"receiver": options.desk, "everything": str(options.all).lower()}
    async with at(options) as home:
        desks = (await home.ask("GET", "tickets", params=params)).body["desks"]
    for desk in desks:
        when = f"as read {desk['read'][:16].replace('T', ' ')} UTC" if desk["read"] else "never read back yet"
        print(f"{desk['name']}: {count(len(desk['tickets']), 'ticket')}, {when}")
        if desk["trouble"]:
            print(f"  Cannot be read now: {desk['trouble']}")
        for ticket in desk["tickets"]:
            print(_line(ticket))
    if not desks:
        print("No ticket desk is set up.")
    return 1 if any(desk["trouble"] for desk in desks) else 0


def _line(ticket: Mapping[str, Any]) -> str:
    over = ", the problem is over" if ticket["problem_over"] else ""
    return f"  {ticket['standing']}{over}: {ticket['title']}\n    {ticket['url']}".rstrip()


async def _test(options: argparse.Namespace) -> int:
    if options.name.partition(":")[0].lower() not in DESKS:
        raise Refusal(f"{options.name} is no ticket desk; those are {', '.join(DESKS)}.", code=2)
    found = await tried(options)
    if found["fate"] != "taken":
        print(came_of(options.name, found))
        return 1
    print(f"{options.name}: {found['ticket']} was opened, commented on and closed again: {found['url']}")
    return 0
