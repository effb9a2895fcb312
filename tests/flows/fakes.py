"""Stand-ins for the outside: a clock in the test's hand, a small Azure that a test changes, and a receiver."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol

from pydantic import SecretStr

from shared.channels.webhook import Webhook
from shared.domain.account import Certificate, CertificateProfile, SigningAccount
from shared.domain.blind import About, Blind
from shared.domain.cost import Charge, CostPage, Forecast, GroupingRefused, month_end, totals
from shared.domain.kept import CallKind
from shared.domain.memory import Intent
from shared.domain.reach import Reached
from shared.domain.subscription import Lock, Subscription, subscription_scope
from shared.domain.survey import Fleet
from shared.domain.usage import HOUR, Window
from shared.http import AiohttpHttp
from shared.ports.azure import UsageAnswer
from shared.ports.channel import Part, Thread
from shared.ports.clock import Clock
from shared.ports.errors import DeliveryError, Throttled

DAY = timedelta(days=1)
LIFETIME = timedelta(hours=72)
START = datetime(2026, 11, 20, 7, 7, tzinfo=UTC)


KINDS = {
    "index": CallKind.RESOURCE_GRAPH,
    "account": CallKind.ACCOUNTS,
    "profiles": CallKind.PROFILES,
    "usage": CallKind.METRICS,
    "providers": CallKind.PROVIDERS,
    "locks": CallKind.LOCKS,
    "costs": CallKind.COSTS,
    "forecast": CallKind.COSTS,
}


class Movable(Clock, Protocol):
    """`Clock` that a test moves by `at`."""

    at: datetime


@dataclass(slots=True)
class HandClock:
    """`Clock` that stands still until a test moves it; sleeping moves it."""

    at: datetime = START

    def now(self) -> datetime:
        """As `Clock.now`."""
        return self.at

    async def sleep(self, span: timedelta) -> None:
        """As `Clock.sleep`, without waiting."""
        self.at += span


def subscription(number: int = 1) -> Subscription:
    """One of the subscriptions of the fake Azure."""
    return Subscription(f"00000000-0000-4000-8000-{number:012}", f"Sub{number}")


@dataclass(frozen=True, slots=True)
class Profile:
    """A certificate profile as Azure keeps it: a certificate a day, each of three days, until renewal stops."""

    name: str = "release"
    validation: str = "aaaaaaaa-0000-4000-8000-000000000000"
    status: str = "Active"
    created: datetime = START - 30 * DAY
    renews_until: datetime | None = None

    def shown(self, account_id: str, now: datetime) -> CertificateProfile:
        """What Azure answers: the newest four certificates."""
        last = min(now, self.renews_until or now)
        days = range((last - self.created) // DAY + 1) if last >= self.created else range(0)
        issued = [self.created + number * DAY for number in days[-4:]]
        certificates = tuple(Certificate(f"{at:%d}", f"{at:%d}", at, at + LIFETIME) for at in issued)
        return CertificateProfile(
            account_id,
            self.name,
            "PublicTrust",
            self.status,
            self.validation,
            "Succeeded",
            self.created,
            certificates,
        )


@dataclass(slots=True)
class FakeAzure:
    """Every port to Azure, over a fleet that a test changes between looks.

    `unlisted` are accounts that the index has lost; `forbidden` scopes answer 403, and the index hides what lies in
    them; `index_fails` makes the inventory blind. `throttled` holds kind -> account id -> how often to ask for patience
    (for `patience`), `throttled_after` after how many reads it does so once; that holds for the subscription, one
    account where `narrow`, everything where `tenant_wide`. `signed` are signatures by account and hour: what is not
    there is unknown.
    """

    clock: Movable
    accounts: dict[str, SigningAccount] = field(default_factory=dict)
    held: dict[str, list[Profile]] = field(default_factory=dict)
    signed: dict[str, dict[datetime, int]] = field(default_factory=dict)
    unlisted: set[str] = field(default_factory=set)
    forbidden: set[str] = field(default_factory=set)
    index_fails: bool = False
    throttled: dict[str, dict[str, int]] = field(default_factory=dict)
    patience: timedelta = timedelta(minutes=3)
    throttled_after: dict[str, int] = field(default_factory=dict)
    narrow: bool = False
    tenant_wide: bool = False
    reads: Counter[tuple[str, str]] = field(default_factory=Counter)
    longest_window: timedelta = 31 * DAY
    refused: frozenset[str] = frozenset()
    registered: dict[str, str] = field(default_factory=lambda: {"microsoft.codesigning": "Registered"})
    locked: tuple[Lock, ...] = ()
    unreached: set[str] = field(default_factory=set)
    billed: dict[str, list[Charge]] = field(default_factory=dict)
    groups_anywhere: bool = False

    def remember(self, refused: Iterable[str]) -> None:
        """As `UsageReader.remember`."""
        self.refused |= frozenset(refused)

    def start(self) -> Mapping[str, int]:
        """As `Meter.start`; nothing is counted here, `reads` tells all."""
        return {}

    def add(self, name: str, *profiles: Profile, number: int = 1, sku: str = "Basic") -> str:
        """An account, by name and subscription; answers its id."""
        owner = subscription(number)
        id_ = f"{owner.scope}/resourcegroups/rg/providers/microsoft.codesigning/codesigningaccounts/{name}".lower()
        self.accounts[id_] = SigningAccount(id_, name, owner.id, "rg", "westeurope", sku)
        self.held[id_] = list(profiles)
        return id_

    def delete(self, account_id: str) -> None:
        """Gone, from Azure and from its index."""
        del self.accounts[account_id]

    def change(self, account_id: str, **changes: Any) -> None:
        """Change every profile of an account."""
        self.held[account_id] = [replace(profile, **changes) for profile in self.held[account_id]]

    async def fleet(self) -> Fleet:
        """As `Inventory.fleet`."""
        await self._ask("index", "")
        if self.index_fails:
            return Fleet((), (), (Blind(About.ACCOUNTS, "", "The index could not be read."),))
        listed = [
            found for found in self.accounts.values() if found.id not in self.unlisted and not self._hidden(found.id)
        ]
        owners = dict.fromkeys(account.subscription_id for account in listed)
        return Fleet(tuple(subscription(int(owner[-12:])) for owner in owners), tuple(listed))

    async def subscriptions(self) -> Sequence[Subscription]:
        """As `Inventory.subscriptions`."""
        return (await self.fleet()).subscriptions

    async def profiles(self, account: SigningAccount) -> tuple[CertificateProfile, ...] | Blind:
        """As `AccountReader.profiles`."""
        await self._ask("profiles", account.id)
        if self._hidden(account.id) or account.id not in self.accounts:
            return Blind(About.PROFILES, account.id, "The Reader role is missing (403).")
        return tuple(profile.shown(account.id, self.clock.now()) for profile in self.held[account.id])

    async def account(self, known: SigningAccount) -> SigningAccount | Blind | None:
        """As `AccountReader.account`."""
        await self._ask("account", known.id)
        if self._hidden(known.id):
            return Blind(About.ACCOUNTS, known.id, "The Reader role is missing (403).")
        return self.accounts.get(known.id)

    async def signatures(
        self,
        subscription_id: str,  # noqa: ARG002
        region: str,  # noqa: ARG002
        account_ids: Sequence[str],
        window: Window,
    ) -> UsageAnswer:
        """As `UsageReader.signatures`."""
        for id_ in account_ids:
            await self._ask("usage", id_)
        return UsageAnswer(window, {id_: self._signatures(id_, window) for id_ in account_ids})

    async def registrations(self, subscription: Subscription) -> Mapping[str, str] | Blind:
        """As `SubscriptionReader.registrations`."""
        await self._ask("providers", subscription.scope)
        if self._hidden(subscription.scope):
            return Blind(About.REGISTRATIONS, subscription.scope, "The Reader role is missing (403).")
        return self.registered

    async def locks(self, subscription: Subscription) -> tuple[Lock, ...] | Blind:
        """As `SubscriptionReader.locks`."""
        await self._ask("locks", subscription.scope)
        if self._hidden(subscription.scope):
            return Blind(About.LOCKS, subscription.scope, "The Reader role is missing (403).")
        return self.locked

    async def page(self, scope: str, first: date, last: date, link: str = "") -> CostPage | GroupingRefused | Blind:
        """As `CostReader.page`: two charges a page; only where `groups_anywhere` wide scopes tell whose they are."""
        await self._ask("costs", scope)
        if self._hidden(scope):
            return Blind(About.COSTS, scope, "The Cost Management Reader role is missing (403).")
        if not (scope.startswith("/subscriptions/") or self.groups_anywhere):
            return GroupingRefused("Grouping by ResourceId is not supported at this scope.")
        rows = [
            (id_, charge)
            for id_, charges in self.billed.items()
            for charge in charges
            if (id_.startswith(scope) or self.groups_anywhere) and first <= charge.day <= last
        ]
        begin = int(link or 0)
        some: dict[str, tuple[Charge, ...]] = {}
        for id_, charge in rows[begin : begin + 2]:
            some[id_] = (*some.get(id_, ()), charge)
        return CostPage(some, str(begin + 2) if begin + 2 < len(rows) else "")

    async def forecast(self, scope: str, month: date) -> Forecast | Blind | None:
        """As `CostReader.forecast`: what was charged so far, and as much for each day that is left."""
        await self._ask("forecast", scope)
        charges = [one for id_, found in self.billed.items() if id_.startswith(scope) for one in found]
        each = {currency: total / self.clock.now().day for currency, total in totals(charges).items()}
        return Forecast(month, {name: amount * month_end(month).day for name, amount in each.items()}) if each else None

    async def reach(self, endpoints: Sequence[str]) -> tuple[Reached, ...]:
        """As `Reachability.reach`; these are never throttled."""
        asked = ("timestamp", *sorted(set(endpoints)))
        return tuple(Reached(name, name, "No answer." if name in self.unreached else "") for name in asked)

    def _signatures(self, id_: str, window: Window) -> Mapping[datetime, int] | Blind:
        if self._hidden(id_):
            return Blind(About.USAGE, id_, "The Monitoring Reader role is missing (403).")
        return {hour: n for hour, n in self.signed.get(id_, {}).items() if window.start - HOUR < hour < window.end}

    def _hidden(self, id_: str) -> bool:
        return any(f"{id_}/".startswith(f"{scope}/") for scope in self.forbidden)

    async def _ask(self, kind: str, id_: str) -> None:
        await asyncio.sleep(0)
        if self.throttled.get(kind, {}).get(id_, 0) > 0:
            self.throttled[kind][id_] -= 1
            raise Throttled(KINDS[kind], self._slowed(id_), self.clock.now() + self.patience)
        self.reads[kind, id_] += 1
        if self.throttled_after.get(kind) == self.reads[kind, id_]:
            self.throttled[kind] = {id_: 1}

    def _slowed(self, id_: str) -> str:
        if self.tenant_wide:
            return ""
        return id_ if self.narrow or not id_ else subscription_scope(id_.split("/")[2])


@dataclass(slots=True)
class Receiver:
    """`Channel` that composes as the webhook does and keeps what it took. `refusals` come first; None is none.

    While `gate` is shut, sending takes long.
    """

    clock: Movable
    parts: list[tuple[datetime, Part]] = field(default_factory=list)
    refusals: list[DeliveryError | None] = field(default_factory=list)
    gate: asyncio.Event | None = None
    composer: Webhook = field(init=False)
    per_problem: bool = False
    remembers: bool = False

    def __post_init__(self) -> None:
        """The webhook's messages, without the network."""
        self.composer = Webhook(AiohttpHttp(), self.clock, SecretStr(""), SecretStr(""), "https://portal.example")

    def compose(self, batch_id: str, intents: Sequence[Intent], threads: Mapping[str, Thread]) -> Sequence[Part]:
        """As `Channel.compose`."""
        return self.composer.compose(batch_id, intents, threads)

    async def send(self, part: Part) -> str:
        """As `Channel.send`."""
        if self.gate:
            await self.gate.wait()
        if self.refusals and (refusal := self.refusals.pop(0)):
            raise refusal
        self.parts.append((self.clock.now(), part))
        return ""

    @property
    def sent(self) -> list[Part]:
        """Every part that arrived, in order."""
        return [part for _, part in self.parts]

    def items(self, parts: Iterable[Part] | None = None) -> list[Mapping[str, Any]]:
        """What is in these parts, or in everything that arrived."""
        chosen = self.sent if parts is None else parts
        return [item for part in chosen for item in json.loads(part.body)["data"]["items"]]

    def heard(self) -> list[tuple[str, str, str]]:
        """Reason, severity and rule of everything that arrived."""
        return [(item["reason"], item["severity"], item["rule"]) for item in self.items()]
