"""People's part in retiring: what is planned and why, approving, saying no, and holding everything."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

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


class NotNow(Exception):
    """What was asked for cannot be done; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Retirements:
    """All by name or ARM id of an account; `subscription` by name or id where the name is not enough ("" else)."""

    async def overview(self, now: datetime) -> Overview:
        """Accounts with a failed validation, and those on their way."""
        raise NotImplementedError

    async def explain(self, account: str, subscription: str, now: datetime) -> Sequence[Planned]:
        """With every step of the audit; also of accounts that are no candidates. Empty where nothing is known."""
        raise NotImplementedError

    async def approve(self, account: str, subscription: str, evidence: str, by: str, now: datetime) -> Planned:
        """`evidence` as it was shown to whoever approves. Raises NotThere, NotNow."""
        raise NotImplementedError

    async def excuse(self, account: str, subscription: str, why: str, by: str, now: datetime) -> Planned:
        """No: the walk ends, and does not begin again. Raises NotThere, NotNow (it was deleted already)."""
        raise NotImplementedError

    async def readmit(self, account: str, subscription: str, by: str, now: datetime) -> Planned:
        """Take a no back; the walk begins anew. Raises NotThere, NotNow."""
        raise NotImplementedError

    async def seen(self, account: str, subscription: str, by: str, now: datetime) -> Planned:
        """Somebody has read the notice: grace begins. Raises NotThere, NotNow."""
        raise NotImplementedError

    async def halt(self, why: str, by: str, now: datetime) -> Halt:
        """Nothing is deleted until it is lifted."""
        raise NotImplementedError

    async def lift(self, by: str, now: datetime) -> bool:
        """Whether there was anything to lift."""
        raise NotImplementedError
