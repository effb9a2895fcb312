"""The command line: look at your own subscriptions, read only, with nothing deployed and nothing kept."""

import argparse
import asyncio
import logging
import os
import sys
from collections.abc import Sequence
from datetime import timedelta

from shared import config
from shared.clock import SystemClock
from shared.domain.blind import About, Blind
from shared.domain.subscription import Subscription
from shared.domain.view import SubscriptionView
from shared.domain.words import moment
from shared.ports.azure import Inventory
from shared.ports.errors import Throttled
from shared.reports.check import Check, head, lines
from shared.store.in_memory import InMemoryQueues
from shared.store.messages import LOOK_QUEUE
from shared.wiring import House, azure_session, azure_sources, furnish, in_memory_storage

SIGN_IN = "If you are not signed in to Azure: az login. If Azure was only busy: try again in a minute."


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when everything was read, 1 when a part could not be, 2 for wrong settings."""
    parser = argparse.ArgumentParser(prog="countersign", description="Watch Azure Artifact Signing accounts.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("look", help="check your own subscriptions once, read only, with your az login")
    parser.parse_args(arguments)
    return asyncio.run(_look())


async def _look() -> int:
    # What it says of each credential it tried is for whoever debugs it.
    logging.getLogger("azure").setLevel(logging.CRITICAL)
    settings, mistakes = config.read(os.environ)
    if mistakes:
        print("\n".join(mistake.sentence for mistake in mistakes), file=sys.stderr)
        return 2
    clock, storage, queues = SystemClock(), in_memory_storage(), InMemoryQueues()
    async with azure_session(settings, clock) as session:
        sources = azure_sources(settings, clock, session)
        home = furnish(settings, mistakes, sources, storage.with_queues(queues), clock)
        print("Reading every signing account that you may see. Nothing is changed, nothing is kept.", file=sys.stderr)
        check = await _check(home, queues, clock)
        print("\n".join([*([head(check)] if check.accounts else []), *lines(check)]))
        if not check.accounts:
            print(SIGN_IN if check.look.blind else _nothing_found(await _readable(sources.inventory)))
    return 1 if check.look.partial or not check.accounts else 0


async def _check(home: House, queues: InMemoryQueues, clock: SystemClock) -> Check:
    """One whole look, its messages worked off here."""
    planned = await home.watch.run(clock.now())
    while sent := queues.take(LOOK_QUEUE):
        for message in sent:
            if message.delay > timedelta():
                print(f"Azure asks for patience: going on in {message.delay.seconds} s.", file=sys.stderr)
                await clock.sleep(message.delay)
            await home.look_at.run(await home.messages.read_look(message.body), clock.now())
    closed = await home.looks.get(planned.id) or planned
    found = [await home.views.read(subscription_id) for subscription_id in closed.shards]
    return Check(closed, tuple(view for view in found if isinstance(view, SubscriptionView)))


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


if __name__ == "__main__":
    sys.exit(main())
