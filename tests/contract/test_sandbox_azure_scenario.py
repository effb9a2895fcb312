"""A scenario says what its story says, and the world is a pure function of it and the moment."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from sandbox.azure.register import afterwards, at_start
from sandbox.azure.scenario.effects import VERBS
from sandbox.azure.scenario.loading import ScenarioMistake, load_scenario, read_scenario
from sandbox.azure.scenario.moments import parse_duration, parse_moment
from sandbox.azure.world.certificates import alive, certificates
from sandbox.azure.world.history import History, UnknownName, check_timeline
from sandbox.azure.world.resources import Account, Span
from sandbox.azure.world.signing import signed, signed_by_minute
from tests.contract.sandbox_azure import named

FEES = {"Basic": Decimal("9.99"), "Premium": Decimal("99.99")}
CONTOSO = named("contoso")
START = CONTOSO.start
DAY = timedelta(days=1)


def _world(after: timedelta = timedelta()) -> dict[str, Account]:
    return dict(History(CONTOSO).at(START + after).accounts)


def _month_so_far(account: str, after: timedelta = timedelta()) -> int:
    world = History(CONTOSO).at(START + after)
    window = Span(START.replace(day=1, hour=0, minute=0), START + after)
    return signed(world.accounts[account], world.validations, window, START)


def test_contoso_is_as_large_as_its_story_says() -> None:
    accounts = _world().values()
    fees = Counter[str]()
    for account in accounts:
        fees[account.tags["cost-centre"]] += int(FEES[account.sku] * 100)
    assert len(accounts) == 40
    assert {account.region for account in accounts} == {"westeurope", "northeurope", "eastus"}
    assert len({account.subscription_id for account in accounts}) == 5
    assert fees == {"経理部": 31968, "Products": 43992}
    assert any(account.tags["owner"] == "株式会社テスト" for account in accounts)


def test_a_basic_account_has_one_profile_of_each_type_at_most() -> None:
    for account in _world().values():
        assert account.sku == "Premium" or max(Counter(p.type for p in account.profiles).values(), default=0) <= 1


def test_the_lapsed_validation_takes_down_three_accounts_in_two_regions_since_wednesday() -> None:
    world = History(CONTOSO).at(START)
    lapsed = world.validations["fabrikam"]
    down = [
        account
        for account in world.accounts.values()
        if account.profiles and account.profiles[0].bindings[-1].validation == "fabrikam"
    ]
    died = {certificates(a.profiles[0], world.validations, START, 3)[-1].expires.date() for a in down}
    assert lapsed.id.startswith("4931")
    assert len(down) == 3
    assert {account.region for account in down} == {"westeurope", "eastus"}
    assert died == {datetime(2026, 11, 18, tzinfo=UTC).date()}
    assert {account.profiles[0].status for account in down} == {"Active"}


def test_only_the_lapsed_and_the_new_hold_no_valid_certificate() -> None:
    world = History(CONTOSO).at(START)
    without = {
        account.name
        for account in world.accounts.values()
        for profile in account.profiles
        if not alive(profile, world.validations, START)
    }
    assert without == {"fabrikam-app", "fabrikam-drivers", "fabrikam-us", "legacy-1", "new-1"}


def test_a_living_profile_is_renewed_daily_and_its_certificates_live_72_hours() -> None:
    world = History(CONTOSO).at(START)
    kept = certificates(world.accounts["payments-prod"].profiles[0], world.validations, START, 3)
    assert [after.issued - before.issued for before, after in pairwise(kept)] == [DAY, DAY]
    assert {found.expires - found.issued for found in kept} == {timedelta(hours=72)}
    assert kept[-1].issued > START - DAY
    assert len({found.serial_number for found in kept}) == len({found.thumbprint for found in kept}) == 3


def test_the_new_account_gets_its_first_certificate_later() -> None:
    world = History(CONTOSO).at(START)
    profile = world.accounts["new-1"].profiles[0]
    assert certificates(profile, world.validations, START, 3) == ()
    assert alive(profile, world.validations, START + DAY)


def test_the_full_quota_is_reached_within_three_days() -> None:
    assert _month_so_far("tools-basic") == 4550
    assert _month_so_far("tools-basic", 2 * DAY) == 4550 + 2 * 160
    assert _month_so_far("tools-basic", 3 * DAY) > 5000


def test_no_other_quota_is_half_full() -> None:
    included = {"Basic": 5000, "Premium": 100_000}
    close = [
        name
        for name, account in _world(3 * DAY).items()
        if _month_so_far(name, 3 * DAY) * 2 >= included[account.sku]
    ]  # fmt: skip
    assert close == ["tools-basic"]


@pytest.mark.parametrize("name", ["tools-basic", "payments-prod", "fabrikam-drivers", "games-eu", "labs-1"])
def test_minutes_hours_and_days_add_up(name: str) -> None:
    world = History(CONTOSO).at(START + DAY)
    account, begin = world.accounts[name], datetime(2026, 11, 14, tzinfo=UTC)
    week = [Span(begin + n * DAY, begin + (n + 1) * DAY) for n in range(7)]
    hours = [Span(begin + timedelta(hours=n), begin + timedelta(hours=n + 1)) for n in range(7 * 24)]
    whole = Span(begin, begin + 7 * DAY)
    minutes = signed_by_minute(account, world.validations, whole, START)
    assert len(minutes) == 7 * 1440
    assert min(minutes) >= 0
    assert sum(minutes) == signed(account, world.validations, whole, START) > 0
    assert sum(minutes) == sum(signed(account, world.validations, day, START) for day in week)
    assert sum(minutes) == sum(signed(account, world.validations, hour, START) for hour in hours)


def test_nothing_is_signed_while_suspended_or_without_a_valid_certificate() -> None:
    world = History(CONTOSO).at(START)
    since = START - timedelta(minutes=26)
    assert signed(world.accounts["games-eu"], world.validations, Span(since, START), START) == 0
    assert signed(world.accounts["fabrikam-app"], world.validations, Span(START - DAY, START), START) == 0
    assert signed(world.accounts["fabrikam-app"], world.validations, Span(START - 9 * DAY, START), START) > 0


def test_signing_goes_on_when_a_profile_may_sign_again() -> None:
    history, day = History(CONTOSO), timedelta(days=1)
    world = history.at(START + 4 * day)
    resumed, made_again = START + timedelta(minutes=65), START + 2 * day + timedelta(hours=4)
    for name, moment in (("games-eu", resumed), ("fabrikam-app", made_again)):
        account = world.accounts[name]
        assert signed(account, world.validations, Span(START, moment), START) == 0
        after = signed(account, world.validations, Span(moment, START + 4 * day), START)
        assert after > 0
        assert sum(signed_by_minute(account, world.validations, Span(START, START + 4 * day), START)) == after


def test_the_story_goes_on() -> None:
    history = History(CONTOSO)
    profile = history.at(START + timedelta(hours=2)).accounts["games-eu"].profiles[0]
    forbidden = [s.name for s in history.at(START + 3 * DAY).subscriptions.values() if s.forbidden]
    renewed = history.at(START + 2 * DAY).validations["payments"].serves[-1].end
    assert profile.status == "Active"
    assert renewed == datetime(2028, 12, 3, tzinfo=UTC)
    assert forbidden == ["Labs"]
    assert history.at(START).accounts["games-eu"].profiles[0].status == "Suspended", "the past stays as it was"


def test_a_profile_made_again_has_another_validation_and_none_of_its_old_certificates() -> None:
    moment = START + timedelta(days=2, hours=4)
    world = History(CONTOSO).at(moment)
    profile = world.accounts["fabrikam-us"].profiles[0]
    (only,) = certificates(profile, world.validations, moment, 3)
    assert only.issued == profile.created == moment
    assert profile.bindings[-1].validation == "fabrikam-again"


def test_the_register_holds_what_was_told_and_two_validations_nobody_spoke_of() -> None:
    told = at_start(CONTOSO)
    by_name = {entry.said.validation: entry for entry in told}
    spoken_of = {entry.validation_id for entry in told}
    used = {
        binding.validation
        for account in _world().values()
        for profile in account.profiles
        for binding in profile.bindings
    }
    world = History(CONTOSO).at(START)
    silent = {name for name in used if world.validations[name].id not in spoken_of}
    assert silent == {"studios", "teams"}
    assert by_name["fabrikam"].said.expires == datetime(2026, 11, 18, tzinfo=UTC)
    assert by_name["onboarding"].account == "onboarding-2"
    assert by_name["onboarding"].said.status == "Failed"
    assert by_name["onboarding"].subscription == "Platform"


def test_what_is_told_later_comes_with_its_moment() -> None:
    later = afterwards(CONTOSO)
    assert [(entry.said.validation, entry.at - START) for entry in later] == [
        ("payments", 2 * DAY),
        ("fabrikam-again", 2 * DAY + timedelta(hours=4)),
    ]
    assert later[0].said.expires == datetime(2028, 12, 3, tzinfo=UTC)


@pytest.mark.parametrize("name", ["contoso", "healthy", "thousand"])
def test_every_scenario_can_be_played_to_its_end(name: str) -> None:
    check_timeline(named(name))


def test_a_large_fleet_takes_a_few_lines() -> None:
    world = History(named("thousand")).at(named("thousand").start)
    assert len(world.accounts) == 1000
    assert {len(found) for found in world.of_subscription.values()} == {50}
    assert Counter(account.region for account in world.accounts.values()) == {"westeurope": 500, "eastus": 500}
    assert {len(account.profiles) for account in world.accounts.values()} == {2}


def _mini(**changes: Any) -> dict[str, Any]:
    return {
        "name": "mini",
        "start": "2026-11-20T09:07:00Z",
        "tenant": {"id": "3c1b6a0d-0d5a-4b11-9f53-6c1f7c5a2b01", "name": "Mini"},
        "regions": {"westeurope": "weu"},
        "subscriptions": [{"name": "Main"}],
        "validations": [{"name": "main", "subscription": "Main", "expires": "2027-10-01"}],
        "accounts": [_alpha()],
        **changes,
    }


def _alpha(**changes: Any) -> dict[str, Any]:
    profiles = [{"name": "release", "validation": "main"}]
    return {"name": "alpha", "subscription": "Main", "region": "westeurope", "profiles": profiles, **changes}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"accounts": [_alpha(colour="red")]}, "mini.yaml: accounts[0] (alpha).colour: is not a word that can stand"),
        ({"accounts": [_alpha(subscription="Man")]}, "account alpha: there is no subscription 'Man'"),
        ({"accounts": [_alpha(region="mars")]}, "account alpha: there is no region 'mars'"),
        ({"accounts": [_alpha(), _alpha()]}, "alpha is there 2 times"),
        ({"accounts": [_alpha(signs={"per_day": 1})]}, "accounts[0] (alpha).signs: say either per_week"),
        ({"accounts": [{"many": {"name": "x"}}]}, "'count'"),
        ({"azure": {"graph_delay": "soon"}}, "azure.graph_delay: 'soon' is not a span of time"),
        ({"timeline": [{"at": "+1x", "says": "?"}]}, "timeline[0].at: '1x' is not a span of time"),
        ({"timeline": [{"at": "+1d", "says": "?", "does": [{"explode": "alpha"}]}]}, "knows no such effect"),
        ({"timeline": [{"at": "+1d", "says": "?", "does": [{"sign": "alpha"}]}]}, "timeline[0].does[0].files"),
        ({"register": [{"status": "Completed"}]}, "names neither a validation nor an account"),
        ({"register": [{"status": "Fine", "validation": "main"}]}, "register[0].status: Input should be"),
        ({"register": [{"status": "Failed", "validation": "other"}]}, "there is no validation 'other'"),
        ({"start": "yesterday"}, "start or one of"),
    ],
)
def test_a_mistake_is_one_sentence_that_says_where(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ScenarioMistake) as mistake:
        read_scenario(_mini(**changes), "mini.yaml")
    assert sentence in str(mistake.value)
    assert len(str(mistake.value).splitlines()) == 1


def test_a_file_that_is_no_yaml_is_named(tmp_path: Path) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text("a: [", "utf-8")
    with pytest.raises(ScenarioMistake, match=r"broken\.yaml: cannot be read as YAML"):
        load_scenario(path)
    with pytest.raises(ScenarioMistake, match="is not a scenario"):
        read_scenario([], "list.yaml")


def test_an_effect_on_nothing_is_found_before_the_story_begins() -> None:
    step = {"at": "+1d", "says": "nobody", "does": [{"suspend": "alpha/other"}]}
    with pytest.raises(UnknownName, match="nobody"):
        check_timeline(read_scenario(_mini(timeline=[step])))


def _everything() -> Iterator[dict[str, Any]]:
    """Every verb once, in an order in which each finds what it speaks of."""
    release = "alpha/release"
    yield {"create": _alpha(name="beta")}
    yield {"account": "beta", "add_profile": {"name": "test", "validation": "main", "type": "PublicTrustTest"}}
    yield {"remove_profile": "beta/test"}
    yield {"sign": "beta", "files": 300}
    yield from ({"suspend": release}, {"disable": release}, {"resume": release}, {"revoke": release})
    yield {"rebind": release, "validation": "other"}
    yield {"lapse": "other"}
    yield {"renew": "other", "until": "2029-01-01"}
    yield from ({"forbid": "Main"}, {"allow": "Main"}, {"subscription": "Main", "becomes": "Warned"})
    yield from ({"tag": "beta", "tags": {"a": "b"}}, {"resize": "beta", "sku": "Premium"})
    yield from ({"provision": "beta", "becomes": "Failed"}, {"forget": 0.3, "lasting": "1h"})
    yield from ({"lock": {"on": "beta"}}, {"lock": {"on": "Main/rg", "name": "group"}}, {"unlock": "keep"})
    yield from ({"begin_delete": "beta"}, {"delete": "beta"})


def test_everything_that_can_happen_happens() -> None:
    validations = [
        {"name": "main", "subscription": "Main", "expires": "2027-10-01"},
        {"name": "other", "subscription": "Main", "expires": "2028-10-01"},
    ]
    steps = [{"at": f"+{n}h", "says": str(n), "does": [effect]} for n, effect in enumerate(_everything(), start=1)]
    scenario = read_scenario(_mini(validations=validations, timeline=steps))
    check_timeline(scenario)
    history = History(scenario)
    end = history.at(scenario.start + 2 * DAY)
    profile = end.accounts["alpha"].profiles[0]
    assert set(VERBS) <= {verb for effect in _everything() for verb in effect}
    assert set(end.accounts) == {"alpha"}
    assert [lock.name for lock in end.locks] == ["group"]
    assert profile.revoked[0].reason == "Key compromised"
    assert [binding.validation for binding in profile.bindings] == ["main", "other"]
    assert [subscription.state for subscription in end.subscriptions.values()] == ["Warned"]
    assert len(end.validations["other"].serves) == 2, "renewed after it had lapsed"
    assert alive(profile, end.validations, scenario.start + 2 * DAY)


def test_moments_and_spans_are_read_as_written() -> None:
    assert parse_duration("2d22h") == timedelta(days=2, hours=22)
    assert parse_moment("+1h5m", START) == START + timedelta(minutes=65)
    assert parse_moment("-26m", START) == START - timedelta(minutes=26)
    assert parse_moment("2026-11-20T10:07:00+01:00") == START
    with pytest.raises(ValueError, match="counts from the start"):
        parse_moment("+1d")
