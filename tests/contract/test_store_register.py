"""The validation list over every back end: the later word stands, and all that was said is kept."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from shared.domain.validation import RegisterEntry, Said, ValidationStatus, Way
from shared.ports.errors import Conflict
from shared.store.keys import key
from shared.store.register import ENTRY, REGISTER, TableRegister
from shared.store.rows import Insert, Row
from shared.store.schema import SCHEMA
from tests.contract.conftest import Store

pytestmark = pytest.mark.asyncio(loop_scope="session")

SUBSCRIPTION = "00000000-0000-4000-8000-000000000001"
ID = "87eafa5b-2f0e-4f57-a5f6-6a55ff0d7f10"
NOW = datetime(2026, 11, 20, 7, 7, tzinfo=UTC)
HOUR = timedelta(hours=1)
SAID = RegisterEntry(
    SUBSCRIPTION, ID, ValidationStatus.COMPLETED, "ana", NOW, Way.PERSON, date(2028, 11, 19), "株式会社テスト"
)
WAITING = replace(SAID, validation_id="", account="Games", status=ValidationStatus.IN_PROGRESS, expires=None)


def later(entry: RegisterEntry, hours: int = 1, **changes: object) -> RegisterEntry:
    return replace(entry, said_at=entry.said_at + hours * HOUR, **changes)  # type: ignore[arg-type]


async def test_the_later_word_stands_and_every_word_that_was_taken_is_kept(store: Store) -> None:
    register = TableRegister(store.rows)
    second = later(SAID, expires=date(2028, 12, 1))
    assert [True, True, False] == [await register.say(one) for one in (SAID, second, later(SAID, -1))]
    assert {ID: second} == {name: found.entry for name, found in (await register.entered(SUBSCRIPTION)).items()}
    assert [Said(SAID), Said(second)] == list(await register.history(SUBSCRIPTION, ID))


async def test_an_event_that_is_delivered_again_is_one_word(store: Store) -> None:
    register = TableRegister(store.rows)
    event, other = replace(SAID, way=Way.EVENT), replace(SAID, way=Way.EVENT, expires=date(2029, 1, 1))
    for one in (event, event, other, event):
        assert await register.say(one)
    assert 2 == len(await register.history(SUBSCRIPTION, ID))


async def test_what_somebody_else_changed_is_not_overwritten(store: Store) -> None:
    register = TableRegister(store.rows)
    await register.say(SAID, expected="")
    with pytest.raises(Conflict):
        await register.say(later(SAID), expected="")
    etag = (await register.entered(SUBSCRIPTION))[ID].etag
    await register.say(later(SAID, note="by bob"), expected=etag)
    with pytest.raises(Conflict):
        await register.say(later(SAID, 2, note="by eve"), expected=etag)
    assert "by bob" == (await register.entered(SUBSCRIPTION))[ID].entry.note


async def test_a_request_that_got_its_id_is_one_entry(store: Store) -> None:
    register = TableRegister(store.rows)
    await register.say(WAITING)
    known = later(SAID, account="games")
    await register.say(known)
    assert [ID] == list(await register.entered(SUBSCRIPTION))
    assert [Said(WAITING)] == list(await register.history(SUBSCRIPTION, "account:games"))

    assert not await register.say(WAITING), "an older word does not bring it back"
    assert [ID] == list(await register.entered(SUBSCRIPTION))
    assert await register.say(later(WAITING, 3)), "a new request for the same account is another one"


async def test_what_an_event_does_not_say_is_carried_on_to_the_id(store: Store) -> None:
    register = TableRegister(store.rows)
    await register.say(replace(WAITING, owner="kim", requested=date(2026, 11, 18)))
    await register.say(
        later(SAID, account="games", way=Way.EVENT, status=ValidationStatus.ACTION_REQUIRED, expires=None)
    )
    [found] = (await register.entered(SUBSCRIPTION)).values()
    assert (ID, "kim", date(2026, 11, 18)) == (found.entry.validation_id, found.entry.owner, found.entry.requested)


async def test_what_is_withdrawn_is_gone_and_stays_in_history(store: Store) -> None:
    register = TableRegister(store.rows)
    await register.say(SAID)
    [there] = (await register.entered(SUBSCRIPTION)).values()
    gone = Said(later(SAID, said_by="bob"), withdrawn=True)
    with pytest.raises(Conflict):
        await register.withdraw(gone, "another")
    await register.withdraw(gone, there.etag)
    assert {} == dict(await register.entered(SUBSCRIPTION))
    assert [Said(SAID), gone] == list(await register.history(SUBSCRIPTION, ID))
    with pytest.raises(Conflict):
        await register.withdraw(gone, there.etag)


async def test_what_was_said_since_begins_with_what_stood_then(store: Store) -> None:
    register = TableRegister(store.rows)
    words = [SAID, later(SAID, 1), later(SAID, 2), replace(later(SAID, 3), validation_id=ID.replace("8", "9"))]
    for word in words:
        await register.say(word)
    assert [Said(one) for one in words[1:]] == list(await register.said_since(SUBSCRIPTION, NOW + 2 * HOUR))


async def test_an_entry_of_a_newer_release_is_left_alone(store: Store) -> None:
    row = Row(key(REGISTER, ID), {**ENTRY.values(SAID), "schema": SCHEMA + 1})
    await store.rows.transact(key(SUBSCRIPTION), [Insert(row)])
    with pytest.raises(Conflict, match="newer release"):
        await TableRegister(store.rows).say(later(SAID))


async def test_a_word_about_an_old_id_takes_no_newer_request_away(store: Store) -> None:
    register = TableRegister(store.rows)
    failed = replace(SAID, account="games", status=ValidationStatus.FAILED, expires=None)
    await register.say(failed)
    await register.say(later(WAITING))
    await register.say(later(failed, 2, note="still failed"))
    assert {ID, "account:games"} == set(await register.entered(SUBSCRIPTION))


async def test_an_event_that_is_delivered_again_brings_back_nothing_that_was_removed(store: Store) -> None:
    register, event = TableRegister(store.rows), replace(SAID, way=Way.EVENT)
    await register.say(event)
    [there] = (await register.entered(SUBSCRIPTION)).values()
    await register.withdraw(Said(later(SAID), withdrawn=True), there.etag)
    assert not await register.say(event)
    assert {} == dict(await register.entered(SUBSCRIPTION))
    assert await register.say(later(event, 2)), "a new word does"
