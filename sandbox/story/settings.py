"""App settings on a laptop: the example's values, `local.settings.json` over them, the environment over both."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from sandbox.azure.scenario.story import Scenario
from shared import app_settings, config


class WrongSettings(ValueError):
    """One plain sentence a mistake."""

    def __init__(self, sentences: tuple[str, ...]) -> None:
        super().__init__(" ".join(sentences))
        self.sentences = sentences


def laptop_settings(folder: Path) -> dict[str, str]:
    """Raises WrongSettings before anything is started."""
    settings = _values(folder / "local.settings.example.json")
    own = folder / "local.settings.json"
    if own.exists():
        settings |= _values(own)
    settings |= {name: os.environ[name] for name in (app_settings.names() | set(settings)) & os.environ.keys()}
    settings |= {name: value for name, value in os.environ.items() if name.partition("__")[0] in config.SECTIONS}
    # Storage is the emulator that is started here, reached by identity as in the cloud.
    settings.pop(app_settings.STORAGE, None)
    _, mistakes = config.read({**os.environ, **settings})
    if mistakes:
        raise WrongSettings(tuple(mistake.sentence for mistake in mistakes))
    return settings


def billed(scenario: Scenario) -> dict[str, str]:
    """The bill of an invented fleet is that of its management group, not of what somebody's own settings name."""
    return {"COST__SCOPES": next(iter(scenario.management_groups), "")}


def _values(path: Path) -> dict[str, str]:
    try:
        values: Mapping[str, object] = json.loads(path.read_text("utf-8"))["Values"]
        return {str(name): str(value) for name, value in values.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise WrongSettings((f"{path.name} cannot be read: it must be JSON with an object called Values.",)) from error
