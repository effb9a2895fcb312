"""countersign explain: everything about one account, and why who was told what."""

import argparse
from collections.abc import Sequence
from typing import Any

from shared.cli.refusal import Refusal
from shared.cli.running import URL
from shared.domain.explanation import Explanation
from shared.reports.explanation import EXPLANATIONS, explained

ALONE = f"Asked with your own credentials: what a running Countersign was told and has said is known there ({URL})."


def add(commands: Any, remote_options: argparse.ArgumentParser) -> None:
    """The command and its options."""
    command = commands.add_parser(
        "explain", parents=[remote_options], help="everything about one account: what is seen, every rule, who was told"
    )
    command.add_argument("account", help="its name, or its resource id")
    command.add_argument("--subscription", default="", help="name or id, where several have an account of that name")
    command.set_defaults(run=_run)


async def _run(options: argparse.Namespace) -> int:
    found, code = (await _there(options), 0) if options.url else await _here(options)
    if not found:
        raise Refusal(f"No signing account called {options.account} has been seen.")
    for one in found:
        print("\n".join(explained(one)))
    if not options.url:
        print(f"\n{ALONE}")
    return code


async def _there(options: argparse.Namespace) -> Sequence[Explanation]:
    from shared.cli.remote import remote

    name = options.account.rsplit("/", 1)[-1]
    async with remote(options.url, options.audience) as home:
        params = {"subscription": options.subscription}
        reply = await home.ask("GET", "accounts", name, "explanation", params=params)
    found = EXPLANATIONS.validate_python(reply.body)
    return [one for one in found if options.account.lower() in (name.lower(), one.account.id)]


async def _here(options: argparse.Namespace) -> tuple[Sequence[Explanation], int]:
    from shared.cli.own_look import own_look

    async with own_look(options.environment) as looked:
        code = looked.complain()
        return await looked.home.known.explain(options.account, options.subscription, looked.clock.now()), code
