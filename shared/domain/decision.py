"""Decide: from what was found and what was said before to what is said now. Pure; every answer carries its reason."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from shared.domain.blind import Blind, hidden
from shared.domain.finding import Finding, Rule
from shared.domain.inhibition import hidden_keys, taken_over
from shared.domain.memory import Change, Decision, FindingMemory, Intent, Reason, Told
from shared.domain.policy import Mode, Policy, RuleSetting
from shared.domain.routing import Routes
from shared.domain.survey import Survey
from shared.domain.words import moment


@dataclass(frozen=True, slots=True)
class Verdict:
    """What changes in memory, with what is to be told, and the reason for everything."""

    changes: tuple[Change, ...]
    decisions: tuple[Decision, ...]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was made of one subscription."""

    survey: Survey
    findings: tuple[Finding, ...]
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Deciding:
    """One act of deciding about a subscription (or the fleet), at a moment of one look; ids of looks sort by time."""

    rules: Mapping[str, Rule[Any]]
    policy: Policy
    routes: Routes
    subscription: str
    look: str
    now: datetime
    first_look: bool = False

    def decide(
        self, findings: Sequence[Finding], memory: Mapping[str, FindingMemory], blind: Sequence[Blind]
    ) -> Verdict:
        """What to say of each finding, and of each one said before that is no longer there."""
        changes: list[Change] = []
        decisions: list[Decision] = []
        for change, reasons in self._all(findings, memory, blind):
            decisions.extend(reasons)
            if change.before != change.after:
                changes.append(change)
        return Verdict(tuple(changes), tuple(decisions))

    def _all(
        self, findings: Sequence[Finding], memory: Mapping[str, FindingMemory], blind: Sequence[Blind]
    ) -> Iterator[tuple[Change, Sequence[Decision]]]:
        here = {finding.key for finding in findings}
        gone = [before for key, before in memory.items() if key not in here]
        unseen = {before.finding.key for before in gone if hidden(before.finding.rests_on, blind)}
        # What could not be seen still stands: it hides what it hid before. Only what people hear of hides anything.
        heard = [finding for finding in findings if self._speaks(finding, memory.get(finding.key))]
        still = [before.finding for before in gone if before.finding.key in unseen]
        taken = taken_over([before.finding for before in gone], [*findings, *still])
        inhibited = hidden_keys(findings, [*heard, *still]) | taken
        for finding in findings:
            yield self._present(finding, memory.get(finding.key), inhibited=finding.key in inhibited)
        for before in gone:
            yield self._absent(before, unseen=before.finding.key in unseen, inhibited=before.finding.key in inhibited)

    def _present(
        self, finding: Finding, before: FindingMemory | None, *, inhibited: bool
    ) -> tuple[Change, Sequence[Decision]]:
        if before and before.read_only:
            return Change(finding.key, before, before), self._silent(finding, before.told, Reason.NEWER)
        now_known = self._seen_again(finding, before)
        setting = self._setting(finding)
        if inhibited or setting.mode is Mode.OBSERVE or now_known.looks < (setting.looks or 1):
            receivers = self.routes.receivers(finding)
            reason = self._quiet(setting, inhibited=inhibited)
            return Change(finding.key, before, now_known), self._silent(finding, receivers, reason)
        return self._telling(finding, before, now_known)

    def _speaks(self, finding: Finding, before: FindingMemory | None) -> bool:
        """Somebody is told of it, or was."""
        setting, looks = self._setting(finding), self._seen_again(finding, before).looks
        return setting.mode is Mode.TELL and looks >= (setting.looks or 1) and bool(self.routes.receivers(finding))

    @staticmethod
    def _quiet(setting: RuleSetting, *, inhibited: bool) -> Reason:
        if inhibited:
            return Reason.INHIBITED
        return Reason.OBSERVING if setting.mode is Mode.OBSERVE else Reason.TOO_FEW_LOOKS

    def _seen_again(self, finding: Finding, before: FindingMemory | None) -> FindingMemory:
        if before is None:
            return FindingMemory(finding, finding.began or self.now, self.now, counted=self.look)
        known = replace(before, finding=_resting_on_both(before.finding, finding), missing=0)
        if self.look <= before.counted or before.looks >= (self._setting(finding).looks or 1):
            return known
        return replace(known, looks=before.looks + 1, counted=self.look)

    def _telling(
        self, finding: Finding, before: FindingMemory | None, known: FindingMemory
    ) -> tuple[Change, Sequence[Decision]]:
        receivers = self.routes.receivers(finding)
        reasons = {name: self._reason(finding, known.told.get(name)) for name in receivers}
        speaking = {name: reason for name, reason in reasons.items() if reason.tells}
        told = self._lowered(finding, known.told) | {
            name: self._told(finding, reason, known.told.get(name)) for name, reason in speaking.items()
        }
        spoken = _resting_on_both(finding, known.finding) if speaking else known.finding
        after = replace(known, finding=spoken, told=told)
        intents = tuple(self._intent(finding, after, name) for name in speaking)
        decisions = [Decision(finding, name, reason) for name, reason in reasons.items()]
        return Change(finding.key, before, after, intents), decisions or self._silent(finding, (), Reason.NO_RECEIVER)

    def _lowered(self, finding: Finding, told: Mapping[str, Told]) -> dict[str, Told]:
        """What has become less grave, by somebody's word or by time, is news when it is worse again."""
        rule = self._rule(finding)
        if not (rule.settled or rule.quiet_end):
            return dict(told)
        now = (finding.severity, finding.level)
        return {
            name: replace(one, severity=finding.severity, level=finding.level)
            if now < (one.severity, one.level)
            else one
            for name, one in told.items()
        }

    def _reason(self, finding: Finding, told: Told | None) -> Reason:
        if told is None:
            return Reason.FIRST
        if (finding.severity, finding.level) > (told.severity, told.level):
            return Reason.WORSE
        due = self._due(finding, told)
        return Reason.REPEAT if due and due <= self.now else Reason.ALREADY_TOLD

    def _due(self, finding: Finding, told: Told) -> datetime | None:
        """When this is said again though nothing changed: ever more slowly, and only where the rule repeats."""
        if finding.again:
            return told.at + finding.again
        waits: Sequence[timedelta] = self.policy.tell.repeat_critical
        if not self._rule(finding).repeats or finding.severity.name != "CRITICAL" or not waits:
            return None
        return told.at + waits[min(told.repeats, len(waits) - 1)]

    def _told(self, finding: Finding, reason: Reason, before: Told | None) -> Told:
        repeats = before.repeats + 1 if before and reason is Reason.REPEAT else 0
        version = before.version + 1 if before else 1
        return Told(reason, finding.severity, finding.level, self.now, version, repeats)

    def _absent(self, before: FindingMemory, *, unseen: bool, inhibited: bool) -> tuple[Change, Sequence[Decision]]:
        finding, rule = before.finding, self._rule(before.finding)
        if self._setting(finding).mode is Mode.OFF and not before.read_only:
            return Change(finding.key, before, None), self._silent(finding, before.told, Reason.SWITCHED_OFF)
        if stays := _stays(before, unseen=unseen, inhibited=inhibited):
            return Change(finding.key, before, before), self._silent(finding, before.told, stays)
        missing = before.missing + (self.look > before.counted)
        if before.told and not rule.settled and missing < self.policy.tell.resolve_after_looks:
            waiting = replace(before, missing=missing, counted=max(self.look, before.counted))
            return Change(finding.key, before, waiting), self._silent(finding, before.told, Reason.GONE_TOO_SHORT)
        if rule.quiet_end:
            return Change(finding.key, before, None), self._silent(finding, before.told, Reason.ENDED_QUIETLY)
        return self._over(finding, before)

    def _over(self, finding: Finding, before: FindingMemory) -> tuple[Change, Sequence[Decision]]:
        told = {name: self._told(finding, Reason.RESOLVED, last) for name, last in before.told.items()}
        gone = replace(before, told=told)
        intents = tuple(self._intent(finding, gone, name) for name in told)
        return Change(finding.key, before, None, intents), self._silent(finding, told, Reason.RESOLVED)

    def _intent(self, finding: Finding, memory: FindingMemory, receiver: str) -> Intent:
        told = memory.told[receiver]
        return Intent(
            receiver=receiver,
            reason=told.reason,
            finding=finding,
            since=memory.since,
            noticed=memory.noticed,
            decided=self.now,
            version=told.version,
            subscription=self.subscription,
            next_word=self._next_word(finding, told),
            also=tuple(name for name in memory.told if name != receiver),
            first_look=self.first_look,
        )

    def _next_word(self, finding: Finding, told: Told) -> str:
        if told.reason is Reason.RESOLVED:
            return ""
        due = self._due(finding, told)
        again = f"{moment(due)} if nothing has changed" if due else finding.next_word
        if self._rule(finding).quiet_end:
            return again
        return f"{again or 'if it gets worse'}, and when it is over"

    def _rule(self, finding: Finding) -> Rule[Any]:
        """One that this release does not know, of a newer or older one, is left as it is."""
        return self.rules.get(finding.rule) or Rule(finding.rule, _nothing)

    def _setting(self, finding: Finding) -> RuleSetting:
        return self._rule(finding).set_by(self.policy)

    @staticmethod
    def _silent(finding: Finding, receivers: Iterable[str], reason: Reason) -> Sequence[Decision]:
        return [Decision(finding, name, reason) for name in receivers] or [Decision(finding, "", reason)]


def _stays(before: FindingMemory, *, unseen: bool, inhibited: bool) -> Reason | None:
    """Why a finding that is not there may not be over."""
    if before.read_only:
        return Reason.NEWER
    if unseen:
        return Reason.COULD_NOT_SEE
    return Reason.INHIBITED if inhibited and before.told else None


def _resting_on_both(finding: Finding, other: Finding) -> Finding:
    """In one life a finding may concern more and more: all of it must be seen to say that it is over."""
    return replace(finding, rests_on=tuple(dict.fromkeys((*finding.rests_on, *other.rests_on))))


def _nothing(*_: object) -> Iterable[Finding]:
    return ()
