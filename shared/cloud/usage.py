"""Signatures by hour from Azure Monitor: the window in pieces that the grain allows, each account known or blind."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from azure.core.exceptions import HttpResponseError

from shared.cloud.blindness import MONITORING_READER, UNREADABLE, blind
from shared.cloud.grain import GrainRefused, Refusals
from shared.cloud.metric_calls import AccountBatch, MetricCalls, Signatures
from shared.cloud.session import Session
from shared.domain.blind import About, Blind
from shared.domain.subscription import subscription_scope
from shared.domain.usage import Window
from shared.ports.errors import WindowTooLong

_MOST_IDS = 50


class MonitorUsage:
    """Remembers what the service refused, so that it is asked once a process."""

    def __init__(self, session: Session) -> None:
        self._refusals = Refusals()
        self._calls = MetricCalls(session, self._refusals)

    @property
    def longest_window(self) -> timedelta:
        """31 days by the hour; 3 hours once that was refused."""
        return self._refusals.longest_window

    async def signatures(
        self, subscription_id: str, region: str, account_ids: Sequence[str], window: Window
    ) -> Signatures:
        """An account is blind where any piece of the window was. Raises WindowTooLong when hours turn out refused."""
        if len(account_ids) > _MOST_IDS:
            raise ValueError(f"at most {_MOST_IDS} accounts at once")
        batch = AccountBatch(subscription_scope(subscription_id), region, tuple(id_.lower() for id_ in account_ids))
        hours: dict[str, dict[datetime, int]] = {id_: {} for id_ in batch.ids}
        blinds: dict[str, Blind] = {}
        start = window.start.replace(minute=0, second=0, microsecond=0)
        while start < window.end and (left := batch.without(blinds)).ids:
            piece = Window(start, min(window.end, start + self._refusals.grain.longest))
            try:
                answer = await self._piece(left, piece)
            except GrainRefused:
                self._refusals.hours = True
                if window.span > self.longest_window:
                    raise WindowTooLong from None
                continue
            blinds |= {id_: read for id_, read in answer.items() if isinstance(read, Blind)}
            for id_, read in answer.items():
                hours[id_] |= {} if isinstance(read, Blind) else read
            start = piece.end
        return hours | blinds

    async def _piece(self, batch: AccountBatch, piece: Window) -> Signatures:
        try:
            return await self._calls.read(batch, piece)
        except HttpResponseError as error:
            self._refusals.heed(error)
            return _all_blind(batch, error)
        except UNREADABLE as error:
            return _all_blind(batch, error)


def _all_blind(batch: AccountBatch, error: Exception) -> Signatures:
    return {id_: blind(About.USAGE, id_, error, MONITORING_READER) for id_ in batch.ids}
