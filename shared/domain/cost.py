"""What Azure bills: charges by day and meter, apart by currency (DOMAIN.md section 6)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from shared.domain.blind import Blind

MOVES_FOR = timedelta(hours=72)  # A closed month still changes for so long.
MONTH = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Charge:
    """What was charged for one meter ("Basic Account", "Signature Overage") on one day."""

    day: date
    meter: str
    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class AccountCost:
    """The charges of one account in a month (its first day). `account_id` is a lower-case ARM id, maybe of one gone.

    `settled`: they were read to the end of the month after it had stopped moving. Until then some may be missing.
    """

    account_id: str
    month: date
    charges: tuple[Charge, ...]
    settled: bool = False

    @property
    def totals(self) -> Mapping[str, Decimal]:
        """By currency."""
        return totals(self.charges)


@dataclass(frozen=True, slots=True)
class CostPage:
    """One page of the bill of a scope: charges by account (lower-case ARM id), and the link to the next one, or ""."""

    charges: Mapping[str, tuple[Charge, ...]]
    next_link: str = ""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a scope will have been charged when the month is over, actual charges included, by currency."""

    month: date
    totals: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class BillReading:
    """The bill of one scope on its way through the queue: months still to be read, and what was read of the first.

    After them comes the forecast of the month in which it was `planned`. `failures` counts how often a part could not
    be read; waiting because Azure asked for it is none.
    """

    scope: str
    planned: datetime
    months: tuple[date, ...]
    charges: Mapping[str, tuple[Charge, ...]] = field(default_factory=dict)
    link: str = ""
    failures: int = 0

    def with_page(self, page: CostPage) -> "BillReading":
        """With one page more of the first month."""
        charges = dict(self.charges)
        for account_id, found in page.charges.items():
            charges[account_id] = (*charges.get(account_id, ()), *found)
        return replace(self, charges=charges, link=page.next_link)

    def next_month(self) -> "BillReading":
        """The first month is done."""
        return BillReading(self.scope, self.planned, self.months[1:], failures=self.failures)


@dataclass(frozen=True, slots=True)
class Bill:
    """What the bill of one scope said of one month: by currency, and of the month as a whole where it is forecast.

    `until` is the last day with a charge: Azure bills a day late, or more. `subscriptions` are the ids of those that
    were charged; `missing` of those that were in this bill before and are no more: a wide scope leaves out in silence
    what may not be read.
    """

    scope: str
    month: date
    read_at: datetime
    totals: Mapping[str, Decimal]
    until: date | None = None
    forecast: Mapping[str, Decimal] | None = None
    subscriptions: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    def after(self, before: "Bill | None") -> "Bill":
        """The same, with what is missing since it was read before, and the forecast until a new one is read."""
        if before is None:
            return self
        known = {*before.subscriptions, *before.missing}
        running = self.read_at.date() <= month_end(self.month)
        forecast = before.forecast if running else None
        return replace(self, missing=tuple(sorted(known - set(self.subscriptions))), forecast=forecast)


@dataclass(frozen=True, slots=True)
class CostScope:
    """How reading the bill of a scope goes. `refused_at`: it does not tell which resource was charged.

    `blind` is why it could not be read the last time, `unread_since` since when that is so.
    """

    scope: str
    refused_at: datetime | None = None
    blind: Blind | None = None
    unread_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class GroupingRefused:
    """The scope does not tell which resource was charged; narrower ones do."""

    reason: str


def totals(charges: Iterable[Charge]) -> Mapping[str, Decimal]:
    """By currency: two currencies are never added."""
    return together({charge.currency: charge.amount} for charge in charges)


def together(sums: Iterable[Mapping[str, Decimal]]) -> Mapping[str, Decimal]:
    """Several sums as one, by currency."""
    found: defaultdict[str, Decimal] = defaultdict(Decimal)
    for one in sums:
        for currency, amount in one.items():
            found[currency] += amount
    return dict(sorted(found.items()))


def month_start(day: date) -> date:
    """The first day of its month."""
    return day.replace(day=1)


def month_end(month: date) -> date:
    """The last day of a month."""
    return month_start(month + MONTH) - timedelta(days=1)


def final(month: date, read_at: datetime) -> bool:
    """What was read at `read_at` will not change any more."""
    closed = datetime.combine(month_end(month), time.max, tzinfo=UTC)
    return read_at - closed > MOVES_FOR
