"""A world in which accounts are retired: an Azure that shows what is so, and a hand that deletes and is watched."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.domain.account import Certificate, CertificateProfile, SigningAccount
from shared.domain.blind import About, Blind
from shared.domain.subscription import Lock, Subscription
from shared.domain.survey import Fleet
from shared.domain.usage import HOUR, Window, hour_of
from shared.domain.validation import RegisterEntry, ValidationStatus, Way
from shared.flows.retirements import NotNow
from shared.ports.errors import NotThere
from shared.ports.retiring import Erased, Fate
from shared.wiring import House, Sources
from tests.flows.fakes import START, FakeAzure, Movable, subscription
from tests.flows.retirement_truth import Request, TrueAccount, TrueApproval, TrueFleet, TrueProfile, Word
from tests.flows.world import World

DAY = timedelta(days=1)
LONG_AGO = START - 60 * DAY
VALIDATION = "f0000000-0000-4000-8000-{:012}"
ASKED_FOR = timedelta(minutes=5)
NOT_SENT = {
    "refused": Fate.REFUSED,
    "throttled": Fate.THROTTLED,
    "unknown": Fate.UNKNOWN,
}
TAKEN = {"accepted": Fate.ACCEPTED, "unknown, but done": Fate.UNKNOWN}


@dataclass(slots=True)
class RetiringAzure(FakeAzure):
    """`FakeAzure` over what is so. `lingering` are ids that the index still lists, though they are gone."""

    truth: TrueFleet = field(default_factory=TrueFleet)
    lingering: dict[str, SigningAccount] = field(default_factory=dict)
    no_locks: bool = False
    before_locks: Callable[[], object] | None = None

    async def fleet(self) -> Fleet:
        """As `Inventory.fleet`."""
        found = {one.id: one for one in map(self._shown, self._there())} | self.lingering
        listed = [one for one in found.values() if one.id not in self.unlisted and not self._hidden(one.id)]
        owners = sorted({int(one.subscription_id[-12:]) for one in listed})
        if self.index_fails:
            return Fleet((), (), (Blind(About.ACCOUNTS, "", "The index could not be read."),))
        return Fleet(tuple(subscription(owner) for owner in owners), tuple(listed))

    async def profiles(self, account: SigningAccount) -> tuple[CertificateProfile, ...] | Blind:
        """As `AccountReader.profiles`."""
        await self._ask("profiles", account.id)
        there = self.truth.at(account.id, self.clock.now())
        if self._hidden(account.id) or there is None:
            return Blind(About.PROFILES, account.id, "The Reader role is missing (403).")
        return tuple(_profile(there.id, profile, self.clock.now()) for profile in there.profiles)

    async def account(self, known: SigningAccount) -> SigningAccount | Blind | None:
        """As `AccountReader.account`."""
        await self._ask("account", known.id)
        if self._hidden(known.id):
            return Blind(About.ACCOUNTS, known.id, "The Reader role is missing (403).")
        there = self.truth.at(known.id, self.clock.now())
        return self._shown(there) if there else None

    async def locks(self, subscription: Subscription) -> tuple[Lock, ...] | Blind:
        """As `SubscriptionReader.locks`."""
        if self.before_locks:
            self.before_locks()
        if self.no_locks:
            return Blind(About.LOCKS, subscription.scope, "The Reader role is missing (403).")
        await self._ask("locks", subscription.scope)
        locked = [one.id for one in self._there() if one.locked and one.id.startswith(subscription.scope)]
        return tuple(Lock(id_, "do-not-delete", "CanNotDelete") for id_ in locked)

    def _there(self) -> Sequence[TrueAccount]:
        return [one for one in self.truth.accounts if one.there(self.clock.now())]

    def _shown(self, one: TrueAccount) -> SigningAccount:
        return SigningAccount(
            id=one.id,
            name=one.name,
            subscription_id=one.subscription,
            resource_group="rg",
            region="westeurope",
            sku=one.sku,
            provisioning_state=one.shown_state(self.clock.now()),
            created=one.created,
            tags={"countersign-keep": "true"} if one.kept else {},
        )

    def _signatures(self, id_: str, window: Window) -> Mapping[datetime, int] | Blind:
        if self._hidden(id_):
            return Blind(About.USAGE, id_, "The Monitoring Reader role is missing (403).")
        there = self.truth.at(id_, self.clock.now())
        hours = [hour_of(one) for one in there.signed] if there else []
        return {hour: hours.count(hour) for hour in hours if window.start - HOUR < hour < window.end}


def _profile(account_id: str, profile: TrueProfile, now: datetime) -> CertificateProfile:
    revoked = "Succeeded" if profile.revoked else ""
    certificates = tuple(
        Certificate(f"{at:%d}", f"{at:%d}", at, at + 3 * DAY, revoked, at if profile.revoked else None)
        for at in profile.issued(now)
    )
    return CertificateProfile(
        account_id,
        profile.name,
        "PublicTrust",
        profile.status,
        profile.validation,
        "Succeeded",
        profile.first,
        certificates,
    )


@dataclass(slots=True)
class WatchedEraser:
    """`Eraser` whose every request is judged by what is so. `answers` come first, by the name of an account.

    accepted, refused, throttled; unknown, of what was not sent; unknown, but done. A lock is always honoured.
    """

    clock: Movable
    truth: TrueFleet
    answers: dict[str, list[str]] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)

    async def erase(self, account: SigningAccount) -> Erased:
        """As `Eraser.erase`."""
        now = self.clock.now()
        self.requests.append(account.name)
        there = self.truth.at(account.id, now)
        if there is None:
            return Erased(Fate.NOT_THERE, "Azure does not know it (404).")
        self.truth.complaints += [f"{now:%a %d %b %H:%M} {account.name}: {one}" for one in self.truth.judge(there, now)]
        answer = "locked" if there.locked else self._next(account.name)
        there.requests.append(Request(now, accepted=answer in TAKEN, put_off=answer == "throttled"))
        if answer == "locked":
            return Erased(Fate.LOCKED, "A lock is in the way (409 ScopeLocked).")
        until = now + ASKED_FOR if answer == "throttled" else None
        return Erased((TAKEN | NOT_SENT)[answer], f"Azure answered: {answer}.", until)

    def _next(self, name: str) -> str:
        answers = self.answers.get(name)
        return answers.pop(0) if answers else "accepted"


@dataclass(slots=True)
class RetiringWorld(World):
    """`altered` makes a house that lacks something, where a test wants one."""

    truth: TrueFleet = field(default_factory=TrueFleet)
    eraser: WatchedEraser = field(init=False)
    altered: Callable[[House], House] | None = None

    def __post_init__(self) -> None:
        """Nothing is there yet."""
        World.__post_init__(self)
        self.azure = RetiringAzure(self.clock, truth=self.truth)
        self.eraser = WatchedEraser(self.clock, self.truth)
        self.sources = Sources(*[self.azure] * 7, eraser=self.eraser)

    @property
    def shown(self) -> RetiringAzure:
        """The Azure of this world."""
        assert isinstance(self.azure, RetiringAzure)
        return self.azure

    def _furnished(self) -> House:
        house = World._furnished(self)
        return self.altered(house) if self.altered else house

    def add_account(
        self, name: str, *profiles: TrueProfile, number: int = 1, created: datetime = LONG_AGO, sku: str = "Basic"
    ) -> TrueAccount:
        """It is there from now on."""
        owner = subscription(number)
        id_ = f"{owner.scope}/resourcegroups/rg/providers/microsoft.codesigning/codesigningaccounts/{name}"
        account = TrueAccount(id_, name, owner.id, created, sku, profiles=list(profiles))
        self.truth.accounts.append(account)
        return account

    def set(self, **settings: str) -> None:
        """RETIRE__*, by the part of the name that follows; it counts as changed."""
        self.settings = {**self.settings, **{f"RETIRE__{name}": value for name, value in settings.items()}}
        self.truth.changed = self.clock.now()

    async def say(self, word: Word) -> None:
        """Into the validation list, and among what is so."""
        way = Way.PERSON if word.person else Way.IMPORT if word.by != "mail rule" else Way.EVENT
        pending = word.key.startswith("account:")
        entry = RegisterEntry(
            word.subscription,
            "" if pending else word.key,
            ValidationStatus(word.status),
            word.by,
            word.at,
            way,
            account=word.account,
            given_up_by=word.given_up_by,
            attempts_used=word.attempts,
        )
        if await self.house().register.say(entry):
            self.truth.words.append(word)

    async def failed(self, account: TrueAccount, by: str = "kim") -> None:
        """Somebody says that the request for it failed, and gives it up."""
        given_up = by
        await self.say(
            Word(account.subscription, key_of(account), account.name, "Failed", by, self.clock.now(), given_up_by=given_up)
        )

    async def retire(self) -> None:
        """The timer fires."""
        await self.house().retire.run(self.clock.now())
        self.collect()

    def noticed(self) -> None:
        """A run followed a check that saw all of it."""

    async def seen(self, account: TrueAccount, by: str = "ana") -> bool:
        """Somebody reads the notice; whether there was one."""
        try:
            await self.house().retirements.seen(account.id, "", by, self.clock.now())
        except (NotNow, NotThere):
            return False
        account.seen.append(self.clock.now())
        return True

    async def evidence(self, account: TrueAccount) -> str:
        """As a page shows it."""
        planned = await self.house().retirements.explain(account.id, "", self.clock.now())
        return planned[0].evidence if planned else ""

    async def approve(self, account: TrueAccount, by: str = "ana", evidence: str = "", of: object = None) -> bool:
        """Somebody approves what is seen now, or `evidence` that was seen when all was as in `of`."""
        seen, now = evidence or await self.evidence(account), self.clock.now()
        try:
            await self.house().retirements.approve(account.id, "", seen, by, now)
        except (NotNow, NotThere):
            return False
        account.approvals.append(TrueApproval(by, now, of or self.truth.evidence(account, now)))
        return True

    async def excuse(self, account: TrueAccount, by: str = "ana") -> bool:
        """Somebody says no."""
        try:
            await self.house().retirements.excuse(account.id, "", "we want it", by, self.clock.now())
        except (NotNow, NotThere):
            return False
        account.excused = True
        return True

    async def readmit(self, account: TrueAccount, by: str = "ana") -> bool:
        """Somebody takes it back."""
        try:
            await self.house().retirements.readmit(account.id, "", by, self.clock.now())
        except (NotNow, NotThere):
            return False
        account.excused = False
        return True

    async def halt(self) -> None:
        """Nothing is deleted any more."""
        self.truth.halted = True
        await self.house().retirements.halt("we want to look at it", "ana", self.clock.now())

    async def lift(self) -> None:
        """It goes on."""
        await self.house().retirements.lift("ana", self.clock.now())
        self.truth.halted = False


def key_of(account: TrueAccount) -> str:
    """Of the validation that was requested for it: the id that its profiles use, or none."""
    return account.profiles[0].validation if account.profiles else f"account:{account.name}"
