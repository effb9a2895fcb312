"""What is kept of looks."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from shared.domain.look import Look, ShardEnd
from shared.domain.subscription import Subscription


class Looks(Protocol):
    """Looks and their ends. `begin` and `end` are insert-only; `close` answers whether it was us who closed it."""

    async def begin(self, look: Look) -> None: ...

    async def end(self, look_id: str, end: ShardEnd) -> None: ...

    async def get(self, look_id: str) -> Look | None: ...

    async def ends(self, look_id: str) -> Sequence[ShardEnd]: ...

    async def close(self, look: Look) -> bool: ...

    async def recent(self, count: int) -> Sequence[Look]:
        """The latest looks, newest first."""
        ...

    async def since(self, at: datetime) -> Sequence[Look]:
        """Every look that began at this time or later, oldest first."""
        ...

    async def known(self) -> Mapping[str, Subscription]:
        """Every subscription that was ever seen, by id."""
        ...

    async def learn(self, subscriptions: Sequence[Subscription]) -> None:
        """Remember subscriptions as they were seen last."""
        ...
