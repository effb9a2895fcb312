"""Costs: plan which bills to read, and read one, page by page, as slowly as the service asks for."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from shared.domain.blind import About, Blind
from shared.domain.cost import (
    AccountCost,
    Bill,
    BillReading,
    CostScope,
    GroupingRefused,
    final,
    month_end,
    month_start,
    totals,
)
from shared.domain.kept import CallKind, Patience
from shared.domain.subscription import in_subscription, subscription_of, subscription_scope
from shared.ports.azure import CostReader
from shared.ports.bills import Bills
from shared.ports.errors import Throttled
from shared.ports.looks import Looks
from shared.ports.messages import Messages
from shared.ports.shelves import Shelves

COSTS = "costs"
"""The partition of what concerns all bills."""

# 60 query units a minute and 600 an hour are all that a tenant has (DOMAIN.md section 6); a scope takes up to three.
APART = timedelta(seconds=5)
FAR_APART = timedelta(seconds=20)
MANY_SCOPES = 150
REFUSED_FOR = timedelta(days=30)
GIVES_UP_AFTER = timedelta(hours=20)  # The next day's reading takes over.
TRIES_AGAIN_IN = timedelta(minutes=15)
MOST_FAILURES = 3


@dataclass(frozen=True, slots=True)
class Costs:
    """`scopes` are lower-case ARM ids, the widest that are set; each subscription that was seen where none is.

    `only`: ids of the subscriptions to be watched; all where empty.
    """

    reader: CostReader
    bills: Bills
    shelves: Shelves
    looks: Looks
    messages: Messages
    scopes: tuple[str, ...] = ()
    only: frozenset[str] = frozenset()

    async def plan(self, now: datetime) -> Sequence[str]:
        """One message a scope, a little apart. Answers the scopes."""
        planned = await self.planned(now)
        await self._send(planned, now)
        return planned

    async def planned(self, now: datetime) -> Sequence[str]:
        """Which bills are read now: the widest that tell whose charges they are."""
        trouble = await self.bills.scopes()
        refused = {name for name, scope in trouble.items() if _refuses(scope, now)}
        planned = [scope for scope in self.scopes if scope not in refused]
        if len(planned) < len(self.scopes) or not self.scopes:
            planned = list(dict.fromkeys([*planned, *await self._subscriptions()]))
        return planned

    async def read(self, reading: BillReading, now: datetime) -> None:
        """Go on with one bill as far as it may be read now. Safe to run twice: what is read replaces what was."""
        step: BillReading | None = reading
        while step and step.months:
            reading, step = step, await self._page(step, now)
        if step and await self._forecast(step, now):
            await self.bills.note(CostScope(step.scope))

    async def _page(self, reading: BillReading, now: datetime) -> BillReading | None:
        """One page more, or None where it does not go on now."""
        month = reading.months[0]
        try:
            await self._enter(reading.scope, now)
            last = min(month_end(month), reading.planned.date())  # Of all its pages: a link belongs to one question.
            page = await self.reader.page(reading.scope, month, last, reading.link)
        except Throttled as throttled:
            await self._wait(reading, throttled, now)
            return None
        match page:
            case GroupingRefused():
                await self._instead(reading.scope, now)
                return None
            case Blind():
                await self._failed(reading, page, now)
                return None
        reading = reading.with_page(page)
        return reading if reading.link else await self._done(reading, now)

    async def _done(self, reading: BillReading, now: datetime) -> BillReading:
        """A month was read to its end."""
        month = reading.months[0]
        charges = [charge for found in reading.charges.values() for charge in found]
        settled = final(month, now)
        await self.bills.keep([AccountCost(id_, month, found, settled) for id_, found in reading.charges.items()])
        until = max((charge.day for charge in charges), default=None)
        owners = {subscription_of(id_) for id_ in reading.charges if in_subscription(id_)}
        bill = Bill(reading.scope, month, now, totals(charges), until, subscriptions=tuple(sorted(owners)))
        await self.bills.record(bill.after(await self._bill(reading.scope, month)))
        return reading.next_month()

    async def _forecast(self, reading: BillReading, now: datetime) -> bool:
        """Of the month in which the reading was planned; whether all that there is was read."""
        month = month_start(reading.planned.date())
        try:
            await self._enter(reading.scope, now)
            forecast = await self.reader.forecast(reading.scope, month)
        except Throttled as throttled:
            await self._wait(reading, throttled, now)
            return False
        if isinstance(forecast, Blind):
            await self._failed(reading, forecast, now)
            return False
        bill = await self._bill(reading.scope, month)
        if bill:
            await self.bills.record(replace(bill, forecast=forecast.totals if forecast else None))
        return True

    async def _bill(self, scope: str, month: date) -> Bill | None:
        """As it was read the last time."""
        return next((bill for bill in await self.bills.of(month) if bill.scope == scope), None)

    async def _enter(self, scope: str, now: datetime) -> None:
        """Raises Throttled where another worker was asked to wait."""
        rows = await self.shelves.patience(COSTS)
        holding = [row for row in rows if row.until > now and row.holds(CallKind.COSTS, scope)]
        if holding:
            raise Throttled(CallKind.COSTS, holding[0].scope, max(row.until for row in holding))

    async def _wait(self, reading: BillReading, throttled: Throttled, now: datetime) -> None:
        """Put it back with all that was read, never to be taken up earlier than Azure asked for."""
        await self.shelves.hold(COSTS, Patience(throttled.kind, throttled.scope, throttled.until))
        if throttled.until - reading.planned < GIVES_UP_AFTER:
            await self.messages.bill(reading, max(throttled.until - now, timedelta(seconds=1)))
            return
        reason = "Azure asked for patience for most of a day; the bill is read again with the next one."
        await self._blind(Blind(About.COSTS, reading.scope, reason), now)

    async def _failed(self, reading: BillReading, blind: Blind, now: datetime) -> None:
        """Some failures pass; a link may have grown too old, so the next try but one begins anew."""
        if reading.failures >= MOST_FAILURES:
            await self._blind(blind, now)
            return
        kept = replace(reading, link="", charges={}) if reading.failures else reading
        await self.messages.bill(replace(kept, failures=reading.failures + 1), TRIES_AGAIN_IN)

    async def _blind(self, blind: Blind, now: datetime) -> None:
        before = (await self.bills.scopes()).get(blind.scope)
        since = before.unread_since if before else None
        await self.bills.note(CostScope(blind.scope, None, blind, since or now))

    async def _instead(self, scope: str, now: datetime) -> None:
        """It does not tell whose charges these are: its subscriptions do."""
        await self.bills.note(CostScope(scope, refused_at=now))
        await self._send(await self._subscriptions(), now)

    async def _subscriptions(self) -> list[str]:
        known = await self.looks.known()
        return [subscription_scope(name) for name in sorted(known) if not self.only or name in self.only]

    async def _send(self, scopes: Sequence[str], now: datetime) -> None:
        """This month, and the one before while it still moves or was never read to its end."""
        month = month_start(now.date())
        before = month_start(month - timedelta(days=1))
        settled = {bill.scope for bill in await self.bills.of(before) if final(before, bill.read_at)}
        apart = APART if len(scopes) <= MANY_SCOPES else FAR_APART
        for number, scope in enumerate(scopes):
            months = (month,) if scope in settled else (month, before)
            await self.messages.bill(BillReading(scope, now, months), number * apart)


def _refuses(scope: CostScope, now: datetime) -> bool:
    return scope.refused_at is not None and now - scope.refused_at < REFUSED_FOR
