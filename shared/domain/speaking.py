"""Whether one receiver is told of one problem now, and why: first, worse, again, or one higher."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.domain.finding import Finding, Rule
from shared.domain.matching import Concern
from shared.domain.memory import FindingMemory, Reason, Told
from shared.domain.policy import Policy
from shared.domain.routing import Hearing, Route, Routes

REOPENING = (Reason.WORSE, Reason.ESCALATED, Reason.REOPENED)  # News for which a closed ticket is opened again.


@dataclass(frozen=True, slots=True)
class Present:
    """A finding that is there, with what is known of it, the routes that it takes and who is to hear of it."""

    finding: Finding
    before: FindingMemory | None
    known: FindingMemory
    concern: Concern
    routes: Sequence[Route]
    hearings: Sequence[Hearing]


@dataclass(frozen=True, slots=True)
class Speaking:
    """At one moment, by these rules, this policy and these routes."""

    rules: Mapping[str, Rule[Any]]
    policy: Policy
    routes: Routes
    now: datetime

    def reason(self, one: Present, hearing: Hearing) -> Reason:
        """For a receiver that is to hear of it."""
        reason = self._news(one, hearing)
        if reason.tells and hearing.quiet(one.finding.severity, self.now):
            return Reason.QUIET_HOURS
        return reason

    def due(self, finding: Finding, told: Told, route: Route | None) -> datetime | None:
        """When this is said again though nothing changed: ever more slowly, and only where the rule repeats."""
        if finding.again:
            return told.at + finding.again
        waits = route.repeat if route and route.repeat is not None else self.policy.tell.repeats(finding.severity)
        if not rule_of(finding, self.rules).repeats or not waits:
            return None
        return told.at + waits[min(told.repeats, len(waits) - 1)]

    def escalated_to(self, one: Present) -> Iterator[Hearing]:
        """Whoever is to hear now because nobody has acknowledged it, and has not heard that it is as grave as this."""
        for due, route in self.escalations(one):
            to = route.escalation.to if route.escalation and due <= self.now else ()
            for name in self.routes.named(to, one.concern):
                told = one.known.told.get(name)
                if told is None or told.held or not told.knows(one.finding.severity):
                    yield Hearing(name, route)

    def escalations(self, one: Present) -> Iterator[tuple[datetime, Route]]:
        """When, and by which route: so long after the first of its receivers knew how grave it is."""
        for route in one.routes:
            if route.escalation is None or Hearing("", route).quiet(one.finding.severity, self.now):
                continue
            heard = [
                told.since or told.at
                for name in self.routes.named(route.receivers, one.concern)
                if (told := one.known.told.get(name)) and told.knows(one.finding.severity) and not told.held
            ]
            if heard:
                yield min(heard) + route.escalation.after, route

    def told(self, finding: Finding, reason: Reason, before: Told | None, group: str = "") -> Told:
        """What is remembered of it; what somebody had in hand counts from now."""
        repeats = before.repeats + 1 if before and reason is Reason.REPEAT else 0
        anew = before is None or not before.knows(finding.severity) or before.held
        life = before if before and before.open else None
        reopens = life is not None and life.closed and reason in REOPENING
        return Told(
            reason,
            finding.severity,
            finding.level,
            self.now,
            version=before.version + 1 if before else 1,
            repeats=repeats,
            since=self.now if anew or before is None else before.since,
            group=group,
            held=reason is Reason.ACKNOWLEDGED,
            ticket=life.ticket if life else None,
            reopening=reopens or (life is not None and life.reopening),
            reopened=(life.reopened if life else 0) + (1 if reopens else 0),
        )

    def _news(self, one: Present, hearing: Hearing) -> Reason:
        finding, told = one.finding, one.known.told.get(hearing.receiver)
        if told is None or told.reason is Reason.RESOLVED:
            return Reason.FIRST
        if (finding.severity, finding.level) > (told.severity, told.level):
            return Reason.WORSE
        if told.closed_too_early:
            return Reason.REOPENED
        if told.held:  # What was held back and is still true is told when that ends.
            return Reason.REPEAT
        due = self.due(finding, told, hearing.route)
        return Reason.REPEAT if due and due <= self.now else Reason.ALREADY_TOLD


def rule_of(finding: Finding, rules: Mapping[str, Rule[Any]]) -> Rule[Any]:
    """One that this release does not know, of a newer or older one, is left as it is."""
    return rules.get(finding.rule) or Rule(finding.rule, _nothing)


def _nothing(*_: object) -> Iterable[Finding]:
    return ()
