"""Who hears what: patterns, the order of routes, owners, quiet hours; every answer in words too."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from shared.domain.finding import Finding, Severity
from shared.domain.matching import Concern, Match, Place, Surroundings
from shared.domain.quiet_hours import QuietHours
from shared.domain.routing import Escalation, Route, Routes

GAMES = Place("games-eu", "westeurope", "Premium", {"team": "Games", "env": "prod"}, ("lena@contoso.example",))
TOOLS = Place("tools", "eastus", "Basic", {"team": "tools"})
CONCERN = Concern(Severity.WARNING, "cost-idle", "cost", "cost-idle|rg/x", ("1f3a6c1e", "Products EU"), (GAMES, TOOLS))


@pytest.mark.parametrize(
    ("match", "fits"),
    [
        (Match(), True),
        (Match(severities=frozenset({Severity.CRITICAL})), False),
        (Match(severities=frozenset({Severity.CRITICAL, Severity.WARNING})), True),
        (Match(rules=("cost-*",)), True),
        (Match(rules=("quota-*", "COST-idle")), True),
        (Match(rules=("quota-*",)), False),
        (Match(groups=("cost",)), True),
        (Match(subscriptions=("products*",)), True),
        (Match(subscriptions=("1F3A6C1E",)), True),
        (Match(subscriptions=("labs",)), False),
        (Match(accounts=("GAMES-*",)), True),
        (Match(accounts=("games",)), False),
        (Match(accounts=("games-*",), regions=("eastus",)), False),  # Not one and the same account.
        (Match(accounts=("games-*",), regions=("westeurope",)), True),
        (Match(skus=("basic",)), True),
        (Match(tags={"Team": "games"}), True),
        (Match(tags={"team": "games", "env": "test"}), False),
        (Match(tags={"owner": "*"}), True),
        (Match(tags={"owner": "?*"}), False),
        (Match(problem="cost-idle|rg/x"), True),
        (Match(problem="cost-idle|rg/y"), False),
        (Match(accounts=("[g]ames-eu",)), False),  # Only * and ? are patterns.
    ],
)
def test_what_is_empty_fits_everything_and_patterns_fit_one_account(match: Match, *, fits: bool) -> None:
    assert fits is match.fits(CONCERN)


def test_a_problem_of_no_account_fits_no_pattern_for_accounts() -> None:
    fleet = replace(CONCERN, places=())
    assert (True, False) == (Match().fits(fleet), Match(accounts=("*",)).fits(fleet))
    assert ["it is about no account"] == list(Match(accounts=("*",)).misfits(fleet))


def test_why_something_does_not_fit_is_said() -> None:
    match = Match(frozenset({Severity.INFO}), ("a",), ("b",), ("c",), ("d",), ("e",), problem="f")
    assert [
        "severity is warning",
        "rule is cost-idle",
        "group is cost",
        "subscription is Products EU",
        "it is another problem",
        "account, region fit none of its accounts",
    ] == list(match.misfits(CONCERN))


def test_a_pattern_is_said_as_it_was_written() -> None:
    match = Match(frozenset({Severity.CRITICAL, Severity.WARNING}), accounts=("a", "b"), tags={"team": "x*"})
    assert "severity critical or warning, account a or b, tag team=x*" == match.says
    assert "everything" == Match().says


def route(name: str, *receivers: str, match: Match | None = None, goes_on: bool = False) -> Route:
    return Route(name, match or Match(), receivers, goes_on=goes_on)


def heard(routes: Routes, concern: Concern = CONCERN) -> list[tuple[str, str]]:
    return [(one.receiver, one.route.name) for one in routes.hear(concern)]


LAST = {Severity.WARNING: ("mail",)}


def test_without_routes_the_severity_decides() -> None:
    assert [("mail", "last")] == heard(Routes(LAST))
    assert [] == heard(Routes(LAST), replace(CONCERN, severity=Severity.INFO))


def test_the_first_route_that_matches_is_the_only_one_unless_it_goes_on() -> None:
    first, second = route("1", "teams"), route("2", "slack")
    assert [("teams", "1")] == heard(Routes(LAST, (first, second)))
    on = replace(first, goes_on=True)
    assert [("teams", "1"), ("slack", "2")] == heard(Routes(LAST, (on, second)))
    both_on = replace(second, goes_on=True)
    assert [("teams", "1"), ("slack", "2"), ("mail", "last")] == heard(Routes(LAST, (on, both_on)))


def test_a_route_that_does_not_match_is_passed_over() -> None:
    other = route("1", "teams", match=Match(accounts=("nobody",)))
    assert [("mail", "last")] == heard(Routes(LAST, (other,)))


def test_nobody_hears_twice_and_the_first_route_has_the_say() -> None:
    on = replace(route("1", "mail", "mail"), goes_on=True)
    assert [("mail", "1")] == heard(Routes(LAST, (on,)))


def test_who_is_not_set_up_hears_nothing() -> None:
    assert [("teams", "1")] == heard(Routes({}, (route("1", "slack", "teams"),), frozenset({"teams"})))


@pytest.mark.parametrize(
    ("owner", "receivers"),
    [
        ("lena@contoso.example", ["mail:lena@contoso.example"]),
        ("Lena <Lena@Contoso.example>, bob@contoso.example", ["mail:lena@contoso.example", "mail:bob@contoso.example"]),
        ("lena@elsewhere.example", []),  # Nobody sends alerts away by tagging an account.
        ("teams:games", ["teams:games"]),
        ("Teams:Games", ["teams:games"]),
        ("Products", []),
        ("", []),
    ],
)
def test_an_owner_is_an_address_of_ours_or_a_receiver(owner: str, receivers: list[str]) -> None:
    there, domains = frozenset({"mail", "teams:games"}), frozenset({"contoso.example"})
    routes = Routes({}, (route("1", "owner"),), there, owner_domains=domains)
    concern = replace(CONCERN, places=(replace(GAMES, owners=(owner,)),))
    assert receivers == [one.receiver for one in routes.hear(concern)]


def test_without_mail_no_owner_is_written_to() -> None:
    routes = Routes({}, (route("1", "owner"),), frozenset(), owner_domains=frozenset({"contoso.example"}))
    assert [] == heard(routes)


def test_the_way_of_a_problem_is_told_in_words() -> None:
    quiet = QuietHours(time(22), time(7), "Europe/Berlin")
    routes = Routes(
        LAST,
        (
            route("labs", "slack", match=Match(subscriptions=("labs",))),
            replace(route("games", "teams", match=Match(accounts=("games-*",)), goes_on=True), quiet=quiet),
            replace(route("2", "owner"), escalation=Escalation(("pagerduty",), timedelta(hours=4)), group="rule"),
        ),
        frozenset({"teams", "mail"}),
    )
    assert [
        "Route labs (subscription labs): no, subscription is Products EU",
        "Route games (account games-*): teams; quiet 22:00-07:00 Europe/Berlin; then the next one",
        (
            "Route 2 (everything): nobody; after 4 hours without acknowledgement also pagerduty; "
            "a pager gets one call, a desk one ticket, a rule"
        ),
        "Last route (by severity): mail",
        "Owner lena@contoso.example: neither a receiver nor an address that may be written to",
    ] == list(routes.told_apart(CONCERN))


def test_groups_of_a_pager_belong_to_their_route() -> None:
    one = route("games", "pagerduty")
    groups = [replace(one, group=group).group_of(CONCERN) for group in ("problem", "rule", "subscription", "route")]
    assert ["", "games|1f3a6c1e|cost-idle", "games|1f3a6c1e", "games"] == groups


@pytest.mark.parametrize(
    ("at", "quiet"),
    [
        ("2026-11-20T20:59+00:00", False),
        ("2026-11-20T21:00+00:00", True),  # 22:00 in Berlin, in winter.
        ("2026-11-21T05:59+00:00", True),
        ("2026-11-21T06:00+00:00", False),
        ("2026-07-20T20:00+00:00", True),  # 22:00 in Berlin, in summer.
        ("2026-07-21T04:59+00:00", True),
        ("2026-07-21T05:00+00:00", False),
    ],
)
def test_quiet_hours_go_over_midnight_and_by_the_clock_on_the_wall(at: str, *, quiet: bool) -> None:
    assert quiet is QuietHours(time(22), time(7), "Europe/Berlin").hold(datetime.fromisoformat(at))


def test_quiet_days_are_those_on_which_it_begins() -> None:
    nights = QuietHours(time(22), time(7), days=frozenset({4}))  # Friday.
    saturday_morning = datetime(2026, 11, 21, 6, tzinfo=UTC)
    assert (True, False) == (nights.hold(saturday_morning), nights.hold(saturday_morning + timedelta(days=1)))
    sundays = QuietHours(time(0), time(0), days=frozenset({6}))
    midday = [datetime(2026, 11, day, 12, tzinfo=UTC) for day in (21, 22, 23)]
    assert [False, True, False] == [sundays.hold(at) for at in midday]
    lunch = QuietHours(time(12), time(13))
    assert (True, False) == (lunch.hold(midday[0]), lunch.hold(midday[0] + timedelta(hours=1)))


def test_surroundings_know_every_account_of_a_problem() -> None:
    around = Surroundings("1", "Sub", {"cost-idle": "cost"}, {"games-eu": (GAMES,)})
    finding = Finding("cost-idle", "x", Severity.INFO, "", "", "", (), accounts=("games-eu", "other"))
    concern = around.of(finding)
    assert (("1", "Sub"), "cost", (GAMES, Place("other"))) == (concern.subscription, concern.group, concern.places)
    assert ("lena@contoso.example",) == concern.owners


def test_a_route_that_reaches_nobody_swallows_nothing() -> None:
    routes = Routes(LAST, (route("1", "owner"),), frozenset({"mail"}))
    assert [("mail", "last")] == heard(routes)


def test_what_is_critical_reaches_everybody_before_it_reaches_nobody() -> None:
    critical = replace(CONCERN, severity=Severity.CRITICAL)
    there = frozenset({"mail", "teams"})
    assert [("mail", "last"), ("teams", "last")] == heard(Routes({Severity.CRITICAL: ("owner",)}, (), there), critical)
    assert [] == heard(Routes({Severity.CRITICAL: ()}, (), there), critical)


def test_an_owner_who_gets_the_mail_anyway_gets_it_once() -> None:
    on = replace(route("1", "owner"), goes_on=True)
    domains = frozenset({"contoso.example"})
    routes = Routes(
        LAST, (on,), frozenset({"mail"}), owner_domains=domains, addresses={"mail": ("Lena@contoso.example",)}
    )
    assert [("mail", "last")] == heard(routes)


def test_a_tag_pages_nobody() -> None:
    routes = Routes({}, (route("1", "owner"),), frozenset({"pagerduty"}), acknowledged_to=frozenset({"pagerduty"}))
    assert [] == heard(routes, replace(CONCERN, places=(replace(GAMES, owners=("pagerduty",)),)))


def test_of_two_accounts_of_one_name_the_one_is_meant_that_the_problem_is_about() -> None:
    one, other = replace(GAMES, id="/rg1/x"), replace(GAMES, id="/rg2/x", owners=("bob@contoso.example",))
    around = Surroundings("1", "Sub", {}, {"games-eu": (one, other)})
    finding = Finding("cost-idle", "x", Severity.INFO, "", "", "", (), accounts=("games-eu",), resource="/rg2/x/y")
    assert ((other,), (one, other)) == (around.of(finding).places, around.of(replace(finding, resource="")).places)
