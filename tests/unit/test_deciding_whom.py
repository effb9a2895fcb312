"""Deciding for each receiver: silences, acknowledgements, quiet hours, escalation, repeats by route."""

from dataclasses import replace
from datetime import time, timedelta

import pytest

from shared.domain.finding import Finding, Severity
from shared.domain.inhibition import hidden_keys
from shared.domain.matching import Match, Surroundings
from shared.domain.memory import Reason
from shared.domain.policy import TellPolicy
from shared.domain.quiet_hours import QuietHours
from shared.domain.routing import Escalation, Route, Routes
from shared.domain.silence import Silence
from tests.unit.test_decision import DAY, HOUR, ROUTES, START, Life, finding

WARNING = finding(severity=Severity.WARNING)
CRITICAL = finding()


def silence(
    starts: float = 0, hours: float = 3, severity: Severity | None = None, level: int = 0, match: Match | None = None
) -> Silence:
    begins = START + starts * HOUR
    return Silence(
        "s", match or Match(), begins, begins + hours * HOUR, "ana", "migration", START + DAY, severity, level
    )


def test_what_is_silenced_is_not_told_and_is_told_when_that_ends_if_it_is_still_true() -> None:
    life = Life()
    life.silences = [silence(hours=3.5)]
    assert [[], [], []] == [life.look(CRITICAL) for _ in range(3)]
    assert {Reason.SILENCED} == life.reasons
    assert [("mail", "first"), ("pager", "first")] == life.look(CRITICAL)


def test_what_was_told_before_a_silence_is_told_again_when_it_ends_once() -> None:
    life = Life()
    life.look(CRITICAL)
    life.silences = [silence(1.5, hours=2)]
    assert [[], []] == [life.look(CRITICAL) for _ in range(2)]
    assert [("mail", "repeat"), ("pager", "repeat")] == life.look(CRITICAL)
    assert [] == life.look(CRITICAL)


def test_what_is_over_in_a_silence_is_told_to_those_who_heard_of_it() -> None:
    life = Life(tell=TellPolicy(resolve_after_looks=1))
    life.look(CRITICAL)
    life.silences = [silence(hours=99)]
    life.look(CRITICAL)
    assert [("mail", "resolved"), ("pager", "resolved")] == life.look()


def test_what_came_and_went_in_a_silence_is_never_told() -> None:
    life = Life(tell=TellPolicy(resolve_after_looks=1))
    life.silences = [silence(hours=99)]
    assert [[], []] == [life.look(CRITICAL), life.look()]


def test_a_silence_holds_back_what_it_matches_and_only_then() -> None:
    life = Life()
    life.silences = [silence(match=Match(rules=("testimony",)), hours=99), silence(50)]
    assert [("mail", "first"), ("pager", "first")] == life.look(CRITICAL)
    assert [] == life.look(CRITICAL, finding("testimony"))


@pytest.mark.parametrize("pagers", [frozenset[str](), frozenset({"pager"})])
def test_an_acknowledgement_is_told_to_pagers_and_holds_until_it_gets_worse(pagers: frozenset[str]) -> None:
    life = Life(replace(ROUTES, acknowledged_to=pagers))
    life.look(WARNING)
    life.look(finding())
    life.silences = [silence(severity=Severity.CRITICAL, level=0, hours=99)]
    assert ([("pager", "acknowledged")] if pagers else []) == life.look(finding())
    assert [] == life.look(finding())
    assert [("mail", "worse"), ("pager", "worse")] == life.look(finding(level=1))


def test_an_acknowledgement_ends_and_a_pager_rings_again() -> None:
    life = Life(replace(ROUTES, acknowledged_to=frozenset({"pager"})))
    life.look(CRITICAL)
    life.silences = [silence(1.5, severity=Severity.CRITICAL, hours=1)]
    assert [("pager", "acknowledged")] == life.look(CRITICAL)
    assert [("mail", "repeat"), ("pager", "repeat")] == life.look(CRITICAL)


