"""Whether a request to delete an account was allowed, by what is so: nothing of Countersign's is asked or imported."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from tests.flows.retirement_truth import TrueAccount, TrueFleet

DAY = timedelta(days=1)
CONFIRMATION_LASTS = APPROVAL_LASTS = WAITING_PERIOD = 14 * DAY
YOUNG = SEEN_FOR = 7 * DAY
CHECKS_IN_A_ROW = 5
THURSDAY, OPENS, CLOSES = 3, 9, 16
FAILED = "Failed"


def complaints(fleet: TrueFleet, account: TrueAccount, at: datetime) -> Sequence[str]:
    """Why nobody may ask Azure to delete it now; nothing where it is allowed."""
    found = [*shown(fleet, account, at), *said(fleet, account, at), *unconfirmed(fleet, account, at)]
    return [*found, *_walk(fleet, account, at), *_circumstances(fleet, account, at)]


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
    if not fleet.named(account):
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
    if len(standing(fleet, account, at)) < wanted(fleet, account):
        yield "it was not approved"
    before = account.requests[-1] if account.requests else None
    if before and not before.put_off and not any(one.at > before.at for one in account.approvals):
        yield "nobody decided that it be sent again"


def wanted(fleet: TrueFleet, account: TrueAccount) -> int:
    """By how many people it must be approved."""
    if fleet.mode != "approve":
        return 0
    return max(fleet.approvals, 2 if account.sku == "Premium" else 1)


def standing(fleet: TrueFleet, account: TrueAccount, at: datetime) -> set[str]:
    """Those whose approval counts."""
    about = fleet.concerning(account)
    speakers = {name.lower() for some in about for word in some for name in (word.by, word.given_up_by)}
    now = fleet.evidence(account, at)
    return {
        one.by.lower()
        for one in account.approvals
        if one.evidence == now
        and at - one.at <= APPROVAL_LASTS
        and one.at >= (account.restart or one.at)
        and one.by.lower() not in speakers
    }


def _circumstances(fleet: TrueFleet, account: TrueAccount, at: datetime) -> Iterator[str]:
    if fleet.mode not in ("auto", "approve"):
        yield f"nothing may be deleted in mode {fleet.mode}"
    if fleet.halted or fleet.held:
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
