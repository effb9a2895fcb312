"""What the story proves, read off the logs and counted at the stand-ins."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.receivers.settings import DEMO_SECRETS
from sandbox.stage import Stage
from shared.domain.words import count


@dataclass(frozen=True, slots=True)
class Proof:
    """Calls as Azure's stand-in counted them, by kind; messages as the receiver counted them."""

    calls: Mapping[str, int]
    deletes: int
    repeats: int
    refused: int
    log_lines: int
    secrets_in_logs: int
    failed_functions: int

    @property
    def holds(self) -> bool:
        """Nothing failed, nothing came twice, nothing leaked, nothing was deleted."""
        return not (self.deletes or self.repeats or self.refused or self.secrets_in_logs or self.failed_functions)

    @property
    def sentence(self) -> str:
        """In one line."""
        return (
            f"{count(sum(self.calls.values()), 'call')} to Azure about the first fleet, {self.deletes} deletes; "
            f"{self.repeats} messages came twice, {self.refused} refused; {self.failed_functions} functions failed; "
            f"{self.secrets_in_logs} secrets in {count(self.log_lines, 'log line')}"
        )


async def proved(stage: Stage, received: Sequence[Mapping[str, Any]], logs: Path, settings: Mapping[str, str]) -> Proof:
    """Read now, while everything still runs."""
    seen = await stage.get(f"{stage.azure}/sandbox/calls")
    stats = await stage.get(f"{stage.host}/sandbox/stats")
    secrets = [stage.environment["IDENTITY_HEADER"], settings.get("ALERT__WEBHOOK_SECRET", ""), "eyJ", *DEMO_SECRETS]
    lines = [line for path in logs.glob("*.log") for line in path.read_text("utf-8", errors="replace").splitlines()]
    calls = {kind: number for kind, number in _calls(seen).items() if kind != "token"}
    return Proof(
        calls=calls,
        deletes=calls.get("delete", 0),
        repeats=sum(1 for entry in received if entry["repeated"]),
        refused=sum(1 for entry in received if entry["status"] >= 300),
        log_lines=len(lines),
        secrets_in_logs=_holding(lines, secrets),
        failed_functions=sum(int(one["failures"]) for one in stats["functions"].values()),
    )


def _calls(seen: Mapping[str, Any]) -> Mapping[str, int]:
    kinds: Mapping[str, int] = seen["kinds"]
    return kinds


def _holding(lines: Iterable[str], secrets: Sequence[str]) -> int:
    return sum(1 for line in lines if any(secret and secret in line for secret in secrets))
