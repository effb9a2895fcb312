"""A world in which accounts are retired: what people do there is done to Countersign and noted among what is so."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.domain.validation import RegisterEntry, ValidationStatus, Way
from shared.flows.retirements import NotNow
from shared.ports.errors import NotThere
from shared.wiring import House, Sources
from tests.flows.fakes import START, subscription
from tests.flows.retirement_allowed import said, shown, unconfirmed
from tests.flows.retirement_truth import TrueAccount, TrueApproval, TrueFleet, TrueProfile, Word
from tests.flows.retiring_azure import RetiringAzure, WatchedEraser
from tests.flows.world import World

DAY = timedelta(days=1)
LONG_AGO = START - 60 * DAY
WORKING = {"AZURE__DELETER_CLIENT_ID": "2e5f7a90-1b3c-4d5e-8f60-718293a4b5c6"}
EVERYWHERE = "subscription:Sub1; subscription:Sub2"


@dataclass(slots=True)
class RetiringWorld(World):
    """`altered` makes a house that lacks something, where a test wants one."""

    truth: TrueFleet = field(default_factory=TrueFleet)
    eraser: WatchedEraser = field(init=False)
    altered: Callable[[House], House] | None = None
    checked: dict[str, tuple[TrueAccount, bool]] = field(default_factory=dict)
    checked_at: datetime = START

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
        """RETIRE__*, by the part of the name that follows; every walk begins anew, if that changes anything."""
        before = self.settings
        self.settings = {**before, **{f"RETIRE__{name}": value for name, value in settings.items()}}
        if self.settings == before:
            return
        truth, now = self.truth, self.clock.now()
        self.set_up(**{name.removeprefix("RETIRE__"): value for name, value in self.settings.items()})
        truth.changed = now
        for account in truth.accounts:
            account.restart, account.clean = now, []

    def set_up(self, **settings: str) -> None:
        """As people understand the settings."""
        truth = self.truth
        truth.mode, truth.held = settings.get("MODE", "off"), settings.get("HALT") == "true"
        truth.grace, truth.approvals = int(settings.get("GRACE_WORKDAYS", "10")), int(settings.get("APPROVALS", "1"))
        truth.after = int(settings.get("AFTER_DAYS", "14")) * DAY
        truth.only = tuple(one.strip() for one in settings.get("ONLY", "").split(";"))
        truth.never = tuple(one.strip() for one in settings.get("NEVER", "").split(";"))

    async def say(self, word: Word) -> None:
        """Into the validation list, and among what is so."""
        way = Way.PERSON if word.person else Way.EVENT if word.event else Way.IMPORT
        entry = RegisterEntry(
            word.subscription,
            "" if word.key.startswith("account:") else word.key,
            ValidationStatus(word.status),
            word.by,
            word.at,
            way,
            account=word.account,
            given_up_by=word.given_up_by,
            attempts_used=word.attempts,
        )
        if await self.house().register.say(entry):
            self.truth.heard(word)

    async def gave_up(self, account: TrueAccount, by: str = "kim") -> None:
        """Somebody says that the request for it failed, and gives it up."""
        key, now = key_of(account), self.clock.now()
        await self.say(Word(account.subscription, key, account.name, "Failed", by, now, given_up_by=by))

    async def check(self) -> None:
        """A check of everything, and what there was to be seen."""
        await self.look()
        now, hidden = self.clock.now(), self.azure.forbidden
        blind = self.shown.no_locks or self.azure.index_fails
        self.checked_at = now
        self.checked = {
            one.id: (one, any(shown(self.truth, one, now)))
            for one in self.truth.accounts
            if one.there(now) and not blind and not any(f"{one.id}/".startswith(f"{scope}/") for scope in hidden)
        }

    async def retire(self) -> None:
        """The timer fires."""
        await self.house().retire.run(self.clock.now())
        self.collect()
        self.noticed()

    def noticed(self) -> None:
        """A run followed a check: whoever was not a candidate then begins anew."""
        now, truth, then = self.clock.now(), self.truth, self.checked_at
        for account, amiss in self.checked.values():
            if not account.there(now) or account.accepted:
                continue
            if amiss or any(said(truth, account, then)):
                account.restart, account.clean = now, []
            elif not any(unconfirmed(truth, account, then)) and truth.mode != "off":
                account.clean.append(now)
        self.checked = {}

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
