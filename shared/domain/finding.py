"""What a rule found: a problem with a stable key, in words a person acts on."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import IntEnum
from inspect import cleandoc

from shared.domain.account import SigningAccount
from shared.domain.blind import Sight
from shared.domain.policy import Mode, Policy, RuleSetting
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
    `next_word` the threshold at which it is told again, `again` after how long it is told again though nothing has
    changed. `resource` is the ARM id that the portal opens, `problem` what it is called in a few words when it is over.
    `covers` are the certificate profiles that it is about (`profile_key`), for what they have in common with others.
    `means` and `link` are the rule's own: what it looks for, and Microsoft's page about it.
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
    again: timedelta | None = None
    means: str = ""
    link: str = ""
    covers: frozenset[str] = frozenset()

    @property
    def key(self) -> str:
        """Rule and subject."""
        return f"{self.rule}|{self.subject}"


type Weigh = Callable[[Survey, SigningAccount, Policy, datetime], Iterable[str]]
"""The numbers that a rule goes by for one account, a sentence each."""


@dataclass(frozen=True, slots=True)
class Rule[S = Survey]:
    """A rule of the book: its docstring, the judge's, is what people read in the alert.

    `repeats`: told again while it lasts, ever more slowly. `settled`: it rests on somebody's word or on a count that
    only grows, so one look is enough to say that it is over. `needs_looks`: how often it must be seen before it speaks.
    `to_everyone`: every receiver hears of it, whatever routes say. `quiet_end`: its end is no news (a quota period that
    rolled over). `mode` is how it comes. `severities` say when it is how grave, `advice` what to do, `links` are
    Microsoft's pages by title, `settings` the app settings it goes by.
    """

    name: str
    judge: Callable[[S, Policy, datetime], Iterable[Finding]]
    severities: Mapping[str, Severity] = field(default_factory=dict)
    advice: str = ""
    group: str = ""
    links: Mapping[str, str] = field(default_factory=dict)
    settings: tuple[str, ...] = ()
    repeats: bool = False
    settled: bool = False
    needs_looks: int = 1
    quiet_end: bool = False
    mode: Mode = Mode.TELL
    weigh: Weigh | None = None
    to_everyone: bool = False

    @property
    def meaning(self) -> str:
        """What it looks for, in a sentence or two."""
        return cleandoc(self.judge.__doc__ or "")

    def set_by(self, policy: Policy) -> RuleSetting:
        """How it is set, or how it comes."""
        setting = policy.rules.get(self.name, RuleSetting(self.mode))
        return RuleSetting(setting.mode, setting.looks or self.needs_looks)

    def findings(self, survey: S, policy: Policy, now: datetime) -> list[Finding]:
        """What it finds, with its own words; nothing where it is off."""
        if self.set_by(policy).mode is Mode.OFF:
            return []
        link = next(iter(self.links.values()), "")
        return [
            replace(found, means=found.means or self.meaning, link=found.link or link)
            for found in self.judge(survey, policy, now)
        ]
