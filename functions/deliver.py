"""Doors of delivery: a queue tells one receiver, a timer picks up what was left lying."""

from datetime import UTC, datetime

import azure.functions as func

bp = func.Blueprint()

QUEUE = "countersign-tell"


@bp.queue_trigger(arg_name="message", queue_name=QUEUE, connection="AzureWebJobsStorage")
async def tell(message: func.QueueMessage) -> None:
    """Deliver what waits for one receiver, and read back what people did there."""
    from functions.poison import read_or_poison
    from shared.wiring import house

    home = house()
    asked = await read_or_poison(home, QUEUE, message, home.messages.read_tell)
    if asked is not None:
        await home.serving.run(asked)


@bp.timer_trigger(arg_name="timer", schedule="45 * * * * *")
async def sweep(timer: func.TimerRequest) -> None:
    """Carry and deliver what a crash left lying."""
    from shared.wiring import house

    await house().relay.sweep(datetime.now(UTC))
