"""What an account costs: unit prices as they were billed, and by list where there is no bill (DOMAIN.md section 6)."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from shared.domain.cost import AccountCost, final, month_end, month_start
from shared.domain.policy import QuotaPolicy, SkuTerms
from shared.domain.signatures import DAY, Signatures, midnight
from shared.domain.usage import Window, last_month, month_of

LIST_CURRENCY = "USD"
FEE_METERS = {"basic account": "basic", "premium account": "premium"}
OVERAGE_METER = "signature overage"


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
    """By SKU in lower case."""

    by_sku: Mapping[str, UnitPrice] = field(default_factory=dict)

    def of(self, sku: str, quota: QuotaPolicy) -> UnitPrice | None:
        """As billed, or by list; None for a SKU that we do not know."""
        terms = quota.terms(sku)
        return self.by_sku.get(sku.lower()) or (list_price(terms) if terms else None)


def list_price(terms: SkuTerms) -> UnitPrice:
    """Of a SKU, in USD."""
    return UnitPrice(terms.fee, terms.overage, terms.included_signatures, LIST_CURRENCY, listed=True)


def prices_of(
    costs: Iterable[Sequence[AccountCost]],
    signatures: Mapping[str, Signatures],
    quota: QuotaPolicy,
    now: datetime,
) -> Prices:
    """From the last closed month, in the currency of the bill; what that does not tell, by its rate to the list."""
    month = last_month(month_of(now)).date()
    closed = [cost for found in costs for cost in found if cost.month == month] if closed_month(now) else []
    terms = {"basic": quota.basic, "premium": quota.premium}
    fees: dict[str, Counter[tuple[Decimal, str]]] = {sku: Counter() for sku in terms}
    for cost in closed:
        for (sku, currency), amount in _fees(cost).items():
            fees[sku][amount, currency] += 1
    billed = {sku: found.most_common(1)[0][0] for sku, found in fees.items() if found}
    overage = _overage(closed, signatures, terms, month)
    return Prices({sku: _price(sku, one, billed, overage, terms) for sku, one in terms.items()})


def closed_month(now: datetime) -> bool:
    """The month before has settled."""
    return final(last_month(month_of(now)).date(), now)


def charged(cost: AccountCost, meters: Iterable[str]) -> Mapping[str, Decimal]:
    """What was charged for some meters (in lower case), by currency."""
    found: dict[str, Decimal] = {}
    wanted = set(meters)
    for charge in cost.charges:
        if charge.meter.lower() in wanted:
            found[charge.currency] = found.get(charge.currency, Decimal()) + charge.amount
    return found


def of_month(costs: Sequence[AccountCost], month: date) -> AccountCost | None:
    """The charges of one month."""
    return next((cost for cost in costs if cost.month == month_start(month)), None)


def _fees(cost: AccountCost) -> Mapping[tuple[str, str], Decimal]:
    found: dict[tuple[str, str], Decimal] = {}
    for meter, sku in FEE_METERS.items():
        for currency, amount in charged(cost, [meter]).items():
            if amount > 0:
                found[sku, currency] = amount
    return found


def _overage(
    closed: Sequence[AccountCost], signatures: Mapping[str, Signatures], terms: Mapping[str, SkuTerms], month: date
) -> tuple[Decimal, str] | None:
    """From the account with the most overage in the closed month: money over signatures above the quota."""
    best: tuple[int, Decimal, str] | None = None
    whole = Window(midnight(month), midnight(month_end(month) + DAY))
    for cost in closed:
        signed, skus = signatures.get(cost.account_id), {sku for sku, _ in _fees(cost)}
        if signed is None or len(skus) != 1 or not signed.covers(whole):
            continue
        over = signed.total(whole) - terms[skus.pop()].included_signatures
        for currency, amount in charged(cost, [OVERAGE_METER]).items():
            if over > 0 and amount > 0 and (best is None or over > best[0]):
                best = (over, amount / over, currency)
    return (best[1], best[2]) if best else None


def _price(
    sku: str,
    terms: SkuTerms,
    billed: Mapping[str, tuple[Decimal, str]],
    overage: tuple[Decimal, str] | None,
    all_terms: Mapping[str, SkuTerms],
) -> UnitPrice:
    """The other SKU's rate to the list serves where this one was not billed: one agreement, one currency."""
    known = billed.get(sku)
    other = next(((amount / all_terms[name].fee, currency) for name, (amount, currency) in billed.items()), None)
    if known:
        rate, currency = known[0] / terms.fee if terms.fee else Decimal(1), known[1]
    elif other:
        rate, currency = other
    else:
        return list_price(terms)
    fee = known[0] if known else (terms.fee * rate).quantize(Decimal("0.01"))
    each = overage[0] if overage and overage[1] == currency else terms.overage * rate
    return UnitPrice(fee, each, terms.included_signatures, currency, listed=False)
