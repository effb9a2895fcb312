"""Patterns as people write them in JSON: what a route or a silence is about."""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator

from shared.domain.finding import Severity
from shared.domain.matching import Match
from shared.domain.rules.book import BOOK
from shared.domain.validation import Fault

SEVERITIES = {severity.name.lower(): severity for severity in Severity}
GROUPS = frozenset(rule.group for rule in BOOK.values())
MOST, LONGEST = 100, 300


def _several(value: object) -> object:
    """One text is a list of one."""
    return (value,) if isinstance(value, str) else value


type Texts = Annotated[tuple[Annotated[str, Field(min_length=1, max_length=LONGEST)], ...], BeforeValidator(_several)]


class MatchText(BaseModel):
    """Each a text or a list of texts, with `*` and `?`; what is left out fits everything."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, frozen=True)

    severity: Texts = Field(default=(), max_length=3)
    rule: Texts = Field(default=(), max_length=MOST)
    group: Texts = Field(default=(), max_length=MOST)
    subscription: Texts = Field(default=(), max_length=MOST)
    account: Texts = Field(default=(), max_length=MOST)
    region: Texts = Field(default=(), max_length=MOST)
    sku: Texts = Field(default=(), max_length=MOST)
    tag: Mapping[str, str] = {}
    problem: str = ""

    @field_validator("severity")
    @classmethod
    def _severities(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return _known(value, SEVERITIES, "severity")

    @field_validator("rule")
    @classmethod
    def _rules(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return _known(value, BOOK, "rule")

    @field_validator("group")
    @classmethod
    def _groups(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return _known(value, GROUPS, "group of rules")

    @property
    def match(self) -> Match:
        """As the domain knows it."""
        return Match(
            frozenset(
                severity
                for name, severity in SEVERITIES.items()
                if any(fnmatchcase(name, pattern.lower()) for pattern in self.severity)
            ),
            self.rule,
            self.group,
            self.subscription,
            self.account,
            self.region,
            self.sku,
            {name.lower(): value for name, value in self.tag.items()},
            self.problem,
        )


def faults_of(error: ValidationError, words: Mapping[str, str] = {}) -> list[Fault]:
    """What pydantic found, in plain words, by the path to the field: `2.quiet.zone`. `words` by pydantic's types."""
    plain = {
        "missing": "is missing",
        "extra_forbidden": "is not known here",
        "model_type": "must be an object",
        "model_attributes_type": "must be an object",
        "json_invalid": "must be JSON",
        "tuple_type": "must be a list",
        "list_type": "must be a list",
        "string_type": "must be a text",
        "bool_type": "must be true or false",
        "too_long": "has too many entries",
        "string_too_long": "is too long",
        "string_too_short": "must not be empty",
        **words,
    }
    return [
        Fault(".".join(str(part) for part in one["loc"]), plain.get(one["type"]) or _said(one))
        for one in error.errors()
    ]


def _said(error: Mapping[str, Any]) -> str:
    return str(error["msg"]).removeprefix("Value error, ")


def _known(patterns: tuple[str, ...], names: Iterable[str], what: str) -> tuple[str, ...]:
    """Raises ValueError for a pattern that can never fit."""
    known = list(names)
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern.lower()) for name in known):
            raise ValueError(f"there is no {what} {pattern[:40]}")
    return patterns
