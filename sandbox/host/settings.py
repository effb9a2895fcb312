"""What host.json and the app settings say, in the types the host works with."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

_OVERRIDE = "azurefunctionsjobhost__"
_EXPRESSION = re.compile(r"%([^%]+)%")


class SettingsError(ValueError):
    """Something the app was given cannot be used; the message is a sentence for people."""


@dataclass(frozen=True, slots=True)
class QueueSettings:
    """`extensions.queues` of host.json. `retry_delay` is its `visibilityTimeout`."""

    batch_size: int
    new_batch_threshold: int
    retry_delay: timedelta
    max_dequeue_count: int
    base64: bool


@dataclass(frozen=True, slots=True)
class HostSettings:
    queues: QueueSettings
    route_prefix: str


def read_host_settings(folder: Path, environment: Mapping[str, str]) -> HostSettings:
    """Read host.json; `AzureFunctionsJobHost__a__b` in the environment goes before `a.b` in the file."""
    extensions = _overridden(_read_json(folder / "host.json"), environment).get("extensions", {})
    prefix = str(extensions.get("http", {}).get("routePrefix", "api"))
    return HostSettings(_queue_settings(extensions.get("queues", {})), prefix.strip("/"))


def read_local_settings(folder: Path) -> dict[str, str]:
    """`Values` of local.settings.json, if there is one."""
    path = folder / "local.settings.json"
    values = _read_json(path).get("Values", {}) if path.exists() else {}
    return {name: str(value) for name, value in values.items()}


def resolve(expression: str, environment: Mapping[str, str]) -> str:
    """Replace each `%NAME%` by the app setting of that name. Raises SettingsError when there is none."""

    def value(match: re.Match[str]) -> str:
        if match[1] not in environment:
            raise SettingsError(f"{expression!r} names the app setting {match[1]}, and there is none.")
        return environment[match[1]]

    return _EXPRESSION.sub(value, expression)


def is_disabled(function: str, environment: Mapping[str, str]) -> bool:
    """`AzureWebJobs.<name>.Disabled`; Linux shells want the dots as underscores."""
    names = (f"AzureWebJobs.{function}.Disabled", f"AzureWebJobs_{function}_Disabled")
    return any(environment.get(name, "").lower() in {"1", "true"} for name in names)


def _queue_settings(queues: Mapping[str, Any]) -> QueueSettings:
    batch = int(queues.get("batchSize", 16))
    if not 1 <= batch <= 32:
        raise SettingsError(f"host.json: extensions.queues.batchSize is {batch}; it must be from 1 to 32.")
    return QueueSettings(
        batch_size=batch,
        new_batch_threshold=int(queues.get("newBatchThreshold", batch // 2)),
        retry_delay=_time_span(str(queues.get("visibilityTimeout", "00:00:00"))),
        max_dequeue_count=int(queues.get("maxDequeueCount", 5)),
        base64=str(queues.get("messageEncoding", "base64")).lower() == "base64",
    )


def _time_span(text: str) -> timedelta:
    try:
        hours, minutes, seconds = text.split(":")
        return timedelta(hours=int(hours), minutes=int(minutes), seconds=float(seconds))
    except ValueError as error:
        raise SettingsError(f"host.json: {text!r} is not a time span as hh:mm:ss.") from error


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise SettingsError(f"{path} does not exist: {path.parent} is not a Functions app.") from error
    except ValueError as error:
        raise SettingsError(f"{path} is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise SettingsError(f"{path} is not a JSON object.")
    return content


def _overridden(content: dict[str, Any], environment: Mapping[str, str]) -> dict[str, Any]:
    for name, value in environment.items():
        if name.lower().startswith(_OVERRIDE):
            _put(content, name[len(_OVERRIDE) :].split("__"), value)
    return content


def _put(content: dict[str, Any], path: list[str], value: str) -> None:
    known = {key.lower(): key for key in content}
    key = known.get(path[0].lower(), path[0])
    if len(path) == 1:
        content[key] = value
    else:
        _put(content.setdefault(key, {}), path[1:], value)
