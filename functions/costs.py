"""Doors of the bill: a timer plans, a queue reads one scope."""

import logging
from datetime import UTC, datetime

import azure.functions as func

_log = logging.getLogger(__name__)
bp = func.Blueprint()

QUEUE = "countersign-bill"


@bp.timer_trigger(arg_name="timer", schedule="%COSTS_SCHEDULE%")
async def costs(timer: func.TimerRequest) -> None:
    """Plan which bills are read."""
    from shared.wiring import house

    scopes = await house().costs.plan(datetime.now(UTC))
    _log.info("bills of %d scopes are to be read", len(scopes))


@bp.queue_trigger(arg_name="message", queue_name=QUEUE, connection="AzureWebJobsStorage")
async def bill(message: func.QueueMessage) -> None:
    """Read the bill of one scope."""
    from functions.poison import read_or_poison
    from shared.wiring import house

    home = house()
    reading = await read_or_poison(home, QUEUE, message, home.messages.read_bill)
    if reading is not None:
        await home.costs.read(reading, datetime.now(UTC))
