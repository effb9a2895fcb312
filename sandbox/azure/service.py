"""What the stand-in holds while it runs: the story so far, its clock, what goes wrong, and what was asked."""

from datetime import datetime
from typing import Any

from sandbox.azure.event_grid import EventGrid
from sandbox.azure.gate.calls import Calls
from sandbox.azure.gate.clock import Clock
from sandbox.azure.gate.cost_quota import CostQuota
from sandbox.azure.gate.faults import Faults
from sandbox.azure.gate.throttling import Buckets, Windows
from sandbox.azure.scenario.story import Scenario
from sandbox.azure.world.happening import happen
from sandbox.azure.world.history import History
from sandbox.azure.world.resources import Account, World


class Azure:
    """`origin` is where it listens, and is set when that is known."""

    def __init__(self, scenario: Scenario, clock: Clock) -> None:
        behaviour = scenario.azure
        self.scenario = scenario
        self.clock = clock
        self.origin = ""
        self.history = History(scenario)
        self.calls = Calls()
        self.event_grid = EventGrid()
        self.faults = Faults(scenario.faults)
        self.deletions: dict[str, tuple[datetime, Account]] = {}
        self.reads = Buckets(behaviour.reads)
        self.deletes = Buckets(behaviour.deletes)
        self.cost_quota = CostQuota()
        self.graph_quota = Windows(behaviour.graph_queries, behaviour.graph_window)

    def world(self, moment: datetime | None = None) -> World:
        return self.history.at(moment or self.clock.now())

    @property
    def signing(self) -> str:
        """Where accounts of a region sign: here, so that it can be asked whether it is there."""
        return f"{self.origin}/signing/{{region}}/"

    def happen(self, effects: list[Any]) -> None:
        """Let something happen now that no story foresaw. Raises KeyError for a name that is not known."""
        now = self.clock.now()
        world = self.world(now)
        for effect in effects:
            world = happen(effect, world, now)
        self.history.add((now, effect) for effect in effects)
