"""The house over storage in memory, its queues worked off in simulated time, with crashes where a test wants them."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

from shared import config
from shared.domain.look import Look
from shared.domain.validation import RegisterEntry, ValidationStatus, Way
from shared.domain.view import SubscriptionView
from shared.ports.channel import Channel
from shared.store.in_memory import InMemoryQueues
from shared.store.messages import BILL_QUEUE, LOOK_QUEUE, REFRESH_QUEUE, TELL_QUEUE
from shared.wiring import House, Sources, Storage, furnish, in_memory_storage
from tests.flows.fakes import START, FakeAzure, HandClock, Movable, Receiver, subscription

# Time goes in leaps here, which no schedule allows for.
SETTINGS = {"ALERT__WEBHOOK_URL": "https://receiver.example/hook", "RULES__WATCH_LATE": "off"}
MINUTE = timedelta(minutes=1)
RETRY = timedelta(seconds=30)
MOST_TRIES = 5
DELIVERED_AGAIN = timedelta(seconds=10)


class Crash(Exception):
    """The process died."""


@dataclass(slots=True)
class Fuse:
    """Notes which operations write, and blows at numbers `at` and `again` (0: never).

    What follows fails too, until it is mended.
    """

    at: int = 0
    again: int = 0
    after: bool = False
    writes: list[bool] = field(default_factory=list)
    blown: bool = False
    crashes: int = 0
    takes_turns: bool = False

    def mend(self) -> None:
        """A new process starts."""
        self.crashes += self.blown
        self.blown = False

    async def run[T](self, operation: Callable[[], Awaitable[T]], *, writes: bool = False) -> T:
        """One operation."""
        if self.blown:
            raise Crash("dead already")
        self.writes.append(writes)
        if self.takes_turns:
            await asyncio.sleep(0)
        if len(self.writes) not in (self.at, self.again):
            return await operation()
        self.blown = True
        if self.after:
            await operation()
        raise Crash(f"at operation {len(self.writes)}")


@dataclass(order=True, slots=True)
class Waiting:
    """A message that becomes visible at `due`."""

    due: datetime
    number: int
    queue: str = field(compare=False)
    body: str = field(compare=False)
    tries: int = field(default=0, compare=False)


type Order = Callable[[Sequence[Waiting]], Waiting]


@dataclass(slots=True)
class World:
    """Everything that outlives a process, and the means to start one. `poison` are messages that failed too often.

    `sources` are other hands on Azure than the small one in memory.
    """

    clock: Movable = field(default_factory=HandClock)
    azure: FakeAzure = field(init=False)
    receiver: Receiver = field(init=False)
    queues: InMemoryQueues = field(default_factory=InMemoryQueues)
    storage: Storage = field(init=False)
    settings: Mapping[str, str] = field(default_factory=lambda: dict(SETTINGS))
    receivers: dict[str, Channel] = field(init=False)
    waiting: list[Waiting] = field(default_factory=list)
    poison: list[Waiting] = field(default_factory=list)
    fuse: Fuse = field(default_factory=Fuse)
    sources: Sources | None = None
    process: tuple[tuple[Mapping[str, str], int], House] | None = None
    order: Order = min
    numbers: "count[int]" = field(default_factory=count)

    def __post_init__(self) -> None:
        """Nothing is kept yet."""
        self.azure, self.receiver = FakeAzure(self.clock), Receiver(self.clock)
        self.storage = in_memory_storage().with_queues(self.queues)
        self.receivers = {"webhook": self.receiver}

    def house(self) -> House:
        """The process: a new one after a crash, and after settings were changed."""
        if self.process is None or self.process[0] != (self.settings, self.fuse.crashes):
            self.process = (dict(self.settings), self.fuse.crashes), self._furnished()
        return self.process[1]

    def restart(self) -> None:
        """The next house is a new process."""
        self.process = None

    def _furnished(self) -> House:
        settings, mistakes = config.read(self.settings)
        sources = self.sources or Sources(*[self.azure] * 7)
        return furnish(settings, mistakes, sources, self.storage, self.clock, self.receivers)

    async def plan(self) -> Look:
        """The timer fires: a look is planned, and its messages lie in the queue."""
        look = await self.house().watch.run(self.clock.now())
        self.collect()
        return look

    async def look(self) -> Look:
        """A whole look, and everything that follows from it."""
        planned = await self.plan()
        await self.settle(self.clock.now())
        while not (closed := await self.house().looks.get(planned.id)) or not closed.closed:
            await self.settle(min(message.due for message in self.waiting if message.queue == LOOK_QUEUE))
        return closed

    async def settle(self, until: datetime) -> None:
        """Work off what becomes visible on the queues until then."""
        self.collect()
        while ready := self._ready(until):
            message = self.order(ready)
            self.waiting.remove(message)
            self.clock.at = max(self.clock.at, message.due)
            await self.handle(message)
        self.clock.at = max(self.clock.at, until)

    def _ready(self, until: datetime) -> Sequence[Waiting]:
        """The messages that are visible next; the order among them is the test's."""
        first = min((message.due for message in self.waiting), default=until)
        return sorted(message for message in self.waiting if message.due <= min(max(first, self.clock.now()), until))

    async def handle(self, message: Waiting) -> None:
        """As the host does: a message that failed is tried again, and put aside after the fifth time."""
        house = self.house()
        try:
            if message.queue == LOOK_QUEUE:
                await house.look_at.run(await house.messages.read_look(message.body), self.clock.now())
            elif message.queue == REFRESH_QUEUE:
                await house.refresh.run(await house.messages.read_refresh(message.body), self.clock.now())
            elif message.queue == BILL_QUEUE:
                await house.costs.read(await house.messages.read_bill(message.body), self.clock.now())
            else:
                await house.serving.run(await house.messages.read_tell(message.body))
        except Crash:
            self.failed(message)
        self.fuse.mend()
        self.collect()

    def failed(self, message: Waiting) -> None:
        """Back on the queue, or on the poison queue."""
        message.tries += 1
        message.due = self.clock.now() + RETRY
        (self.waiting if message.tries < MOST_TRIES else self.poison).append(message)

    def collect(self) -> None:
        """Take what was sent."""
        for queue in (LOOK_QUEUE, TELL_QUEUE, BILL_QUEUE, REFRESH_QUEUE):
            for sent in self.queues.take(queue):
                self.waiting.append(Waiting(self.clock.now() + sent.delay, next(self.numbers), queue, sent.body))

    async def event(self, account_id: str, happened: datetime | None = None) -> None:
        """Event Grid delivers, and again after a while where that failed."""
        happened = happened or self.clock.now()
        delivered = False
        while not delivered:
            try:
                await self.house().events.changed(account_id, happened, self.clock.now())
                delivered = True
            except Crash:
                self.fuse.mend()
                await self.settle(self.clock.now() + DELIVERED_AGAIN)
        self.collect()

    async def read_bills(self) -> None:
        """The timer fires: every bill is read, as soon as Azure lets us."""
        await self.house().costs.plan(self.clock.now())
        self.collect()
        while due := [message.due for message in self.waiting if message.queue == BILL_QUEUE]:
            await self.settle(min(due))

    async def run(self, until: datetime) -> None:
        """Work off the queues. Once something has crashed the timers are needed, now and then."""
        while self.fuse.crashes and self.clock.now() + 10 * MINUTE < until:
            await self.settle(self.clock.now() + 10 * MINUTE)
            await self.timers()
        await self.settle(until)

    async def timers(self) -> None:
        """What the clock calls besides the watch."""
        await self.timer(lambda: self.house().relay.sweep(self.clock.now()))
        await self.timer(lambda: self.house().close.overdue(self.clock.now()))

    async def timer(self, run: Callable[[], Awaitable[object]]) -> None:
        """A timer that dies is not called again before its time."""
        with contextlib.suppress(Crash):
            await run()
        self.fuse.mend()
        self.collect()

    async def later(self, hours: float = 1) -> Look:
        """Some time passes, then a look."""
        await self.settle(self.clock.now() + timedelta(hours=hours))
        return await self.look()

    async def hear(self, hours: float = 1) -> list[tuple[str, str, str]]:
        """Time passes, and one more look: what is heard of it."""
        before = len(self.receiver.heard())
        await self.later(hours)
        return self.receiver.heard()[before:]

    async def enter(
        self, validation: str, expires: date, status: ValidationStatus = ValidationStatus.COMPLETED
    ) -> None:
        """Somebody enters an expiry date."""
        entry = RegisterEntry(subscription().id, validation, status, "ana", self.clock.now(), Way.PERSON, expires)
        await self.house().register.say(entry)

    async def view(self, number: int = 1) -> SubscriptionView:
        """What pages show of a subscription."""
        found = await self.house().views.read(subscription(number).id)
        assert found
        return found


async def interleaved(*running: Coroutine[Any, Any, object]) -> None:
    """At once, taking turns at every operation of the storage."""
    async with asyncio.TaskGroup() as group:
        for one in running:
            group.create_task(one)


def days(number: int) -> date:
    """So many days after the beginning."""
    return (START + timedelta(days=number)).date()
