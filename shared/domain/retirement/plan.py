"""The plan: every account that is on its way out, or would be, what comes next, and why not."""

from dataclasses import dataclass

from shared.domain.retirement.conditions import Condition
from shared.domain.walk import Approval, Halt, RetireState, Step, Walk


@dataclass(frozen=True, slots=True)
class Planned:
    """One account and its way out. `next` is what comes next and when, or why not, in a sentence; `verdict` the
    gate's: "yes", or the reason for a no. `evidence` is what an approval must name. `due` ends the time to say no.
    """

    account: str
    account_id: str
    subscription: str
    sku: str
    walk: Walk
    looks: int
    conditions: tuple[Condition, ...]
    verdict: str
    next: str
    evidence: str
    approvals_needed: int
    approvals: tuple[Approval, ...]
    due: str = ""
    loses: str = ""
    saves: str = ""
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Overview:
    """Retiring as a whole: how it is set, what holds it, and every account that is on its way or would be."""

    mode: str
    state: RetireState
    halted: Halt | None
    accounts: tuple[Planned, ...]
