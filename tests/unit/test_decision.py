"""Deciding: every answer has its reason, and saying nothing has one, too."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.blind import About, Blind, Sight
from shared.domain.decision import Deciding, Verdict
from shared.domain.finding import Finding, Rule, Severity
from shared.domain.memory import FindingMemory, Intent, Reason
from shared.domain.policy import Mode, Policy, RuleSetting, TellPolicy
from shared.domain.routing import Routes
from shared.domain.silence import Silence

START = datetime(2026, 11, 20, 7, 7, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SIGHT = Sight(About.PROFILES, "/subscriptions/1/a")
SEEN: tuple[Blind, ...] = ()
UNSEEN = (Blind(About.PROFILES, "/subscriptions/1/a", "403"),)


def nothing(*_: object) -> Sequence[Finding]:
    return ()


RULES = {
    rule.name: rule
    for rule in (
        Rule("evidence", nothing, repeats=True),
        Rule("testimony", nothing, settled=True),
        Rule("slow", nothing, needs_looks=3),
        Rule("month", nothing, settled=True, quiet_end=True),
        Rule("signing-down", nothing, repeats=True),
        Rule("validation-expired", nothing, repeats=True),
        Rule("renewal-stopped", nothing, repeats=True),
    )
}
ROUTES = Routes({Severity.CRITICAL: ("pager", "mail"), Severity.WARNING: ("mail",)})


def finding(rule: str = "evidence", severity: Severity = Severity.CRITICAL, level: int = 0) -> Finding:
    return Finding(rule, "subject", severity, "what", "stops", "next", (SIGHT,), level)


class Life:
    """Looks one after the other, an hour apart, with the memory that they leave."""

    def __init__(self, routes: Routes = ROUTES, tell: TellPolicy | None = None) -> None:
        self.routes, self.policy = routes, Policy(tell=tell or TellPolicy())
        self.memory: dict[str, FindingMemory] = {}
        self.looks = 0
        self.now = START
        self.silences: Sequence[Silence] = ()
        self.verdict = Verdict((), ())

    def look(self, *findings: Finding, blind: Sequence[Blind] = SEEN, again: bool = False) -> list[tuple[str, str]]:
        """Who is told what, after an hour; or the same look `again`."""
        self.looks += not again
        self.now += HOUR
        deciding = Deciding(
            RULES, self.policy, self.routes, "sub", f"{self.looks:03}", self.now, silences=self.silences
        )
        self.verdict = deciding.decide(findings, self.memory, blind)
        for change in self.verdict.changes:
            self.memory.pop(change.key, None)
            if change.after:
                self.memory[change.key] = change.after
        return sorted((intent.receiver, str(intent.reason)) for intent in self.intents)

    @property
    def intents(self) -> list[Intent]:
        return [intent for change in self.verdict.changes for intent in change.intents]

    @property
    def reasons(self) -> set[Reason]:
        return {decision.reason for decision in self.verdict.decisions}


def test_first_is_told_to_those_who_are_to_hear_of_it_and_then_nothing_changes() -> None:
    life = Life()
    assert [("mail", "first"), ("pager", "first")] == life.look(finding())
    assert [] == life.look(finding())
    assert ((), {Reason.ALREADY_TOLD}) == (life.verdict.changes, life.reasons)


def test_who_hears_of_it_only_when_it_is_critical_hears_of_it_first_then() -> None:
    life = Life()
    assert [("mail", "first")] == life.look(finding(severity=Severity.WARNING))
    assert [("mail", "worse"), ("pager", "first")] == life.look(finding())


@pytest.mark.parametrize(
    ("severity", "level", "reason"),
    [
        (Severity.WARNING, 2, None),
        (Severity.WARNING, 1, None),
        (Severity.INFO, 9, None),
        (Severity.WARNING, 3, "worse"),
        (Severity.CRITICAL, 0, "worse"),
    ],
)
def test_only_what_is_worse_than_what_was_told_is_told_again(
    severity: Severity, level: int, reason: str | None
) -> None:
    life = Life(Routes(dict.fromkeys(Severity, ("mail",))))
    life.look(finding(severity=Severity.WARNING, level=2))
    assert ([("mail", reason)] if reason else []) == life.look(finding(severity=severity, level=level))


def test_without_a_receiver_it_is_remembered_and_ends_in_silence() -> None:
    life = Life()
    assert [] == life.look(finding(severity=Severity.INFO))
    assert ({Reason.NO_RECEIVER}, 1) == (life.reasons, len(life.memory))
    assert ([], {}) == (life.look(), life.memory)


def test_the_end_goes_to_all_who_heard_also_when_routes_have_changed() -> None:
    life = Life()
    life.look(finding())
    life.routes = Routes({Severity.CRITICAL: ("chat",)})
    assert [] == life.look()
    assert [("mail", "resolved"), ("pager", "resolved")] == life.look()
    assert {} == life.memory


@pytest.mark.parametrize(("rule", "looks"), [("evidence", 2), ("testimony", 1)])
def test_evidence_is_gone_after_two_looks_and_testimony_after_one(rule: str, looks: int) -> None:
    life = Life()
    life.look(finding(rule))
    for _ in range(looks - 1):
        assert [] == life.look()
        assert {Reason.GONE_TOO_SHORT} == life.reasons
    assert 2 == len(life.look())


def test_a_look_that_is_run_twice_counts_once() -> None:
    life = Life()
    life.look(finding())
    assert [] == life.look()
    assert [] == life.look(again=True)
    assert [("mail", "resolved"), ("pager", "resolved")] == life.look()


def test_a_rule_that_needs_looks_speaks_at_the_last_of_them() -> None:
    life = Life()
    assert [] == life.look(finding("slow"))
    assert [] == life.look(finding("slow"), again=True)
    assert [] == life.look(finding("slow"))
    assert {Reason.TOO_FEW_LOOKS} == life.reasons
    assert 2 == len(life.look(finding("slow")))
    assert [] == life.look(finding("slow"))


def test_looks_that_are_needed_are_looks_in_a_row() -> None:
    life = Life()
    for _ in range(3):
        life.look(finding("slow"))
        assert [] == life.look(finding("slow"))
        assert [] == life.look()
    assert {} == life.memory


def test_not_seeing_is_not_resolving() -> None:
    life = Life()
    life.look(finding())
    for _ in range(5):
        assert [] == life.look(blind=UNSEEN)
        assert ({Reason.COULD_NOT_SEE}, ()) == (life.reasons, life.verdict.changes)


@pytest.mark.parametrize(
    ("spot", "hides"),
    [
        (Blind(About.PROFILES, "/subscriptions/1", ""), True),
        (Blind(About.ACCOUNTS, "/subscriptions/1", ""), True),
        (Blind(About.ACCOUNTS, "", ""), True),
        (Blind(About.USAGE, "/subscriptions/1/a", ""), False),
        (Blind(About.PROFILES, "/subscriptions/1/ab", ""), False),
        (Blind(About.PROFILES, "/subscriptions/1/a/profile", ""), False),
        (Blind(About.ACCOUNTS, "/subscriptions/10", ""), False),
    ],
)
def test_a_blind_spot_hides_what_lies_in_it(spot: Blind, *, hides: bool) -> None:
    assert hides is spot.hides(SIGHT)


def test_the_end_of_a_month_is_no_news() -> None:
    life = Life()
    assert 2 == len(life.look(finding("month")))
    assert {"if it gets worse, and when it is over"}.isdisjoint(intent.next_word for intent in life.intents)
    assert ([], {Reason.ENDED_QUIETLY}, {}) == (life.look(), life.reasons, life.memory)


def test_repeats_slow_down_and_begin_anew_when_it_gets_worse() -> None:
    life = Life(tell=TellPolicy(repeat_critical=(2 * HOUR, 4 * HOUR)))
    told = [bool(life.look(finding())) for _ in range(12)]
    assert [0, 2, 6, 10] == [hour for hour, one in enumerate(told) if one]
    told = [bool(life.look(finding(level=1))) for _ in range(4)]
    assert [0, 2] == [hour for hour, one in enumerate(told) if one]


def test_the_message_says_when_it_is_told_again() -> None:
    life = Life()
    life.look(finding())
    assert {"Sat 21 Nov 2026 08:07 UTC if nothing has changed, and when it is over"} == {
        intent.next_word for intent in life.intents
    }
    assert {("pager", ("mail",)), ("mail", ("pager",))} == {(one.receiver, one.also) for one in life.intents}


@pytest.mark.parametrize(
    ("hiding", "hidden"),
    [
        ("signing-down", "renewal-stopped"),
        ("signing-down", "validation-expired"),
        ("validation-expired", "renewal-stopped"),
        ("validation-expired", "validation-expiring"),
        ("register-out-of-date", "validation-expiring"),
    ],
)
def test_a_part_of_a_larger_problem_is_neither_told_nor_over(hiding: str, hidden: str) -> None:
    life = Life()
    assert 2 == len(life.look(finding(hidden)))
    assert [("mail", "first"), ("pager", "first")] == life.look(finding(hiding), finding(hidden))
    for _ in range(3):
        assert [] == life.look(finding(hiding))
    assert [] == life.look(blind=UNSEEN)
    assert [] == life.look()
    assert [("mail", "resolved")] * 2 + [("pager", "resolved")] * 2 == life.look()


def test_what_was_only_ever_a_part_of_a_larger_problem_is_told_when_that_is_over() -> None:
    life = Life()
    life.look(finding("signing-down"), finding("validation-expired"))
    life.look(finding("validation-expired"))
    assert ["validation-expired"] * 2 == [intent.finding.rule for intent in life.intents]


def test_a_newer_memory_is_left_alone_in_every_case() -> None:
    life = Life()
    life.look(finding())
    life.memory = {key: replace(memory, read_only=True) for key, memory in life.memory.items()}
    for seen, blind in (((finding(level=9),), SEEN), ((), SEEN), ((), UNSEEN)):
        assert [] == life.look(*seen, blind=blind)
        assert ((), {Reason.NEWER}) == (life.verdict.changes, life.reasons)


def test_every_life_of_a_problem_has_keys_of_its_own() -> None:
    life = Life()
    began = replace(finding(), began=START - DAY)
    keys = []
    for _ in range(3):
        for seen in ((began,), (), ()):
            life.look(*seen)
            keys += [intent.key for intent in life.intents]
    assert 12 == len(keys) == len(set(keys))


SIGHTINGS = st.lists(st.tuples(st.sampled_from(["seen", "gone", "unseen"]), st.booleans()), max_size=30)


@given(SIGHTINGS)
def test_whatever_happens_first_and_over_take_turns(sightings: Sequence[tuple[str, bool]]) -> None:
    """Whoever is told of an end was told of the beginning, once each; no key is used twice; nothing ends unseen."""
    life = Life()
    heard: Mapping[str, list[str]] = {"mail": [], "pager": []}
    keys = []
    for sight, again in sightings:
        findings = [finding()] if sight == "seen" else []
        told = life.look(*findings, blind=UNSEEN if sight == "unseen" else SEEN, again=again and life.looks > 0)
        keys += [intent.key for intent in life.intents]
        for receiver, reason in told:
            assert sight != "unseen"
            heard[receiver].append(reason)
    for reasons in heard.values():
        turns = [reason for reason in reasons if reason in ("first", "resolved")]
        assert ["first", "resolved"] * (len(turns) // 2) + ["first"] * (len(turns) % 2) == turns
    assert len(keys) == len(set(keys))


def test_what_has_become_less_grave_is_told_when_it_is_worse_again() -> None:
    """A typing error said that it ends tomorrow; corrected, the whole countdown is still to come."""
    life = Life()
    assert 2 == len(life.look(finding("testimony", level=6)))
    assert [] == life.look(finding("testimony", Severity.WARNING, level=1))
    assert [("mail", "worse")] == life.look(finding("testimony", Severity.WARNING, level=2))
    assert [("mail", "worse"), ("pager", "worse")] == life.look(finding("testimony", level=3))


def test_evidence_that_comes_and_goes_is_not_told_each_time() -> None:
    life = Life()
    life.look(finding(level=3))
    assert [] == [*life.look(finding(level=2)), *life.look(finding(level=3))]


@pytest.mark.parametrize(
    ("hider", "told"),
    [
        (finding("signing-down"), ["signing-down"]),
        (finding("signing-down", Severity.WARNING), ["signing-down", "validation-expired"]),
    ],
)
def test_nothing_is_hidden_by_what_is_less_grave(hider: Finding, told: list[str]) -> None:
    life = Life()
    life.look(hider, finding("validation-expired"))
    assert told == sorted({intent.finding.rule for intent in life.intents})


@pytest.mark.parametrize("setting", [RuleSetting(Mode.OBSERVE), RuleSetting(Mode.TELL, 3)])
def test_nothing_is_hidden_by_what_nobody_is_told(setting: RuleSetting) -> None:
    life = Life()
    life.policy = replace(life.policy, rules={"signing-down": setting})
    life.look(finding("signing-down"), finding("validation-expired"))
    assert {"validation-expired"} == {intent.finding.rule for intent in life.intents}


def test_what_goes_on_under_another_name_is_not_over() -> None:
    """Its profile was suspended: signing with it is still down."""
    life = Life()
    down = replace(finding("signing-down"), subject="validation", covers=frozenset({"rg/games/release"}))
    suspended = replace(finding("profile-suspended"), subject="rg/games/release", covers=down.covers)
    life.look(down)
    assert [("mail", "first"), ("pager", "first")] == life.look(suspended)
    assert [] == [*life.look(suspended), *life.look(suspended), *life.look(suspended)]
    life.look()
    assert ["resolved"] * 4 == [reason for _, reason in life.look()]


@pytest.mark.parametrize("setting", [RuleSetting(Mode.OBSERVE), RuleSetting(Mode.TELL, 3)])
@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("validation-expiring", "validation-expired"),
        ("renewal-stopped", "signing-down"),
        ("validation-expiring", "renewal-stopped"),
        ("register-out-of-date", "validation-expired"),
    ],
)
def test_an_earlier_stage_is_not_over_while_a_later_one_is_there_told_or_not(
    earlier: str, later: str, setting: RuleSetting
) -> None:
    life = Life()
    life.look(finding(earlier))
    life.policy = replace(life.policy, rules={later: setting})
    for _ in range(4):
        life.look(finding(later))
        assert "resolved" not in {str(intent.reason) for intent in life.intents}
