"""Not seeing is not resolving, not forgetting, and not zero; and being blind is told."""

from dataclasses import replace
from datetime import timedelta

from shared.domain.blind import About
from tests.flows.fakes import DAY, START, Profile, subscription
from tests.flows.world import SETTINGS, World, days

DEAD = START - 5 * DAY


async def test_not_seeing_is_not_resolving() -> None:
    world = World()
    account = world.azure.add("games", Profile(status="Suspended"), Profile("nightly", renews_until=DEAD))
    await world.hear()
    world.azure.forbidden.add(subscription().scope)

    assert [] == await world.hear()
    assert [("first", "warning", "subscription-unreadable")] == await world.hear()
    for _ in range(21):
        assert [] == await world.hear()
    assert [("worse", "critical", "subscription-unreadable")] == [said for _ in range(2) for said in await world.hear()]
    assert world.azure.reads["profiles", account] == 1

    world.azure.forbidden.clear()
    world.azure.change(account, status="Active", renews_until=None)
    back = [said for _ in range(3) for said in await world.hear()]
    assert {"resolved"} == {reason for reason, _, _ in back}
    assert ["profile-suspended", "signing-down", "subscription-unreadable"] == sorted(rule for _, _, rule in back)


async def test_what_is_unreadable_is_shown_and_makes_the_check_partial() -> None:
    world = World()
    world.azure.add("games", Profile())
    world.azure.add("other", Profile(), number=2)
    await world.hear()
    world.azure.forbidden.add(subscription().scope)

    look = await world.later()

    assert (True, 2) == (look.partial, look.accounts)
    [blind] = (await world.view()).blind
    assert (About.ACCOUNTS, subscription().scope) == (blind.about, blind.scope)
    assert [(None, False)] == [(account.profiles, account.fine) for account in (await world.view()).accounts]
    assert () == (await world.view(2)).blind


async def test_one_account_out_of_sight_hides_only_what_rests_on_it() -> None:
    world = World()
    seen, unseen = (world.azure.add(name, Profile(status="Suspended")) for name in ("seen", "unseen"))
    await world.hear()
    world.azure.forbidden.add(unseen)
    for account in (seen, unseen):
        world.azure.change(account, status="Active")

    assert [("resolved", "critical", "profile-suspended")] == await world.hear()
    assert ["Over: suspension of seen/release"] == [item["title"] for item in world.receiver.items()[2:]]


async def test_a_problem_that_spread_is_not_over_while_any_part_of_it_is_out_of_sight() -> None:
    world = World()
    first, second = world.azure.add("first", Profile(renews_until=DEAD)), world.azure.add("second", Profile())
    await world.hear()
    world.azure.change(second, renews_until=DEAD)
    await world.hear()

    world.azure.forbidden.add(second)
    world.azure.change(first, renews_until=None)
    heard = [said for _ in range(4) for said in await world.hear()]

    assert [("first", "warning", "account-out-of-sight")] == heard


async def test_blindness_alone_raises_no_alarm_about_a_validation() -> None:
    """Signing down hides a lapsed validation; that the account went out of sight does not bring it out."""
    world = World()
    account = world.azure.add("games", Profile(renews_until=DEAD))
    await world.enter(Profile().validation, days(-3))
    assert [("first", "critical", "signing-down")] == await world.hear()
    world.azure.forbidden.add(account)

    assert [] == await world.hear()
    assert [("first", "warning", "subscription-unreadable")] == await world.hear()


async def test_a_wrong_date_in_the_list_is_not_taken_for_a_lapse_when_azure_is_out_of_sight() -> None:
    world = World()
    account = world.azure.add("games", Profile())
    await world.enter(Profile().validation, days(-3))
    assert [("first", "warning", "register-out-of-date")] == await world.hear()
    world.azure.forbidden.add(account)

    assert [] == await world.hear()


