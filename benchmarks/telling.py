"""What it costs to decide 10,000 problems, and to carry and tell them to one receiver over a storage emulator."""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sandbox.authority import authority_in, make_authority
from sandbox.azurite import azurite
from sandbox.receivers.server import running
from shared import config
from shared.clock import SystemClock
from shared.domain.decision import Deciding, Verdict
from shared.domain.finding import Finding, Severity
from shared.domain.kept import Standing
from shared.domain.matching import Place, Surroundings
from shared.domain.memory import Tell
from shared.domain.rules.book import BOOK
from shared.domain.subscription import Subscription
from shared.domain.usage import month_of
from shared.flows.deliver import Deliver
from shared.flows.fallback import Fallback
from shared.flows.relay import Relay
from shared.ports.shelves import Commit
from shared.store.looks import TableLooks
from shared.store.messages import QueuedMessages
from shared.store.outbox import TableOutbox
from shared.store.shelves import TableShelves
from shared.store.tickets import TableTickets
from shared.wired_channels import WiredChannels
from shared.wiring import Storage, azure_storage

AUTHORITY = "BENCHMARK_AUTHORITY"
FINDINGS, CPU_LIMIT, WALL_LIMIT = 10_000, 2.0, 60.0
OWNER = Subscription("00000000-0000-4000-8000-000000000001", "Games")
ROUTES = [
    {"match": {"account": f"account-{number}*"}, "receivers": "teams", "escalate": {"to": "pagerduty", "after": "1h"}}
    for number in range(100, 120)
]
RECEIVERS = {
    "ALERT__TEAMS_URL": "https://teams.example/x",
    "ALERT__PAGERDUTY_KEY": "0" * 32,
    "ROUTES": json.dumps(ROUTES),
}


def main() -> int:
    """1 where it takes longer than it may. In a process that trusts the emulator from its start."""
    if AUTHORITY not in os.environ:
        with tempfile.TemporaryDirectory() as folder:
            trusting = {**os.environ, **make_authority(Path(folder)).environment, AUTHORITY: folder}
            return subprocess.run([sys.executable, "-m", "benchmarks.telling"], env=trusting, check=False).returncode
    verdict, seconds = decided(datetime.now(UTC))
    print(f"{FINDINGS:,} problems decided for 2 receivers: {seconds:.2f} s of CPU")
    told = asyncio.run(_told())
    return int(seconds > CPU_LIMIT or told > WALL_LIMIT or not verdict.changes)


def decided(now: datetime, settings: dict[str, str] | None = None) -> tuple[Verdict, float]:
    """With twenty routes by the names of accounts; and how long it took."""
    chosen, _ = config.read(settings or RECEIVERS)
    places = {
        f"account-{n}": (Place(f"account-{n}", "westeurope", "Basic", {"team": f"{n % 7}"}),) for n in range(2_000)
    }
    around = Surroundings(OWNER.id, OWNER.name, {}, places)
    deciding = Deciding(BOOK, chosen.policy, chosen.routes, OWNER.id, "1", now, surroundings=around)
    found = _findings()
    began = time.process_time()
    verdict = deciding.decide(found, {}, ())
    return verdict, time.process_time() - began


def _findings() -> Sequence[Finding]:
    return [
        Finding(
            "profile-suspended",
            f"rg/account-{number % 2_000}/profile-{number}",
            Severity.CRITICAL,
            f"Certificate profile account-{number % 2_000}/profile-{number} is suspended",
            "Nothing can be signed with it.",
            "Find Microsoft's mail and answer it.",
            (),
            accounts=(f"account-{number % 2_000}",),
            facts={"Subscription": "Games", "Profile type": "PublicTrust"},
            means="A profile is suspended by the service, or disabled: signing with it is refused.",
        )
        for number in range(FINDINGS)
    ]


async def _told() -> float:
    """Seconds from the commit of memory and intents until everything has arrived."""
    async with azurite(authority_in(Path(os.environ[AUTHORITY]))) as emulator, running() as address:
        webhook = {"ALERT__WEBHOOK_URL": f"{address}/webhook/team"}
        environment = {"AzureWebJobsStorage": emulator.connection_string, **webhook}
        storage = azure_storage(config.read(environment)[0])
        try:
            return await _through(storage, environment)
        finally:
            await storage.close()


async def _through(storage: Storage, environment: dict[str, str]) -> float:
    clock = SystemClock()
    settings, _ = config.read(environment)
    shelves, outbox = TableShelves(storage.subscriptions, storage.looks, clock), TableOutbox(storage.outbox)
    messages, tickets = QueuedMessages(storage.queues, storage.blobs), TableTickets(storage.outbox)
    channels = WiredChannels(settings, clock, tickets, TableLooks(storage.looks))
    relay = Relay(shelves, outbox, messages, timedelta())
    deliver = Deliver(channels, outbox, messages, clock, Fallback(outbox, messages, settings.routes))
    verdict, _ = decided(clock.now(), environment)
    kept = await shelves.read(OWNER, month_of(clock.now()))
    began = time.monotonic()
    await shelves.commit(kept, Commit({}, {}, frozenset(), verdict.changes, Standing()))
    committed = time.monotonic()
    carried = await relay.carry(OWNER.id)
    brought = time.monotonic()
    parts = 0
    while await outbox.waiting("webhook", 1):
        parts += await deliver.run(Tell("webhook"))
    ended = time.monotonic()
    await channels.close()
    print(
        f"{carried:,} problems told in {parts} parts: {ended - began:.1f} s "
        f"(written {committed - began:.1f}, carried {brought - committed:.1f}, delivered {ended - brought:.1f})"
    )
    return ended - began


if __name__ == "__main__":
    sys.exit(main())
