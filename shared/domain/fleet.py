"""What a look saw of the fleet as a whole, when it closes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from shared.domain.blind import Blind
from shared.domain.cost import CostScope
from shared.domain.look import Look, ShardEnd
from shared.domain.silence import Silence
from shared.domain.walk import RetireState

RECEIVER_REFUSES = "receiver-refuses"
UNREAD_TICKETS = "What people did with its tickets cannot be read."


@dataclass(frozen=True, slots=True)
class FleetSurvey:
    """A look with the ends of its shards, where it was blind, and since when the list of accounts was not readable.

    `unended` are names of subscriptions that did not end in time, `before` the looks before this one, newest first.
    `mistakes` are wrong settings, a plain sentence each; `cost_scopes` those of which reading the bill is in trouble.
    `told`: somebody hears of problems; `refusing` are receivers that did not take something, with the reason. `due` is
    when the look was due, by the schedule, after the one before.
    """

    look: Look
    ends: Sequence[ShardEnd]
    blind: Sequence[Blind] = ()
    unread_since: datetime | None = None
    mistakes: Sequence[str] = ()
    cost_scopes: Sequence[CostScope] = ()
    unended: Sequence[str] = ()
    before: Sequence[Look] = ()
    told: bool = True
    due: datetime | None = None
    silences: Sequence[Silence] = ()
    refusing: Mapping[str, str] = field(default_factory=dict)
    retiring: RetireState = field(default_factory=RetireState)
