"""A function as the runtime library indexed it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

TRIGGER_SUFFIX = "Trigger"


@dataclass(frozen=True, slots=True)
class Retry:
    """A function's own retry policy. `attempts` counts the retries; -1 is without end."""

    attempts: int
    shortest: timedelta
    longest: timedelta

    def delay(self, retry: int) -> timedelta:
        """Before retry number `retry`, the first being 1; doubled each time where the two limits differ."""
        return min(self.shortest * (1 << min(retry - 1, 20)), self.longest)


@dataclass(frozen=True, slots=True)
class Binding:
    """One entry of what function.json would hold."""

    name: str
    type: str
    properties: Mapping[str, Any]

    @property
    def is_trigger(self) -> bool:
        return self.type.endswith(TRIGGER_SUFFIX)

    @property
    def is_output(self) -> bool:
        return str(self.properties.get("direction", "")).upper() == "OUT"

    @property
    def connection(self) -> str:
        return str(self.properties.get("connection") or "AzureWebJobsStorage")


@dataclass(frozen=True, slots=True)
class Function:
    name: str
    id: str
    trigger: Binding
    others: Sequence[Binding]
    retry: Retry | None


def function_from(metadata: Any) -> Function:
    """Read an RpcFunctionMetadata, as the runtime library filled it in."""
    bindings = [_binding(json.loads(raw)) for raw in metadata.raw_bindings]
    trigger = next(binding for binding in bindings if binding.is_trigger)
    others = [binding for binding in bindings if binding is not trigger]
    return Function(metadata.name, metadata.function_id, trigger, others, _retry(metadata.retry_options))


def _binding(raw: dict[str, Any]) -> Binding:
    return Binding(raw["name"], raw["type"], raw)


def _retry(options: Any) -> Retry | None:
    if options is None:
        return None
    if options.retry_strategy == "fixed_delay":
        return Retry(options.max_retry_count, options.delay_interval, options.delay_interval)
    return Retry(options.max_retry_count, options.minimum_interval, options.maximum_interval)