async def test_a_list_of_accounts_that_cannot_be_read_is_not_an_empty_one() -> None:
    world = World()
    account = world.azure.add("games", Profile(status="Suspended"))
    await world.hear()
    world.azure.index_fails = True

    look = await world.later()

    assert (True, 1, 1) == (look.partial, look.accounts, len(look.shards))
    assert (2, 0) == (world.azure.reads["profiles", account], world.azure.reads["account", account])
    assert [("first", "warning", "inventory-unreadable")] == await world.hear()
    for _ in range(21):
        assert [] == await world.hear()
    assert ("worse", "critical", "inventory-unreadable") in [said for _ in range(2) for said in await world.hear()]

    world.azure.index_fails = False
    ended = [said for _ in range(2) for said in await world.hear()]
    assert [("resolved", "critical", "inventory-unreadable")] == ended


async def test_an_account_that_the_index_lost_stays() -> None:
    world = World()
    account = world.azure.add("games", Profile(status="Suspended"))
    world.azure.add("other", Profile())
    await world.hear()
    world.azure.unlisted.add(account)

    assert [] == await world.hear()

    assert ["games", "other"] == [shown.name for shown in (await world.view()).accounts]
    assert (1, 2) == (world.azure.reads["account", account], world.azure.reads["profiles", account])


async def test_an_account_that_does_not_exist_is_gone_and_its_problems_end() -> None:
    world = World()
    account = world.azure.add("games", Profile(status="Suspended"), Profile("nightly", renews_until=DEAD))
    world.azure.add("other", Profile(validation="bbbbbbbb-0000-4000-8000-000000000000"))
    await world.hear()
    world.azure.delete(account)

    ended = [said for _ in range(2) for said in await world.hear()]

    assert ["profile-suspended", "signing-down"] == sorted(rule for reason, _, rule in ended if reason == "resolved")
    kept = await world.house().shelves.read(subscription(), START.replace(day=1))
    assert ["other"] == [known.account.name for known in kept.facts.values()]


async def test_seeing_no_account_at_all_is_told_and_is_over_when_one_is_seen() -> None:
    world = World()
    assert [("first", "warning", "nothing-visible")] == await world.hear()
    assert [] == await world.hear()

    world.azure.add("games", Profile())

    assert [("resolved", "warning", "nothing-visible")] == [said for _ in range(2) for said in await world.hear()]


async def test_subscriptions_that_are_still_being_checked_are_not_nothing() -> None:
    """While the only subscription waits for Azure, the next look has nothing to do; that is no empty fleet."""
    world = World()
    account = world.azure.add("games", Profile())
    await world.hear()
    world.azure.throttled = {"profiles": {account: 99}}
    await world.settle(world.clock.now() + timedelta(minutes=1))
    await world.plan()
    await world.settle(world.clock.now() + timedelta(minutes=1))

    assert () == (await world.look()).shards
    await world.settle(world.clock.now() + timedelta(hours=1))
    assert [] == world.receiver.heard()


async def test_an_overdue_check_is_closed_as_partial_and_says_nothing_of_what_it_did_not_see() -> None:
    world = World()
    world.azure.add("games", Profile())
    look = await world.plan()
    world.waiting.clear()
    world.clock.at += timedelta(minutes=51)
    await world.house().close.overdue(world.clock.now())

    closed = await world.house().looks.get(look.id)

    assert closed
    assert (world.clock.now(), True) == (closed.closed, closed.partial)
    await world.settle(world.clock.now() + timedelta(hours=2))
    assert [] == world.receiver.heard()


async def test_unknown_signatures_are_not_none() -> None:
    world = World()
    account = world.azure.add("tools", Profile())
    world.azure.signed[account] = {START.replace(hour=hour, minute=0): 10 for hour in (4, 6)}
    await world.look()

    month = START.replace(day=1, hour=0, minute=0)
    kept = await world.house().shelves.read(subscription(), month)

    midnight = 19 * 24
    assert {midnight + 4: 10, midnight + 6: 10} == kept.usage[account][month].hours


