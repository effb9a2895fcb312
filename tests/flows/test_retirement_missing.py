"""Whichever check of retirement is taken out, some random fleet shows that it is missing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import pytest

from shared.domain.blind import Blind
from shared.domain.retirement import gate
from shared.domain.retirement.gate import BREAKERS, CHECKS, HOURS, Case, No, Yes
from shared.domain.subscription import Lock, Subscription
from shared.domain.walk import Halt
from shared.flows.cases import Cases
from shared.ports.azure import SubscriptionReader
from shared.store.retiring import TableRetireBook
from shared.wiring import House
from tests.flows.retiring_fleets import Life
from tests.flows.retiring_mischief import Mischief, lock_for_the_day, put_words

MOST_FLEETS = 100


def without(*checks: gate.Check) -> Callable[[Case], Yes | No]:
    """The gate, but for these."""

    def weaker(case: Case) -> Yes | No:
        for breaker, some in ((False, CHECKS), (True, BREAKERS), (False, HOURS)):
            for check in some:
                if check not in checks and (reason := check(case)):
                    return No(reason, breaker)
        return Yes()

    return weaker


@dataclass(frozen=True, slots=True)
class DeafCases(Cases):
    """Hears of no halt."""

    def held(self, halt: Halt | None) -> str:  # noqa: ARG002
        """By nobody."""
        return ""


@dataclass(frozen=True, slots=True)
class ForgetfulCases(Cases):
    """Knows of no day that was taken."""

    async def taken_today(self, now: object) -> str:  # noqa: ARG002
        """Nobody's."""
        return ""


@dataclass(frozen=True, slots=True)
class FreeBook(TableRetireBook):
    """Gives every day to anybody."""

    async def take_day(self, day: object, account_id: str) -> str:  # noqa: ARG002
        """To whoever asks."""
        return account_id


@dataclass(frozen=True, slots=True)
class NoLocks:
    """`SubscriptionReader` that sees no lock."""

    reader: SubscriptionReader

    async def registrations(self, subscription: Subscription) -> Mapping[str, str] | Blind:
        """As it is."""
        return await self.reader.registrations(subscription)

    async def locks(self, subscription: Subscription) -> tuple[Lock, ...]:  # noqa: ARG002
        """None."""
        return ()


def gated(*checks: gate.Check) -> Callable[[House], House]:
    """A house whose gate lacks these checks."""

    def altered(house: House) -> House:
        weaker, retire = without(*checks), house.retire
        return replace(house, retire=replace(retire, gate=weaker, erasing=replace(retire.erasing, gate=weaker)))

    return altered


def with_cases(house: House, cases: Cases) -> House:
    """The same over other cases."""
    retire = house.retire
    return replace(house, retire=replace(retire, cases=cases, erasing=replace(retire.erasing, cases=cases)))


def deaf(house: House) -> House:
    """No halt is heard, neither at the gate nor right before the call."""
    cases = house.retire.cases
    hearing = (cases.known, cases.register, cases.book, cases.audit, cases.looks, cases.policy, cases.zone)
    return with_cases(gated(gate._halted)(house), DeafCases(*hearing))


def hasty(house: House) -> House:
    """Any number a day."""
    cases, rows = house.retire.cases, house.retire.cases.book
    assert isinstance(rows, TableRetireBook)
    book = FreeBook(rows.subscriptions, rows.looks)
    forgetful = ForgetfulCases(cases.known, cases.register, book, cases.audit, cases.looks, cases.policy, cases.zone)
    return with_cases(gated(gate._one_a_day)(house), forgetful)


def careless(house: House) -> House:
    """Locks are not read anew."""
    retire = house.retire
    fresh = replace(retire.erasing.fresh, locks=NoLocks(retire.erasing.fresh.locks))
    return replace(house, retire=replace(retire, erasing=replace(retire.erasing, fresh=fresh)))


@dataclass(frozen=True, slots=True)
class Missing:
    """A house that lacks something, of which the checker says `expected` once a fleet has come to the point."""

    altered: Callable[[House], House]
    expected: str
    people: tuple[str, ...] = ("confirm", "read", "approve")
    only: tuple[Mischief, ...] = ()


MISSING: Mapping[str, Missing] = {
    "conditions": Missing(gated(gate._conditions), "confirmed it of late", ("read", "approve")),
    "heard": Missing(
        gated(gate._heard), "confirmed it of late", ("read", "approve"), (Mischief(put_words, when=("morning",)),)
    ),
    "halted": Missing(deaf, "everything is held"),
    "one a day": Missing(hasty, "another one was deleted that day"),
    "hours": Missing(gated(gate._hours), "outside days and hours"),
    "proof": Missing(gated(gate._proven), "nobody had the notice in time", ("confirm", "approve")),
    "grace": Missing(gated(gate._grace), "nobody had the notice in time"),
    "approvals": Missing(gated(gate._approved), "it was not approved", ("confirm", "read")),
    "settled in": Missing(gated(gate._settled_in), "it was set up too short a time ago"),
    "a fresh lock": Missing(careless, "it is locked", only=(Mischief(lock_for_the_day, when=("noon",)),)),
    "blocked": Missing(gated(gate._not_blocked), "nobody decided that it be sent again"),
    "share": Missing(gated(gate._share, gate._jump), "was deleted"),
}


@pytest.mark.parametrize("missing", MISSING)
async def test_whichever_check_is_taken_out_some_fleet_shows_it(missing: str) -> None:
    lacking = MISSING[missing]
    for seed in range(MOST_FLEETS):
        life = Life(seed, lacking.altered, lacking.people, lacking.only)
        if any(lacking.expected in one for one in await life.live()):
            return
    pytest.fail(f"no fleet of {MOST_FLEETS} shows that this is missing: {missing}")
