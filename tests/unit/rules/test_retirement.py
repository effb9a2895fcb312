"""Rules about retirement: who hears what of an account on its way out, and what holds everything."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.decision import Deciding
from shared.domain.finding import Severity
from shared.domain.fleet import FleetSurvey
from shared.domain.memory import Reason
from shared.domain.policy import Policy
from shared.domain.routing import Routes
from shared.domain.rules.book import BOOK
from shared.domain.survey import Survey
from shared.domain.usage import HOUR
from shared.domain.walk import Approval, Halt, RetireState, Stage, Walk
from shared.flows.fleet import around_fleet
from tests.unit.rules.samples import DAY, END, GAMES, LOOK, NOW, SAMPLES, account, found, survey


def sample(name: str) -> Survey:
    seen = SAMPLES[name]().seen
    assert isinstance(seen, Survey)
    return seen


WALK = sample("retirement-announced").walks[GAMES.id]
WALKING = ("retirement-announced", "retirement-blocked")


def walking(walk: Walk) -> Survey:
    return survey(GAMES, walks={GAMES.id: walk})


def rules(seen: Survey) -> list[str]:
    return [one.rule for name in (*WALKING, "account-retired", "account-deleted") for one in found(name, seen)]


@pytest.mark.parametrize(
    ("walk", "heard"),
    [
        (WALK, ["retirement-announced"]),
        (replace(WALK, stage=Stage.DELETING), ["retirement-announced"]),
        (replace(WALK, stage=Stage.BLOCKED), ["retirement-blocked"]),
        (replace(WALK, stage=Stage.FAILED), ["retirement-blocked"]),
        (replace(WALK, stage=Stage.CANDIDATE), []),
        (replace(WALK, stage=Stage.EXCUSED), []),
        (replace(WALK, pretended=True), []),
        (replace(WALK, stage=Stage.BLOCKED, pretended=True), []),
        (replace(WALK, created=NOW), []),
    ],
)
def test_people_hear_of_a_walk_that_is_no_pretence(walk: Walk, heard: list[str]) -> None:
    """Nor of one that another account of the same name was on."""
    assert heard == rules(walking(walk))


def test_a_notice_says_when_what_is_lost_what_it_saves_and_how_to_say_no() -> None:
    [one] = found("retirement-announced", walking(WALK))
    assert "Account games (Games) will be deleted not before 4 Dec 2026: its identity validation failed" == one.what
    assert one.stops.startswith("Lost with it: the account, which has no certificate profile")
    for way in ("countersign-keep", "a lock", "countersign retire excuse games", "countersign retire seen games"):
        assert way in one.next_step
    assert "saves 9.99 USD a month from December" == one.facts["Saves"]
    assert one.next_step.endswith("begins when somebody is known to have had this notice.")
    [proven] = found("retirement-announced", walking(replace(WALK, proven=NOW)))
    assert proven.next_step.endswith("countersign retire seen games.")
    assert proven.key == one.key


def test_an_account_that_we_retired_is_not_told_as_deleted_by_somebody() -> None:
    [gone] = sample("account-deleted").gone.values()
    walk = replace(WALK, stage=Stage.DELETED, accepted=NOW - HOUR, ended=NOW, approvals=(Approval("ana", NOW, "0"),))
    seen = survey(account("other"), gone={GAMES.id: gone}, walks={GAMES.id: walk})
    assert ["account-retired"] == rules(seen)
    [one] = found("account-retired", seen)
    assert "Account games (Games) was retired on 20 Nov 2026: it saves 9.99 USD a month from December" == one.what
    assert "ana" == one.facts["Approved by"]
    assert ["account-retired"] == rules(replace(seen, walks={GAMES.id: replace(walk, stage=Stage.SETTLED)}))
    assert ["account-deleted"] == rules(replace(seen, walks={GAMES.id: replace(walk, pretended=True)}))
    deleting = replace(walk, stage=Stage.DELETING, ended=None)
    assert [] == rules(replace(seen, walks={GAMES.id: deleting}))


def test_it_is_news_for_a_week() -> None:
    [gone] = sample("account-deleted").gone.values()
    walk = replace(WALK, stage=Stage.DELETED, accepted=NOW - 7 * DAY, ended=NOW - 7 * DAY)
    assert [] == rules(survey(account("other"), gone={GAMES.id: gone}, walks={GAMES.id: walk}))


def fleet(state: RetireState) -> list[tuple[str, Severity]]:
    seen = FleetSurvey(LOOK, [END], retiring=state)
    names = ("retirement-held", "retirement-halted", "retirement-set-up")
    return [(one.rule, one.severity) for name in names for one in found(name, seen)]


@pytest.mark.parametrize(
    ("state", "heard"),
    [
        (RetireState(), []),
        (RetireState(held="too many", held_since=NOW), [("retirement-held", Severity.WARNING)]),
        (RetireState(halt=Halt("ana", NOW, "")), [("retirement-halted", Severity.INFO)]),
        (RetireState(halt=Halt("ana", NOW - 15 * DAY, ""), held="ana"), [("retirement-halted", Severity.WARNING)]),
        (RetireState("mode auto", changed=NOW - 6 * DAY), [("retirement-set-up", Severity.WARNING)]),
        (RetireState("mode auto", changed=NOW - 7 * DAY), []),
    ],
)
def test_what_holds_everything_is_told(state: RetireState, heard: list[tuple[str, Severity]]) -> None:
    assert heard == fleet(state)


def test_a_changed_setting_is_told_to_every_receiver_whatever_routes_say() -> None:
    routes = Routes(dict.fromkeys(Severity, ("teams",)), there=frozenset({"teams", "pagerduty", "mail"}))
    deciding = Deciding(BOOK, Policy(), routes, "fleet", LOOK.id, NOW, False, around_fleet(), ())
    state = RetireState("mode auto", "mode off", changed=NOW - timedelta(hours=1), held="too many", held_since=NOW)
    seen = FleetSurvey(LOOK, [END], retiring=state)
    verdict = deciding.decide([*found("retirement-set-up", seen), *found("retirement-held", seen)], {}, ())
    told = {(one.finding.rule, one.receiver) for one in verdict.decisions if one.reason is Reason.FIRST}
    everyone = {("retirement-set-up", name) for name in ("teams", "pagerduty", "mail")}
    assert everyone | {("retirement-held", "teams")} == told
