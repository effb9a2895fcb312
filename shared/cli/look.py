"""countersign look: check your own subscriptions once."""

import argparse
from collections.abc import Sequence
from typing import Any

from shared.domain.blind import About, Blind
from shared.domain.subscription import Subscription
from shared.domain.words import moment
from shared.ports.azure import Inventory
from shared.ports.errors import Throttled
from shared.reports.check import head, lines


def add(commands: Any) -> None:
    """The command and its options."""
    command = commands.add_parser("look", help="check your own subscriptions once, read only, with your az login")
    command.set_defaults(run=_run)


async def _run(options: argparse.Namespace) -> int:
    from shared.cli.own_look import SIGN_IN, own_look

    async with own_look(options.environment) as looked:
        check = looked.check
        print("\n".join([*([head(check)] if check.accounts else []), *lines(check)]))
        if not check.accounts:
            print(SIGN_IN if check.look.blind else _nothing_found(await _readable(looked.sources.inventory)))
    return 1 if check.look.partial or not check.accounts else 0


async def _readable(inventory: Inventory) -> Sequence[Subscription] | Blind:
    try:
        return await inventory.subscriptions()
    except Throttled as throttled:
        return Blind(About.ACCOUNTS, "", f"Azure asked to wait until {moment(throttled.until)}.")


def _nothing_found(readable: Sequence[Subscription] | Blind) -> str:
    if isinstance(readable, Blind):
        return f"No signing account was found, and the list of subscriptions could not be read. {readable.reason}"
    seen = ", ".join(subscription.name for subscription in readable) or "no subscription"
    return (
        f"No signing account was found. You may read {seen}. To see accounts you need the Reader role on their\n"
        "subscription, and Monitoring Reader for their signatures; Microsoft.CodeSigning must be registered there."
    )
