"""What a rule found: a problem with a stable key, in words a person acts on."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum

from shared.domain.blind import Sight
from shared.domain.policy import Policy
from shared.domain.survey import Survey


class Severity(IntEnum):
    """How loud. Only critical pages people."""

    INFO = 1
    WARNING = 2
    CRITICAL = 3

    @property
    def word(self) -> str:
        """As people read it."""
        return self.name.capitalize()


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem of one subject. `key` is stable between looks.

    `level` grows when a threshold is crossed. `rests_on` names what must be seen to say that the problem is over.
    `what` is line one (what, where, by when), `stops` what stops if nothing is done, `next_step` the one next step,
    `next_word` the threshold at which it is told again. `resource` is the ARM id that the portal opens, `problem` what
    it is called in a few words when it is over.
    """

    rule: str
    subject: str
    severity: Severity
    what: str
    stops: str
    next_step: str
    rests_on: tuple[Sight, ...]
    level: int = 0
    accounts: tuple[str, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    began: datetime | None = None
    next_word: str = ""
    resource: str = ""
    problem: str = ""

    @property
    def key(self) -> str:
        """Rule and subject."""
        return f"{self.rule}|{self.subject}"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of the book.

    `repeats`: told again while it lasts, ever more slowly. `settled`: it rests on somebody's word or on a count that
    only grows, so one look is enough to say that it is over. `needs_looks`: how often it must be seen before it speaks.
    `quiet_end`: its end is no news (a quota period that rolled over).
    """

    name: str
    judge: Callable[[Survey, Policy, datetime], Iterable[Finding]]
    repeats: bool = False
    settled: bool = False
    needs_looks: int = 1
    quiet_end: bool = False
