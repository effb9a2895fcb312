"""Signatures by hour from Azure Monitor: as much at once as the grain allows, each account known or blind."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from azure.core.exceptions import HttpResponseError

from shared.cloud.blindness import MONITORING_READER, UNREADABLE, blind
from shared.cloud.grain import Grain, GrainRefused, Refusals, heed
from shared.cloud.metric_calls import AccountBatch, MetricCalls, Signatures
from shared.cloud.session import Session
from shared.domain.blind import About
from shared.domain.subscription import subscription_scope
from shared.domain.usage import Window, hour_of
from shared.ports.azure import UsageAnswer

_MOST_IDS = 50


class MonitorUsage:
    """Remembers what the service refused, so that it is asked once."""

    def __init__(self, session: Session) -> None:
        self._refusals = Refusals()
        self._calls = MetricCalls(session, self._refusals)

    @property
    def longest_window(self) -> timedelta:
        """31 days by the hour; 3 hours once that was refused."""
        return self._refusals.longest_window

    @property
    def refused(self) -> frozenset[str]:
        """Of `hours` and `batches`."""
        return self._refusals.names

    def remember(self, refused: Iterable[str]) -> None:
        """Names from an older release, or a newer one, do not matter."""
        self._refusals.remember(refused)

    async def signatures(
        self, subscription_id: str, region: str, account_ids: Sequence[str], window: Window
    ) -> UsageAnswer:
        """The beginning of the window, where hours turn out to be refused and minutes are too many for all of it."""
        if len(account_ids) > _MOST_IDS:
            raise ValueError(f"at most {_MOST_IDS} accounts at once")
        batch = AccountBatch(subscription_scope(subscription_id), region, tuple(id_.lower() for id_ in account_ids))
        start, grain = hour_of(window.start), self._refusals.grain
        piece = Window(start, min(window.end, start + grain.longest))
        try:
            return UsageAnswer(piece, await self._piece(batch, piece, grain))
        except GrainRefused:
            self._refusals.hours = True
            return await self.signatures(subscription_id, region, account_ids, piece)

    async def _piece(self, batch: AccountBatch, piece: Window, grain: Grain) -> Signatures:
        """Raises GrainRefused."""
        try:
            return await self._calls.read(batch, piece, grain)
        except HttpResponseError as error:
            heed(error, grain)
            return _all_blind(batch, error)
        except UNREADABLE as error:
            return _all_blind(batch, error)


def _all_blind(batch: AccountBatch, error: Exception) -> Signatures:
    return {id_: blind(About.USAGE, id_, error, MONITORING_READER) for id_ in batch.ids}
