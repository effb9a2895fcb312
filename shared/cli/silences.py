"""countersign silences and acknowledge: what is known, and not to be told for a while."""

import argparse
from typing import Any

from shared.cli.asking import at
from shared.cli.refusal import Refusal

PATTERNS = ("severity", "rule", "group", "subscription", "account", "region", "sku")


def add(commands: Any, remote_options: argparse.ArgumentParser) -> None:
    """The commands and their options."""
    silences = commands.add_parser("silences", help="what is held back, by whom, until when").add_subparsers(
        dest="does", required=True
    )
    listed = silences.add_parser("list", parents=[remote_options], help="those that have not ended")
    listed.set_defaults(run=_list)
    added = silences.add_parser("add", parents=[remote_options], help="tell nothing of what matches, for a while")
    for name in PATTERNS:
        added.add_argument(f"--{name}", action="append", default=[], help="a pattern; again for another one")
    added.add_argument("--tag", action="append", default=[], help="NAME=PATTERN")
    added.add_argument("--everything", action="store_true", help="needed where no pattern is given")
    added.add_argument("--hours", type=float, help="how long, from its start")
    added.add_argument("--starts", default=None, help="like 2026-12-24T18:00+01:00; now, where it is left out")
    added.add_argument("--ends", default=None, help="the same, instead of --hours")
    added.add_argument("--reason", required=True, help="why; whoever wonders about the quiet reads it")
    added.set_defaults(run=_add)
    ended = silences.add_parser("end", parents=[remote_options], help="end one now")
    ended.add_argument("id")
    ended.set_defaults(run=_end)
    taken = commands.add_parser(
        "acknowledge",
        parents=[remote_options],
        help="you have a problem in hand: nothing more is told of it until it gets worse or is over",
    )
    taken.add_argument("account", nargs="?", default="", help="the account whose problems they are")
    taken.add_argument("--rule", default="", help="only problems of this rule")
    taken.add_argument("--days", type=int, default=None, help="at most 14, which is also the default")
    taken.add_argument("--reason", default="", help="what you are doing about it")
    taken.set_defaults(run=_acknowledge)


async def _list(options: argparse.Namespace) -> int:
    async with at(options) as home:
        found = (await home.ask("GET", "silences")).body["silences"]
    for one in found:
        print(_line(one))
    if not found:
        print("Nothing is silenced.")
    return 0


async def _add(options: argparse.Namespace) -> int:
    match: dict[str, Any] = {name: getattr(options, name) for name in PATTERNS if getattr(options, name)}
    tags = [tag.partition("=") for tag in options.tag]
    if not all(equals for _, equals, _ in tags):
        raise Refusal("--tag: must be NAME=PATTERN", code=2)
    if tags:
        match["tag"] = {name: pattern for name, _, pattern in tags}
    if bool(match) is options.everything:
        raise Refusal("Say what is to be silenced: --account, --rule or another pattern, or --everything.", code=2)
    times = {name: getattr(options, name) for name in ("hours", "starts", "ends") if getattr(options, name) is not None}
    async with at(options) as home:
        body = {"match": match, "everything": options.everything, "reason": options.reason, **times}
        made = (await home.ask("POST", "silences", wants=(201,), body=body)).body
    print(_line(made))
    return 0


async def _end(options: argparse.Namespace) -> int:
    async with at(options) as home:
        await home.ask("DELETE", "silences", options.id, wants=(204,))
    print("It has ended: what is still true is told now.")
    return 0


async def _acknowledge(options: argparse.Namespace) -> int:
    wanted = {"account": options.account, "rule": options.rule, "reason": options.reason, "days": options.days}
    async with at(options) as home:
        reply = await home.ask("POST", "acknowledgements", wants=(201,), body=wanted)
    for one in reply.body["silences"]:
        print(_line(one))
    return 0


def _line(one: dict[str, Any]) -> str:
    kind = "acknowledged" if one["acknowledges"] else "silenced" if one["active"] else "to be silenced"
    when = f"until {one['ends'][:16]}" if one["active"] else f"from {one['starts'][:16]} until {one['ends'][:16]}"
    why = f": {one['reason']}" if one["reason"] else ""
    return f"{one['id']}  {kind} {when} UTC by {one['author']}{why} ({one['about']})"
