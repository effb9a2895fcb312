"""What pages read, and what was."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Protocol

from shared.domain.survey import News, Remembered
from shared.domain.view import SubscriptionView


class Views(Protocol):
    """Compact views that pages read, and the history of what was read."""

    async def publish(self, view: SubscriptionView) -> None:
        """Replace the view of one subscription."""
        ...

    async def read(self, subscription_id: str) -> SubscriptionView | None:
        """The view of one subscription."""
        ...

    async def remember(self, subscription_id: str, now: datetime, news: News) -> None:
        """Append what changed to the day's history of one subscription."""
        ...

    async def remembered(self, subscription_id: str, day: date) -> Sequence[Remembered]:
        """What was appended on one day, in order."""
        ...
