"""Policy: the numbers that rules and decisions go by. Admins set them in app settings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum

DAY = timedelta(days=1)


class Mode(StrEnum):
    """What is done with the findings of a rule: not looked for, shown only, or told."""

    OFF = "off"
    OBSERVE = "observe"
    TELL = "tell"


@dataclass(frozen=True, slots=True)
class RuleSetting:
    """How one rule is set. `looks`: how often it must be seen before it speaks, where that is not the rule's own."""

    mode: Mode
    looks: int | None = None


@dataclass(frozen=True, slots=True)
class ValidationPolicy:
    """Days left (most first) at which an expiring validation, and a request's mail link, are told.

    `attempts_left` of the three times that documents may be supplied; `stalled_days` are business days.
    """

    warn_days: tuple[int, ...] = (60, 30, 14, 7, 3, 1)
    link_days_left: tuple[int, ...] = (3, 1)
    attempts_left: int = 1
    stalled_days: int = 20


@dataclass(frozen=True, slots=True)
class RegisterPolicy:
    """How often missing entries are asked for, and how long an entry stands without being confirmed."""

    ask_again: timedelta = 7 * DAY
    ask_after: timedelta = 7 * DAY
    confirm_days: int = 180
    max_years_ahead: int = 3


@dataclass(frozen=True, slots=True)
class RenewalPolicy:
    """How late a certificate's renewal may be, and how long a new profile may be without a certificate."""

    slack: timedelta = timedelta(hours=2)
    new_profile_grace: timedelta = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class SkuTerms:
    """What a SKU costs and includes a month (DOMAIN.md section 5). USD, list price, never prorated.

    `profiles_per_type`: how many profiles of each type it allows.
    """

    fee: Decimal
    included_signatures: int
    overage: Decimal = Decimal("0.005")
    profiles_per_type: int = 1


@dataclass(frozen=True, slots=True)
class QuotaPolicy:
    """Percent of the included signatures at which usage is told, rising, and what the SKUs include.

    `billing_day`: the day of the month on which counting begins anew; the first is the calendar month. A day is a
    spike above `spike_times` the account's own daily peak and at least `spike_least` signatures.
    """

    warn_percent: tuple[int, ...] = (50, 80, 90, 100)
    basic: SkuTerms = SkuTerms(Decimal("9.99"), 5_000)
    premium: SkuTerms = SkuTerms(Decimal("99.99"), 100_000, profiles_per_type=10)
    billing_day: int = 1
    spike_times: int = 10
    spike_least: int = 1_000

    def terms(self, sku: str) -> SkuTerms | None:
        """The terms of a SKU, or None for one we do not know."""
        return {"basic": self.basic, "premium": self.premium}.get(sku.lower())


@dataclass(frozen=True, slots=True)
class Budget:
    """What may be spent in a month: by everything, a subscription, the accounts with a tag value, or one account.

    `name` is as it was set: `total`, `subscription:ID`, `tag:NAME=VALUE` or `account:NAME`, in lower case.
    """

    name: str
    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class CostPolicy:
    """Budgets, and what is out of the ordinary. `unusual_least` is in the currency of the bill."""

    budgets: tuple[Budget, ...] = ()
    idle_days: int = 30
    unusual_times: int = 2
    unusual_least: Decimal = Decimal(10)


@dataclass(frozen=True, slots=True)
class TellPolicy:
    """How often people hear of the same thing, how sure we are that it is over, and which tags name owners."""

    repeat_critical: tuple[timedelta, ...] = (DAY, 3 * DAY, 7 * DAY)
    group_window: timedelta = timedelta(minutes=2)
    resolve_after_looks: int = 2
    repeat_warning: tuple[timedelta, ...] = ()
    owner_tags: tuple[str, ...] = ("countersign-owner", "owner")

    def repeats(self, severity: int) -> tuple[timedelta, ...]:
        """After how long what has not changed is told again, by severity (3 is critical); () for never."""
        return {3: self.repeat_critical, 2: self.repeat_warning}.get(severity, ())


class RetireMode(StrEnum):
    """What may be done about accounts whose validation failed for good."""

    OFF = "off"
    REPORT = "report"
    APPROVE = "approve"
    AUTO = "auto"

    @property
    def deletes(self) -> bool:
        """Accounts are really deleted; otherwise it is only pretended."""
        return self in (RetireMode.APPROVE, RetireMode.AUTO)


@dataclass(frozen=True, slots=True)
class Selector:
    """Accounts by `kind` subscription (name or id), group, account or tag (`name=value`), all in lower case."""

    kind: str
    value: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}"


@dataclass(frozen=True, slots=True)
class RetirePolicy:
    """RETIRE__*: nothing is retired that `only` does not name. `halted` holds everything, whatever people say.

    `after_days` without a signature; `grace_workdays` from a proven notice on, Monday to Friday; `approvals` of so
    many people.
    """

    mode: RetireMode = RetireMode.OFF
    only: tuple[Selector, ...] = ()
    never: tuple[Selector, ...] = ()
    halted: bool = False
    after_days: int = 14
    grace_workdays: int = 10
    approvals: int = 1

    @property
    def on(self) -> bool:
        """Something may be done."""
        return self.mode is not RetireMode.OFF

    @property
    def said(self) -> str:
        """In one line, the same for the same policy."""
        only, never = (", ".join(sorted(map(str, some))) or "nothing" for some in (self.only, self.never))
        return (
            f"mode {self.mode}; only {only}; never {never}; halted {'yes' if self.halted else 'no'}; after "
            f"{self.after_days} days; grace {self.grace_workdays} workdays; approvals {self.approvals}"
        )


@dataclass(frozen=True, slots=True)
class Policy:
    """All of it. `rules` holds those that are not as they come, by name."""

    validation: ValidationPolicy = field(default_factory=ValidationPolicy)
    register: RegisterPolicy = field(default_factory=RegisterPolicy)
    renewal: RenewalPolicy = field(default_factory=RenewalPolicy)
    quota: QuotaPolicy = field(default_factory=QuotaPolicy)
    cost: CostPolicy = field(default_factory=CostPolicy)
    tell: TellPolicy = field(default_factory=TellPolicy)
    retire: RetirePolicy = field(default_factory=RetirePolicy)
    rules: Mapping[str, RuleSetting] = field(default_factory=dict)
    unread_critical_after: timedelta = DAY
    watched: frozenset[str] = frozenset()
    """Ids of the subscriptions that are named in the settings."""
