"""Said once, louder when it gets worse, again when it lasts, and once more when it is over."""

from datetime import timedelta

from shared.domain.usage import hour_of
from tests.flows.fakes import DAY, START, Profile
from tests.flows.world import World, days

VALIDATION = Profile().validation


async def test_said_once_and_nothing_on_the_second_look() -> None:
    world = World()
    world.azure.add("games", Profile(status="Suspended"))

    assert [("first", "critical", "profile-suspended")] == await world.hear()
    assert [] == await world.hear()
    assert [] == await world.hear()


async def test_a_healthy_fleet_is_told_nothing() -> None:
    world = World()
    world.azure.add("healthy", Profile())
    world.azure.add("new", Profile(created=START - timedelta(hours=1)))

    look = await world.look()

    assert ([], False, 2) == (world.receiver.parts, look.partial, look.accounts)


async def test_a_critical_problem_is_repeated_after_1_3_and_7_days_and_then_each_7() -> None:
    world = World()
    world.azure.add("games", Profile(status="Suspended"))
    for _ in range(30 * 4):
        await world.later(6)

    told = [(at - world.receiver.parts[0][0]) // DAY for at, _ in world.receiver.parts]

    assert [0, 1, 4, 11, 18, 25] == told
    assert {"first", "repeat"} == {reason for reason, _, _ in world.receiver.heard()}


async def test_a_warning_is_never_repeated() -> None:
    world = World()
    world.azure.add("games", Profile(status="Disabled"))
    for _ in range(40):
        await world.later(24)

    assert [("first", "warning", rule) for rule in ("profile-suspended", "cost-idle")] == world.receiver.heard()


async def test_an_expiring_validation_is_told_at_its_crossings_and_once_when_it_is_renewed() -> None:
    world = World()
    world.azure.add("payments", Profile())
    await world.enter(VALIDATION, days(62))
    heard = []
    for day in range(64):
        if day == 62:
            await world.enter(VALIDATION, days(700))
        heard += [(day, *said) for said in await world.hear(24)]

    rule = "validation-expiring"
    assert [
        (31, "first", "warning", rule),
        (47, "worse", "warning", rule),
        (54, "worse", "critical", rule),
        (58, "worse", "critical", rule),
        (60, "worse", "critical", rule),
        (62, "resolved", "critical", rule),
    ] == heard


async def test_at_60_days_it_is_shown_though_nobody_is_told() -> None:
    world = World()
    world.azure.add("payments", Profile())
    await world.enter(VALIDATION, days(60))
    await world.look()

    [shown] = (await world.view()).findings

    assert ("validation-expiring", "Info") == (shown.rule, shown.severity)
    assert (("", "shown only: no receiver for this severity"),) == shown.told
    assert [] == world.receiver.parts


async def test_a_missed_check_is_not_a_missed_alert() -> None:
    world = World()
    world.azure.add("payments", Profile())
    await world.enter(VALIDATION, days(40))
    await world.look()

    assert [("first", "critical", "validation-expiring")] == await world.hear(36 * 24)


async def test_a_validation_that_lapses_is_not_said_to_be_over_until_it_is_cured() -> None:
    """Expiring, expired, no renewal, signing down: each takes over from the one before, and all end together."""
    world = World()
    account = world.azure.add("payments", Profile(renews_until=START + 2 * DAY))
    await world.enter(VALIDATION, days(2))
    for _ in range(7 * 24):
        await world.later()

    heard = world.receiver.heard()
    assert "resolved" not in {reason for reason, _, _ in heard}
    assert ["validation-expiring", "validation-expired", "signing-down"] == list(
        dict.fromkeys(rule for reason, _, rule in heard if reason == "first")
    )

    again = "bbbbbbbb-0000-4000-8000-000000000000"
    await world.enter(again, days(700))
    world.azure.change(account, validation=again, renews_until=None)
    ended = [said for _ in range(3) for said in await world.hear()]
    assert {"resolved"} == {reason for reason, _, _ in ended}
    assert ["signing-down", "validation-expired", "validation-expiring"] == sorted(rule for _, _, rule in ended)
    assert [] == await world.hear(24 * 8)


async def test_flapping_evidence_needs_two_looks_to_be_over() -> None:
    world = World()
    account = world.azure.add("games", Profile(renews_until=START - 5 * DAY))
    assert [("first", "critical", "signing-down")] == await world.hear()

    heard = []
    for renews_until in (None, START - 5 * DAY, None, START - 5 * DAY):
        world.azure.change(account, renews_until=renews_until)
        heard += await world.hear()
    assert [] == heard

    world.azure.change(account, renews_until=None)
    assert [] == await world.hear()
    assert [("resolved", "critical", "signing-down")] == await world.hear()
    assert [] == await world.hear()


async def test_a_problem_that_comes_back_is_told_anew_even_when_it_began_at_the_same_moment() -> None:
    world = World()
    account = world.azure.add("games", Profile(renews_until=START - 5 * DAY))
    await world.hear()
    world.azure.change(account, renews_until=None)
    await world.hear()
    await world.hear()

    world.azure.change(account, renews_until=START - 5 * DAY)

    assert [("first", "critical", "signing-down")] == await world.hear()


async def test_a_word_in_the_register_needs_one_look() -> None:
    world = World()
    world.azure.add("payments", Profile())
    await world.enter(VALIDATION, days(10))
    assert [("first", "warning", "validation-expiring")] == await world.hear()

    await world.enter(VALIDATION, days(400))

    assert [("resolved", "warning", "validation-expiring")] == await world.hear()


async def test_the_end_is_told_to_those_who_heard_and_to_nobody_else() -> None:
    """Warnings go nowhere here, so what was never told has no end either."""
    world = World()
    world.settings = {**world.settings, "ALERT__WARNING": "none"}
    account = world.azure.add("games", Profile(status="Disabled"), Profile("nightly", status="Suspended"))
    assert [("first", "critical", "profile-suspended")] == await world.hear()

    world.azure.change(account, status="Active")

    assert [("resolved", "critical", "profile-suspended")] == await world.hear()


async def test_a_receiver_that_is_set_up_later_hears_what_is_open() -> None:
    world = World()
    world.azure.add("games", Profile(status="Suspended"))
    receiving, world.settings = world.settings, {}
    assert [] == await world.hear()

    world.settings = receiving

    assert [("first", "critical", "profile-suspended")] == await world.hear()


async def test_quota_is_told_at_each_threshold_and_a_new_month_begins_in_silence() -> None:
    world = World()
    account = world.azure.add("tools", Profile())
    await world.enter(VALIDATION, days(700))
    heard = []
    signed = world.azure.signed.setdefault(account, {})
    for total in (2_400, 2_500, 4_000, 4_400, 4_500, 5_000, 7_000):
        signed[hour_of(world.clock.now())] = total - sum(signed.values())
        heard += [(total, *said[:2]) for said in await world.hear()]

    quota = [(4_000, "first", "warning"), (4_500, "worse", "warning"), (5_000, "worse", "warning")]
    overage = (7_000, "first", "warning")
    assert [*quota, overage] == heard
    assert [] == await world.hear(24 * 12)
    [fresh] = (await world.view()).accounts
    assert (0, ()) == (fresh.signatures, (await world.view()).findings)


async def test_a_check_that_came_late_is_told_and_ends_without_a_word() -> None:
    world = World(settings={"ALERT__WEBHOOK_URL": "https://receiver.example/hook"})
    world.azure.add("games", Profile())
    await world.look()

    assert [] == await world.hear(2.9)
    assert [("first", "warning", "watch-late")] == await world.hear(9)
    assert [] == [*await world.hear(), *await world.hear()]
