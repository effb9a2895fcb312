"""The command line: look at your own subscriptions, read only, with nothing deployed and nothing kept."""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from datetime import timedelta

from shared import config
from shared.clock import SystemClock
from shared.domain.view import SubscriptionView
from shared.reports.check import Check, head, lines
from shared.store.in_memory import InMemoryQueues
from shared.store.messages import LOOK_QUEUE
from shared.wiring import House, azure_session, azure_sources, furnish, in_memory_storage


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when everything was read, 1 when a part could not be, 2 for wrong settings."""
    parser = argparse.ArgumentParser(prog="countersign", description="Watch Azure Artifact Signing accounts.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("look", help="check your own subscriptions once, read only, with your az login")
    parser.parse_args(arguments)
    return asyncio.run(_look())


async def _look() -> int:
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
        lonely = not check.accounts and not check.look.partial
        names = [found.name for found in await sources.inventory.subscriptions()] if lonely else []
    return _print(check, names)


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


def _print(check: Check, subscriptions: Sequence[str]) -> int:
    print(head(check))
    print("\n".join(lines(check)))
    if not check.accounts and not check.look.partial:
        seen = f"You may read {', '.join(subscriptions)}" if subscriptions else "You may read no subscription"
        print(f"No signing account was found. {seen}. To see accounts you need the Reader role on their subscription,")
        print(
            "and Monitoring Reader for their signatures; the provider Microsoft.CodeSigning must be registered there."
        )
    return 1 if check.look.partial or not check.accounts else 0


if __name__ == "__main__":
    sys.exit(main())
