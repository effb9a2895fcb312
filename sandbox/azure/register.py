"""What people have testified in a story, with the ids that stand behind its names."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sandbox.azure.scenario.story import Scenario, Testimony
from sandbox.azure.world.history import History
from sandbox.azure.world.resources import World


@dataclass(frozen=True, slots=True)
class RegisterEntry:
    """One entry as a person would write it; `said` holds status, expiry, owner and the rest."""

    subscription_id: str
    subscription: str
    validation_id: str | None
    account_id: str | None
    account: str | None
    at: datetime
    said: Testimony


def at_start(scenario: Scenario) -> tuple[RegisterEntry, ...]:
    """What had been said when the story begins."""
    return _entries(scenario, History(scenario).at(scenario.start), scenario.register, scenario.start)


def afterwards(scenario: Scenario) -> tuple[RegisterEntry, ...]:
    """What is said in the course of the story, each with its moment, in order."""
    history = History(scenario)
    steps = sorted(scenario.timeline, key=lambda step: step.at)
    return tuple(entry for step in steps for entry in _entries(scenario, history.at(step.at), step.register, step.at))


def _entries(
    scenario: Scenario, world: World, said: Iterable[Testimony], moment: datetime
) -> tuple[RegisterEntry, ...]:
    return tuple(_entry(scenario, world, each, moment) for each in said)


def _entry(scenario: Scenario, world: World, said: Testimony, moment: datetime) -> RegisterEntry:
    validation = world.validations[said.validation.lower()] if said.validation else None
    account = world.accounts.get(said.account.lower()) if said.account else None
    about = validation or account
    if about is None:
        raise LookupError(f"{scenario.name}: the register speaks of {said.account!r}, which is not there at {moment}")
    owner = world.subscriptions[about.subscription_id]
    return RegisterEntry(
        owner.id,
        owner.name,
        validation.id if validation else None,
        account.id if account else None,
        account.name if account else None,
        moment,
        said,
    )
