"""Acknowledging: one problem is in somebody's hand, until it gets worse."""

from datetime import datetime, timedelta

from shared.domain.matching import Match
from shared.domain.memory import FindingMemory
from shared.domain.silence import Silence

ACKNOWLEDGED_FOR = timedelta(days=14)


def acknowledgement(
    name: str, subscription_id: str, known: FindingMemory, lasts: tuple[datetime, timedelta], author: str, reason: str
) -> Silence:
    """Of an open problem, as grave as it was told last, which may be less by now. `lasts`: from when, for how long."""
    made, span = lasts
    severity, level = max((one.severity, one.level) for one in known.told.values() if one.open)
    match = Match(subscriptions=(subscription_id,), problem=known.finding.key)
    return Silence(name, match, made, made + span, author, reason, made, severity=int(severity), level=level)
