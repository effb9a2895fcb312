"""Random fleets with a failed onboarding or two, lived through for weeks: a check and a run or two each day."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from shared.domain.rules.book import BOOK
from shared.rule_settings import setting_name
from shared.wiring import House
from tests.flows.crashes import fused
from tests.flows.fakes import START
from tests.flows.retirement_allowed import standing, wanted
from tests.flows.retirement_truth import TrueAccount, TrueProfile, Word
from tests.flows.retiring_mischief import BENIGN, MISCHIEF, Mischief, mend
from tests.flows.retiring_world import DAY, EVERYWHERE, LONG_AGO, WORKING, RetiringWorld, key_of
from tests.flows.world import MINUTE, Fuse, interleaved

WEEKS, WEEKS_OF_TROUBLE = 7, 6
SIZES = (1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 6)
CANDIDATES = ("no profile", "no profile", "no profile", "dead profile", "premium")
OTHERS = (
    *("healthy", "expired", "imported", "by event", "in progress", "not given up", "unconfirmed", "suspended"),
    *("tagged", "locked", "shared", "signed of late"),
)
NOTHING_TOLD = {setting_name(name): "off" for name, rule in BOOK.items() if not rule.to_everyone}
HELD_ABOVE = 3
PEOPLE = ("ana", "ben", "cleo")


@dataclass(slots=True)
class Life:
    """One fleet. `calm`: everybody consents, and nothing happens that should keep a candidate.

    `candidates` are accounts that nothing keeps, if nothing happens. A test that has something in mind says what people
    do, and `only` what happens besides, on most days. `tonight` is what the day ends with.
    """

    seed: int
    altered: Callable[[House], House] | None = None
    people: Sequence[str] = ("confirm", "read", "approve")
    only: Sequence[Mischief] = ()
    tonight: list[Callable[[], None]] = field(default_factory=list)
    chance: random.Random = field(init=False)
    calm: bool = field(init=False)
    overlapping: bool = field(init=False)
    two: bool = field(init=False)
    world: RetiringWorld = field(init=False)
    candidates: list[TrueAccount] = field(default_factory=list)
    stale: dict[str, tuple[str, object]] = field(default_factory=dict)
    missed: int = 0

    def __post_init__(self) -> None:
        """Drawn from the seed."""
        self.chance = random.Random(self.seed)  # noqa: S311
        self.calm, self.overlapping = self.chance.random() < 0.4, self.chance.random() < 0.3
        self.two, fuse = self.chance.random() < 0.3, Fuse(takes_turns=True)
        self.world = RetiringWorld(fuse=fuse, settings=WORKING | NOTHING_TOLD, altered=self.altered)
        if self.overlapping:
            self.world.storage = fused(self.world.storage, fuse)

    async def live(self) -> Sequence[str]:
        """From the first check on; what went wrong."""
        await self._begin()
        for number in range(7 * (WEEKS if self.calm else WEEKS_OF_TROUBLE)):
            if self.missed:
                self.missed -= 1
                continue
            await self._day(number)
            if self.calm and self._over():
                break
        return [*self.world.truth.complaints, *(self._undone() if self.calm else ())]

    def _over(self) -> bool:
        """Every candidate is gone since yesterday."""
        gone = [one.accepted and not one.there(self.world.clock.now() - DAY) for one in self.candidates]
        return all(gone) and len(self.candidates) <= HELD_ABOVE

    def _undone(self) -> Iterator[str]:
        """Every candidate is deleted in the end; where there are too many of them, none is."""
        few, now = len(self.candidates) <= HELD_ABOVE, self.world.clock.now()
        yield from (f"{one.name} is still there" for one in self.candidates if few and one.there(now))
        deleted = [one for one in self.world.truth.accounts if one.accepted]
        yield from (f"{one.name} was deleted" for one in deleted if not few or one not in self.candidates)

    async def _begin(self) -> None:
        world, chance = self.world, self.chance
        world.set(
            MODE=chance.choice(("auto", "approve")),
            ONLY=EVERYWHERE,
            GRACE_WORKDAYS=chance.choice(("2", "5", "10", "10")),
            APPROVALS=chance.choice(("1", "1", "2")),
            HALT="false",
        )
        for number in range(chance.choice(SIZES)):
            kinds = CANDIDATES if not number or chance.random() < 0.4 else OTHERS
            await self._add(f"account-{number}", chance.choice(kinds))

    async def _add(self, name: str, kind: str) -> None:
        """Words are said as if they had been entered before the first check."""
        number = self.chance.choice((1, 2)) if self.two else 1
        dead = TrueProfile("release", _validation(name), LONG_AGO, renewed_until=START - 30 * DAY)
        lively = kind in ("healthy", "suspended", "signed of late")
        with_profile = lively or kind in ("dead profile", "expired", "shared")
        profiles = [replace(dead, renewed_until=None if lively else dead.renewed_until)] if with_profile else []
        account = self.world.add_account(
            name, *profiles, number=number, sku="Premium" if kind == "premium" else "Basic"
        )
        if kind in CANDIDATES:
            self.candidates.append(account)
        await self._said(account, kind)
        account.kept, account.locked = kind == "tagged", kind == "locked"
        account.state = "Suspended" if kind == "suspended" else "Succeeded"
        if kind == "signed of late":
            profiles[0].renewed_until = START
            account.signed = [START - number * DAY for number in range(3)]
        if kind == "shared":
            self.world.add_account(f"{name}-b", replace(dead), number=number)

    async def _said(self, account: TrueAccount, kind: str) -> None:
        statuses = {"healthy": "Completed", "expired": "Expired", "in progress": "In Progress"}
        word = Word(
            account.subscription,
            key_of(account),
            account.name,
            statuses.get(kind, "Failed"),
            "kim",
            START - (15 * DAY if kind == "unconfirmed" else timedelta()),
            person=kind not in ("imported", "by event"),
            event=kind == "by event",
            given_up_by="" if kind in (*statuses, "not given up") else "kim",
        )
        await self.world.say(word)

    async def _day(self, number: int) -> None:
        world, chance = self.world, self.chance
        hour = chance.choice((9, 9, 10, 12, 14) if self.calm else (2, 8, 9, 10, 12, 14, 19))
        world.clock.at = max(START.replace(hour=hour) + number * DAY, world.clock.at)
        await self._happens("morning")
        await world.check()
        await world.settle(world.clock.now() + 10 * MINUTE)
        await self._people(number)
        await self._happens("noon")
        await self._run()
        await world.settle(world.clock.now() + 10 * MINUTE)
        await self._happens("evening")
        if chance.random() < 0.3:
            await self._run()
        if self.calm or chance.random() < 0.25:
            mend(self)
        while self.tonight:
            self.tonight.pop()()

    async def _run(self) -> None:
        """Once, twice, or two at once."""
        world, now = self.world, self.world.clock.now()
        if self.overlapping and self.chance.random() < 0.5:
            await interleaved(world.house().retire.run(now), world._furnished().retire.run(now))
            world.collect()
            world.noticed()
        else:
            await world.retire()
        if self.chance.random() < 0.2:
            await world.retire()

    async def _people(self, number: int) -> None:
        """Who entered the status confirms it; others read the notice, approve, and say how it goes on."""
        world, now = self.world, self.world.clock.now()
        for account in [one for one in self.candidates if one.there(now) and not one.accepted]:
            if "confirm" in self.people and number and number % 10 == 0 and (self.calm or self.chance.random() < 0.9):
                await world.gave_up(account)
            if not account.clean or now - account.clean[0] < 7 * DAY:
                continue
            told = [one for one in account.seen if one >= account.clean[0] + 7 * DAY]
            if "read" in self.people and not told and (self.calm or self.chance.random() < 0.7):
                await world.seen(account)
            if "approve" in self.people and told and self._asked(account):
                await self._approve(account)

    def _asked(self, account: TrueAccount) -> bool:
        """For an approval, in mode approve or after a delete that came to nothing."""
        truth, now = self.world.truth, self.world.clock.now()
        if account.requests and not any(one.at > account.requests[-1].at for one in account.approvals):
            return True
        return len(standing(truth, account, now)) < wanted(truth, account)

    async def _approve(self, account: TrueAccount) -> None:
        given = standing(self.world.truth, account, self.world.clock.now())
        who = next((one for one in PEOPLE if one not in given), "ana")
        await self.world.approve(account, who)

    async def _happens(self, when: str) -> None:
        """Something, now and then."""
        kinds: Sequence[Mischief] = self.only or (BENIGN if self.calm else MISCHIEF)
        possible = [one for one in kinds if when in one.when]
        if possible and self.chance.random() < (0.6 if self.only else 0.06 if self.calm else 0.08):
            mischief = self.chance.choices(possible, [one.weight for one in possible])[0]
            there = [one for one in self.world.truth.accounts if one.there(self.world.clock.now())]
            if there:
                await mischief.do(self, self.chance.choice(there))


def _validation(name: str) -> str:
    return f"f0000000-0000-4000-8000-{int(name.split('-')[1]):012}"
