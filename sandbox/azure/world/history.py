"""The world at any moment: the beginning, and every effect up to then in order."""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sandbox.azure.scenario.story import Scenario
from sandbox.azure.world.beginning import beginning
from sandbox.azure.world.happening import happen
from sandbox.azure.world.resources import Account, World


class UnknownName(LookupError):
    """An effect speaks of something that does not exist at that moment."""


class History:
    """A pure function of (scenario, effects added, moment); worlds between effects are made once and kept."""

    def __init__(self, scenario: Scenario) -> None:
        self._moments: list[datetime] = []
        self._effects: list[Any] = []
        self._worlds = [beginning(scenario)]
        self.add((step.at, effect) for step in scenario.timeline for effect in step.does)

    def at(self, moment: datetime) -> World:
        """The world in which every effect up to and including `moment` has happened."""
        wanted = bisect_right(self._moments, moment)
        while len(self._worlds) <= wanted:
            self._worlds.append(self._next())
        return self._worlds[wanted]

    def ever(self, account: str, moment: datetime) -> Account:
        """An account by its name in lower case, as it was last. Raises KeyError where there never was one."""
        self.at(moment)
        worlds = reversed(self._worlds[: bisect_right(self._moments, moment) + 1])
        found = next((world.accounts[account] for world in worlds if account in world.accounts), None)
        if found is None:
            raise KeyError(account)
        return found

    def add(self, happened: Iterable[tuple[datetime, Any]]) -> None:
        """Put effects in their places; what came before them stays as it was."""
        for moment, effect in sorted(happened, key=lambda pair: pair[0]):
            place = bisect_right(self._moments, moment)
            self._moments.insert(place, moment)
            self._effects.insert(place, effect)
            del self._worlds[place + 1 :]

    def _next(self) -> World:
        """An effect on what has been deleted meanwhile does nothing."""
        place = len(self._worlds) - 1
        try:
            return happen(self._effects[place], self._worlds[-1], self._moments[place])
        except KeyError:
            return self._worlds[-1]


def check_timeline(scenario: Scenario) -> None:
    """Let everything happen once. Raises UnknownName for an effect on something that is not there by then."""
    world = beginning(scenario)
    for step in sorted(scenario.timeline, key=lambda step: step.at):
        for effect in step.does:
            try:
                world = happen(effect, world, step.at)
            except KeyError as error:
                raise UnknownName(f"timeline, {step.says!r}: there is no {error} at that moment") from error
