"""What an account costs: unit prices as they were billed, and by list where there is no bill (DOMAIN.md section 6)."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal

from shared.domain.cost import AccountCost, month_end, month_start
from shared.domain.policy import QuotaPolicy, SkuTerms
from shared.domain.signatures import DAY, Signatures, midnight
from shared.domain.usage import Window, last_month, month_of

LIST_CURRENCY = "USD"
FEE_METERS = {"basic account": "basic", "premium account": "premium"}
# What signatures are charged under beside the fee; which of these Azure uses is not documented.
OVERAGE_METERS = ("signature overage", "basic signature", "premium signature")
CENT = Decimal("0.01")
LEAST_OVERAGE = 100  # Signatures: with fewer, what the metric and the bill count apart distorts the price of one.
BELIEVED = 3  # Times the list price, or a third of it: beyond that the metric and the bill are not about the same.

type Money = tuple[Decimal, str]
"""A number of money, and the currency."""


@dataclass(frozen=True, slots=True)
class UnitPrice:
    """What a SKU costs a month, and a signature above its quota. `listed`: not from a bill, but by list price."""

    fee: Decimal
    overage: Decimal
    included: int
    currency: str
    listed: bool

    def said(self, amount: Decimal) -> str:
        """9.99 EUR; 9.99 USD by list price."""
        return f"{amount:,.2f} {self.currency}" + (" by list price" if self.listed else "")

    def month(self, signatures: int) -> Decimal:
        """What a month with so many signatures costs; the fee is never prorated."""
        return self.fee + max(signatures - self.included, 0) * self.overage


@dataclass(frozen=True, slots=True)
class Prices:
    """As billed, by SKU in lower case; those that no bill tells are not in it."""

    by_sku: Mapping[str, UnitPrice] = field(default_factory=dict)

    def of(self, sku: str, quota: QuotaPolicy) -> UnitPrice | None:
        """As billed, or by list; None for a SKU that we do not know."""
        terms = quota.terms(sku)
        return self.by_sku.get(sku.lower()) or (list_price(terms) if terms else None)


NOTHING_BILLED = Prices()


def list_price(terms: SkuTerms) -> UnitPrice:
    """Of a SKU, in USD."""
    return UnitPrice(terms.fee, terms.overage, terms.included_signatures, LIST_CURRENCY, listed=True)


def prices_of(
    costs: Iterable[Sequence[AccountCost]],
    signatures: Mapping[str, Signatures],
    quota: QuotaPolicy,
    now: datetime,
    *,
    before: Prices = NOTHING_BILLED,
) -> Prices:
    """From the last month once it has settled, in the currency of the bill; until then what was known `before`.

    What that bill does not tell of a SKU is taken by its rate to the list.
    """
    month = last_month(month_of(now)).date()
    settled = [cost for found in costs for cost in found if cost.month == month and cost.settled]
    terms = {"basic": quota.basic, "premium": quota.premium}
    fees = _usual_fees(settled)
    rates = {sku: (amount / terms[sku].fee, paid) for sku, (amount, paid) in fees.items() if terms[sku].fee}
    measured = sorted(_measured(settled, signatures, quota, month), reverse=True)
    told = {sku: _price(one, fees.get(sku), _rate(sku, rates), measured) for sku, one in terms.items()}
    known = {sku: price or _still(before.by_sku.get(sku), terms[sku]) for sku, price in told.items()}
    return Prices({sku: price for sku, price in known.items() if price})


def break_even(basic: UnitPrice, premium: UnitPrice) -> Decimal | None:
    """Above so many signatures a month Premium is cheaper; None where it never is, or where currencies differ."""
    if basic.currency != premium.currency or basic.overage <= 0:
        return None
    above = basic.included + max(premium.fee - basic.fee, Decimal()) / basic.overage
    return above if above <= premium.included else None


def charged(cost: AccountCost, meters: Iterable[str], *, credits_too: bool = True) -> Mapping[str, Decimal]:
    """What was charged for some meters (in lower case), by currency, less what was given back unless not asked."""
    found: dict[str, Decimal] = {}
    wanted = set(meters)
    for charge in cost.charges:
        if charge.meter.lower() in wanted and (credits_too or charge.amount > 0):
            found[charge.currency] = found.get(charge.currency, Decimal()) + charge.amount
    return found


def of_month(costs: Sequence[AccountCost], month: date) -> AccountCost | None:
    """The charges of one month."""
    return next((cost for cost in costs if cost.month == month_start(month)), None)


def _usual_fees(settled: Iterable[AccountCost]) -> Mapping[str, Money]:
    """What most accounts of a SKU were charged for the month."""
    seen: dict[str, Counter[Money]] = {}
    for cost in settled:
        for (sku, currency), amount in _fees(cost).items():
            seen.setdefault(sku, Counter())[amount, currency] += 1
    return {sku: found.most_common(1)[0][0] for sku, found in seen.items()}


def _fees(cost: AccountCost) -> Mapping[tuple[str, str], Decimal]:
    """By SKU and currency; a credit does not change what the SKU costs."""
    return {
        (sku, currency): amount
        for meter, sku in FEE_METERS.items()
        for currency, amount in charged(cost, [meter], credits_too=False).items()
    }


def _measured(
    settled: Iterable[AccountCost], signatures: Mapping[str, Signatures], quota: QuotaPolicy, month: date
) -> Iterator[tuple[int, Decimal, str]]:
    """Of each account that tells it: its overage, what one signature of it was charged, and the currency.

    Only where the metric counted over the very time that was billed.
    """
    whole = Window(midnight(month), midnight(month_end(month) + DAY))
    for cost in settled if quota.billing_day == 1 else ():
        signed, skus = signatures.get(cost.account_id), {sku for sku, _ in _fees(cost)}
        terms = quota.terms(skus.pop()) if len(skus) == 1 else None
        if signed is None or terms is None or not signed.covers(whole) or signed.unknown_hours(whole):
            continue
        over = signed.total(whole) - terms.included_signatures
        if over >= LEAST_OVERAGE:
            yield from ((over, amount / over, paid) for paid, amount in charged(cost, OVERAGE_METERS).items())


def _rate(sku: str, rates: Mapping[str, Money]) -> Money | None:
    """The other SKU's rate to the list serves where this one was not billed: one agreement, one currency."""
    return rates.get(sku) or next(iter(rates.values()), None)


def _price(
    terms: SkuTerms, fee: Money | None, rate: Money | None, measured: Iterable[tuple[int, Decimal, str]]
) -> UnitPrice | None:
    """By the fee that was billed or by the rate to the list; None where neither is known."""
    known = fee or rate
    if known is None:
        return None
    currency = known[1]
    times = rate[0] if rate and rate[1] == currency else Decimal(1)
    listed = terms.overage * times
    believed = (one for _, one, paid in measured if paid == currency and listed / BELIEVED <= one <= listed * BELIEVED)
    amount = fee[0] if fee else (terms.fee * times).quantize(CENT)
    return UnitPrice(amount, next(believed, listed), terms.included_signatures, currency, listed=False)


def _still(price: UnitPrice | None, terms: SkuTerms) -> UnitPrice | None:
    """A price that was known before, with what the settings include today."""
    return None if price is None or price.listed else replace(price, included=terms.included_signatures)
