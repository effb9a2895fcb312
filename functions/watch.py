"""Doors of the watch: a timer plans a look, a queue looks at one subscription, a timer closes what is overdue."""

import logging
from datetime import UTC, datetime

import azure.functions as func

_log = logging.getLogger(__name__)
bp = func.Blueprint()

QUEUE = "countersign-look"


@bp.timer_trigger(arg_name="timer", schedule="%WATCH_SCHEDULE%")
async def watch(timer: func.TimerRequest) -> None:
    """Plan a look at every account, and fan it out."""
    from shared.wiring import house

    look = await house().watch.run(datetime.now(UTC))
    _log.info("check %s: %d accounts in %d subscriptions", look.id, look.accounts, len(look.shards))


@bp.queue_trigger(arg_name="message", queue_name=QUEUE, connection="AzureWebJobsStorage")
async def look(message: func.QueueMessage) -> None:
    """Look at one subscription."""
    from functions.poison import read_or_poison
    from shared.wiring import house

    home = house()
    shard = await read_or_poison(home, QUEUE, message, home.messages.read_look)
    if shard is not None:
        await home.look_at.run(shard, datetime.now(UTC))


@bp.timer_trigger(arg_name="timer", schedule="15 */5 * * * *")
async def close_looks(timer: func.TimerRequest) -> None:
    """Close looks that a crash left open, and those that take too long."""
    from shared.wiring import house

    await house().close.overdue(datetime.now(UTC))
