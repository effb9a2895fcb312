"""Retirement where somebody may write the tables: rows that were put in or taken away, and none of it counts."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.retirement.gate import Case
from shared.domain.subscription import subscription_of
from shared.domain.validation import RegisterEntry, Said, ValidationStatus, Way
from shared.domain.walk import Approval, Stage, Walk, WalkRow
from shared.flows.retirements import NotNow
from shared.store.audit import CONTAINER
from shared.store.keys import key, prefix
from shared.store.retiring import KIND, RETIRING
from shared.store.rows import Delete, Insert, Row
from tests.flows.retirement_truth import TrueAccount, Word
from tests.flows.retiring_days import ANNOUNCED, DUE, MORNING, SEEN, Days
from tests.flows.retiring_world import DAY, key_of


async def take_away(days: Days) -> None:
    """Every row of a walk."""
    rows, partition = days.world.storage.subscriptions, key(days.old.subscription)
    for row in await rows.query(partition, *prefix(KIND)):
        await rows.transact(partition, [Delete(row.key, "*")])


def forged(days: Days, status: ValidationStatus = ValidationStatus.FAILED, by: str = "kim") -> RegisterEntry:
    """A word that nobody has said."""
    now, given_up = days.world.clock.now(), by if status is ValidationStatus.FAILED else ""
    account = days.old.name
    return RegisterEntry(days.old.subscription, "", status, by, now, Way.PERSON, account=account, given_up_by=given_up)


async def put(days: Days, entry: RegisterEntry) -> None:
    """Into the rows of the validation list, past everything that would write it to the audit."""
    register = days.world.house().register.register
    there = (await register.entered(entry.subscription_id)).get(entry.key)
    assert await register.say(entry, there.etag if there else "")


async def mornings(days: Days, first: int, last: int) -> None:
    """Without a word of anybody."""
    for day in range(first, last + 1):
        days.world.clock.at = MORNING + day * DAY
        await days.world.check()
        await days.step()


async def test_an_announcement_approvals_and_checks_in_a_row_do_not_count() -> None:
    days = await Days("approve").until(1)
    long_ago = MORNING - 60 * DAY
    walk = Walk(
        *(days.old.id, days.old.created, Stage.ANNOUNCED),
        since=long_ago,
        looks=tuple("123456789"),
        announced=long_ago,
        proven=long_ago,
        approvals=(Approval("ben", MORNING + 16 * DAY, (await days.planned()).evidence),),
    )
    book = days.world.house().retire.cases.book
    there = (await book.walks(subscription_of(days.old.id)))[days.old.id]
    await book.put(WalkRow(walk, etag=there.etag))
    days.world.clock.at = MORNING + 17 * DAY
    await days.world.gave_up(days.old)
    await days.world.check()
    await days.step()
    assert (0, Stage.CANDIDATE) == (days.sent, await days.stage())


async def test_one_a_day_also_where_somebody_takes_the_days_row_away() -> None:
    days = Days()
    other = days.world.add_account("older")
    days.also = {day: lambda: days.world.gave_up(other) for day in (0, 10, 20)}
    days.also |= {SEEN + 1: lambda: days.world.seen(other)}
    await days.until(DUE)
    rows = days.world.storage.looks
    for row in await rows.query(RETIRING, *prefix("day")):
        await rows.transact(RETIRING, [Delete(row.key, "*")])
    await days.step()
    assert (1, []) == (days.sent, days.world.truth.complaints)


@pytest.mark.parametrize("how", ["tag", "word"])
async def test_a_no_ends_the_walk_also_where_its_row_was_taken_away(how: str) -> None:
    """It was said while nobody could see by the rows that there was a walk, and taken back later."""
    days = await Days().until(ANNOUNCED + 3)
    await take_away(days)
    old, now = days.old, days.world.clock.now()
    days.old.kept = how == "tag"
    if how == "word":
        await days.world.say(Word(old.subscription, key_of(old), old.name, "In Progress", "kim", now))
    await days.until(ANNOUNCED + 4)
    assert Stage.HEALED is await days.stage()
    days.old.kept = False
    await days.world.gave_up(days.old)
    await days.until(DUE + 1)
    assert (0, []) == (days.sent, days.world.truth.complaints)


async def test_a_delete_is_followed_to_its_end_also_where_its_row_was_taken_away() -> None:
    days = await Days().until(DUE)
    await take_away(days)
    await days.until(DUE + 1)
    assert (1, Stage.DELETED, ["first"]) == (days.sent, await days.stage(), days.heard("account-retired"))


async def test_what_somebody_holds_is_held_until_somebody_lifts_it() -> None:
    days = await Days().until(DUE - 1)
    await days.world.halt()
    await days.world.house().retire.cases.book.set_halt(None)
    await days.until(DUE + 2)
    assert (0, True) == (days.sent, (await days.world.house().retirements.overview(MORNING)).halted is not None)
    assert await days.world.house().retirements.lift("ana", days.world.clock.now())
    days.world.truth.halted = False
    await days.until(DUE + 3)
    assert (1, []) == (days.sent, days.world.truth.complaints)


async def test_a_word_that_was_put_into_somebodys_mouth_deletes_nothing() -> None:
    days = await Days().until(SEEN)
    for day in range(SEEN + 1, DUE + 4):
        await mornings(days, day, day)
        await put(days, forged(days))
        await days.step()
    assert (0, Stage.ANNOUNCED) == (days.sent, await days.stage())
    assert "the audit does not know that kim said so" in (await days.planned()).next
    await days.world.gave_up(days.old)
    await days.step()
    assert (1, []) == (days.sent, days.world.truth.complaints)


async def test_what_somebody_said_before_does_not_stand_again() -> None:
    """It failed, as they said; it is under way, as they said later; and the row says that it failed."""
    days = await Days().until(DUE - 1)
    old, register = days.old, days.world.house().register
    before = (await register.entered(old.subscription))[key_of(old)].entry
    await days.world.say(Word(old.subscription, key_of(old), old.name, "In Progress", "kim", days.world.clock.now()))
    await put(days, before)
    await mornings(days, DUE, DUE + 3)
    assert 0 == days.sent


async def test_what_somebody_withdrew_does_not_stand_again() -> None:
    days = await Days().until(DUE - 1)
    old, register = days.old, days.world.house().register
    before = (await register.entered(old.subscription))[key_of(old)]
    await register.withdraw(Said(before.entry, withdrawn=True), before.etag)
    await put(days, forged(days, ValidationStatus.IN_PROGRESS))
    there = (await register.entered(old.subscription))[key_of(old)]
    assert await register.register.say(before.entry, there.etag)
    await mornings(days, DUE, DUE + 3)
    assert 0 == days.sent


async def test_a_row_of_an_account_that_nobody_knows_any_more_is_taken_away() -> None:
    days = await Days().until(1)
    stranger = days.old.id.replace("/old", "/stranger")
    book = days.world.house().retire.cases.book
    await book.put(WalkRow(Walk(stranger, days.old.created, Stage.HEALED)))
    await days.step()
    assert {days.old.id} == (await book.walks(days.old.subscription)).keys()


async def test_a_note_of_somebody_else_leaves_a_word_standing() -> None:
    """Who only changes the contact says nothing of the validation."""
    days = await Days().until(DUE - 1)
    register, now = days.world.house().register, days.world.clock.now()
    there = (await register.entered(days.old.subscription))[key_of(days.old)]
    said = there.entry.statement
    noted = replace(
        there.entry,
        said_by="lena",
        said_at=now + timedelta(minutes=1),
        contact="lena",
        stated_by=said.by,
        stated_at=said.at,
        stated_way=said.way,
    )
    assert await register.say(noted, there.etag)
    await days.until(DUE)
    assert (1, []) == (days.sent, days.world.truth.complaints)


async def test_words_that_cannot_be_read_delete_nothing_and_leave_the_others_alone() -> None:
    days = await Days().until(DUE - 1)
    blobs, subscription = days.world.storage.blobs, days.old.subscription
    await blobs.append(CONTAINER, f"subscriptions/{subscription}/words/account:old.jsonl", b"{}\n")
    other = days.world.add_account("elsewhere", number=2)
    days.world.set(ONLY="subscription:Sub1; subscription:Sub2")
    for day in range(DUE, DUE + 26):
        days.world.clock.at = MORNING + day * DAY
        if (day - DUE) % 10 == 0:
            await days.world.gave_up(other)
        await days.world.check()
        await days.step()
        if day == DUE + 9:
            assert await days.world.seen(other)
    assert (["elsewhere"], []) == (days.world.eraser.requests, days.world.truth.complaints)
    with pytest.raises(NotNow, match=r"words/account:old\.jsonl, line \d+: cannot be read"):
        await days.planned()


@pytest.mark.parametrize("way", [{"person": False}, {"person": False, "event": True}])
@pytest.mark.parametrize("status", ["In Progress", "Failed"])
async def test_what_a_file_or_an_event_said_since_is_not_hidden_by_a_row(way: dict[str, bool], status: str) -> None:
    days = await Days().until(DUE - 1)
    old, register, now = days.old, days.world.house().register, days.world.clock.now()
    before = (await register.entered(old.subscription))[key_of(old)].entry
    given_up = "kim" if status == "Failed" else ""
    await days.world.say(
        Word(old.subscription, key_of(old), old.name, status, "rule", now, given_up_by=given_up, **way)
    )
    await put(days, before)
    await mornings(days, DUE, DUE + 3)
    assert (0, []) == (days.sent, days.world.truth.complaints)


async def test_words_about_another_account_or_subscription_delete_nothing() -> None:
    """A row whose account was changed, and one that was copied from where it is right."""
    days = await Days().until(DUE - 1)
    id_, now = "f0000000-0000-4000-8000-000000000077", days.world.clock.now()
    stranger = days.world.add_account("stranger")
    await days.world.say(Word(days.old.subscription, id_, "gone-one", "Failed", "kim", now, given_up_by="kim"))
    register = days.world.house().register
    said = (await register.entered(days.old.subscription))[id_].entry
    await put(days, replace(said, account="stranger"))
    await mornings(days, DUE, DUE)
    [planned] = await days.world.house().retirements.explain(stranger.id, "", now)
    assert all(one.holds for one in planned.conditions if "failed" in one.words)
    case = await case_of(days, stranger)
    assert "kim said so" in case.unheard


async def test_a_row_that_was_copied_from_another_subscription_is_not_heard() -> None:
    """There an account of that name was rightly given up; here nobody has said anything."""
    days = await Days(settings={}).until(1)
    twin = days.world.add_account("twin", number=2)
    here = days.world.add_account("twin")
    await days.world.check()
    await days.world.gave_up(twin)
    register = days.world.house().register
    said = (await register.entered(twin.subscription))[key_of(twin)].entry
    rows, name = days.world.storage.subscriptions, key("register", key_of(twin))
    copied = await rows.get(key(twin.subscription), name)
    assert copied
    await rows.transact(key(here.subscription), [Insert(Row(name, copied.values))])
    await days.world.check()
    assert said.given_up_by == "kim"
    assert "kim said so" in (await case_of(days, here)).unheard


async def test_a_second_request_whose_row_was_taken_away_is_not_forgotten() -> None:
    """Only the audit knows that it is under way; that is asked when all is read anew."""
    days = await Days().until(DUE - 1)
    old, rows, now = days.old, days.world.storage.subscriptions, days.world.clock.now()
    second = "f0000000-0000-4000-8000-000000000078"
    register = days.world.house().register
    pending = (await register.entered(old.subscription))[key_of(old)].entry
    with_id = replace(pending, validation_id="f0000000-0000-4000-8000-000000000077", said_at=now)
    assert await register.say(with_id)
    await days.world.say(Word(old.subscription, second, old.name, "In Progress", "kim", now + timedelta(minutes=1)))
    name = key("register", second)
    await rows.transact(key(old.subscription), [Delete(name, "*")])
    await mornings(days, DUE, DUE + 3)
    assert 0 == days.sent
    case = await case_of(days, old)
    survey = (await days.world.house().retire.cases.seen(now))[0].known.survey
    hidden = await days.world.house().retire.cases.hearing.hidden(survey, case.account)
    assert ("", True) == (case.unheard, hidden.startswith("kim spoke of identity validation f0000000"))


async def case_of(days: Days, account: TrueAccount) -> Case:
    cases, now = days.world.house().retire.cases, days.world.clock.now()
    surveys = [seen.known.survey for seen in await cases.seen(now)]
    [(survey, one)] = [(some, found) for some in surveys for found in some.accounts if found.id == account.id]
    walk = await cases.walk(one.id, one.created)
    return await cases.case(survey, one, walk, await cases.around([], now), now)


async def test_who_spoke_before_the_request_had_its_id_does_not_approve() -> None:
    days = await Days("approve").until(1)
    id_, old = "f0000000-0000-4000-8000-000000000077", days.old
    now = days.world.clock.now() + timedelta(minutes=1)
    await days.world.say(Word(old.subscription, id_, old.name, "Failed", "lena", now, given_up_by="lena"))
    case = await case_of(days, old)
    assert (frozenset({"kim", "lena"}), "") == (case.speakers, case.unheard)
    words = await days.world.house().retire.cases.audit.words(old.subscription, "account:old")
    assert words[-1].withdrawn


async def test_what_concerns_all_and_cannot_be_read_holds_everything_and_leaves_people_their_say() -> None:
    days = await Days().until(DUE - 1)
    await days.world.storage.blobs.append(CONTAINER, "all/unknown/steps.jsonl", b"{}\n")
    await days.until(DUE + 1)
    assert (0, True) == (days.sent, "the audit of all retirements cannot be read" in (await days.planned()).next)
    assert await days.world.excuse(days.old)
