"""Door of retiring: a timer takes one careful step for every account on its way out."""

from datetime import UTC, datetime

import azure.functions as func

bp = func.Blueprint()


@bp.timer_trigger(arg_name="timer", schedule="20 */10 * * * *")
async def retire(timer: func.TimerRequest) -> None:
    """What is seen is written down first; what is deleted was read anew."""
    from shared.wiring import house

    await house().retire.run(datetime.now(UTC))
