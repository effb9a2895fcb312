"""A story as it is played: time moves on, the timer fires, and what arrived is counted where it arrived."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.azure.register import afterwards
from sandbox.azure.scenario.story import Scenario
from sandbox.stage import Stage
from sandbox.story.ledger import Ledger
from sandbox.story.retiring import Retired
from sandbox.story.telling import Scene, tell_change, tell_event, tell_ticket_news, tell_tickets, tell_whole_check
from sandbox.story.waiting import until
from shared.domain.cost import month_start
from shared.domain.words import count, moment
from shared.reports.check import Check, row

# The timer is due at seven past. The host starts well before; then the clock is put just behind, so that it is overdue.
BEFORE = timedelta(minutes=6)
AFTER = timedelta(seconds=1)
NEVER = datetime.min.replace(tzinfo=UTC)
GROUPED = timedelta(minutes=4)
DOES = {"close": "closes, as done,", "dismiss": "closes, as not to be done,"}


@dataclass(slots=True)
class Story:
    """What happened so far."""

    scenario: Scenario
    stage: Stage
    ledger: Ledger
    scenes: list[Scene] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    received: list[Mapping[str, Any]] = field(default_factory=list)
    tickets: list[Mapping[str, Any]] = field(default_factory=list)
    told_until: datetime = NEVER
    retired: Retired | None = None

    async def first_check(self) -> None:
        """The timer fires by itself."""
        scene = self._scene()
        await self.stage.move_clock(self.scenario.start + AFTER)
        check, fresh = await self._next()
        scene.check = check
        tell_whole_check(scene, check, fresh)
        await self._tell_tickets(scene)

    async def bill(self) -> None:
        """The bill is read; its timer is due once a day, so it is asked for."""
        await self.stage.post(f"{self.stage.host}/admin/functions/costs", {})
        await self.ledger.bill(month_start(self.scenario.start.date()))

    async def event(self, after: timedelta, about: str) -> None:
        """Something happens, and Event Grid says so: one account is read again, long before the next check."""
        scene, at = Scene("EVENT"), self.scenario.start + after
        self._meanwhile(scene, at)
        await self.stage.move_clock(at + AFTER)
        before = await self._calls()
        await self.stage.post(f"{self.stage.azure}/sandbox/events/resource", {"about": about})
        await until(self._refreshed, "The event came to nothing")
        seconds, calls = scene.end(), await self._calls() - before
        scene.say(
            row(scene.title, f"{moment(at)}   Event Grid: {about} was written; its account was read again, "
                f"{seconds:.1f} s, {count(calls, 'call')} to Azure")
        )  # fmt: skip
        await self.stage.move_clock(at + GROUPED)  # What is over waits a little for others to be told with it.
        await until(self._told, "Nobody was told")
        tell_event(scene, await self._fresh())
        await self._tell_tickets(scene)
        self.scenes.append(scene)

    async def _told(self) -> bool:
        """Something arrived, and nothing waits for anybody any more."""
        everything = await self.stage.get(f"{self.stage.receivers}/received")
        return len(everything) > len(self.received) and await self.ledger.quiet()

    async def _refreshed(self) -> bool:
        count = (await self.stage.get(f"{self.stage.host}/sandbox/stats"))["functions"]["refresh"]
        return count["invocations"] > 0 and not count["running"]

    async def _calls(self) -> int:
        return int((await self.stage.get(f"{self.stage.azure}/sandbox/calls"))["total"])

    async def _fresh(self) -> Sequence[Mapping[str, Any]]:
        """What was received since it was asked last."""
        everything = await self.stage.get(f"{self.stage.receivers}/received")
        fresh: Sequence[Mapping[str, Any]] = everything[len(self.received) :]
        self.received.extend(fresh)
        return fresh

    def _meanwhile(self, scene: Scene, now: datetime) -> None:
        """What happened since it was told last."""
        for step in self.scenario.timeline:
            if self.told_until < step.at <= now:
                scene.say(row("MEANWHILE", step.says))
        self.told_until = max(self.told_until, now)

    async def later_check(self, at: datetime) -> None:
        """Time moves on, people say what they did, and the timer fires again."""
        scene = self._scene()
        before, now = self.checks[-1].look.started, at + AFTER
        self._meanwhile(scene, now)
        await self.stage.move_clock(now)
        await self.ledger.enter(self.scenario, [one for one in afterwards(self.scenario) if before < one.at <= now])
        check, fresh = await self._next()
        scene.check = check
        tell_change(scene, check, await self.ledger.told(check.look), fresh)
        await self._tell_tickets(scene)

    async def person_changes(self, at: datetime, about: str, does: str, who: str) -> None:
        """Somebody does something with the ticket whose title names this."""
        scene = Scene("MEANWHILE")
        await self.stage.move_clock(at)
        [ticket] = [life["ticket"] for life in await self._lives() if about in life["ticket"]["title"]]
        reference, said = ticket["reference"], DOES[does]
        body = {"does": does, "by": f"{who}{', as not to be done' if does == 'dismiss' else ''}"}
        await self.stage.post(f"{self.stage.receivers}/tickets/github/{reference}", body)
        self.tickets = await self._lives()
        scene.say(row(scene.title, f"{moment(at)}   {who} {said} ticket #{reference} about {about}"))
        self.scenes.append(scene)

    async def _tell_tickets(self, scene: Scene) -> None:
        before, self.tickets = self.tickets, await self._lives()
        tell_ticket_news(scene, before, self.tickets)

    async def lives_of_tickets(self) -> None:
        """What became of the tickets, as their desk shows it."""
        scene = Scene("TICKETS")
        tell_tickets(scene, self.tickets)
        self.scenes.append(scene)

    async def _lives(self) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = await self.stage.get(f"{self.stage.receivers}/tickets")
        return found

    async def _next(self) -> tuple[Check, Sequence[Mapping[str, Any]]]:
        after = self.checks[-1].look.id if self.checks else ""
        look = await self.ledger.next_look(after)
        check = await self.ledger.check(look)
        self.checks.append(check)
        return check, await self._fresh()

    def _scene(self) -> Scene:
        scene = Scene(f"CHECK {len(self.checks) + 1}")
        self.scenes.append(scene)
        return scene
