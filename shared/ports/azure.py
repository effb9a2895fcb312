"""What the house needs of Azure, in its own words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from shared.domain.account import CertificateProfile, SigningAccount
from shared.domain.blind import Blind
from shared.domain.cost import CostPage, Forecast, GroupingRefused
from shared.domain.reach import Reached
from shared.domain.subscription import Lock, Subscription
from shared.domain.survey import Fleet
from shared.domain.usage import Window


class Meter(Protocol):
    """Counts calls to Azure by kind."""

    def start(self) -> Mapping[str, int]:
        """Count from zero what this task and its children send from here on; the mapping grows as they do."""
        ...


class Inventory(Protocol):
    """Every account that may be seen. All raise Throttled."""

    async def fleet(self) -> Fleet:
        """All accounts in one go, with the subscriptions they lie in."""
        ...

    async def subscriptions(self) -> Sequence[Subscription] | Blind:
        """All subscriptions that may be read, also those without an account."""
        ...


class AccountReader(Protocol):
    """What Azure shows of one account. Both raise Throttled and nothing else."""

    async def profiles(self, account: SigningAccount) -> tuple[CertificateProfile, ...] | Blind:
        """All certificate profiles with their certificates, every page of them."""
        ...

    async def account(self, known: SigningAccount) -> SigningAccount | Blind | None:
        """The account as it is now; None when Azure says that it does not exist (404)."""
        ...


@dataclass(frozen=True, slots=True)
class UsageAnswer:
    """For each account (lower-case ARM id) hour -> signatures, unknown hours left out; or why it is blind.

    `window` is what was read: the beginning of what was asked for, where that turned out to be too long.
    """

    window: Window
    of: Mapping[str, Mapping[datetime, int] | Blind]


class UsageReader(Protocol):
    """Signatures by hour. Raises Throttled and nothing else."""

    @property
    def longest_window(self) -> timedelta:
        """The longest window worth asking for at once, by the grain that the service was found to take."""
        ...

    @property
    def refused(self) -> frozenset[str]:
        """Ways of asking that the service was found to refuse, by names of the reader's own."""
        ...

    def remember(self, refused: Iterable[str]) -> None:
        """What another process found refused, so that it is not asked again."""
        ...

    async def signatures(
        self, subscription_id: str, region: str, account_ids: Sequence[str], window: Window
    ) -> UsageAnswer:
        """At most 50 ids, all of one subscription and region (DOMAIN.md section 5)."""
        ...


class SubscriptionReader(Protocol):
    """What is read of a subscription once a day. Both raise Throttled and nothing else."""

    async def registrations(self, subscription: Subscription) -> Mapping[str, str] | Blind:
        """Of the providers that matter, by namespace in lower case: Registered, NotRegistered ..."""
        ...

    async def locks(self, subscription: Subscription) -> tuple[Lock, ...] | Blind:
        """Every lock in it, at any level."""
        ...


class Reachability(Protocol):
    """Whether what signing needs is there. Raises nothing."""

    async def reach(self, endpoints: Sequence[str]) -> tuple[Reached, ...]:
        """The timestamp service, and these regional endpoints (`SigningAccount.uri`)."""
        ...


class CostReader(Protocol):
    """The bill of a scope: a lower-case ARM id of a subscription, management group or billing account.

    Both raise Throttled and nothing else.
    """

    async def page(self, scope: str, first: date, last: date, link: str = "") -> CostPage | GroupingRefused | Blind:
        """Charges by resource, meter and day, both days included; a page at a time, `link` being the last one's."""
        ...

    async def forecast(self, scope: str, month: date) -> Forecast | Blind | None:
        """For a whole month, what was charged of it included; None where the service gives none."""
        ...
