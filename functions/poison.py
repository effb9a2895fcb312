"""A queue message that cannot be read goes to the poison queue at once, is logged once, and stops nothing else."""

import logging
from collections.abc import Awaitable, Callable

import azure.functions as func

from shared.store.messages import Unreadable
from shared.wiring import House

_log = logging.getLogger(__name__)


async def read_or_poison[T](
    home: House, queue: str, message: func.QueueMessage, read: Callable[[str], Awaitable[T]]
) -> T | None:
    """What the message says, or None when it was put aside."""
    body = message.get_body().decode("utf-8", errors="replace")
    try:
        return await read(body)
    except Unreadable as error:
        await home.messages.poison(queue, body)
        _log.error("A message on %s was put on %s-poison: %s", queue, queue, error)
        return None
