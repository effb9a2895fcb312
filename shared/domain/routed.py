"""Who would hear of a problem, and why, in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.domain.finding import Finding
from shared.domain.matching import Concern
from shared.domain.routing import Routes
from shared.domain.silence import Silence
from shared.domain.subscription import Subscription
from shared.domain.words import moment


@dataclass(frozen=True, slots=True)
class Routed:
    """`receivers` would hear; `lines` say of every route whether it is taken, and what holds something back now."""

    subscription: str
    receivers: tuple[str, ...]
    lines: tuple[str, ...]


def routed(
    owner: Subscription, finding: Finding, concern: Concern, routes: Routes, silences: Sequence[Silence], now: datetime
) -> Routed:
    """Of one account."""
    hearings = routes.hear(concern)
    held = [
        f"{one.receiver} has quiet hours now: it would be told when they are over"
        for one in hearings
        if one.quiet(finding.severity, now)
    ]
    silenced = [
        f"Silenced by {one.author} until {moment(one.ends)}: {one.reason or 'no reason given'}"
        for one in silences
        if one.holds(finding, concern, now)
    ]
    lines = (*routes.told_apart(concern), *held, *silenced)
    return Routed(owner.name, tuple(one.receiver for one in hearings), lines)
