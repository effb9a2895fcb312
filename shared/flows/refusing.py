"""Which receivers do not take what they are sent, and which desks cannot be read, and why."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.domain.fleet import UNREAD_TICKETS
from shared.ports.outbox import Outbox
from shared.ports.tickets import Tickets

LONG_UNREAD = timedelta(hours=3)


@dataclass(frozen=True, slots=True)
class Refusing:
    """`desks` are the receivers that are ticket desks."""

    outbox: Outbox
    tickets: Tickets
    desks: tuple[str, ...] = ()

    async def found(self, names: Iterable[str], now: datetime) -> Mapping[str, str]:
        """Those of them that have trouble."""
        whys = {name: await self.why(name, now) for name in names}
        return {name: why for name, why in whys.items() if why}

    async def why(self, name: str, now: datetime) -> str:
        """Of one; "" where all is well."""
        if why := await self.outbox.refusing(name, now):
            return why
        if name not in self.desks:
            return ""
        read = await self.tickets.read_back(name)
        late = read.since is not None and now - read.since > LONG_UNREAD
        return f"{UNREAD_TICKETS} {read.trouble}" if read.trouble and late else ""
