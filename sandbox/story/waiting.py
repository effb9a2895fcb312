"""Wait for what other processes do: they give no sign, so they are asked again and again."""

import asyncio
import time
from collections.abc import Awaitable, Callable

LONGEST_SECONDS = 120
PAUSE_SECONDS = 0.05


class TooLong(RuntimeError):
    """Something that was to happen did not."""


async def until[T](look: Callable[[], Awaitable[T]], what: str) -> T:
    """The first truthy answer. Raises TooLong, which says what did not happen."""
    end = time.monotonic() + LONGEST_SECONDS
    while time.monotonic() < end:
        if found := await look():
            return found
        await asyncio.sleep(PAUSE_SECONDS)
    raise TooLong(f"{what} within {LONGEST_SECONDS} s: see the log of sandbox.host.")
