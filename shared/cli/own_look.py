"""One check with your own credentials, read only, with nothing deployed and nothing kept."""

import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from shared import config
from shared.cli.refusal import Refusal
from shared.clock import SystemClock
from shared.domain.view import SubscriptionView
from shared.reports.check import Check, lines, row
from shared.store.in_memory import InMemoryQueues
from shared.store.messages import LOOK_QUEUE
from shared.wiring import House, Sources, azure_session, azure_sources, furnish, in_memory_storage

SIGN_IN = "If you are not signed in to Azure: az login. If Azure was only busy: try again in a minute."


@dataclass(frozen=True, slots=True)
class Looked:
    """What came of it, and the house that still knows all of it."""

    check: Check
    home: House
    sources: Sources
    clock: SystemClock

    def complain(self) -> int:
        """Say what could not be read; what the command ends with."""
        check = self.check
        for line in lines(check):
            if line.startswith((row("NOT READ", ""), row("", "why:"))):
                print(line, file=sys.stderr)
        if not check.accounts:
            print("No signing account was found.", SIGN_IN if check.look.blind else "", file=sys.stderr)
        return 1 if check.look.partial or not check.accounts else 0


@asynccontextmanager
async def own_look(environment: Mapping[str, str]) -> AsyncIterator[Looked]:
    """Raises Refusal for wrong settings."""
    settings, mistakes = config.read(environment)
    if mistakes:
        raise Refusal(*(mistake.sentence for mistake in mistakes), code=2)
    clock, storage, queues = SystemClock(), in_memory_storage(), InMemoryQueues()
    async with azure_session(settings, clock) as session:
        sources = azure_sources(settings, clock, session)
        home = furnish(settings, mistakes, sources, storage.with_queues(queues), clock)
        print("Reading every signing account that you may see. Nothing is changed, nothing is kept.", file=sys.stderr)
        yield Looked(await _check(home, queues, clock), home, sources, clock)


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