def test_an_acknowledged_problem_that_is_over_is_told() -> None:
    life = Life(replace(ROUTES, acknowledged_to=frozenset({"pager"})), tell=TellPolicy(resolve_after_looks=1))
    life.look(CRITICAL)
    life.silences = [silence(severity=Severity.CRITICAL, hours=99)]
    life.look(CRITICAL)
    assert [("mail", "resolved"), ("pager", "resolved")] == life.look()


NIGHT = QuietHours(time(9), time(11))  # 09:07 and 10:07 are the second and the third look.
QUIET = Routes({}, (Route("1", Match(), ("mail",), quiet=NIGHT, goes_on=True), Route("2", Match(), ("chat",))))


def test_quiet_hours_hold_back_what_can_wait_until_they_are_over() -> None:
    life = Life(QUIET)
    life.look()
    assert [("chat", "first")] == life.look(WARNING)
    assert {Reason.QUIET_HOURS, Reason.FIRST} == life.reasons
    assert [] == life.look(WARNING)
    assert [("mail", "first")] == life.look(WARNING)


def test_quiet_hours_hold_back_nothing_critical() -> None:
    life = Life(QUIET)
    life.look()
    assert [("chat", "first"), ("mail", "first")] == life.look(CRITICAL)


def test_an_end_waits_for_the_end_of_quiet_hours_and_others_hear_of_it_once() -> None:
    life = Life(QUIET, tell=TellPolicy(resolve_after_looks=1))
    life.look(WARNING)
    assert [("chat", "resolved")] == life.look()
    assert [] == life.look()
    assert [("mail", "resolved")] == life.look()
    assert {} == life.memory


def test_what_comes_back_before_the_quiet_hours_are_over_is_news_for_who_heard_the_end() -> None:
    life = Life(QUIET, tell=TellPolicy(resolve_after_looks=1))
    life.look(WARNING)
    keys = [intent.key for intent in life.intents]
    life.look()
    keys += [intent.key for intent in life.intents]
    assert [("chat", "first")] == life.look(WARNING)
    keys += [intent.key for intent in life.intents]
    assert [] == life.look(WARNING)
    assert len(keys) == len(set(keys))
    assert [("chat", "resolved"), ("mail", "resolved")] == life.look()


UP = Routes(
    {},
    (Route("1", Match(), ("chat",), escalation=Escalation(("pager",), timedelta(hours=2))),),
    acknowledged_to=frozenset({"pager"}),
)


def test_what_nobody_acknowledges_is_told_one_higher_once() -> None:
    life = Life(UP)
    assert [("chat", "first")] == life.look(CRITICAL)
    assert START + HOUR + 2 * HOUR == life.verdict.again
    assert [] == life.look(CRITICAL)
    assert [("pager", "escalated")] == life.look(CRITICAL)
    assert [] == life.look(CRITICAL)


def test_what_is_acknowledged_is_not_escalated() -> None:
    life = Life(UP)
    life.look(CRITICAL)
    life.silences = [silence(severity=Severity.CRITICAL, hours=99)]
    assert [[], [], []] == [life.look(CRITICAL) for _ in range(3)]


def test_an_escalation_counts_from_when_it_became_so_grave() -> None:
    life = Life(UP)
    life.look(WARNING)
    life.look(WARNING)
    assert [("chat", "worse")] == life.look(CRITICAL)
    assert [] == life.look(CRITICAL)
    assert [("pager", "escalated")] == life.look(CRITICAL)


def test_whoever_it_was_escalated_to_hears_of_its_end() -> None:
    life = Life(UP, tell=TellPolicy(resolve_after_looks=1))
    for _ in range(3):
        life.look(CRITICAL)
    assert [("chat", "resolved"), ("pager", "resolved")] == life.look()


def test_a_route_repeats_as_it_says() -> None:
    often = Routes({}, (Route("1", Match(), ("chat",), repeat=(2 * HOUR,)),))
    life = Life(often)
    assert [["first"], [], ["repeat"], [], ["repeat"]] == [
        [reason for _, reason in life.look(WARNING)] for _ in range(5)
    ]
    never = Life(Routes({}, (Route("1", Match(), ("chat",), repeat=()),)))
    never.look(CRITICAL)
    never.now += 9 * DAY
    assert [] == never.look(CRITICAL)


