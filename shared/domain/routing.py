"""Who hears what: receivers by severity."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.domain.finding import Finding, Severity


@dataclass(frozen=True, slots=True)
class Routes:
    """Names of receivers for each severity."""

    by_severity: Mapping[Severity, tuple[str, ...]] = field(default_factory=dict)

    def receivers(self, finding: Finding) -> tuple[str, ...]:
        """Who is to hear of this finding."""
        return self.by_severity.get(finding.severity, ())

    @property
    def everyone(self) -> tuple[str, ...]:
        """Every receiver that hears of anything."""
        return tuple(dict.fromkeys(name for names in self.by_severity.values() for name in names))
