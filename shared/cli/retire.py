"""countersign retire: what is planned and why, approving, saying no, and holding everything."""

import argparse
import sys
from typing import Any

from shared.cli.asking import at
from shared.cli.refusal import Refusal
from shared.cli.remote import Remote
from shared.domain.retirement.plan import Planned
from shared.reports.retirement import OVERVIEW, PLANS, asked, explained, listed, planned

WHERE = "retirements"


def add(commands: Any, remote_options: argparse.ArgumentParser) -> None:
    """The commands and their options."""
    retire = commands.add_parser("retire", help="accounts on their way out").add_subparsers(dest="does", required=True)
    for name, run, words in (
        ("list", _list, "every account with a failed validation, and where it stands"),
        ("plan", _plan, "what would happen next, and why not"),
        ("resume", _resume, "let retirements go on"),
    ):
        retire.add_parser(name, parents=[remote_options], help=words).set_defaults(run=run)
    one = argparse.ArgumentParser(add_help=False, parents=[remote_options])
    one.add_argument("account", help="its name")
    one.add_argument("--subscription", default="", help="name or id, where several have an account of that name")
    retire.add_parser("explain", parents=[one], help="every condition, and every step so far").set_defaults(
        run=_explain
    )
    approved = retire.add_parser("approve", parents=[one], help="you want it deleted")
    approved.add_argument("--evidence", default="", help="what you have seen, as explain shows it; else you are asked")
    approved.set_defaults(run=_approve)
    excused = retire.add_parser("excuse", parents=[one], help="no: it stays")
    excused.add_argument("--why", default="", help="whoever wonders reads it")
    excused.add_argument("--undo", action="store_true", help="take the no back")
    excused.set_defaults(run=_excuse)
    seen = retire.add_parser("seen", parents=[one], help="you have read the notice: the time to say no begins")
    seen.set_defaults(run=_seen)
    halted = retire.add_parser("halt", parents=[remote_options], help="hold every retirement")
    halted.add_argument("--why", default="", help="whoever wonders reads it")
    halted.set_defaults(run=_halt)


async def _list(options: argparse.Namespace) -> int:
    async with at(options) as home:
        print("\n".join(listed(OVERVIEW.validate_python((await home.ask("GET", WHERE)).body))))
    return 0


async def _plan(options: argparse.Namespace) -> int:
    async with at(options) as home:
        print("\n".join(planned(OVERVIEW.validate_python((await home.ask("GET", WHERE)).body))))
    return 0


async def _explain(options: argparse.Namespace) -> int:
    async with at(options) as home:
        print("\n\n".join("\n".join(explained(one)) for one in await _known(home, options)))
    return 0


async def _approve(options: argparse.Namespace) -> int:
    async with at(options) as home:
        evidence = options.evidence or _asked(await _known(home, options))
        body = {"evidence": evidence, "subscription": options.subscription}
        print(await _answer(home, "POST", options.account, "approval", body=body))
    return 0


async def _excuse(options: argparse.Namespace) -> int:
    async with at(options) as home:
        if options.undo:
            params = {"subscription": options.subscription}
            print(await _answer(home, "DELETE", options.account, "excuse", params=params))
        else:
            body = {"why": options.why, "subscription": options.subscription}
            print(await _answer(home, "POST", options.account, "excuse", body=body))
    return 0


async def _seen(options: argparse.Namespace) -> int:
    async with at(options) as home:
        print(await _answer(home, "POST", options.account, "seen", body={"subscription": options.subscription}))
    return 0


async def _halt(options: argparse.Namespace) -> int:
    async with at(options) as home:
        await home.ask("POST", WHERE, "halt", wants=(201,), body={"why": options.why})
    print("Every retirement is held, until: countersign retire resume")
    return 0


async def _resume(options: argparse.Namespace) -> int:
    async with at(options) as home:
        await home.ask("DELETE", WHERE, "halt", wants=(204,))
    print("Retirements go on.")
    return 0


async def _known(home: Remote, options: argparse.Namespace) -> list[Planned]:
    params = {"subscription": options.subscription}
    return PLANS.validate_python((await home.ask("GET", WHERE, "accounts", options.account, params=params)).body)


async def _answer(home: Remote, method: str, account: str, part: str, **more: Any) -> str:
    reply = await home.ask(method, WHERE, "accounts", account, part, **more)
    [one] = PLANS.validate_python([reply.body])
    return f"{one.account}: {one.walk.stage}; {one.next}"


def _asked(found: list[Planned]) -> str:
    """The evidence of the one account, after somebody has read it and typed its name. Raises Refusal."""
    if len(found) != 1:
        raise Refusal(f"There are {len(found)} accounts of that name: give --subscription.", code=2)
    print("\n".join(asked(found[0])))
    if not sys.stdin.isatty():
        raise Refusal(f"Nothing was approved. Whoever has read this: --evidence {found[0].evidence}", code=2)
    if input(f"Type {found[0].account} to approve its deletion: ").strip() != found[0].account:
        raise Refusal("Nothing was approved.")
    return found[0].evidence
