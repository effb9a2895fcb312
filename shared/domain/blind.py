"""Where a look could not see: blind is not empty."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class About(StrEnum):
    """What a source tells of."""

    ACCOUNTS = "accounts"
    PROFILES = "certificate profiles"
    USAGE = "signing usage"
    REGISTER = "validation list"
    REGISTRATIONS = "registration of providers"
    LOCKS = "locks"
    COSTS = "bill"


@dataclass(frozen=True, slots=True)
class Sight:
    """One thing that a finding rests on: `scope` is a lower-case ARM id, of a subscription or of what lies in it."""

    about: About
    scope: str


@dataclass(frozen=True, slots=True)
class Blind:
    """A part that could not be read, and why, in a sentence for people without secrets or signed addresses."""

    about: About
    scope: str
    reason: str

    @property
    def key(self) -> str:
        """What is out of sight, whatever the reason."""
        return f"{self.about}|{self.scope}"

    def hides(self, sight: Sight) -> bool:
        """Not seeing accounts hides all that lies in them; everything else hides its own kind."""
        inside = f"{sight.scope}/".startswith(f"{self.scope}/")
        return inside and self.about in (About.ACCOUNTS, sight.about)


def hidden(sights: Iterable[Sight], blind: Iterable[Blind]) -> bool:
    """Whether any of these was out of sight."""
    spots = tuple(blind)
    return any(spot.hides(sight) for sight in sights for spot in spots)


def unread(blind: Iterable[Blind], before: Mapping[str, datetime], now: datetime) -> Mapping[str, datetime]:
    """Since when each of these could not be read, by `Blind.key`."""
    return {spot.key: before.get(spot.key, now) for spot in blind}
