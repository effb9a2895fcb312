"""Read a scenario file; a mistake in it is one sentence that says where."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from sandbox.azure.scenario.many import written_out
from sandbox.azure.scenario.moments import parse_moment
from sandbox.azure.scenario.story import Scenario

_WRITTEN_OUT = ("subscriptions", "validations", "accounts", "register")
_ADAPTER = TypeAdapter(Scenario)


class ScenarioMistake(ValueError):
    """One sentence a mistake: the file, the place in it, and what is wrong there."""


def load_scenario(path: Path) -> Scenario:
    """The scenario in a YAML file. Raises ScenarioMistake."""
    try:
        data = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise ScenarioMistake(f"{path}: cannot be read as YAML: {' '.join(str(error).split())}") from error
    return read_scenario(data, str(path))


def read_scenario(data: Any, source: str = "scenario") -> Scenario:
    """The same from a mapping that was read already. Raises ScenarioMistake."""
    if not isinstance(data, dict) or "start" not in data:
        raise ScenarioMistake(f"{source}: is not a scenario; it has to be a mapping with at least name and start")
    whole = dict(data)
    try:
        start = parse_moment(whole["start"])
        for key in _WRITTEN_OUT:
            whole[key] = written_out(whole.get(key) or [])
    except (KeyError, TypeError, ValueError) as error:
        raise ScenarioMistake(f"{source}: start or one of {', '.join(_WRITTEN_OUT)}: {error}") from error
    try:
        scenario = _ADAPTER.validate_python(whole, context={"start": start})
    except ValidationError as error:
        raise ScenarioMistake("\n".join(_sentences(error, source, whole))) from error
    mistakes = list(_unknown_names(scenario))
    if mistakes:
        raise ScenarioMistake("\n".join(f"{source}: {mistake}" for mistake in mistakes))
    return scenario


def _sentences(error: ValidationError, source: str, data: dict[str, Any]) -> Iterable[str]:
    for mistake in error.errors(include_url=False, include_context=False):
        text = mistake["msg"].removeprefix("Value error, ")
        if mistake["type"] == "unexpected_keyword_argument":
            text = "is not a word that can stand here"
        yield f"{source}: {_place(mistake['loc'], data)}: {text}"


def _place(location: tuple[int | str, ...], data: Any) -> str:
    """`accounts[3] (tools-basic).signs.per_wek`."""
    words = ""
    for part in location:
        data = _inside(data, part)
        words += f"[{part}]" if isinstance(part, int) else f".{part}"
        if isinstance(part, int) and isinstance(data, dict) and isinstance(data.get("name"), str):
            words += f" ({data['name']})"
    return words.removeprefix(".")


def _inside(data: Any, part: int | str) -> Any:
    if isinstance(data, dict):
        return data.get(part)
    return data[part] if isinstance(data, list) and isinstance(part, int) and part < len(data) else None


def _unknown_names(scenario: Scenario) -> Iterable[str]:
    subscriptions = {form.name.lower() for form in scenario.subscriptions}
    validations = {form.name.lower() for form in scenario.validations}
    for validation in scenario.validations:
        yield from _unknown(f"validation {validation.name}", "subscription", validation.subscription, subscriptions)
    for account in scenario.accounts:
        yield from _unknown(f"account {account.name}", "subscription", account.subscription, subscriptions)
        yield from _unknown(f"account {account.name}", "region", account.region, {*scenario.regions})
        for profile in account.profiles:
            where = f"profile {account.name}/{profile.name}"
            yield from _unknown(where, "validation", profile.validation, validations)
    for group, members in scenario.management_groups.items():
        for member in members:
            yield from _unknown(f"management group {group}", "subscription", member, subscriptions)
    yield from _testimony_names(scenario, validations)
    for kind in (scenario.subscriptions, scenario.validations, scenario.accounts):
        yield from (f"{name} is there {count} times" for name, count in _twice(form.name for form in kind))


def _testimony_names(scenario: Scenario, validations: set[str]) -> Iterable[str]:
    every = [*scenario.register, *(entry for step in scenario.timeline for entry in step.register)]
    for index, entry in enumerate(every):
        if entry.validation is None and entry.account is None:
            yield f"register entry {index}: names neither a validation nor an account"
        if entry.validation is not None:
            yield from _unknown(f"register entry {index}", "validation", entry.validation, validations)


def _unknown(where: str, kind: str, name: str, known: set[str]) -> Iterable[str]:
    if name.lower() not in known:
        yield f"{where}: there is no {kind} {name!r}"


def _twice(names: Iterable[str]) -> list[tuple[str, int]]:
    return [(name, count) for name, count in Counter(name.lower() for name in names).items() if count > 1]
