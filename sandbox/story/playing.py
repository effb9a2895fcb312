"""A story as it is played: time moves on, the timer fires, and what arrived is counted where it arrived."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sandbox.azure.register import afterwards
from sandbox.azure.scenario.story import Scenario
from sandbox.stage import Stage
from sandbox.story.ledger import Ledger
from sandbox.story.telling import Scene, tell_change, tell_whole_check
from shared.reports.check import Check, row

# The timer is due at seven past. The host starts well before; then the clock is put just behind, so that it is overdue.
BEFORE = timedelta(minutes=6)
AFTER = timedelta(seconds=1)


@dataclass(slots=True)
class Story:
    """What happened so far."""

    scenario: Scenario
    stage: Stage
    ledger: Ledger
    scenes: list[Scene] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    received: list[Mapping[str, Any]] = field(default_factory=list)

    async def first_check(self) -> None:
        """The timer fires by itself."""
        scene = self._scene()
        await self.stage.move_clock(self.scenario.start + AFTER)
        check, fresh = await self._next()
        tell_whole_check(scene, check, fresh)

    async def later_check(self, at: datetime) -> None:
        """Time moves on, people say what they did, and the timer fires again."""
        scene = self._scene()
        before, now = self.checks[-1].look.started, at + AFTER
        for step in self.scenario.timeline:
            if before < step.at <= now:
                scene.say(row("MEANWHILE", step.says))
        await self.stage.move_clock(now)
        await self.ledger.enter(self.scenario, [one for one in afterwards(self.scenario) if before < one.at <= now])
        check, fresh = await self._next()
        tell_change(scene, check, await self.ledger.told(check.look), fresh)

    async def _next(self) -> tuple[Check, Sequence[Mapping[str, Any]]]:
        after = self.checks[-1].look.id if self.checks else ""
        look = await self.ledger.next_look(after)
        check = await self.ledger.check(look)
        everything = await self.stage.get(f"{self.stage.receivers}/received")
        fresh = everything[len(self.received) :]
        self.checks.append(check)
        self.received.extend(fresh)
        return check, fresh

    def _scene(self) -> Scene:
        scene = Scene(f"CHECK {len(self.scenes) + 1}")
        self.scenes.append(scene)
        return scene
