"""What the house needs of the outside, in its own words: agreements and the errors that cross the border."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from shared.domain.account import CertificateProfile, SigningAccount, Subscription
from shared.domain.blind import Blind
from shared.domain.kept import Kept, Patience
from shared.domain.look import Look, Shard, ShardEnd
from shared.domain.memory import Change, Intent
from shared.domain.survey import AccountFacts, Fleet, News
from shared.domain.usage import SigningUsage, Window
from shared.domain.validation import RegisterEntry
from shared.domain.view import SubscriptionView


class Conflict(Exception):
    """Somebody else changed it first: read again and decide again."""


class DeliveryError(Exception):
    """A receiver did not take a message. `permanent`: sending the same again will not help."""

    def __init__(self, reason: str, *, permanent: bool, retry_after: timedelta | None = None) -> None:
        super().__init__(reason)
        self.permanent = permanent
        self.retry_after = retry_after


class Throttled(Exception):
    """Azure asked for patience: nothing of this `kind` may go to this `scope` before `until` (UTC)."""

    def __init__(self, kind: str, scope: str, until: datetime) -> None:
        super().__init__(f"{kind} for {scope} is throttled until {until:%H:%M:%S} UTC")
        self.kind = kind
        self.scope = scope
        self.until = until


class WindowTooLong(Exception):
    """The service was found to give signatures only in a finer grain: ask again for a shorter window."""


class Clock(Protocol):
    """The time, and waiting."""

    def now(self) -> datetime:
        """The time, aware, in UTC."""
        ...

    async def sleep(self, span: timedelta) -> None:
        """Wait."""
        ...


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


class UsageReader(Protocol):
    """Signatures by hour. Raises Throttled, WindowTooLong and nothing else."""

    @property
    def longest_window(self) -> timedelta:
        """The longest window worth asking for at once, by the grain that the service was found to take."""
        ...

    async def signatures(
        self, subscription_id: str, region: str, account_ids: Sequence[str], window: Window
    ) -> Mapping[str, Mapping[datetime, int] | Blind]:
        """For each account (lower-case ARM id): hour -> signatures, unknown hours left out; or why it is blind.

        At most 50 ids, all of one subscription and region (DOMAIN.md section 5).
        """
        ...


@dataclass(frozen=True, slots=True)
class Part:
    """One sending to a receiver, frozen: the same bytes go out with the same key however often it is tried."""

    key: str
    content_type: str
    body: str


class Channel(Protocol):
    """A way to tell a receiver per message. Raises DeliveryError."""

    async def send(self, part: Part) -> None:
        """Returns after the receiver took it, and only then."""
        ...

    def compose(self, batch_id: str, intents: Sequence[Intent]) -> Sequence[Part]:
        """All of these in as few parts as the receiver's limits allow, the worst first, nothing cut off."""
        ...


@dataclass(frozen=True, slots=True)
class Commit:
    """What one look at a subscription changes, all of it or, with a Conflict, to be decided again."""

    facts: Mapping[str, AccountFacts]
    usage: Mapping[str, SigningUsage]
    gone: frozenset[str]
    changes: Sequence[Change]
    unread_since: datetime | None


@dataclass(frozen=True, slots=True)
class Lying:
    """An intent where it was decided, waiting to be carried. `key` and `mark` are the store's own."""

    key: str
    mark: str
    intent: Intent


class Shelves(Protocol):
    """What is kept of each subscription. `commit` and `register` raise Conflict."""

    async def read(self, subscription: Subscription, month: datetime) -> Kept:
        """Everything kept of one subscription in one query; usage of `month` only."""
        ...

    async def commit(self, kept: Kept, commit: Commit) -> None:
        """Write what differs from `kept`, a memory never parted from its intents; nothing when nothing differs."""
        ...

    async def hold(self, subscription_id: str, patience: Patience) -> None:
        """Tell all workers to wait; a later end stays."""
        ...

    async def testify(self, entry: RegisterEntry) -> None:
        """Put one entry into the register, over an older one."""
        ...

    async def intents(self, subscription_id: str) -> Sequence[Lying]:
        """What was decided to be told and has not been carried to the outbox."""
        ...

    async def carried(self, subscription_id: str, lying: Sequence[Lying]) -> None:
        """Forget intents that lie in the outbox now, with their marks. Safe to repeat."""
        ...

    async def marked(self) -> Sequence[tuple[str, datetime]]:
        """Subscriptions in which intents may lie, and the time of the oldest mark: a short list, never a scan."""
        ...

    async def unmark(self, subscription_id: str, until: datetime) -> None:
        """Nothing lies there: remove marks made up to `until`."""
        ...


