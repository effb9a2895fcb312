"""Tickets when something goes wrong, or people do what nobody expected: nothing is lost, and nobody is overridden."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.finding import Severity
from shared.domain.matching import Match
from shared.domain.silence import Silence
from shared.domain.ticket import Status
from shared.domain.validation import Way
from shared.flows.answer import Speaker
from shared.flows.filing import Filing
from shared.flows.ticketing import Ticketing
from shared.ports.errors import DeliveryError
from shared.store.looks import TableLooks
from shared.store.rows import Merge, Row
from shared.store.schema import SCHEMA
from shared.store.tickets import TableTickets
from tests.flows.fake_desk import LAG, FakeDesk, Kept, refused
from tests.flows.fakes import DAY, Profile, subscription
from tests.flows.test_tickets import PORTAL, Office, office
from tests.flows.world import MINUTE

GROUPED = json.dumps([{"receivers": ["github"], "grouping": "rule", "continue": True}])


def away() -> DeliveryError:
    return DeliveryError("The desk answered 503.", permanent=False)


def unknown() -> DeliveryError:
    return DeliveryError("The desk answered 401.", permanent=True)


def always(here: Office, error: DeliveryError, *calls: str) -> None:
    for call in calls:
        here.desk.before[call] = [error] * 10_000


def healed(here: Office) -> None:
    here.desk.before.clear()


def suspended(here: Office) -> list[Kept]:
    return [kept for kept in here.desk.tickets() if "suspended" in kept.title]


async def silences(here: Office) -> list[Silence]:
    return list(await here.world.house().silences.active(here.world.clock.now()))


async def test_a_new_problem_is_not_acknowledged_by_who_dismissed_others() -> None:
    here = office(ROUTES=GROUPED)
    account = here.world.azure.add("games", Profile("a", status="Suspended"))
    await here.check()
    here.desk.person("1", Status.DISMISSED)
    here.world.azure.held[account].append(Profile("b", status="Suspended"))
    await here.check()
    await here.check()
    new = suspended(here)[-1]
    assert (Status.OPEN, True) == (new.ticket.status, "games/b" in new.texts[0])
    assert "https://desk.example/1" in new.texts[0]
    assert [] == [one for one in await silences(here) if one.match.problem.endswith("games/b")]


async def test_what_got_worse_after_it_was_dismissed_is_not_acknowledged() -> None:
    here = office()
    account = here.world.azure.add("games", Profile(status="Disabled"))
    await here.check()
    here.desk.person("1", Status.DISMISSED)
    here.world.azure.change(account, status="Suspended")
    await here.check()
    await here.check(24)
    assert [] == await silences(here)
    heard = [reason for reason, _, rule in here.world.receiver.heard() if rule == "profile-suspended"]
    assert ["first", "worse", "repeat"] == heard


async def test_who_opens_a_dismissed_ticket_again_takes_the_acknowledgement_back() -> None:
    here = office()
    here.world.azure.add("games", Profile(status="Suspended"))
    await here.check()
    here.desk.person("1", Status.DISMISSED)
    await here.check()
    assert ["ana"] == [one.author for one in await silences(here)]
    here.desk.person("1", Status.OPEN)
    await here.check()
    assert [] == await silences(here)


async def test_the_same_problem_of_two_subscriptions_is_acknowledged_for_each() -> None:
    here = office(ROUTES=json.dumps([{"receivers": ["github"], "grouping": "route", "continue": True}]))
    for number in (1, 2):
        here.world.azure.add("games", Profile(status="Suspended"), number=number)
    await here.check()
    here.desk.person("1", Status.DISMISSED)
    await here.check()
    owners = {one.match.subscriptions for one in await silences(here) if "profile-suspended" in one.match.problem}
    assert {(subscription(number).id,) for number in (1, 2)} == owners


async def test_another_repository_is_never_written_to_by_old_numbers() -> None:
    here = office()
    account = here.world.azure.add("games", Profile(status="Suspended"))
    await here.check()
    strangers = FakeDesk(here.world.clock.now)
    theirs = replace(here.desk.kept["1"], title="Not ours", texts=["Not ours"])
    strangers.kept["1"] = replace(theirs, ticket=replace(theirs.ticket, marker=""))
    kept, looks = TableTickets(here.world.storage.outbox), TableLooks(here.world.storage.looks)
    filing = Filing("github", "contoso/other", strangers, kept, looks, here.world.clock, LAG)
    here.world.receivers["github"] = Ticketing(filing, PORTAL, 20, 14 * DAY)
    here.world.restart()
    here.world.azure.change(account, status="Active")
    for _ in range(3):
        await here.check()
    assert (Status.OPEN, ["Not ours"]) == (strangers.kept["1"].ticket.status, strangers.kept["1"].texts)


async def test_a_desk_that_is_well_again_is_told_what_it_missed() -> None:
    """A token ran out: an end, an opening and a reopening were refused."""
    here = office()
    over = here.world.azure.add("over", Profile(status="Suspended"))
    here.world.azure.add("closed", Profile(status="Suspended"))
    await here.check()
    [closed] = [kept for kept in suspended(here) if "closed/" in kept.title]
    here.desk.person(closed.ticket.reference, Status.DONE)
    await here.check()
    always(here, unknown(), "open", "read", "changed", "comment", "close", "reopen")
    here.world.azure.change(over, status="Active")
    here.world.azure.add("new", Profile(status="Disabled"))
    for _ in range(4):
        await here.check(3)
    healed(here)
    for _ in range(3):
        await here.check()
    states = {kept.title.split()[2].split("/")[0]: kept.ticket.status for kept in here.desk.tickets()}
    assert {"over": Status.DONE, "closed": Status.OPEN, "new": Status.OPEN} == {
        name: states[name] for name in ("over", "closed", "new")
    }


async def test_what_a_field_that_is_not_valid_kept_out_comes_when_it_is_mended() -> None:
    here = office()
    here.world.azure.add("games", Profile(status="Disabled"))
    always(here, refused(), "open")
    for _ in range(3):
        await here.check()
    lost = await here.world.house().undelivered.list("github")
    assert len({intent.problem for batch in lost for intent in await here.world.house().outbox.lost(batch)}) == sum(
        len(batch.members) for batch in lost
    )
    healed(here)
    await here.check()
    await here.check()
    assert ["games/release"] == [kept.title.split()[2] for kept in here.desk.tickets() if "games/" in kept.title]
    assert [] == await here.world.house().undelivered.list("github")


async def test_what_a_desk_refuses_is_not_tried_for_ever() -> None:
    here = office()
    here.world.azure.add("games", Profile(status="Disabled"))
    always(here, refused(), "open")
    await here.check()
    await here.check(24 * 4)
    await here.check()
    before = here.desk.calls.count("open")
    for _ in range(3):
        await here.check()
    assert before == here.desk.calls.count("open")


async def test_one_ticket_in_trouble_holds_back_no_other() -> None:
    here = office()
    here.world.azure.add("games", *(Profile(f"p-{number}", status="Suspended") for number in range(4)))
    here.desk.troubled = "games/p-0"
    await here.check()
    assert {"p-1", "p-2", "p-3"} == {kept.title.split("/")[1].split()[0] for kept in suspended(here)}
    here.desk.troubled = ""
    await here.check()
    assert 4 == len(suspended(here))


async def test_what_went_half_through_is_ended_and_nothing_of_it_lost() -> None:
    """The comment is said, the priority is not; and before that is done it is over."""
    here = office()
    account = here.world.azure.add("games", Profile(status="Disabled"))
    await here.check()
    here.world.azure.change(account, status="Suspended")
    always(here, away(), "set_severity")
    await here.check()
    here.world.azure.change(account, status="Active")
    await here.check()
    healed(here)
    for _ in range(3):
        await here.check()
    [kept] = [one for one in here.desk.tickets() if "games/release" in one.title]
    said = [text.partition(":")[0] for text in kept.texts]
    assert (["Warning", "Critical (worse)", "Over"], Status.DONE) == (said, kept.ticket.status)


async def test_a_record_of_a_newer_release_keeps_nothing_else_from_being_read() -> None:
    here = office()
    here.world.azure.add("games", Profile("a", status="Suspended"), Profile("b", status="Suspended"))
    await here.check()
    rows = here.world.storage.outbox
    [first, *_] = await rows.query("tickets|github", "ticket|", "ticket}")
    record = dict(first.values) | {"schema": SCHEMA + 1}
    await rows.transact("tickets|github", [Merge(Row(first.key, record, first.etag))])
    for reference in here.desk.kept:
        here.desk.person(reference, Status.OPEN, "", assignee="ben")
    await here.check()
    records = [one for one in await here.world.house().tickets.all("github") if one.ticket]
    assert "ben" in [one.ticket.assignee for one in records if one.ticket]


async def test_what_a_desk_refuses_takes_no_room_from_the_others() -> None:
    here = office(most_new=2)
    here.world.azure.add("games", *(Profile(f"p-{number}", status="Suspended") for number in range(6)))
    always(here, refused(), "open")
    await here.check()
    await here.check()
    told = {batch.why for batch in await here.world.house().outbox.undelivered("github")}
    waiting = await here.world.house().outbox.waiting("github")
    assert {"The desk answered 422."} == told
    assert [] == [intent for _, intent in waiting if intent.finding.rule == "profile-suspended"]


async def test_the_summary_says_the_truth_and_ends_with_what_it_named() -> None:
    here = office(most_new=2)
    here.world.azure.add("games", *(Profile(f"p-{number}", status="Suspended") for number in range(5)))
    await here.check()
    summary = here.about("wait for tickets of their own")
    assert Status.OPEN is summary.ticket.status
    for _ in range(4):
        await here.check()
    assert (5, Status.DONE) == (len(suspended(here)), summary.ticket.status)
    here.world.azure.add("tools", *(Profile(f"q-{number}", status="Suspended") for number in range(5)))
    await here.check()
    assert Status.OPEN == summary.ticket.status
    for _ in range(4):
        await here.check()
    assert (10, Status.DONE) == (len(suspended(here)), summary.ticket.status)
    assert {} == {name: one for name, one in (await here.world.house().outbox.threads("github")).items() if one.waits}


async def test_what_comes_back_has_its_ticket_and_needs_no_room() -> None:
    here = office(most_new=3)
    account = here.world.azure.add("games", *(Profile(f"p-{number}", status="Suspended") for number in range(3)))
    await here.check()
    here.world.azure.change(account, status="Active")
    for _ in range(3):
        await here.check()
    here.world.azure.add("more", *(Profile(f"q-{number}", status="Suspended") for number in range(3)))
    here.world.azure.change(account, status="Suspended")
    await here.check()
    assert 6 == len(suspended(here))
    assert {Status.OPEN} == {kept.ticket.status for kept in suspended(here)}
    assert [] == [kept for kept in here.desk.tickets() if "wait for tickets" in kept.title]


async def test_a_fight_over_a_ticket_ends() -> None:
    here = office()
    here.world.azure.add("games", Profile(status="Suspended"))
    await here.check()
    [kept] = suspended(here)
    for _ in range(20):
        here.desk.person(kept.ticket.reference, Status.DONE)
        await here.check()
    assert 3 == sum("still there" in text for text in kept.texts)
    assert Status.DONE is kept.ticket.status


async def test_an_acknowledgement_does_not_open_a_ticket_that_somebody_has_just_closed() -> None:
    here = office()
    here.world.azure.add("games", Profile(status="Suspended"))
    await here.check()
    here.desk.person("1", Status.DONE)
    ana = Speaker("ana", here.world.clock.now(), Way.PERSON)
    await here.world.house().silencing.acknowledge("games", "", None, "on it", ana)
    here.world.collect()
    await here.world.settle(here.world.clock.now() + 5 * MINUTE)
    assert Status.DONE is here.desk.kept["1"].ticket.status


async def test_an_acknowledgement_is_said_in_an_open_ticket() -> None:
    here = office()
    here.world.azure.add("games", Profile(status="Suspended"))
    await here.check()
    ana = Speaker("ana", here.world.clock.now(), Way.PERSON)
    await here.world.house().silencing.acknowledge("games", "", None, "on it", ana)
    await here.check()
    [comment] = here.desk.kept["1"].texts[1:]
    assert comment.startswith("Acknowledged: suspension of games/release ana has it in hand until ")
    assert ": on it " in comment


async def test_a_silence_holds_back_comments_and_the_end_is_said() -> None:
    here = office()
    account = here.world.azure.add("games", Profile(status="Suspended"))
    await here.check()
    now = here.world.clock.now()
    ana = Speaker("ana", now, Way.PERSON)
    await here.world.house().silencing.silence(Match(accounts=("games",)), now, now + 5 * DAY, "moving", ana)
    await here.check(24)
    here.world.azure.change(account, status="Active")
    for _ in range(3):
        await here.check()
    kept = here.desk.kept["1"]
    assert (Status.DONE, 2) == (kept.ticket.status, len(kept.texts))


async def test_a_clock_that_is_late_at_the_desk_hides_nothing() -> None:
    here = office()
    here.world.azure.add("games", Profile(status="Suspended"))
    here.desk.now = lambda: here.world.clock.now() - timedelta(minutes=30)
    await here.check()
    here.desk.person("1", Status.DISMISSED)
    await here.check()
    await here.check()
    assert 1 == len(await silences(here))


async def test_the_wait_of_a_route_is_heeded_by_a_desk() -> None:
    here = office(ROUTES=json.dumps([{"receivers": ["github"], "wait": "45m", "continue": True}]))
    here.world.azure.add("healthy", Profile())
    await here.check()
    here.world.azure.add("games", Profile(status="Disabled"))
    await here.world.later()
    await here.world.settle(here.world.clock.now() + 30 * MINUTE)
    assert [] == [kept for kept in here.desk.tickets() if "games/" in kept.title]
    await here.world.settle(here.world.clock.now() + 30 * MINUTE)
    assert 1 == len([kept for kept in here.desk.tickets() if "games/" in kept.title])


async def test_a_test_ticket_that_is_opened_late_is_closed_as_well() -> None:
    here = office()
    here.desk.before["open"] = [away()]
    tried = await here.world.house().trying.run("github", "ana", here.world.clock.now())
    assert "waits" == tried.fate
    here.world.collect()
    await here.check()
    assert {Status.DONE} >= {kept.ticket.status for kept in here.desk.tickets() if "A test of" in kept.title}


async def test_one_reading_that_failed_is_no_alarm_and_hours_of_them_are() -> None:
    here = office()
    here.world.azure.add("games", Profile(status="Suspended"))
    always(here, away(), "changed")
    await here.check()
    await here.check()
    now = here.world.clock.now()
    assert "" == await here.world.house().refusing.why("github", now)
    for _ in range(4):
        await here.check()
    why = await here.world.house().refusing.why("github", here.world.clock.now())
    assert "What people did with its tickets cannot be read. The desk answered 503." == why


async def test_a_rule_that_is_switched_off_closes_its_tickets_and_says_why() -> None:
    here = office()
    here.world.azure.add("games", Profile(status="Suspended"))
    await here.check()
    here.world.settings = {**here.world.settings, "RULES__PROFILE_SUSPENDED": "off"}
    await here.check()
    kept = here.desk.kept["1"]
    assert Status.DONE is kept.ticket.status
    assert "nobody looks for this any more" in kept.texts[-1]
    assert "no longer seen" not in kept.texts[-1]


async def test_a_problem_that_comes_back_milder_has_its_own_priority() -> None:
    here = office()
    account = here.world.azure.add("games", Profile(status="Suspended"))
    await here.check()
    here.world.azure.change(account, status="Active")
    for _ in range(3):
        await here.check()
    here.world.azure.change(account, status="Disabled")
    await here.check()
    kept = here.desk.kept["1"]
    assert (Status.OPEN, Severity.WARNING) == (kept.ticket.status, kept.severity)


@pytest.mark.parametrize("number", [300])
async def test_a_flood_gets_its_tickets_in_time(number: int) -> None:
    here = office()
    here.world.azure.add("games", *(Profile(f"p-{each:03}", status="Suspended") for each in range(number)))
    for _ in range(number // 20 + 3):
        await here.check()
    assert number == len(suspended(here))
    assert Status.DONE is here.about("wait for tickets of their own").ticket.status
