"""countersign routes, channels and undelivered: who hears what, whether it arrives, and what did not."""

import argparse
from collections.abc import Iterator, Mapping
from typing import Any

from shared.cli.asking import at
from shared.cli.refusal import Refusal
from shared.domain.words import count

MOST_WORDS = 300  # Of what one part says, in a list.


def add(commands: Any, remote_options: argparse.ArgumentParser) -> None:
    """The commands and their options."""
    routes = commands.add_parser("routes", help="who hears what").add_subparsers(dest="does", required=True)
    test = routes.add_parser("test", parents=[remote_options], help="who would hear of a problem, and why")
    test.add_argument("account", help="the name of an account")
    test.add_argument("rule", help="the name of a rule, like validation-expiring (docs/rules)")
    test.add_argument("severity", help="critical, warning or info")
    test.add_argument("--subscription", default="", help="name or id, where several have an account of that name")
    test.set_defaults(run=_routes)

    channels = commands.add_parser("channels", help="whether messages arrive").add_subparsers(
        dest="does", required=True
    )
    shown = channels.add_parser("list", parents=[remote_options], help="every receiver that is set up")
    shown.set_defaults(run=_channels)
    tried = channels.add_parser(
        "test", parents=[remote_options], help="send a test message the way of every alert; here, where no --url is"
    )
    tried.add_argument("name", help="like teams, teams:games or mail:ana@contoso.example")
    tried.set_defaults(run=_test)

    lost = commands.add_parser("undelivered", help="what could not be delivered").add_subparsers(
        dest="does", required=True
    )
    listed = lost.add_parser("list", parents=[remote_options], help="what was given up, why, and what it said")
    listed.add_argument("receiver", nargs="?", default="", help="only of this one")
    listed.add_argument("--all", action="store_true", help="what was replayed, too")
    listed.set_defaults(run=_undelivered)
    again = lost.add_parser("replay", parents=[remote_options], help="tell it again, but for what is overtaken by now")
    again.add_argument("receiver", help="whose")
    again.add_argument("batch", nargs="?", default="", help="the beginning of its id; everything where it is left out")
    again.set_defaults(run=_replay)


async def _routes(options: argparse.Namespace) -> int:
    """Also without a running Countersign: then with the settings of this environment, and by your own rights."""
    wanted = {name: getattr(options, name) for name in ("account", "rule", "severity", "subscription")}
    if options.url:
        async with at(options) as home:
            found = (await home.ask("GET", "routes", "test", params=wanted)).body["routes"]
    else:
        found = [one async for one in _own_routes(options)]
    for one in found:
        print(f"{options.rule} ({options.severity}) of {options.account} in {one['subscription']}")
        print("\n".join(f"  {line}" for line in one["lines"]))
        print(f"  Heard by: {', '.join(one['receivers']) or 'nobody'}")
    return 0


async def _own_routes(options: argparse.Namespace) -> Any:
    from dataclasses import asdict

    from shared.cli.own_look import own_look
    from shared.patterns import SEVERITIES

    if options.severity.lower() not in SEVERITIES:
        raise Refusal(f"severity: must be one of {', '.join(SEVERITIES)}", code=2)
    async with own_look(options.environment) as looked:
        looked.complain()
        severity, now = SEVERITIES[options.severity.lower()], looked.clock.now()
        found = await looked.home.known.routed(options.account, options.subscription, options.rule, severity, now)
        if not found:
            raise Refusal(f"No signing account called {options.account} has been seen.")
        for one in found:
            yield asdict(one)


async def _channels(options: argparse.Namespace) -> int:
    async with at(options) as home:
        found = (await home.ask("GET", "receivers")).body["receivers"]
    for one in found:
        print(f"{one['name']:<28} {one['refuses'] or 'takes messages, or has not been asked yet'}")
    if not found:
        print("No receiver is set up: nobody is told.")
    return 1 if not found or any(one["refuses"] for one in found) else 0


async def _test(options: argparse.Namespace) -> int:
    found = await tried(options)
    print(came_of(options.name, found))
    return 0 if found["fate"] == "taken" else 1


def came_of(name: str, found: Mapping[str, Any]) -> str:
    """teams: refused: it answered 403."""
    return f"{name}: {found['fate']}{f': {found["why"]}' if found['why'] else ''}"


async def tried(options: argparse.Namespace) -> Mapping[str, Any]:
    """What became of a test message: by a Countersign that runs, or by the settings of this environment."""
    if options.url:
        async with at(options) as home:
            body: Mapping[str, Any] = (await home.ask("POST", "receivers", options.name, "test", body={})).body
            return body
    from dataclasses import asdict

    from shared.cli.trying_here import try_here

    return asdict(await try_here(options.environment, options.name.lower()))


async def _undelivered(options: argparse.Namespace) -> int:
    params = {"receiver": options.receiver, "everything": str(options.all).lower()}
    async with at(options) as home:
        found = (await home.ask("GET", "undelivered", params=params)).body["undelivered"]
    for one in found:
        again = f", replayed {one['replayed'][:16]}" if one["replayed"] else ""
        problems = count(one["problems"], "problem")
        print(f"{one['given_up'][:16]}  {one['receiver']}  {one['id'][:8]}  {problems}: {one['why']}{again}")
        for line in _said(one):
            print(f"    {line}")
    print(f"{count(len(found), 'message')} undelivered." if found else "Everything was delivered.")
    return 1 if found else 0


def _said(one: Mapping[str, Any]) -> Iterator[str]:
    for part in one["parts"]:
        text = part if isinstance(part, str) else _summary(part)
        yield text[:MOST_WORDS]


def _summary(part: Any) -> str:
    """The first text that a person would read in it."""
    if isinstance(part, dict):
        for name in ("summary", "title", "subject", "text"):
            if isinstance(part.get(name), str) and part[name]:
                return str(part[name])
        return next((text for value in part.values() if (text := _summary(value))), "")
    return next((text for value in part if (text := _summary(value))), "") if isinstance(part, list) else ""


async def _replay(options: argparse.Namespace) -> int:
    async with at(options) as home:
        reply = await home.ask(
            "POST", "undelivered", options.receiver, "replay", params={"batch": options.batch}, body={}
        )
    again, overtaken = reply.body["again"], reply.body["overtaken"]
    print(f"{count(again, 'problem')} told again; {count(overtaken, 'was', 'were')} overtaken by later news.")
    return 0 if again or overtaken else 1
