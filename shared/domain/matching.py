"""What a problem concerns, and patterns for it: routes and silences are chosen by the same words."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import lru_cache

from shared.domain.finding import Finding, Severity

ADDRESS = re.compile(r"[A-Za-z0-9._%+'-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+")


@dataclass(frozen=True, slots=True)
class Place:
    """An account as patterns see it. `tags` are its own, its group's and its subscription's, names in lower case.

    `owners` are whom its tag or the validation list names: addresses, or names of receivers.
    """

    account: str
    region: str = ""
    sku: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    owners: tuple[str, ...] = ()
    id: str = ""

    def holds(self, resource: str) -> bool:
        """Whether a lower-case ARM id is the account's, or of something in it."""
        return bool(self.id) and f"{resource}/".startswith(f"{self.id}/")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Everything around the problems of one subscription: its name, the rules' groups, and accounts by name."""

    subscription_id: str = ""
    subscription: str = ""
    groups: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, tuple[Place, ...]] = field(default_factory=dict)

    def of(self, finding: Finding) -> "Concern":
        """What this problem concerns."""
        places = tuple(place for name in finding.accounts for place in self._called(name, finding))
        return Concern(
            finding.severity,
            finding.rule,
            self.groups.get(finding.rule, ""),
            finding.key,
            (self.subscription_id, self.subscription),
            places,
        )

    def _called(self, name: str, finding: Finding) -> tuple[Place, ...]:
        """Where two groups have an account of one name, the one that the problem is about."""
        called = self.places.get(name, (Place(name),))
        about = tuple(place for place in called if place.holds(finding.resource)) if len(called) > 1 else ()
        return about or called


@dataclass(frozen=True, slots=True)
class Concern:
    """One problem, for patterns. `subscription` is its id and its name; `places` are the accounts concerned."""

    severity: Severity
    rule: str
    group: str
    key: str
    subscription: tuple[str, str]
    places: tuple[Place, ...] = ()

    @property
    def owners(self) -> tuple[str, ...]:
        """Of any of the accounts, each once."""
        return tuple(dict.fromkeys(owner for place in self.places for owner in place.owners))


@dataclass(frozen=True, slots=True)
class Match:
    """Patterns (`*` and `?`, whatever the case); what is empty fits everything, and of several one must fit.

    `accounts`, `regions`, `skus` and `tags` must fit one and the same account; one of those concerned is enough.
    `problem` is the key of one problem, within its subscription.
    """

    severities: frozenset[Severity] = frozenset()
    rules: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    subscriptions: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    skus: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""

    def fits(self, concern: Concern) -> bool:
        """Whether it is about this; `misfits` says why not, and this is asked for every problem and route."""
        return (
            (not self.severities or concern.severity in self.severities)
            and (not self.rules or _any(self.rules, (concern.rule,)))
            and (not self.groups or _any(self.groups, (concern.group,)))
            and (not self.subscriptions or _any(self.subscriptions, concern.subscription))
            and (not self.problem or self.problem == concern.key)
            and (not self.placed or any(self._placed(place) for place in concern.places))
        )

    @property
    def placed(self) -> bool:
        """It asks for something of an account."""
        return bool(self.accounts or self.regions or self.skus or self.tags)

    def misfits(self, concern: Concern) -> Iterator[str]:
        """Why it is not about this, in words: `severity is warning`."""
        if self.severities and concern.severity not in self.severities:
            yield f"severity is {concern.severity.name.lower()}"
        if self.rules and not _any(self.rules, [concern.rule]):
            yield f"rule is {concern.rule}"
        if self.groups and not _any(self.groups, [concern.group]):
            yield f"group is {concern.group or 'none'}"
        if self.subscriptions and not _any(self.subscriptions, concern.subscription):
            yield f"subscription is {concern.subscription[1] or concern.subscription[0] or 'none'}"
        if self.problem and self.problem != concern.key:
            yield "it is another problem"
        yield from self._misplaced(concern)

    def reaches(self, subscription: tuple[str, str]) -> bool:
        """Whether it may be about something in this subscription (id and name)."""
        return not self.subscriptions or _any(self.subscriptions, subscription)

    @property
    def says(self) -> str:
        """In words, as it was written: `severity critical, account games-*`."""
        wanted = {
            "severity": [one.name.lower() for one in sorted(self.severities, reverse=True)],
            "rule": self.rules,
            "group": self.groups,
            "subscription": self.subscriptions,
            "account": self.accounts,
            "region": self.regions,
            "sku": self.skus,
            "tag": [f"{name}={value}" for name, value in self.tags.items()],
            "problem": [self.problem] if self.problem else [],
        }
        return ", ".join(f"{name} {' or '.join(some)}" for name, some in wanted.items() if some) or "everything"

    def _misplaced(self, concern: Concern) -> Iterator[str]:
        asked = {"account": self.accounts, "region": self.regions, "SKU": self.skus, "tags": self.tags}
        named = [name for name, patterns in asked.items() if patterns]
        if named and not any(self._placed(place) for place in concern.places):
            fits = "fits" if len(named) == 1 else "fit"
            yield f"{', '.join(named)} {fits} none of its accounts" if concern.places else "it is about no account"

    def _placed(self, place: Place) -> bool:
        return (
            (not self.accounts or _any(self.accounts, (place.account,)))
            and (not self.regions or _any(self.regions, (place.region,)))
            and (not self.skus or _any(self.skus, (place.sku,)))
            and all(_fits(pattern, place.tags.get(name.lower(), "")) for name, pattern in self.tags.items())
        )


def _any(patterns: Iterable[str], texts: Iterable[str]) -> bool:
    """One of them fits one."""
    return any(_fits(pattern, text) for text in texts for pattern in patterns)


@lru_cache(maxsize=100_000)
def _fits(pattern: str, text: str) -> bool:
    return fnmatchcase(text.lower(), pattern.lower().replace("[", "[[]"))
