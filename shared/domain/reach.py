"""Whether the services that signing needs were reachable: a GET, no signing (DOMAIN.md section 3)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reached:
    """One address that was asked. `problem` is empty where it answered; else why not, in a sentence for people.

    `service` is what people call it: "timestamp service", or "signing endpoint" of a region.
    """

    service: str
    address: str
    problem: str = ""

    @property
    def answered(self) -> bool:
        """It is there."""
        return not self.problem
