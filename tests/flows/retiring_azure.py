"""An Azure that shows what is so, and a hand that deletes and is watched."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.domain.account import Certificate, CertificateProfile, SigningAccount
from shared.domain.blind import About, Blind
from shared.domain.subscription import Lock, Subscription
from shared.domain.survey import Fleet
from shared.domain.usage import HOUR, Window, hour_of
from shared.ports.retiring import Erased, Fate
from tests.flows.fakes import FakeAzure, Movable, subscription
from tests.flows.retirement_allowed import complaints
from tests.flows.retirement_truth import Request, TrueAccount, TrueFleet, TrueProfile

DAY = timedelta(days=1)
ASKED_FOR = timedelta(minutes=5)
NOT_SENT = {
    "refused": Fate.REFUSED,
    "throttled": Fate.THROTTLED,
    "unknown": Fate.UNKNOWN,
}
TAKEN = {"accepted": Fate.ACCEPTED, "unknown, but done": Fate.UNKNOWN}


@dataclass(slots=True)
class RetiringAzure(FakeAzure):
    """`FakeAzure` over what is so. `late` is how far the index trails.

    `before_locks` is called when locks are read, the last thing before an account is deleted."""

    truth: TrueFleet = field(default_factory=TrueFleet)
    late: timedelta = timedelta()
    no_locks: bool = False
    before_locks: Callable[[], Awaitable[object]] | None = None

    async def fleet(self) -> Fleet:
        """As `Inventory.fleet`."""
        before = self.clock.now() - self.late
        found = {one.id: self._shown(one) for one in self.truth.accounts if one.created <= before and one.there(before)}
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
            await self.before_locks()
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
        self.truth.complaints += [
            f"{now:%a %d %b %H:%M} {account.name}: {one}" for one in complaints(self.truth, there, now)
        ]
        answer = "locked" if there.locked else self._next(account.name)
        there.requests.append(Request(now, accepted=answer in TAKEN, put_off=answer == "throttled"))
        if answer == "locked":
            return Erased(Fate.LOCKED, "A lock is in the way (409 ScopeLocked).")
        until = now + ASKED_FOR if answer == "throttled" else None
        return Erased((TAKEN | NOT_SENT)[answer], f"Azure answered: {answer}.", until)

    def _next(self, name: str) -> str:
        answers = self.answers.get(name)
        return answers.pop(0) if answers else "accepted"
