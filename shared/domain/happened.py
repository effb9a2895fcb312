"""What changed of an account between two looks, and by which operation where an event told it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

KEPT_FOR = timedelta(days=65)  # The bill of a month is judged until the end of the next one.
GONE_FOR = timedelta(days=100)  # So long a deleted account is known, since its bill comes late.
MOST = 20


class What(StrEnum):
    """Kinds of change that people want to hear of."""

    APPEARED = "appeared"
    SKU = "SKU changed"
    REBOUND = "profile bound to another validation"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Happened:
    """One change. `at` is when an event says it happened, or else when a look noticed it.

    `profile` is named where it is about one; `operation` is the one in Azure's activity log, in lower case, and empty
    where no event told it.
    """

    what: What
    at: datetime
    before: str = ""
    after: str = ""
    profile: str = ""
    operation: str = ""


def recent(happened: tuple[Happened, ...], now: datetime) -> tuple[Happened, ...]:
    """Without what is too old to be told."""
    return tuple(one for one in happened if now - one.at < KEPT_FOR)[-MOST:]
