"""What is so in a fleet, and whether a request to delete one of its accounts was allowed: Countersign is not asked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

DAY = timedelta(days=1)
CERTIFICATE_LIVES = 3 * DAY
DELETING_TAKES = timedelta(seconds=100)
CONFIRMATION_LASTS = APPROVAL_LASTS = WAITING_PERIOD = 14 * DAY
YOUNG = SEEN_FOR = 7 * DAY
CHECKS_IN_A_ROW = 5
THURSDAY, OPENS, CLOSES = 3, 9, 16
FAILED = "Failed"


@dataclass(slots=True)
class TrueProfile:
    """A certificate a day from `first` on, each of three days, until renewal stops."""

    name: str
    validation: str
    first: datetime
    renewed_until: datetime | None = None
    status: str = "Active"
    revoked: bool = False

    def issued(self, at: datetime) -> Sequence[datetime]:
        """When the newest four were issued."""
        last = min(at, self.renewed_until or at)
        number = (last - self.first) // DAY + 1
        return [self.first + one * DAY for one in range(max(number - 4, 0), number)]

    def valid(self, at: datetime) -> bool:
        """It can sign."""
        return not self.revoked and any(one <= at < one + CERTIFICATE_LIVES for one in self.issued(at))


@dataclass(frozen=True, slots=True)
class Word:
    """What somebody said of the validation `key` of a subscription; `person`: signed in, and not by a file or an event.

    `account` is the name of the one that it was requested for.
    """

    subscription: str
    key: str
    account: str
    status: str
    by: str
    at: datetime
    person: bool = True
    given_up_by: str = ""
    attempts: int | None = None


@dataclass(frozen=True, slots=True)
class TrueApproval:
    """By whom, when, and what was so then."""

    by: str
    at: datetime
    evidence: object


@dataclass(frozen=True, slots=True)
class Request:
    """A request to delete that reached Azure, and whether it was taken; `put_off`: Azure said that it was not, for now."""

    at: datetime
    accepted: bool
    put_off: bool = False


@dataclass(slots=True)
class TrueAccount:
    """One incarnation of an account. `ends`: what comes of an accepted delete: gone, failed, again, never.

    `restart` is when something that ends a walk was last there to be noticed, `clean` are the complete checks since.
    """

    id: str
    name: str
    subscription: str
    created: datetime
    sku: str = "Basic"
    state: str = "Succeeded"
    profiles: list[TrueProfile] = field(default_factory=list)
    signed: list[datetime] = field(default_factory=list)
    kept: bool = False
    locked: bool = False
    chosen: bool = True
    never: bool = False
    excused: bool = False
    seen: list[datetime] = field(default_factory=list)
    approvals: list[TrueApproval] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    ends: str = "gone"
    restart: datetime | None = None
    clean: list[datetime] = field(default_factory=list)
    removed: datetime | None = None

    @property
    def accepted(self) -> datetime | None:
        """When Azure took a delete."""
        return next((one.at for one in self.requests if one.accepted), None)

    def there(self, at: datetime) -> bool:
        """A GET finds it."""
        if self.removed:
            return at < self.removed
        return not (self.accepted and self.ends == "gone" and at >= self.accepted + DELETING_TAKES)

    def shown_state(self, at: datetime) -> str:
        """`provisioningState`."""
        if self.accepted is None:
            return self.state
        if at < self.accepted + DELETING_TAKES or self.ends in ("gone", "never"):
            return "Deleting"
        return "Failed" if self.ends == "failed" else "Succeeded"

    def can_sign(self, at: datetime) -> bool:
        """Some certificate is valid."""
        return any(profile.valid(at) for profile in self.profiles)


@dataclass(slots=True)
class TrueFleet:
    """`changed`: when retiring was installed, or set up differently. `requests`: day and account of each delete."""

    accounts: list[TrueAccount] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)
    mode: str = "auto"
    grace: int = 10
    approvals: int = 1
    after: timedelta = 14 * DAY
    halted: bool = False
    changed: datetime | None = None
    complaints: list[str] = field(default_factory=list)

    def at(self, account_id: str, at: datetime) -> TrueAccount | None:
        """The incarnation that is there."""
        return next((one for one in self.accounts if one.id == account_id and one.there(at)), None)

    def concerning(self, account: TrueAccount) -> Sequence[Sequence[Word]]:
        """All words about each validation that it uses, or that was requested for it; the last word last."""
        used = {profile.validation for profile in account.profiles}
        about: dict[str, list[Word]] = {}
        for word in sorted(self.words, key=lambda one: one.at):
            if word.subscription == account.subscription:
                about.setdefault(word.key, []).append(word)
        return [some for key, some in about.items() if key in used or some[-1].account == account.name]

    def evidence(self, account: TrueAccount, at: datetime) -> object:
        """What an approval rests on."""
        profiles = sorted((one.name, one.status, one.validation) for one in account.profiles)
        said = sorted((some[-1].key, some[-1].status, some[-1].given_up_by) for some in self.concerning(account))
        return (account.created, account.sku, account.shown_state(at), profiles, said)

    def judge(self, account: TrueAccount, at: datetime) -> Sequence[str]:
        """Why nobody may ask Azure to delete it now; nothing where it is allowed."""
        found = [*shown(self, account, at), *said(self, account, at), *unconfirmed(self, account, at)]
        return [*found, *_walk(self, account, at), *_circumstances(self, account, at)]

    def looked(self, account: TrueAccount, at: datetime, amiss: bool) -> None:
        """A run that follows a check which saw all of it."""
        if amiss:
            account.restart, account.clean = at, []
        else:
            account.clean.append(at)


def shown(fleet: TrueFleet, account: TrueAccount, at: datetime) -> Iterator[str]:
    """What Azure shows that keeps an account from being deleted."""
    if account.can_sign(at):
        yield "it has a valid certificate"
    if any(at - one < fleet.after for one in account.signed if one <= at):
        yield "it has signed of late"
    if account.state != "Succeeded" or any(one.revoked or one.status == "Suspended" for one in account.profiles):
        yield "something of it is suspended, revoked or in trouble"
    if at - account.created <= YOUNG:
        yield "it is young"
    if account.kept:
        yield "it is tagged countersign-keep"
    if account.locked:
        yield "it is locked"


def said(fleet: TrueFleet, account: TrueAccount, at: datetime) -> Iterator[str]:
    """What people say that keeps it."""
    about = fleet.concerning(account)
    if not about or {one.validation for one in account.profiles} - {some[-1].key for some in about}:
        yield "nobody has said how it is with a validation"
    if any(some[-1].status != FAILED for some in about):
        yield "a validation has not failed"
    if any(not some[-1].given_up_by and some[-1].attempts != 3 for some in about):
        yield "a validation was not given up"
    others = [one for one in fleet.accounts if one.id != account.id and one.there(at)]
    if any(some in fleet.concerning(other) for some in about for other in others):
        yield "another account has to do with its validation"
    if account.excused:
        yield "somebody said no"
    if not account.chosen or account.never:
        yield "the settings do not name it"


def unconfirmed(fleet: TrueFleet, account: TrueAccount, at: datetime) -> Iterator[str]:
    """What somebody would have to say again."""
    for last in (some[-1] for some in fleet.concerning(account)):
        if not last.person or at - last.at > CONFIRMATION_LASTS:
            yield "no signed-in person has confirmed it of late"
        issued = [one for profile in account.profiles if profile.validation == last.key for one in profile.issued(at)]
        if any(one > last.at + DAY for one in issued):
            yield "it is contradicted by a certificate"


def _walk(fleet: TrueFleet, account: TrueAccount, at: datetime) -> Iterator[str]:
    """What must have been done before."""
    if account.accepted:
        yield "it was deleted already"
    if len(account.clean) < CHECKS_IN_A_ROW or at - account.clean[0] < SEEN_FOR:
        yield "it was not seen long enough"
        return
    told = [one for one in account.seen if one >= account.clean[0] + SEEN_FOR]
    if not any(workdays(one.date(), at.date()) > fleet.grace for one in told):
        yield "nobody had the notice in time"
    if len(_standing(fleet, account, at)) < _wanted(fleet, account):
        yield "it was not approved"
    before = account.requests[-1] if account.requests else None
    if before and not before.put_off and not any(one.at > before.at for one in account.approvals):
        yield "nobody decided that it be sent again"


def _wanted(fleet: TrueFleet, account: TrueAccount) -> int:
    if fleet.mode != "approve":
        return 0
    return max(fleet.approvals, 2 if account.sku == "Premium" else 1)


def _standing(fleet: TrueFleet, account: TrueAccount, at: datetime) -> set[str]:
    """Those whose approval counts."""
    about = fleet.concerning(account)
    speakers = {name for some in about for word in some for name in (word.by, word.given_up_by)}
    now = fleet.evidence(account, at)
    return {
        one.by
        for one in account.approvals
        if one.evidence == now
        and at - one.at <= APPROVAL_LASTS
        and one.at >= (account.restart or one.at)
        and one.by not in speakers
    }


def _circumstances(fleet: TrueFleet, account: TrueAccount, at: datetime) -> Iterator[str]:
    if fleet.mode not in ("auto", "approve"):
        yield f"nothing may be deleted in mode {fleet.mode}"
    if fleet.halted:
        yield "everything is held"
    if at.weekday() > THURSDAY or not OPENS <= at.hour < CLOSES:
        yield "outside days and hours"
    if fleet.changed is None or at - fleet.changed < WAITING_PERIOD:
        yield "it was set up too short a time ago"
    asked = {one.id for one in fleet.accounts for request in one.requests if request.at.date() == at.date()}
    if asked - {account.id}:
        yield "another one was deleted that day"


def workdays(first: date, last: date) -> int:
    """Mondays to Fridays after `first`, `last` included."""
    days = (first + number * DAY for number in range(1, (last - first).days + 1))
    return sum(day.weekday() <= 4 for day in days)  # Friday
