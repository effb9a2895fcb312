"""ROUTES: read as it is written, and every mistake named with its place."""

import json
from datetime import time, timedelta
from typing import Any

import pytest

from shared import config
from shared.domain.finding import Severity
from shared.domain.matching import Match
from shared.domain.quiet_hours import QuietHours
from shared.domain.routing import Escalation, Route
from tests.unit.test_config import SPANS

SET_UP = {
    "ALERT__TEAMS_URL": "https://teams.example/hook",
    "ALERT__TEAMS_URL__GAMES": "https://teams.example/games",
    "ALERT__PAGERDUTY_KEY": "k" * 32,
}


def read(*routes: Any) -> tuple[tuple[Route, ...], list[str]]:
    settings, mistakes = config.read({**SET_UP, "ROUTES": json.dumps(routes)})
    return settings.ordered_routes, [mistake.sentence for mistake in mistakes]


def test_a_route_is_read_as_it_is_written() -> None:
    routes, mistakes = read(
        {
            "name": "games",
            "match": {"severity": ["critical", "warning"], "account": "games-*", "tag": {"Team": "games"}},
            "receivers": "teams:games",
            "continue": True,
            "grouping": "rule",
            "wait": "10m",
            "repeat": ["1d", "7d"],
            "quiet": {"from": "22:00", "to": "07:00", "zone": "Europe/Berlin", "days": ["sat", "Sunday"]},
            "escalate": {"to": ["pagerduty"], "after": "4h"},
        },
        {"receivers": ["teams", "owner"], "repeat": "never"},
    )
    assert [] == mistakes
    severities = frozenset({Severity.CRITICAL, Severity.WARNING})
    assert (
        Route(
            name="games",
            match=Match(severities, accounts=("games-*",), tags={"team": "games"}),
            receivers=("teams:games",),
            goes_on=True,
            group="rule",
            wait=timedelta(minutes=10),
            repeat=(timedelta(days=1), timedelta(days=7)),
            quiet=QuietHours(time(22), time(7), "Europe/Berlin", frozenset({5, 6})),
            escalation=Escalation(("pagerduty",), timedelta(hours=4)),
        ),
        Route("2", Match(), ("teams", "owner"), repeat=()),
    ) == routes


@pytest.mark.parametrize(
    ("route", "words"),
    [
        ({}, "route 1, receivers: is missing."),
        ({"receivers": "teams", "grup": "rule"}, "route 1, grup: is not known here."),
        ({"receivers": "teams", "match": {"acount": "x"}}, "route 1, match, acount: is not known here."),
        (
            {"receivers": "teams", "match": {"severity": "grave"}},
            "route 1, match, severity: there is no severity grave.",
        ),
        ({"receivers": "teams", "match": {"rule": "qota-*"}}, "route 1, match, rule: there is no rule qota-*."),
        (
            {"receivers": "teams", "quiet": {"from": "22:00", "to": "7", "zone": "UTC"}},
            "route 1, quiet, to: must be a time of the day like 22:00.",
        ),
        (
            {"receivers": "teams", "quiet": {"from": "22:00", "to": "07:00", "zone": "Berlin"}},
            "route 1, quiet, zone: must be a time zone of the IANA, like Europe/Berlin.",
        ),
        (
            {"receivers": "teams", "escalate": {"to": "pagerduty", "after": "soon"}},
            f"route 1, escalate, after: {SPANS}.",
        ),
        ({"receivers": "teams", "wait": "2h"}, "route 1, wait: must be an hour at most."),
        ({"receivers": "teams", "repeat": ["1d", 7]}, "route 1, repeat: must be spans like 1d and 7d, or never."),
        (
            {"receivers": "teams", "quiet": {"from": "07:00", "to": "07:00"}},
            "route 1, quiet: must leave some time in which things are told.",
        ),
        (
            {"receivers": "teams", "name": "last"},
            "there may be one route called last, and none called last or with | in its name.",
        ),
        ({"receivers": "teams", "continue": "yes"}, "route 1, continue: must be true or false."),
    ],
)
def test_a_mistake_is_named_with_its_place_and_no_route_is_in_force(route: Any, words: str) -> None:
    routes, mistakes = read(route)
    assert ((), [f"ROUTES: {words}"]) == (routes, mistakes)


def test_a_receiver_that_is_not_set_up_is_a_mistake_with_the_nearest_one() -> None:
    routes, mistakes = read({"receivers": "teams:gmaes"})
    assert ((), ["ROUTES names teams:gmaes, which is not set up: did you mean teams:games?"]) == (routes, mistakes)


def test_severities_may_be_patterns() -> None:
    routes, mistakes = read({"match": {"severity": ["crit*", "WARNING"]}, "receivers": "teams"})
    assert ([], frozenset({Severity.CRITICAL, Severity.WARNING})) == (mistakes, routes[0].match.severities)


def test_two_routes_of_one_name_are_refused() -> None:
    routes, [mistake] = read({"receivers": "teams", "name": "2"}, {"receivers": "teams"})
    assert ((), True) == (routes, mistake.startswith("ROUTES: there may be one route called 2"))
