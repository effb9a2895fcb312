"""What events made us do lately, known to all instances."""

from collections.abc import Callable
from typing import Protocol

from shared.domain.refresh import Burst


class Bursts(Protocol):
    """One row an account, in its subscription."""

    async def change(self, account_id: str, change: Callable[[Burst], Burst]) -> tuple[Burst, Burst]:
        """What it was and what it is now. `change` is asked again where somebody else was quicker. Raises Conflict."""
        ...