def test_warnings_are_repeated_where_that_is_set() -> None:
    life = Life(ROUTES, tell=TellPolicy(repeat_warning=(2 * HOUR,)))
    assert [["first"], [], ["repeat"]] == [[reason for _, reason in life.look(WARNING)] for _ in range(3)]


def test_a_subscription_that_cannot_be_read_hides_what_is_only_guessed_of_it() -> None:
    owner = "/subscriptions/1"
    lost = Finding("subscription-unreadable", "1", Severity.WARNING, "", "", "", (), resource=owner)
    idle = Finding("cost-idle", "x", Severity.WARNING, "", "", "", (), resource=f"{owner}/resourcegroups/x")
    elsewhere = replace(idle, subject="y", resource="/subscriptions/12/resourcegroups/x")
    grave = replace(idle, subject="z", severity=Severity.CRITICAL)
    assert {idle.key} == hidden_keys([lost, idle, elsewhere, grave], [lost, idle, elsewhere, grave])


def test_an_acknowledgement_is_of_one_life_of_a_problem() -> None:
    life = Life(tell=TellPolicy(resolve_after_looks=1))
    life.look(CRITICAL)
    life.silences = [replace(silence(severity=Severity.CRITICAL, hours=99), made=START + HOUR)]
    assert [[], [("mail", "resolved"), ("pager", "resolved")]] == [life.look(CRITICAL), life.look()]
    assert [("mail", "first"), ("pager", "first")] == life.look(CRITICAL)


def test_a_pager_that_was_told_one_higher_rings_again_when_an_acknowledgement_ends() -> None:
    life = Life(UP)
    for _ in range(3):
        life.look(CRITICAL)
    life.silences = [silence(3.5, hours=1, severity=Severity.CRITICAL)]
    assert [("pager", "acknowledged")] == life.look(CRITICAL)
    assert [("chat", "repeat")] == life.look(CRITICAL)
    assert [[], [("pager", "escalated")]] == [life.look(CRITICAL), life.look(CRITICAL)]


def test_nothing_goes_higher_in_the_moment_in_which_a_silence_ends() -> None:
    life = Life(UP)
    life.look(CRITICAL)
    life.silences = [silence(1.5, hours=5)]
    for _ in range(5):
        life.look(CRITICAL)
    assert [("chat", "repeat")] == life.look(CRITICAL)


def test_no_silence_holds_back_that_one_ends() -> None:
    ends = finding("silence-ends", Severity.WARNING)
    assert not silence(hours=99).holds(ends, Surroundings().of(ends), START + HOUR)


def test_a_silence_about_one_account_does_not_hold_back_a_problem_of_many() -> None:
    of_two = replace(CRITICAL, accounts=("sandbox", "payments"))
    one, both = silence(match=Match(accounts=("sandbox",))), silence(match=Match(accounts=("sandbox", "pay*")))
    held = [found.holds(of_two, Surroundings().of(of_two), START + HOUR) for found in (one, both)]
    assert [False, True] == held


def test_a_receiver_that_was_removed_is_not_told_the_end() -> None:
    life = Life(replace(ROUTES, there=frozenset({"pager", "mail"})), tell=TellPolicy(resolve_after_looks=1))
    life.look(CRITICAL)
    life.routes = replace(life.routes, there=frozenset({"mail"}))
    assert [("mail", "resolved")] == life.look()


def test_whoever_hears_because_nobody_acknowledged_is_promised_no_repeat() -> None:
    life = Life(UP)
    for _ in range(3):
        life.look(CRITICAL)
    [intent] = life.intents
    assert ("pager", "if it gets worse, and when it is over") == (intent.receiver, intent.next_word)


def test_among_many_profiles_those_are_hidden_that_lie_in_what_hides() -> None:
    def covering(rule: str, *profiles: str) -> Finding:
        return replace(finding(rule), subject=profiles[0], covers=frozenset(profiles))

    late = [covering("renewal-stopped", "a"), covering("renewal-stopped", "a", "b"), covering("renewal-stopped", "c")]
    down = [covering("signing-down", "a", "x"), covering("signing-down", "b")]
    assert {late[0].key} == hidden_keys([*late, *down], [*late, *down])
