"""A test message by the settings of this environment, with nothing deployed and nothing kept."""

from collections.abc import Mapping

from shared import config
from shared.cli.refusal import Refusal
from shared.clock import SystemClock
from shared.flows.deliver import Deliver
from shared.flows.fallback import Fallback
from shared.flows.trying import Tried, Trying
from shared.store.looks import TableLooks
from shared.store.messages import QueuedMessages
from shared.store.outbox import TableOutbox
from shared.store.tickets import TableTickets
from shared.wired_channels import WiredChannels
from shared.wiring import in_memory_storage


async def try_here(environment: Mapping[str, str], receiver: str) -> Tried:
    """Raises Refusal for wrong settings: then nothing is sent."""
    settings, mistakes = config.read(environment)
    if mistakes:
        raise Refusal(*(mistake.sentence for mistake in mistakes), code=2)
    clock, storage = SystemClock(), in_memory_storage()
    outbox, messages = TableOutbox(storage.outbox), QueuedMessages(storage.queues, storage.blobs)
    channels = WiredChannels(settings, clock, TableTickets(storage.outbox), TableLooks(storage.looks))
    try:
        deliver = Deliver(channels, outbox, messages, clock, Fallback(outbox, messages, settings.routes))
        return await Trying(channels, outbox, deliver, settings.routes).run(receiver, "you", clock.now())
    finally:
        await channels.close()