class Looks(Protocol):
    """Looks and their ends. `begin` and `end` are insert-only; `close` answers whether it was us who closed it."""

    async def begin(self, look: Look) -> None: ...

    async def end(self, look_id: str, end: ShardEnd) -> None: ...

    async def get(self, look_id: str) -> Look | None: ...

    async def ends(self, look_id: str) -> Sequence[ShardEnd]: ...

    async def close(self, look: Look) -> bool: ...

    async def recent(self, count: int) -> Sequence[Look]:
        """The latest looks, newest first."""
        ...

    async def known(self) -> Mapping[str, Subscription]:
        """Every subscription that was ever seen, by id."""
        ...

    async def learn(self, subscriptions: Sequence[Subscription]) -> None:
        """Remember subscriptions seen for the first time."""
        ...


@dataclass(frozen=True, slots=True)
class Batch:
    """A frozen sending: which intents, in which parts, and which parts the receiver took."""

    id: str
    receiver: str
    members: tuple[str, ...]
    parts: tuple[Part, ...]
    frozen: datetime
    sent: frozenset[int] = frozenset()
    attempts: int = 0
    not_before: datetime | None = None
    failure: str = ""
    etag: str = ""


class Outbox(Protocol):
    """What waits for each receiver. Everything survives a crash at any point."""

    async def accept(self, intents: Sequence[Intent]) -> None:
        """Take intents; a copy of one that was taken before is refused in silence, also after delivery."""
        ...

    async def receivers(self) -> Sequence[str]:
        """Receivers for which something may wait: a short list."""
        ...

    async def claim(self, receiver: str, holder: str, now: datetime, until: datetime) -> bool:
        """Whether `holder` may deliver to this receiver until `until`."""
        ...

    async def release(self, receiver: str, holder: str) -> None:
        """Give the claim back, if it is still ours."""
        ...

    async def waiting(self, receiver: str, limit: int) -> Sequence[tuple[str, Intent]]:
        """Key and intent, oldest first."""
        ...

    async def frozen(self, receiver: str) -> Batch | None:
        """The batch that was frozen and not finished."""
        ...

    async def freeze(self, batch: Batch) -> Batch:
        """Write a batch down before any of it is sent."""
        ...

    async def mark(self, batch: Batch) -> Batch:
        """Write down what was sent, tried and failed. Raises Conflict when the claim was lost."""
        ...

    async def finish(self, batch: Batch, now: datetime) -> None:
        """All parts are with the receiver, or never will be (`failure`): keep the record, forget the intents."""
        ...

    async def undelivered(self, receiver: str) -> Sequence[Batch]:
        """Batches that were given up."""
        ...


class Messages(Protocol):
    """Our own queue messages."""

    async def look(self, shard: Shard, delay: timedelta = timedelta()) -> None:
        """Ask for a look at one subscription."""
        ...

    async def tell(self, receiver: str, delay: timedelta = timedelta()) -> None:
        """Ask for what waits for one receiver to be delivered."""
        ...


class Views(Protocol):
    """Compact views that pages read, and the history of what was read."""

    async def publish(self, view: SubscriptionView) -> None:
        """Replace the view of one subscription."""
        ...

    async def read(self, subscription_id: str) -> SubscriptionView | None:
        """The view of one subscription."""
        ...

    async def remember(self, subscription_id: str, now: datetime, news: News) -> None:
        """Append what changed to the day's history of one subscription."""
        ...
