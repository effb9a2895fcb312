"""What happens to a fleet besides: people who change their minds, faults, forgeries, and events that lie."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from shared.domain.subscription import subscription_scope
from shared.domain.validation import RegisterEntry, ValidationStatus, Way
from shared.domain.walk import Approval, Stage, Walk, WalkRow
from shared.store.keys import key, prefix
from shared.store.retiring import KIND, RETIRING
from shared.store.rows import Delete
from tests.flows.retirement_truth import TrueAccount, TrueProfile, Word
from tests.flows.retiring_world import DAY, EVERYWHERE, LONG_AGO, key_of
from tests.flows.world import MINUTE

if TYPE_CHECKING:
    from tests.flows.retiring_fleets import Life

OTHER = "e0000000-0000-4000-8000-000000000000"
ANY_TIME = ("morning", "noon", "evening")


@dataclass(frozen=True, slots=True)
class Mischief:
    """Something that happens to an account, or to all; `when` in the day, before the check, after it, after the run."""

    do: Callable[["Life", TrueAccount], Awaitable[None]]
    weight: int = 2
    when: tuple[str, ...] = ANY_TIME


async def lock(_life: "Life", account: TrueAccount) -> None:
    """Locked, or no more."""
    account.locked = not account.locked


async def lock_for_the_day(life: "Life", account: TrueAccount) -> None:
    """No check sees it."""
    account.locked = True
    life.tonight.append(lambda: setattr(account, "locked", False))


async def tag(_life: "Life", account: TrueAccount) -> None:
    """Tagged countersign-keep, or no more."""
    account.kept = not account.kept


async def suspend(_life: "Life", account: TrueAccount) -> None:
    """By the service, or no more; the account or a profile."""
    for profile in account.profiles:
        profile.status = "Active" if profile.status == "Suspended" else "Suspended"
    account.state = "Succeeded" if account.state == "Suspended" else "Suspended"


async def heal(life: "Life", account: TrueAccount) -> None:
    """A new profile, or one that is renewed again, which signs at once."""
    now = life.world.clock.now()
    if account.profiles and life.chance.random() < 0.5:
        account.profiles[0].renewed_until = None
    else:
        account.profiles.append(TrueProfile(f"new-{len(account.profiles)}", OTHER, now))
    if account.can_sign(now):
        account.signed.append(now)


async def end_renewal(life: "Life", account: TrueAccount) -> None:
    """No certificate is issued any more, or the profile is deleted."""
    for profile in account.profiles:
        profile.renewed_until = profile.renewed_until or life.world.clock.now()
    if life.chance.random() < 0.3:
        account.profiles = []


async def revoke(_life: "Life", account: TrueAccount) -> None:
    """An investigation."""
    for profile in account.profiles:
        profile.revoked = True


async def share(life: "Life", account: TrueAccount) -> None:
    """Another account makes a profile with its validation."""
    for other in life.world.truth.accounts:
        if account.profiles and other is not account and other.subscription == account.subscription:
            other.profiles.append(TrueProfile("shared", account.profiles[0].validation, LONG_AGO, LONG_AGO + DAY))


async def speak(life: "Life", account: TrueAccount) -> None:
    """Somebody says something else of its validation, or the same in another way."""
    kind = life.chance.choice(("In Progress", "Completed", "Expired", "kept open", "import", "event", "lie", "Failed"))
    if kind == "Failed":
        await life.world.gave_up(account, life.chance.choice(("kim", "ana")))
        return
    failed = kind in ("kept open", "import", "event", "lie")
    word = Word(
        account.subscription,
        key_of(account),
        account.name,
        "Failed" if failed else kind,
        by="mail rule" if kind in ("event", "lie") else "kim",
        at=life.world.clock.now() - (3 * DAY if kind == "lie" else timedelta()),
        person=kind not in ("import", "event", "lie"),
        event=kind in ("event", "lie"),
        given_up_by="kim" if kind == "import" else "",
    )
    await life.world.say(word)


async def excuse(life: "Life", account: TrueAccount) -> None:
    """No, or yes after all."""
    if account.excused:
        await life.world.readmit(account)
    else:
        await life.world.excuse(account)


async def halt(life: "Life", _account: TrueAccount) -> None:
    """Everything is held, or goes on."""
    await (life.world.lift() if life.world.truth.halted else life.world.halt())


async def approve_wrongly(life: "Life", account: TrueAccount) -> None:
    """By whoever said that it failed, or by somebody who saw what is no longer so, or anybody at all."""
    world, now = life.world, life.world.clock.now()
    await world.approve(account, life.chance.choice(("kim", "KIM", "dan")))
    if account.id in life.stale:
        evidence, of = life.stale[account.id]
        await world.approve(account, "ben", evidence, of)
    life.stale[account.id] = (await world.evidence(account), world.truth.evidence(account, now))


async def resize(_life: "Life", account: TrueAccount) -> None:
    """Another SKU: an approval was of something else."""
    account.sku = "Premium" if account.sku == "Basic" else "Basic"


async def forge(life: "Life", account: TrueAccount) -> None:
    """Somebody who may write the tables makes it look due, counts checks, and approves."""
    book = life.world.house().retire.cases.book
    there = (await book.walks(account.subscription)).get(account.id)
    evidence = await life.world.evidence(account)
    approvals = tuple(Approval(name, life.world.clock.now(), evidence) for name in ("eve", "mallory"))
    walk = Walk(
        account.id,
        account.created,
        Stage.ANNOUNCED,
        since=LONG_AGO,
        looks=tuple("123456789"),
        announced=LONG_AGO,
        proven=LONG_AGO,
        proof="forged",
        approvals=approvals,
    )
    await book.put(WalkRow(walk, etag=there.etag if there else ""))


async def remove_rows(life: "Life", account: TrueAccount) -> None:
    """Somebody deletes rows: of its walk, or of whose day it is."""
    rows, partition = life.world.storage.subscriptions, key(account.subscription)
    for row in await rows.query(partition, *prefix(KIND)):
        await rows.transact(partition, [Delete(row.key, "*")])
    await free_the_day(life, account)


async def lift_by_force(life: "Life", _account: TrueAccount) -> None:
    """Somebody deletes the row that holds everything."""
    await life.world.house().retire.cases.book.set_halt(None)


async def put_words(life: "Life", account: TrueAccount) -> None:
    """Somebody who may write the tables makes a person say that it failed, or what that person said before."""
    register, now = life.world.house().register.register, life.world.clock.now()
    key_, history = key_of(account), await life.world.house().register.history(account.subscription, key_of(account))
    failed = [one.entry for one in history if one.entry.status is ValidationStatus.FAILED]
    forged = RegisterEntry(
        account.subscription,
        "" if key_.startswith("account:") else key_,
        ValidationStatus.FAILED,
        "kim",
        now,
        Way.PERSON,
        account=account.name,
        given_up_by="kim",
    )
    there = (await register.entered(account.subscription)).get(key_)
    await register.say(life.chance.choice((*failed, forged)), there.etag if there else "")


async def free_the_day(life: "Life", _account: TrueAccount) -> None:
    """So that another one may go today."""
    rows = life.world.storage.looks
    for row in await rows.query(RETIRING, *prefix("day")):
        await rows.transact(RETIRING, [Delete(row.key, "*")])


async def lie(life: "Life", account: TrueAccount) -> None:
    """An event says that it was deleted, or written."""
    now, done = life.world.clock.now(), life.chance.choice(("delete", "write"))
    operation = f"Microsoft.CodeSigning/codeSigningAccounts/{done}"
    await life.world.house().events.changed(account.id, now, now, operation)
    life.world.collect()


async def blind(life: "Life", account: TrueAccount) -> None:
    """Access is lost: to the account, its subscription, or all locks; or the index fails."""
    azure = life.world.shown
    kind = life.chance.choice(("account", "subscription", "locks", "index"))
    azure.forbidden |= {"account": {account.id}, "subscription": {scope_of(account)}}.get(kind, set())
    azure.no_locks |= kind == "locks"
    azure.index_fails |= kind == "index"


async def throttle(life: "Life", account: TrueAccount) -> None:
    """Azure asks for patience once or twice."""
    kind, scope = life.chance.choice(("profiles", "usage", "account", "locks")), account.id
    if kind == "locks":
        scope = scope_of(account)
    life.world.azure.throttled = {kind: {scope: life.chance.choice((1, 2))}}


async def trail(life: "Life", _account: TrueAccount) -> None:
    """The index is late from now on."""
    life.world.shown.late = life.chance.choice((timedelta(hours=4), DAY, 2 * DAY))


async def recreate(life: "Life", account: TrueAccount) -> None:
    """Somebody deletes it, and perhaps makes another one of its name."""
    truth, now = life.world.truth, life.world.clock.now()
    account.removed = now
    if life.chance.random() < 0.7:
        new = TrueAccount(account.id, account.name, account.subscription, now, account.sku)
        truth.accounts.append(new)
        life.candidates.append(new)


async def set_anew(life: "Life", account: TrueAccount) -> None:
    """RETIRE__* is changed."""
    changes = life.chance.choice(
        (
            {"MODE": "auto"},
            {"MODE": "approve"},
            {"MODE": life.chance.choice(("report", "off"))},
            {"GRACE_WORKDAYS": life.chance.choice(("1", "3", "10"))},
            {"ONLY": life.chance.choice((EVERYWHERE, "subscription:Sub1"))},
            {"NEVER": f"account:{account.name}"},
            {"APPROVALS": life.chance.choice(("1", "2"))},
            {"HALT": life.chance.choice(("true", "false"))},
        )
    )
    life.world.set(**changes)
    await life.world.house().retire.run(life.world.clock.now())


async def skip(life: "Life", _account: TrueAccount) -> None:
    """The host stands still for days."""
    life.missed = 1 if life.calm else life.chance.choice((1, 1, 3))


async def turn_back(life: "Life", _account: TrueAccount) -> None:
    """The clock is set right."""
    life.world.clock.at -= life.chance.choice((1, 3, 8)) * MINUTE


async def answer(life: "Life", account: TrueAccount) -> None:
    """What Azure will answer to a delete."""
    answers = ["refused", "throttled", "unknown", "unknown, but done"]
    life.world.eraser.answers[account.name] = [life.chance.choice(answers)]


async def not_end(life: "Life", account: TrueAccount) -> None:
    """What a delete that was taken will come to."""
    account.ends = life.chance.choice(("failed", "again", "never"))


def mend(life: "Life") -> None:
    """Access is given back, and what somebody did by mistake is undone."""
    azure = life.world.shown
    azure.forbidden, azure.no_locks, azure.index_fails, azure.throttled = set(), False, False, {}
    if life.calm:
        return
    for account in life.candidates:
        account.kept = account.locked = False
        account.state = "Succeeded"
        for profile in account.profiles:
            profile.status = "Active"


def scope_of(account: TrueAccount) -> str:
    """Of its subscription."""
    return subscription_scope(account.subscription)


BENIGN = (
    Mischief(blind, when=("morning",)),
    Mischief(throttle),
    Mischief(trail, weight=1),
    Mischief(lie),
    Mischief(skip, when=("evening",)),
    Mischief(turn_back, when=("evening",)),
    Mischief(answer, weight=6),
)
MISCHIEF = (
    Mischief(lock, weight=3),
    Mischief(lock_for_the_day, weight=3, when=("noon",)),
    Mischief(tag, weight=4),
    Mischief(suspend),
    Mischief(heal),
    Mischief(end_renewal, weight=4),
    Mischief(revoke, weight=1),
    Mischief(share, weight=1, when=("morning",)),
    Mischief(speak, weight=4),
    Mischief(excuse),
    Mischief(halt, weight=4),
    Mischief(approve_wrongly, weight=3),
    Mischief(resize),
    Mischief(forge, weight=4),
    Mischief(remove_rows, weight=1),
    Mischief(free_the_day, weight=2, when=("evening",)),
    Mischief(lift_by_force),
    Mischief(put_words, weight=3),
    Mischief(recreate, weight=1),
    Mischief(set_anew, weight=1),
    Mischief(not_end, weight=1),
    *(replace(one, weight=1) for one in BENIGN),
)
