"""Decide: from what was found and what was said before to what is said now. Pure; every answer carries its reason."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from shared.domain.blind import Blind, hidden
from shared.domain.finding import Finding, Rule
from shared.domain.fleet import RECEIVER_REFUSES
from shared.domain.inhibition import hidden_keys, taken_over
from shared.domain.matching import Surroundings
from shared.domain.memory import NOT_LOOKED_FOR, Change, Decision, FindingMemory, Intent, Reason, Told
from shared.domain.policy import Mode, Policy, RuleSetting
from shared.domain.routing import Hearing, Route, Routes
from shared.domain.silence import Silence
from shared.domain.speaking import Present, Speaking, rule_of
from shared.domain.survey import Survey
from shared.domain.words import moment


@dataclass(frozen=True, slots=True)
class Verdict:
    """What changes in memory, with what is to be told, and the reason for everything.

    `again` is when somebody may have to be told though nothing has changed, before the next check: an escalation.
    """

    changes: tuple[Change, ...]
    decisions: tuple[Decision, ...]
    again: datetime | None = None


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
    surroundings: Surroundings = field(default_factory=Surroundings)
    silences: Sequence[Silence] = ()

    def decide(
        self, findings: Sequence[Finding], memory: Mapping[str, FindingMemory], blind: Sequence[Blind]
    ) -> Verdict:
        """What to say of each finding, and of each one said before that is no longer there."""
        changes: list[Change] = []
        decisions: list[Decision] = []
        there = [self._present(finding, memory.get(finding.key)) for finding in findings]
        for change, reasons in self._all(there, memory, blind):
            decisions.extend(reasons)
            if change.before != change.after:
                changes.append(change)
        return Verdict(tuple(changes), tuple(decisions), self._again(there, changes))

    def _all(
        self, there: Sequence[Present], memory: Mapping[str, FindingMemory], blind: Sequence[Blind]
    ) -> Iterator[tuple[Change, Sequence[Decision]]]:
        findings = [one.finding for one in there]
        here = {finding.key for finding in findings}
        gone = [before for key, before in memory.items() if key not in here]
        unseen = {before.finding.key for before in gone if hidden(before.finding.rests_on, blind)}
        # What could not be seen still stands: it hides what it hid before. Only what people hear of hides anything.
        heard = [one.finding for one in there if self._speaks(one)]
        still = [before.finding for before in gone if before.finding.key in unseen]
        taken = taken_over([before.finding for before in gone], [*findings, *still])
        inhibited = hidden_keys(findings, [*heard, *still]) | taken
        for one in there:
            yield self._of_present(one, inhibited=one.finding.key in inhibited)
        for before in gone:
            yield self._absent(before, unseen=before.finding.key in unseen, inhibited=before.finding.key in inhibited)

    def _present(self, finding: Finding, before: FindingMemory | None) -> Present:
        concern = self.surroundings.of(finding)
        known = before if before and before.read_only else self._seen_again(finding, before)
        everyone = self._rule(finding).to_everyone
        routes = (self.routes.to_everyone(),) if everyone else tuple(self.routes.matching(concern))
        hearings = self.routes.heard_by(routes, concern)
        others = [one for one in hearings if not _about(finding, one.receiver)]
        return Present(finding, before, known, concern, routes, others or hearings)

    def _of_present(self, one: Present, *, inhibited: bool) -> tuple[Change, Sequence[Decision]]:
        finding, before = one.finding, one.before
        if before and before.read_only:
            return Change(finding.key, before, before), self._silent(finding, before.told, Reason.NEWER)
        setting = self._setting(finding)
        if inhibited or setting.mode is Mode.OBSERVE or one.known.looks < (setting.looks or 1):
            reason = self._quiet(setting, inhibited=inhibited)
            receivers = [hearing.receiver for hearing in one.hearings]
            return Change(finding.key, before, one.known), self._silent(finding, receivers, reason)
        silence = self._holding(one)
        return self._silenced(one, silence) if silence else self._telling(one)

    def _holding(self, one: Present) -> Silence | None:
        """What keeps it from being told; an acknowledgement is of one life of a problem, and not of the next."""
        holding = (found for found in self.silences if found.holds(one.finding, one.concern, self.now))
        return next((found for found in holding if not found.acknowledges or found.made >= one.known.noticed), None)

    def _speaks(self, one: Present) -> bool:
        """Somebody is told of it, or was."""
        setting = self._setting(one.finding)
        return setting.mode is Mode.TELL and one.known.looks >= (setting.looks or 1) and bool(one.hearings)

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

    def _silenced(self, one: Present, silence: Silence) -> tuple[Change, Sequence[Decision]]:
        """Nobody is told; but what rings for it hears that somebody has it in hand."""
        held = {name: replace(told, held=True) for name, told in one.known.told.items()}
        known = replace(one.known, told=held)
        rings = [name for name, told in known.told.items() if name in self.routes.acknowledged_to and told.rings]
        reasons = dict.fromkeys((hearing.receiver for hearing in one.hearings), Reason.SILENCED)
        reasons |= dict.fromkeys(rings if silence.acknowledges else (), Reason.ACKNOWLEDGED)
        change, decisions = self._told_to(one, known, reasons)
        intents = tuple(replace(intent, note=silence.in_hand) for intent in change.intents)
        return replace(change, intents=intents), decisions

    def _telling(self, one: Present) -> tuple[Change, Sequence[Decision]]:
        speaking = self._speaking
        reasons = {hearing.receiver: speaking.reason(one, hearing) for hearing in one.hearings}
        higher = [up for up in speaking.escalated_to(one) if not _tells(reasons.get(up.receiver))]
        reasons |= {up.receiver: Reason.ESCALATED for up in higher}
        return self._told_to(one, one.known, reasons, higher)

    def _told_to(
        self, one: Present, known: FindingMemory, reasons: Mapping[str, Reason], higher: Sequence[Hearing] = ()
    ) -> tuple[Change, Sequence[Decision]]:
        finding, speaking = one.finding, self._speaking
        routes = {hearing.receiver: hearing.route for hearing in (*higher, *one.hearings)}
        said = {name: reason for name, reason in reasons.items() if reason.tells}
        told = self._lowered(finding, known.told)
        for name, reason in said.items():
            before = known.told.get(name)
            group = routes[name].group_of(one.concern) if name in routes else before.group if before else ""
            told[name] = speaking.told(finding, reason, before, group)
        spoken = _resting_on_both(finding, known.finding) if said else known.finding
        after = replace(known, finding=spoken, told=told)
        owners = one.concern.owners if said else ()
        intents = tuple(self._intent(finding, after, name, routes.get(name), owners) for name in said)
        decisions = [Decision(finding, name, reason) for name, reason in reasons.items()]
        change = Change(finding.key, one.before, after, intents)
        return change, decisions or self._silent(finding, (), Reason.NO_RECEIVER)

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

    def _again(self, there: Sequence[Present], changes: Sequence[Change]) -> datetime | None:
        """The first escalation of what was told now; of what was told before it is known already."""
        told = {change.key: change.after for change in changes if change.intents and change.after}
        after = [replace(one, known=told[one.finding.key]) for one in there if one.finding.key in told]
        later = (due for one in after for due, _ in self._speaking.escalations(one) if due > self.now)
        return min(later, default=None)

    @property
    def _speaking(self) -> Speaking:
        return Speaking(self.rules, self.policy, self.routes, self.now)

    def _absent(self, before: FindingMemory, *, unseen: bool, inhibited: bool) -> tuple[Change, Sequence[Decision]]:
        finding, rule = before.finding, self._rule(before.finding)
        if self._setting(finding).mode is Mode.OFF and not before.read_only:
            return self._quietly(before, Reason.SWITCHED_OFF)
        if stays := _stays(before, unseen=unseen, inhibited=inhibited):
            return Change(finding.key, before, before), self._silent(finding, before.told, stays)
        missing = before.missing + (self.look > before.counted)
        if before.told and not rule.settled and missing < self.policy.tell.resolve_after_looks:
            waiting = replace(before, missing=missing, counted=max(self.look, before.counted))
            return Change(finding.key, before, waiting), self._silent(finding, before.told, Reason.GONE_TOO_SHORT)
        if rule.quiet_end:
            return self._quietly(before, Reason.ENDED_QUIETLY)
        return self._over(finding, before)

    def _quietly(self, before: FindingMemory, reason: Reason) -> tuple[Change, Sequence[Decision]]:
        """An end that is no news; only what rings until it hears of it is told, like a pager."""
        ringing = [name for name, told in before.told.items() if name in self.routes.acknowledged_to and told.open]
        speaking, finding = self._speaking, before.finding
        now = {
            name: speaking.told(finding, Reason.RESOLVED, before.told[name], before.told[name].group)
            for name in ringing
        }
        gone = replace(before, told={**before.told, **now})
        intents = tuple(self._intent(finding, gone, name, None) for name in now)
        if reason is Reason.SWITCHED_OFF:
            intents = tuple(replace(intent, note=NOT_LOOKED_FOR) for intent in intents)
        others = self._silent(finding, [name for name in before.told if name not in now], reason)
        return Change(finding.key, before, None, intents), [
            *(Decision(finding, name, Reason.RESOLVED) for name in now),
            *others,
        ]

    def _over(self, finding: Finding, before: FindingMemory) -> tuple[Change, Sequence[Decision]]:
        """Told to exactly those who heard of it; where it is quiet for somebody, to them when that is over."""
        concern, speaking = self.surroundings.of(finding), self._speaking
        quiet = {hearing.receiver for hearing in self.routes.hear(concern) if hearing.quiet(finding.severity, self.now)}
        to_hear = {name: last for name, last in before.told.items() if last.open and self.routes.may_tell(name)}
        now = {
            name: speaking.told(finding, Reason.RESOLVED, last, last.group)
            for name, last in to_hear.items()
            if name not in quiet
        }
        gone = replace(before, told={**before.told, **now})
        intents = tuple(self._intent(finding, gone, name, None) for name in now)
        left = [name for name in to_hear if name in quiet]
        decisions = [Decision(finding, name, Reason.RESOLVED) for name in now]
        decisions += [Decision(finding, name, Reason.QUIET_HOURS) for name in left]
        change = Change(finding.key, before, gone if left else None, intents)
        return change, decisions or self._silent(finding, (), Reason.RESOLVED)

    def _intent(
        self,
        finding: Finding,
        memory: FindingMemory,
        receiver: str,
        route: Route | None,
        owners: tuple[str, ...] = (),
    ) -> Intent:
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
            next_word=self._next_word(finding, told, route),
            also=tuple(name for name, other in memory.told.items() if name != receiver and _hears(other, told)),
            first_look=self.first_look,
            group=told.group,
            wait=route.wait if route else None,
            owners=owners,
        )

    def _next_word(self, finding: Finding, told: Told, route: Route | None) -> str:
        if told.reason is Reason.RESOLVED:
            return ""
        again_at_all = told.reason not in (Reason.ESCALATED, Reason.ACKNOWLEDGED)
        due = self._speaking.due(finding, told, route) if again_at_all else None
        again = f"{moment(due)} if nothing has changed" if due else finding.next_word
        if self._rule(finding).quiet_end:
            return again or "only if it gets worse"
        return f"{again or 'if it gets worse'}, and when it is over"

    def _rule(self, finding: Finding) -> Rule[Any]:
        return rule_of(finding, self.rules)

    def _setting(self, finding: Finding) -> RuleSetting:
        return self._rule(finding).set_by(self.policy)

    @staticmethod
    def _silent(finding: Finding, receivers: Iterable[str], reason: Reason) -> Sequence[Decision]:
        return [Decision(finding, name, reason) for name in receivers] or [Decision(finding, "", reason)]


def _about(finding: Finding, receiver: str) -> bool:
    """That a receiver takes nothing is told on the others, where there are any."""
    return finding.rule == RECEIVER_REFUSES and finding.subject == receiver


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


def _hears(other: Told, told: Told) -> bool:
    """The other one knows the same, or is told the end as well."""
    if told.reason is Reason.RESOLVED:
        return True
    return other.reason is not Reason.RESOLVED and (other.severity, other.level) >= (told.severity, told.level)


def _tells(reason: Reason | None) -> bool:
    return reason is not None and reason.tells
