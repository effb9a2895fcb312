"""Silences: one partition for all subscriptions, a row each."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.domain.silence import Silence
from shared.ports.errors import Conflict
from shared.store.keys import key
from shared.store.rows import Delete, Insert, Merge, Row, Rows
from shared.store.schema import Codec, newer

SILENCE = Codec[Silence](Silence)
SILENCES = key("silences")
KEPT_FOR = timedelta(days=30)  # Behind its end, so that people can see who held back what.


@dataclass(frozen=True, slots=True)
class TableSilences:
    """Over the table of looks. One that only a newer release can read holds nothing back: rather told than lost."""

    rows: Rows

    async def active(self, now: datetime) -> Sequence[Silence]:
        """By their end."""
        found = SILENCE.all_readable(await self.rows.query(SILENCES))
        return sorted((silence for silence in found if silence.ends > now), key=lambda silence: silence.ends)

    async def add(self, silence: Silence) -> None:
        """Old ones go as new ones come."""
        await self._forget(silence.made)
        await self.rows.transact(SILENCES, [Insert(Row(key(silence.id), SILENCE.values(silence)))])

    async def end(self, silence_id: str, now: datetime) -> Silence | None:
        """It never began where it was to begin later."""
        row = await self.rows.get(SILENCES, key(silence_id))
        known = SILENCE.readable(row) if row and not newer(row) else None
        if row is None or known is None or known.ends <= now:
            return None
        ended = replace(known, ends=now, starts=min(known.starts, now))
        await self.rows.transact(SILENCES, [Merge(Row(row.key, SILENCE.values(ended), row.etag))])
        return ended

    async def _forget(self, now: datetime) -> None:
        for row in await self.rows.query(SILENCES):
            known = SILENCE.readable(row)
            if known and not newer(row) and known.ends < now - KEPT_FOR:
                try:
                    await self.rows.transact(SILENCES, [Delete(row.key, row.etag)])
                except Conflict:
                    continue
