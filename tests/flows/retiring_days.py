"""Days in a world in which accounts are retired: a check and the timer's step each morning, and people's part."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from shared.domain.retirement.plan import Planned
from shared.domain.walk import Stage
from tests.flows.fakes import START
from tests.flows.retirement_truth import TrueAccount, TrueProfile
from tests.flows.retiring_world import WORKING, RetiringWorld
from tests.flows.test_api import LOCAL

DAY = timedelta(days=1)
MORNING = START.replace(hour=10, minute=0)  # A Friday.
ANNOUNCED, SEEN, DUE = 7, 8, 24  # The notice on Friday, read on Saturday, ten workdays until Friday, due on Monday.

type Happening = Callable[[], Awaitable[object]]


@dataclass(slots=True)
class Days:
    """One account whose request failed, and one that signs. `also` happens before the check of a day."""

    mode: str = "auto"
    also: Mapping[int, Happening] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    world: RetiringWorld = field(init=False)
    old: TrueAccount = field(init=False)
    today: int = -1

    def __post_init__(self) -> None:
        """Set up, and nothing looked at yet."""
        self.world = RetiringWorld(settings={**LOCAL, **WORKING})
        self.old = self.world.add_account("old")
        signing = "f0000000-0000-4000-8000-000000000009"
        self.world.add_account("games", TrueProfile("release", signing, first=START - 30 * DAY))
        self.world.set(MODE=self.mode, ONLY="subscription:Sub1", **self.settings)

    async def until(self, day: int) -> "Days":
        """Through the morning of this day. Somebody confirms every ten days, and reads the notice when there is one."""
        while self.today < day:
            self.today += 1
            await self.morning()
        return self

    async def morning(self) -> None:
        """What happens on the day itself, a check, and the step."""
        self.world.clock.at = MORNING + self.today * DAY
        if self.today % 10 == 0 and self.old.removed is None:
            await self.world.gave_up(self.old)
        if self.today in self.also:
            await self.also[self.today]()
        await self.world.check()
        await self.step()
        if self.today == SEEN:
            await self.world.seen(self.old)

    async def step(self, after: timedelta = timedelta(minutes=5)) -> None:
        """The timer of retirement, a while later, and what follows."""
        await self.world.settle(self.world.clock.now() + after)
        await self.world.retire()
        await self.world.settle(self.world.clock.now() + timedelta(minutes=3))

    async def planned(self) -> Planned:
        """As `countersign retire explain` shows it."""
        [found] = await self.world.house().retirements.explain(self.old.id, "", self.world.clock.now())
        return found

    async def stage(self) -> Stage:
        """By the audit, also of an account that is gone."""
        house = self.world.house()
        return (await house.retire.cases.walk(self.old.id, self.old.created)).stage

    @property
    def sent(self) -> int:
        """Deletes that reached Azure."""
        return len(self.world.eraser.requests)

    def heard(self, rule: str) -> list[str]:
        """Why somebody was told of this rule, in order."""
        return [reason for reason, _, about in self.world.receiver.heard() if about == rule]
