"""What a request is aimed at: known to retries, to the gate and to the count of calls."""

from dataclasses import dataclass

from shared.domain.kept import CallKind

TARGET = "target"
"""The name of the request option, and of the entry in the pipeline's context, that holds a Target."""


@dataclass(frozen=True, slots=True)
class Target:
    """One request's aim. `scope` is a lower-case ARM id, or nothing for what concerns the whole tenant.

    `repeatable`: asking twice does no harm though it is a POST. `holds`: the answer is an object with a list so named.
    """

    kind: CallKind
    scope: str = ""
    repeatable: bool = False
    holds: str = ""

    @property
    def subscription(self) -> str:
        """The scope of the subscription that this lies in, or nothing."""
        parts = self.scope.split("/")
        return "/".join(parts[:3]) if parts[1:2] == ["subscriptions"] else ""
