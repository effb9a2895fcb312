"""Policy: the numbers that rules and decisions go by. Admins set them in app settings."""

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ValidationPolicy:
    """Days before expiry at which an expiring validation is told, most days first."""

    warn_days: tuple[int, ...] = (60, 30, 14, 7, 3, 1)


@dataclass(frozen=True, slots=True)
class RenewalPolicy:
    """How late a certificate's renewal may be, and how long a new profile may be without a certificate."""

    slack: timedelta = timedelta(hours=2)
    new_profile_grace: timedelta = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class SkuTerms:
    """What a SKU costs and includes a month (DOMAIN.md section 5). USD, list price, never prorated."""

    fee: Decimal
    included_signatures: int
    overage: Decimal = Decimal("0.005")


@dataclass(frozen=True, slots=True)
class QuotaPolicy:
    """Percent of the included signatures at which usage is told, rising, and what the SKUs include."""

    warn_percent: tuple[int, ...] = (50, 80, 90, 100)
    basic: SkuTerms = SkuTerms(Decimal("9.99"), 5_000)
    premium: SkuTerms = SkuTerms(Decimal("99.99"), 100_000)

    def terms(self, sku: str) -> SkuTerms | None:
        """The terms of a SKU, or None for one we do not know."""
        return {"basic": self.basic, "premium": self.premium}.get(sku.lower())


@dataclass(frozen=True, slots=True)
class TellPolicy:
    """How often people hear of the same thing, and how sure we are that it is over."""

    repeat_critical: tuple[timedelta, ...] = (DAY, 3 * DAY, 7 * DAY)
    group_window: timedelta = timedelta(minutes=2)
    resolve_after_looks: int = 2


@dataclass(frozen=True, slots=True)
class Policy:
    """All of it."""

    validation: ValidationPolicy = field(default_factory=ValidationPolicy)
    renewal: RenewalPolicy = field(default_factory=RenewalPolicy)
    quota: QuotaPolicy = field(default_factory=QuotaPolicy)
    tell: TellPolicy = field(default_factory=TellPolicy)
    unread_critical_after: timedelta = DAY
