"""What Azure bills: charges by day and meter, apart by currency (DOMAIN.md section 6)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

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
    """The charges of one account in a month (its first day). `account_id` is a lower-case ARM id, maybe of one gone."""

    account_id: str
    month: date
    charges: tuple[Charge, ...]

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
class GroupingRefused:
    """The scope does not tell which resource was charged; narrower ones do."""

    reason: str


def totals(charges: Iterable[Charge]) -> Mapping[str, Decimal]:
    """By currency: two currencies are never added."""
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for charge in charges:
        sums[charge.currency] += charge.amount
    return dict(sorted(sums.items()))


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
