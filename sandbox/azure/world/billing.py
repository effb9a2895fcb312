"""What an account costs on a day: its fee in full when it is made and on every first, and signatures over its quota."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sandbox.azure.world.resources import Account, Span, Validation
from sandbox.azure.world.signing import signed

DAY = timedelta(days=1)
FEE_MILLS = {"Basic": 9_990, "Premium": 99_990}
INCLUDED = {"Basic": 5_000, "Premium": 100_000}
OVERAGE_MILLS = 5


@dataclass(frozen=True, slots=True)
class Charge:
    """`mills`: thousandths of the currency."""

    day: date
    account: Account
    meter: str
    quantity: int
    mills: int


def charges(account: Account, validations: Mapping[str, Validation], day: date, start: datetime) -> Iterator[Charge]:
    """Everything that a day puts on the bill for an account; `start` is the story's."""
    begin = datetime.combine(day, time(), UTC)
    if account.created >= begin + DAY:
        return
    if day.day == 1 or account.created >= begin:
        yield Charge(day, account, f"{account.sku} Account", 1, FEE_MILLS.get(account.sku, 0))
    before = signed(account, validations, Span(begin.replace(day=1), begin), start)
    today = signed(account, validations, Span(begin, begin + DAY), start)
    included = INCLUDED.get(account.sku, 0)
    over = max(before + today - included, 0) - max(before - included, 0)
    if today - over:
        yield Charge(day, account, f"{account.sku} Signature", today - over, 0)
    if over:
        yield Charge(day, account, "Signature Overage", over, over * OVERAGE_MILLS)
