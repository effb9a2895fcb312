"""The grains of the signing metric, and what the service was found to refuse."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import timedelta
from enum import Enum

from azure.core.exceptions import HttpResponseError

from shared.cloud.blindness import subscription_missing

_GRAIN_WORDS = ("grain", "interval", "granularity")
_NOT_SERVED = (400, 404, 405, 501)


class Grain(Enum):
    """ISO 8601 duration, and the longest window worth asking for at once."""

    HOUR = ("PT1H", timedelta(days=31))
    MINUTE = ("PT1M", timedelta(hours=3))

    @property
    def interval(self) -> str:
        """As the service writes it."""
        return self.value[0]

    @property
    def longest(self) -> timedelta:
        """Minutes are dear: 180 points an account and call."""
        return self.value[1]


class GrainRefused(Exception):
    """The service does not serve this metric by the hour."""


@dataclass(slots=True)
class Refusals:
    """Hours are tried first, and batches."""

    hours: bool = False
    batches: bool = False

    @property
    def names(self) -> frozenset[str]:
        """Of what is refused."""
        return frozenset(name for name, refused in asdict(self).items() if refused)

    def remember(self, names: Iterable[str]) -> None:
        """Also those that were found before, or by somebody else."""
        found = frozenset(names)
        self.hours |= "hours" in found
        self.batches |= "batches" in found

    @property
    def grain(self) -> Grain:
        """What to ask for."""
        return Grain.MINUTE if self.hours else Grain.HOUR

    @property
    def longest_window(self) -> timedelta:
        """What to ask for at once."""
        return self.grain.longest


def heed(error: HttpResponseError, asked: Grain) -> None:
    """Raises GrainRefused where that is what the error says. Minutes are never refused; it is something else then."""
    told = str(error.error.message).lower() if error.error else ""
    if error.status_code == 400 and asked is Grain.HOUR and any(word in told for word in _GRAIN_WORDS):
        raise GrainRefused from error


def batch_not_served(error: HttpResponseError) -> bool:
    """The batch endpoint may not know the provider, or the region (DOMAIN.md section 5)."""
    return error.status_code in _NOT_SERVED and not subscription_missing(error)
