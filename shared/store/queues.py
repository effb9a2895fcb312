"""Queue messages: bodies of text, with a delay, and what does not fit."""

from datetime import timedelta
from typing import Protocol


class Queues(Protocol):
    """All queues of the house by name. A body is text, at most 48 KiB in UTF-8 (64 KiB as it is stored, base64)."""

    async def send(self, queue: str, body: str, delay: timedelta = timedelta()) -> None:
        """Put a message; it becomes visible after `delay`, at most seven days."""
        ...