async def test_the_same_hours_read_again_are_not_counted_again() -> None:
    world = World()
    account = world.azure.add("tools", Profile())
    world.azure.signed[account] = {START.replace(minute=0): 10, START.replace(minute=0) - timedelta(days=1): 5}
    shown = []
    for _ in range(3):
        await world.later()
        shown += [found.signatures for found in (await world.view()).accounts]

    assert [15, 15, 15] == shown


async def test_signatures_that_azure_counts_late_are_counted() -> None:
    world = World()
    account = world.azure.add("tools", Profile())
    await world.later(3)
    world.azure.signed[account] = {START.replace(minute=0) - timedelta(hours=20): 7}
    await world.later()
    assert [0] == [found.signatures for found in (await world.view()).accounts]
    await world.later(24)

    assert [7] == [found.signatures for found in (await world.view()).accounts]


async def test_while_the_index_asks_for_patience_it_is_not_asked_and_known_accounts_are_looked_at() -> None:
    world = World()
    games = world.azure.add("games", Profile())
    await world.look()
    world.azure.throttled, world.azure.patience = {"index": {"": 1}}, timedelta(minutes=150)
    world.azure.change(games, status="Suspended")
    asked = []
    for _ in range(4):
        await world.later(hours=1)
        asked.append(world.azure.reads["index", ""])

    assert [1, 1, 1, 2] == asked
    assert "profile-suspended" == world.receiver.items()[0]["rule"]


async def test_a_subscription_taken_out_of_the_settings_is_not_looked_at_any_more() -> None:
    world = World()
    world.azure.add("games", Profile(), number=1)
    labs = world.azure.add("labs", Profile(), number=2)
    await world.look()
    world.settings = {**world.settings, "WATCH__SCOPES": subscription(1).id}
    before = world.azure.reads["profiles", labs]

    assert (subscription(1).id,) == (await world.later()).shards
    assert before == world.azure.reads["profiles", labs]


async def test_a_subscription_that_is_named_is_looked_at_though_nothing_is_listed_in_it() -> None:
    """Its provider is not registered, so Azure shows no accounts there, and no error."""
    named = {"WATCH__SCOPES": f"{subscription(1).id}, {subscription(2).id}"}
    world = World(settings={**SETTINGS, **named})
    world.azure.add("games", Profile())
    world.azure.registered = {"microsoft.codesigning": "NotRegistered"}
    look = await world.look()

    assert (subscription(1).id, subscription(2).id) == look.shards
    assert ["provider-not-registered"] * 2 == [rule for _, _, rule in world.receiver.heard()]


async def test_a_named_subscription_that_may_not_be_read_is_told() -> None:
    world = World(settings={**SETTINGS, "WATCH__SCOPES": f"{subscription(1).id}, {subscription(2).id}"})
    world.azure.add("games", Profile())
    world.azure.forbidden.add(subscription(2).scope)
    await world.look()
    assert [("first", "warning", "subscription-unreadable")] == await world.hear()


async def test_an_endpoint_that_is_not_asked_is_not_said_to_answer_again() -> None:
    world = World()
    account = world.azure.add("games", Profile())
    world.azure.accounts[account] = replace(world.azure.accounts[account], uri="https://weu.example")
    world.azure.unreached.add("https://weu.example")
    told = [said for _ in range(3) for said in await world.hear()]
    assert [("first", "warning", "endpoint-unreachable")] == told

    world.azure.index_fails = True
    told = [said for _ in range(3) for said in await world.hear()]
    assert [("first", "warning", "inventory-unreadable")] == told


async def test_a_lapse_is_not_over_because_its_proof_went_out_of_sight() -> None:
    world = World()
    account = world.azure.add("games", Profile(renews_until=START))
    await world.enter(Profile().validation, days(-1))
    told = [said for _ in range(42) for said in await world.hear()]
    assert ("first", "critical", "validation-expired") in told
    world.azure.forbidden.add(account)
    told = [said for _ in range(4) for said in await world.hear()]
    assert [("first", "warning", "subscription-unreadable")] == told
