"""What if: a replay of what was kept tells what was told, and other settings tell more or less."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from inspect import isawaitable

import pytest

from shared import config
from shared.domain.cost import Charge
from shared.domain.replay import Comparison, Word
from shared.domain.rules.book import BOOK
from shared.domain.validation import Said
from shared.flows.what_if import Terms, WhatIf
from shared.reports.comparison import compared
from shared.rule_settings import rules_touched_by
from tests.flows.fakes import DAY, START, Profile, subscription
from tests.flows.world import SETTINGS, World, days

HOUR = timedelta(hours=1)
MIDNIGHT = START.replace(hour=0, minute=0)
LAPSED = "bbbbbbbb-0000-4000-8000-000000000000"
BUDGET = {"COST__BUDGET": "20 EUR", "ALERT__INFO": "webhook"}


def terms(settings: Mapping[str, str]) -> Terms:
    read, mistakes = config.read({**SETTINGS, **settings})
    assert () == mistakes
    return Terms(read.policy, read.routes)


async def replayed(
    world: World, changed: Mapping[str, str], since: datetime = START, rules: frozenset[str] = frozenset(BOOK)
) -> Comparison:
    home = world.house()
    what_if = WhatIf(home.shelves, home.looks, home.views, home.register, lambda _: None)
    settings = {name: value for name, value in world.settings.items() if name not in SETTINGS}
    return await what_if.run(terms(settings), terms({**settings, **changed}), rules, since)


def signing(world: World, account: str, by_day: Mapping[int, int]) -> None:
    """Signatures at two in the afternoon; every other hour is zero."""
    hours = {MIDNIGHT - 25 * DAY + number * HOUR: 0 for number in range(70 * 24)}
    hours |= {MIDNIGHT + day * DAY + 14 * HOUR: number for day, number in by_day.items()}
    world.azure.signed[account] = hours


async def eventful() -> World:
    """Two weeks in which everything happens that is kept in a place of its own."""
    world = World(settings={**SETTINGS, **BUDGET})
    games = world.azure.add("games", Profile())
    lapsed = world.azure.add("lapsed", Profile(validation=LAPSED, renews_until=START + 3 * DAY))
    world.azure.add("other", Profile(), number=2)
    signing(world, games, {0: 2_400, 1: 300, 2: 1_500, 5: 400, 6: 600})
    fees = [Charge(MIDNIGHT.date() + day * DAY, "Basic Account", Decimal(7), "EUR") for day in range(6)]
    world.azure.billed = {games: fees}
    await world.enter(Profile().validation, days(34))
    happens: dict[int, Callable[[], object]] = {
        8: lambda: world.azure.change(games, status="Suspended"),
        13: lambda: world.azure.change(games, status="Active"),
        18: lambda: world.enter(Profile().validation, days(700)),
        20: lambda: world.enter(LAPSED, days(3)),
        24: lambda: world.azure.forbidden.add(subscription(2).scope),
        30: world.azure.forbidden.clear,
        36: lambda: world.azure.delete(lapsed),
        40: lambda: world.azure.add("new", Profile(created=world.clock.now())),
        44: lambda: withdrawn(world, LAPSED),
    }
    for look in range(14 * 4):
        if look % 4 == 0:
            await world.read_bills()
        done = happens.get(look, lambda: None)()
        if isawaitable(done):
            await done
        await world.later(6)
    return world


async def withdrawn(world: World, key: str) -> None:
    register = world.house().register
    there = (await register.entered(subscription().id))[key]
    await register.withdraw(Said(replace(there.entry, said_at=world.clock.now()), withdrawn=True), there.etag)


def told(words: tuple[Word, ...]) -> Counter[tuple[str, str, str]]:
    return Counter((str(word.reason), word.finding.severity.name.lower(), word.finding.rule) for word in words)


async def test_a_replay_with_the_settings_in_force_tells_what_was_told() -> None:
    world = await eventful()
    first = len(world.receiver.items([world.receiver.sent[0]]))
    heard = Counter(world.receiver.heard()[first:])
    found = await replayed(world, {})

    replayable = Counter({said: number for said, number in heard.items() if said[2] != "bill-unreadable"})
    assert replayable == told(found.before) == told(found.after)
    assert {"profile-suspended", "signing-quota", "subscription-unreadable", "account-deleted", "cost-budget"} <= {
        rule for _, _, rule in heard
    }
    assert ([], [], [], 56) == (list(found.more), list(found.less), list(found.moved), found.checks)


QUOTA, EXPIRING, BUDGETED = "signing-quota", "validation-expiring", "cost-budget"
SUSPENDED = [(reason, "critical", "profile-suspended") for reason in ("first", "repeat", "resolved")]
NOTES = [
    ("first", "info", QUOTA),
    ("first", "info", "account-appeared"),
    ("repeat", "info", "register-missing"),
    ("resolved", "info", "register-missing"),
]


@pytest.mark.parametrize(
    ("changed", "more", "less"),
    [
        (
            {"QUOTA__WARN_PERCENT": "60,80"},
            [("first", "warning", QUOTA)],
            [("first", "info", QUOTA), *[("worse", "warning", QUOTA)] * 3],
        ),
        ({"RULES__PROFILE_SUSPENDED": "off"}, [], SUSPENDED),
        (
            {"ALERT__INFO": "none"},
            [("first", "warning", QUOTA), ("first", "warning", EXPIRING)],
            [*NOTES, ("worse", "warning", QUOTA), ("worse", "warning", EXPIRING)],
        ),
        ({"COST__BUDGET": "200 EUR"}, [], [("first", "warning", BUDGETED)]),
        ({"COST__BUDGET": "20 EUR; account:games=30 EUR"}, [("first", "warning", BUDGETED)], []),
    ],
)
async def test_other_settings_tell_more_or_less(
    changed: dict[str, str], more: list[tuple[str, str, str]], less: list[tuple[str, str, str]]
) -> None:
    found = await replayed(await eventful(), changed, rules=rules_touched_by(set(changed)))
    assert (Counter(more), Counter(less)) == (told(tuple(found.more)), told(tuple(found.less)))


async def test_what_is_told_at_another_time_is_neither_more_nor_less() -> None:
    found = await replayed(await eventful(), {"TELL__RESOLVE_AFTER_LOOKS": "1"})
    assert ([], []) == (list(found.more), list(found.less))
    assert ["renewal-stopped", "signing-down", "subscription-unreadable"] == sorted(
        now.finding.rule for now, _ in found.moved
    )
    assert {6 * HOUR} == {before.at - now.at for now, before in found.moved}
    assert "MOVED     3 message items told at another time" in list(compared(found))


async def test_it_begins_with_what_stood_already_wherever_it_begins() -> None:
    world = await eventful()
    whole = await replayed(world, {"QUOTA__WARN_PERCENT": "60,80"})
    part = await replayed(world, {"QUOTA__WARN_PERCENT": "60,80"}, START + 10 * DAY)
    assert part.began
    assert part.began >= START + 10 * DAY
    assert part.checks < whole.checks
    assert "profile-suspended" not in {word.finding.rule for word in part.before}


async def test_a_month_is_replayed_without_the_one_before() -> None:
    """What is known goes into history at the beginning of each month: a problem that stands is known from then."""
    world = World()
    world.azure.add("games", Profile(status="Disabled"))
    for _ in range(20):
        await world.later(24)
    before = await world.house().views.remembered(subscription().id, (START + DAY).date())
    assert before[0].whole
    december = datetime.fromisoformat("2026-12-01").date()
    assert (await world.house().views.remembered(subscription().id, december))[0].whole

    found = await replayed(world, {"RULES__PROFILE_SUSPENDED": "off"}, datetime.fromisoformat("2026-12-05T00:00Z"))
    assert ([], []) == (list(found.more), list(found.less))
    assert 1 < found.checks < 10


async def test_without_checks_it_says_so() -> None:
    found = await replayed(World(), {})
    assert ["There are too few checks in that time to replay: at least two are needed."] == list(compared(found))


async def test_what_is_compared_reads_as_a_message_does() -> None:
    lines = list(compared(await replayed(await eventful(), {"RULES__PROFILE_SUSPENDED": "off"})))
    assert "MORE      nothing" == lines[1]
    assert any("Critical: Certificate profile games/release is suspended in Sub1  (webhook)" in line for line in lines)
    assert any("Over: suspension of games/release  (webhook)" in line for line in lines)


@pytest.mark.parametrize(
    ("names", "rules"),
    [
        ({"RULES__SIGNING_SPIKE"}, {"signing-spike"}),
        ({"COST__BUDGET"}, {"cost-budget", "cost-budget-forecast"}),
        ({"TELL__REPEAT_CRITICAL"}, set(BOOK)),
        ({"QUOTA__SPIKE", "ALERT__WARNING"}, set(BOOK)),
    ],
)
def test_only_rules_that_a_setting_touches_are_asked(names: set[str], rules: set[str]) -> None:
    assert rules == rules_touched_by(names)


def test_rules_that_hide_each_other_are_asked_together() -> None:
    assert {"validation-expired", "signing-down", "validation-expiring"} <= rules_touched_by({"RENEWAL__SLACK_HOURS"})
