"""Several receivers: routed, escalated, silenced; one that takes nothing, and what it missed."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from shared.domain.matching import Match
from shared.domain.memory import Tell
from shared.domain.validation import Way
from shared.flows.answer import Speaker
from shared.flows.trying import Fate
from shared.ports.errors import DeliveryError, TooLarge
from shared.ports.outbox import Batch
from shared.store.messages import TELL_QUEUE
from tests.flows.fakes import DAY, START, Profile, Receiver
from tests.flows.world import MINUTE, World, days

BOSS = "webhook:boss"
REFUSED = DeliveryError("The webhook answered 403.", permanent=True)
AWAY = DeliveryError("The webhook answered 503.", permanent=False)
SILENT = DeliveryError("The webhook could not be reached: no answer in time.", permanent=False, maybe_taken=True)


def two(routes: Any = None, **settings: str) -> tuple[World, Receiver]:
    """A world with a second receiver, which hears only what is routed to it."""
    world = World()
    routed = {"ROUTES": json.dumps(routes)} if routes else {}
    world.settings = {
        **world.settings,
        "ALERT__WEBHOOK_URL__BOSS": "https://receiver.example/boss",
        "ALERT__CRITICAL": "webhook",
        "ALERT__WARNING": "webhook",
        **routed,
        **settings,
    }
    boss = Receiver(world.clock)
    world.receivers[BOSS] = boss
    return world, boss


def suspended(world: World, *names: str) -> None:
    for name in names or ("games",):
        world.azure.add(name, Profile(status="Suspended"))


def ana(world: World) -> Speaker:
    return Speaker("ana", world.clock.now(), Way.PERSON)


def rules(receiver: Receiver) -> list[tuple[str, str]]:
    """What was heard, but for a list that nobody has filled in yet."""
    return [(reason, rule) for reason, _, rule in receiver.heard() if rule != "register-missing"]


UP: Mapping[str, Any] = {"receivers": "webhook", "escalate": {"to": BOSS, "after": "20m"}}


async def test_what_nobody_acknowledges_goes_up_between_two_checks() -> None:
    world, boss = two([UP])
    suspended(world)
    await world.look()
    await world.settle(START + 19 * MINUTE)
    assert [] == boss.heard()

    await world.settle(START + 25 * MINUTE)
    assert [("escalated", "profile-suspended")] == rules(boss)
    assert "Critical (not acknowledged): " in boss.items()[0]["title"]
    world.azure.change(next(iter(world.azure.accounts)), status="Active")
    await world.later()
    await world.later()
    assert [("escalated", "profile-suspended"), ("resolved", "profile-suspended")] == rules(boss)


async def test_what_somebody_has_in_hand_goes_nowhere_until_it_is_over() -> None:
    world, boss = two([UP])
    suspended(world)
    await world.look()
    silencing = world.house().silencing
    [made] = await silencing.acknowledge("GAMES", "profile-suspended", None, "talking to Microsoft", ana(world))
    world.collect()
    await world.settle(START + 2 * DAY)
    await world.look()

    assert ([("first", "profile-suspended")], []) == (rules(world.receiver), rules(boss))
    assert (made.starts + timedelta(days=14), "ana") == (made.ends, made.author)
    world.azure.change(next(iter(world.azure.accounts)), status="Active")
    await world.later()
    await world.later()
    assert [("first", "profile-suspended"), ("resolved", "profile-suspended")] == rules(world.receiver)


async def test_an_account_is_routed_to_those_who_own_it() -> None:
    world, boss = two([{"match": {"tag": {"team": "games"}}, "receivers": BOSS}])
    suspended(world, "games", "tools")
    for id_, account in world.azure.accounts.items():
        world.azure.accounts[id_] = replace(account, tags={"Team": account.name})
    await world.look()

    both = (boss, world.receiver)
    told = [[item["accounts"] for item in some.items() if item["rule"] == "profile-suspended"] for some in both]
    assert [[["games"]], [["tools"]]] == told


async def test_what_is_silenced_is_told_soon_after_the_silence_ends() -> None:
    world, _ = two()
    world.azure.add("games", Profile())
    await world.look()
    match, now = Match(accounts=("games",)), world.clock.now()
    await world.house().silencing.silence(match, now, now + timedelta(minutes=100), "moving", ana(world))
    world.azure.change(next(iter(world.azure.accounts)), status="Suspended")
    await world.later()
    assert [] == rules(world.receiver)

    await world.settle(START + timedelta(minutes=105))
    assert [("first", "profile-suspended")] == rules(world.receiver)


async def test_a_silence_that_is_ended_early_holds_nothing_back() -> None:
    world, _ = two()
    suspended(world)
    now = world.clock.now()
    made = await world.house().silencing.silence(Match(), now, now + 3 * DAY, "moving", ana(world))
    await world.look()
    await world.house().silencing.end(made.id, world.clock.now())
    world.collect()
    await world.settle(START + 5 * MINUTE)

    assert [("first", "profile-suspended")] == rules(world.receiver)
    assert [] == await world.house().silences.active(world.clock.now())
    assert None is await world.house().silencing.end(made.id, world.clock.now())


async def test_before_a_long_silence_ends_somebody_is_told() -> None:
    world, _ = two()
    suspended(world)
    now = world.clock.now()
    match = Match(rules=("profile-suspended",))
    await world.house().silencing.silence(match, now, now + 8 * DAY, "moving", ana(world))
    await world.look()
    await world.later(24 * 6.5)
    assert [] == world.receiver.heard()

    await world.later(24)
    assert [("first", "silence-ends")] == rules(world.receiver)
    title = world.receiver.items()[0]["title"]
    assert "Warning: A silence by ana ends on Sat 28 Nov 2026 07:07 UTC: rule profile-suspended" == title


async def test_what_one_does_not_take_is_told_to_others_with_a_word_why() -> None:
    world, boss = two([{"match": {"account": "games"}, "receivers": BOSS}])
    suspended(world)
    boss.refusals = [REFUSED]
    await world.look()

    [item] = world.receiver.items()
    assert ("first", "profile-suspended") == (item["reason"], item["rule"])
    note = f"{BOSS} did not take this, so it is told here: The webhook answered 403."
    assert note == item["text"].splitlines()[1]
    await world.later()
    assert ("first", "receiver-refuses") in rules(world.receiver)


async def test_who_is_named_as_fallback_hears_it_and_whoever_knows_does_not_hear_it_twice() -> None:
    world, boss = two(ALERT__FALLBACK=BOSS)
    suspended(world)
    world.receiver.refusals = [REFUSED]
    await world.look()
    assert [("first", "profile-suspended")] == rules(boss)

    both, other = two(ALERT__CRITICAL=f"webhook, {BOSS}")
    suspended(both)
    both.receiver.refusals = [REFUSED]
    await both.look()
    assert [("first", "profile-suspended")] == rules(other)


async def test_two_that_take_nothing_do_not_hand_it_to_and_fro() -> None:
    world, boss = two(ALERT__FALLBACK=f"webhook, {BOSS}")
    suspended(world)
    world.receiver.refusals, boss.refusals = [REFUSED] * 9, [REFUSED] * 9
    await world.look()
    await world.settle(START + timedelta(hours=3))

    assert (8, 8) == (len(world.receiver.refusals), len(boss.refusals))
    assert [1, 1] == [len(await world.house().undelivered.list(name)) for name in ("webhook", BOSS)]


async def test_what_was_missed_is_told_when_it_is_asked_for_but_for_what_is_overtaken() -> None:
    world, _ = two()
    suspended(world, "games", "tools")
    world.receiver.refusals = [REFUSED]
    await world.look()
    games = next(iter(world.azure.accounts))
    world.azure.change(games, status="Active")
    await world.later()
    await world.later()
    before = len(world.receiver.items())

    came = await world.house().undelivered.replay("webhook", "", world.clock.now())
    world.collect()
    await world.settle(world.clock.now())

    assert (1, 1) == (came.again, came.overtaken)
    assert [["tools"]] == [item["accounts"] for item in world.receiver.items()[before:]]
    assert [] == await world.house().undelivered.list("webhook")
    assert 1 == len(await world.house().undelivered.list("webhook", all_of_them=True))
    assert (0, 0) == (
        (await world.house().undelivered.replay("webhook", "", world.clock.now())).again,
        (await world.house().undelivered.replay("webhook", "", world.clock.now())).overtaken,
    )
    assert not (await world.house().health.run(world.clock.now())).wakes


async def test_after_an_hour_away_a_receiver_hears_the_final_truth_in_one_message() -> None:
    """200 problems come while nobody answers, and half of them go again."""
    world, _ = two()
    world.settings = {**world.settings, "TELL__RESOLVE_AFTER_LOOKS": "1"}
    suspended(world, "first")
    world.receiver.refusals = [AWAY] * 9
    await world.look()
    suspended(world, *(f"more-{number:03}" for number in range(200)))
    await world.later(0.25)
    for id_ in [id_ for id_ in world.azure.accounts if int(id_[-3:], 36) % 2 == 0 and "more-" in id_]:
        world.azure.change(id_, status="Active")
    await world.later(0.25)
    assert [] == world.receiver.parts
    world.receiver.refusals = []
    await world.settle(START + timedelta(hours=1))

    texts = {item["accounts"][0]: item for item in world.receiver.items()}
    assert 201 == len(texts) == len(world.receiver.items())
    assert {"first": 101, "resolved": 100} == {
        reason: sum(item["reason"] == reason for item in texts.values()) for reason in ("first", "resolved")
    }
    [over] = {item["text"].splitlines()[1] for item in texts.values() if item["reason"] == "resolved"}
    assert "It came and went before it could be told here." == over
    assert 1 == len({part.key.rpartition("-")[0] for part in world.receiver.sent})


async def test_what_may_have_arrived_is_sent_again_as_it_was_and_never_another() -> None:
    world, _ = two()
    suspended(world, "first")
    world.receiver.refusals = [SILENT]
    await world.look()
    frozen = await world.house().outbox.frozen("webhook")
    suspended(world, "second")
    await world.later()

    assert frozen
    assert [part.key for part in frozen.parts] == [part.key for part in world.receiver.sent[:1]]
    assert [part.body for part in frozen.parts] == [part.body for part in world.receiver.sent[:1]]
    assert [["first"], ["second"]] == [item["accounts"] for item in world.receiver.items()]


async def test_a_part_that_is_refused_does_not_take_the_others_with_it() -> None:
    world, _ = two()
    suspended(world, *(f"account-{number:03}" for number in range(300)))
    world.receiver.refusals = [REFUSED]
    await world.look()

    [lost] = await world.house().undelivered.list()
    arrived = {item["accounts"][0] for item in world.receiver.items()}
    missing = {item["accounts"][0] for item in world.receiver.items([lost.parts[0]])}
    assert (300, set()) == (len(arrived | missing), arrived & missing)
    assert ({0: "The webhook answered 403."}, len(lost.parts) - 1) == (lost.refused, len(lost.sent))


async def test_a_receiver_is_tried_the_way_of_every_alert() -> None:
    world, boss = two()
    house = world.house()
    taken = await house.trying.run(BOSS, "ana", world.clock.now())
    boss.refusals = [REFUSED]
    world.clock.at += MINUTE
    refused = await house.trying.run(BOSS, "ana", world.clock.now())
    boss.refusals = [AWAY]
    world.clock.at += MINUTE
    waits = await house.trying.run(BOSS, "ana", world.clock.now())
    unknown = await house.trying.run("teams", "ana", world.clock.now())

    assert [Fate.TAKEN, Fate.REFUSED, Fate.WAITS, Fate.UNKNOWN] == [
        one.fate for one in (taken, refused, waits, unknown)
    ]
    assert ["", "The webhook answered 403.", "The webhook answered 503.", ""] == [
        one.why for one in (taken, refused, waits, unknown)
    ]
    assert f"Info: A test of {BOSS}, asked for by ana" == boss.items()[0]["title"]


async def test_a_pager_gets_a_call_a_problem_and_no_more_than_it_can_write_down_at_once() -> None:
    world, boss = two(ALERT__CRITICAL=BOSS)
    boss.per_problem = True
    suspended(world, *(f"account-{number:03}" for number in range(120)))
    await world.look()

    assert 120 == len(boss.items())
    assert 3 == len({part.key.rpartition("-")[0] for part in boss.sent})


async def test_one_validation_from_day_60_to_its_renewal_gives_its_crossings_and_one_end() -> None:
    world, _ = two(ALERT__INFO="webhook")
    world.azure.add("games", Profile())
    await world.enter(Profile().validation, days(61))
    for _ in range(61 * 4):
        await world.later(6)
        if world.clock.now() > START + timedelta(days=60, hours=12):
            break
    await world.enter(Profile().validation, days(61 + 730))
    for _ in range(8):
        await world.later(6)

    told = [(reason, severity) for reason, severity, rule in world.receiver.heard() if rule == "validation-expiring"]
    crossings = [("first", "info"), ("worse", "warning"), ("worse", "warning"), *[("worse", "critical")] * 3]
    assert [*crossings, ("resolved", "critical")] == told


async def test_nobody_is_woken_for_a_receiver_twice_at_once() -> None:
    world, boss = two()
    suspended(world)
    await world.plan()
    await world.settle(START)
    await world.house().deliver.run(Tell("webhook"))
    await world.house().deliver.run(Tell("webhook"))
    assert (1, []) == (len(world.receiver.items()), boss.heard())


async def test_a_fallback_that_knows_a_milder_form_hears_the_grave_one() -> None:
    world, boss = two(ALERT__CRITICAL=BOSS, ALERT__WARNING="webhook", ALERT__FALLBACK="webhook")
    world.azure.add("games", Profile())
    await world.enter(Profile().validation, days(8))
    await world.look()
    boss.refusals = [REFUSED]
    await world.later(25)

    told = [(reason, severity) for reason, severity, rule in world.receiver.heard() if rule == "validation-expiring"]
    assert [("first", "warning"), ("first", "critical")] == told
    [text] = [item["text"] for item in world.receiver.items() if item["severity"] == "critical"]
    assert f"You will hear again: no more of it here; what follows is told to {BOSS}." in text
    assert "Also told" not in text


async def test_the_final_truth_holds_for_more_problems_than_one_batch_takes() -> None:
    world, boss = two(ALERT__CRITICAL=BOSS)
    boss.per_problem = True
    world.settings = {**world.settings, "TELL__RESOLVE_AFTER_LOOKS": "1"}
    world.azure.add("first", Profile())
    await world.look()
    boss.refusals = [AWAY] * 99
    suspended(world, *(f"more-{number:03}" for number in range(120)))
    await world.later(0.25)
    for id_ in [id_ for id_ in world.azure.accounts if "more-" in id_]:
        world.azure.change(id_, status="Active")
    await world.later(0.25)
    boss.refusals = []
    await world.settle(START + timedelta(hours=2))

    assert {"resolved": 120} == {
        reason: len([one for one in rules(boss) if one[0] == reason]) for reason, _ in rules(boss)
    }


async def test_a_receiver_that_comes_back_after_a_crash_hears_what_waited() -> None:
    world, _ = two()
    suspended(world)
    there = dict(world.receivers)
    world.receivers = {}
    await world.look()
    await world.house().deliver.run(Tell("webhook"))
    assert (None, 1) == (
        await world.house().outbox.frozen("webhook"),
        len(await world.house().outbox.waiting("webhook")),
    )
    world.receivers = there
    world.restart()
    await world.settle(START + timedelta(minutes=10))
    await world.house().deliver.run(Tell("webhook"))
    assert [("first", "profile-suspended")] == rules(world.receiver)


async def test_what_was_given_up_is_not_sent_after_all() -> None:
    world, _ = two()
    suspended(world)
    world.receiver.refusals = [AWAY]
    await world.look()
    outbox = world.house().outbox
    batch = await outbox.frozen("webhook")
    assert batch
    await outbox.mark(replace(batch, failure="The webhook answered 503.", not_before=None))
    await world.house().deliver.run(Tell("webhook"))

    assert [] == world.receiver.heard()
    [lost] = await world.house().undelivered.list()
    assert ("The webhook answered 503.", frozenset()) == (lost.why, lost.sent)


async def test_what_waits_for_hours_is_told_and_turns_health_red() -> None:
    world, _ = two()
    suspended(world)
    await world.plan()
    while any(message.queue != TELL_QUEUE for message in world.waiting):
        [message, *_] = [message for message in world.waiting if message.queue != TELL_QUEUE]
        world.waiting.remove(message)
        await world.handle(message)
    world.waiting.clear()
    world.clock.at += timedelta(hours=7)

    since = "Messages have waited since Fri 20 Nov 2026 07:07 UTC."
    assert since == await world.house().outbox.refusing("webhook", world.clock.now())
    report = await world.house().health.run(world.clock.now())
    assert report.wakes
    assert "Messages to webhook have waited since Fri 20 Nov 2026 07:07 UTC." in report.problems


async def test_whoever_is_no_receiver_any_more_does_not_refuse_for_ever() -> None:
    world, boss = two(ALERT__CRITICAL=BOSS)
    suspended(world)
    boss.refusals = [REFUSED]
    await world.look()
    outbox = world.house().outbox
    after = [await outbox.refusing(BOSS, START + days_ * DAY) for days_ in (1, 6, 8)]
    assert ["The webhook answered 403.", "The webhook answered 403.", ""] == after


async def test_nobody_is_written_to_by_a_test_who_could_not_be_by_an_alert() -> None:
    world, _ = two()
    world.receivers["mail:ana@elsewhere.example"] = Receiver(world.clock)
    tried = await world.house().trying.run("mail:ana@elsewhere.example", "ana", world.clock.now())
    assert Fate.UNKNOWN is tried.fate
    assert "mail:ana@elsewhere.example" not in await world.house().outbox.receivers()


async def test_what_is_too_large_for_the_store_is_told_in_several_batches() -> None:
    world, _ = two()
    names = [hashlib.sha256(str(number).encode()).hexdigest() for number in range(60)]
    suspended(world, *(f"{name}-{name[::-1]}-{number}" for number, name in enumerate(names * 5)))
    outbox, writes = world.house().outbox, []

    class Small:
        """A store that keeps little in one piece."""

        async def freeze(self, batch: Batch) -> Batch:
            writes.append(len(batch.members))
            if len(batch.members) > 100:
                raise TooLarge("more than an entity holds")
            return await outbox.freeze(batch)

        def __getattr__(self, name: str) -> Any:
            return getattr(outbox, name)

    house = world.house()
    assert world.process
    small = replace(house.serving, deliver=replace(house.deliver, outbox=Small()))
    world.process = (world.process[0], replace(house, serving=small))
    await world.look()

    assert 300 == len(world.receiver.items())
    assert [300, 150, 75] == writes[:3]


async def test_a_pager_hears_even_of_ends_that_are_no_news() -> None:
    world, boss = two(RULES__PROFILE_SUSPENDED="tell")
    world.settings = {**world.settings, "ALERT__PAGERDUTY_KEY": "k" * 32, "ALERT__CRITICAL": "webhook, pagerduty"}
    pager = Receiver(world.clock, per_problem=True)
    world.receivers["pagerduty"] = pager
    suspended(world)
    await world.look()
    world.settings = {**world.settings, "RULES__PROFILE_SUSPENDED": "off"}
    await world.later()

    assert [("first", "profile-suspended"), ("resolved", "profile-suspended")] == rules(pager)
    assert [("first", "profile-suspended")] == rules(world.receiver)
    assert [] == boss.heard()


async def test_whoever_waits_for_nothing_is_not_asked_about_each_minute() -> None:
    world, _ = two()
    suspended(world)
    await world.plan()
    await world.settle(START)
    outbox = world.house().outbox
    await world.settle(START + 10 * MINUTE)
    assert ([], ["webhook"]) == (await outbox.expecting(), await outbox.receivers())

    world.receiver.refusals = [AWAY]
    suspended(world, "tools")
    await world.later()
    assert ["webhook"] == await outbox.expecting()


async def test_where_checks_are_rare_events_and_escalations_are_judged_all_the_same() -> None:
    world, boss = two([UP], WATCH_SCHEDULE="0 0 6 * * *")
    world.azure.add("games", Profile())
    await world.look()
    await world.settle(START + timedelta(hours=14))
    account = next(iter(world.azure.accounts))
    world.azure.change(account, status="Suspended")
    await world.event(account)
    await world.settle(world.clock.now() + timedelta(minutes=30))

    assert [("first", "profile-suspended")] == rules(world.receiver)
    assert [("escalated", "profile-suspended")] == rules(boss)
