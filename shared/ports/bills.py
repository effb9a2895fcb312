"""What is kept of bills."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Protocol

from shared.domain.cost import AccountCost, Bill, CostScope


class Bills(Protocol):
    """Bills by scope and month, and the charges of each account with its subscription."""

    async def keep(self, costs: Sequence[AccountCost]) -> None:
        """Put the charges of these accounts and months in place of what was read before. Safe to repeat."""
        ...

    async def record(self, bill: Bill) -> None:
        """A bill was read to its end."""
        ...

    async def of(self, month: date) -> Sequence[Bill]:
        """Every bill that was read of one month."""
        ...

    async def scopes(self) -> Mapping[str, CostScope]:
        """Scopes that were refused or could not be read, by scope."""
        ...

    async def note(self, scope: CostScope) -> None:
        """How it goes with one scope now."""
        ...
