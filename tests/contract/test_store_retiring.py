"""Retiring over every back end: an audit that is only added to, rows beside it, and one account a day."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from shared.domain.subscription import Subscription
from shared.domain.validation import RegisterEntry, Said, ValidationStatus, Way
from shared.domain.walk import Halt, RetireState, Stage, Step, StepKind, Walk, WalkRow
from shared.ports.clock import Clock
from shared.ports.errors import Conflict
from shared.ports.retiring import EVERYTHING
from shared.store.audit import CONTAINER, POLICIES, BlobAudit
from shared.store.deliveries import KEPT_FOR, TableDeliveries
from shared.store.keys import key
from shared.store.retiring import KIND, TableRetireBook
from shared.store.rows import Merge, Row
from shared.store.schema import SCHEMA
from shared.store.shelves import TableShelves
from tests.contract.conftest import Store
from tests.flows.fakes import HandClock

pytestmark = pytest.mark.asyncio(loop_scope="session")

SUBSCRIPTION = "00000000-0000-4000-8000-000000000001"
NOW = datetime(2026, 11, 20, 7, 7, tzinfo=UTC)
BORN = datetime(2026, 8, 1, 9, 30, 15, 123456, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = date(2026, 12, 1)
CLOCK: Clock = HandClock()


def named(store: Store, name: str = "old") -> str:
    """One of this test alone, for blobs have one container."""
    group = f"{store.place}-Gruppe (ü)"
    return f"/subscriptions/{SUBSCRIPTION}/resourcegroups/{group}/providers/microsoft.codesigning/x/{name}".lower()


def row(store: Store, **changes: object) -> WalkRow:
    walk = Walk(named(store), BORN, Stage.CANDIDATE, since=NOW, looks=("20261120T070700000Z",))
    return replace(WalkRow(walk), **changes)  # type: ignore[arg-type]


async def test_steps_are_read_as_they_were_written(store: Store) -> None:
    audit, account = BlobAudit(store.blobs), named(store)
    steps = [
        Step(NOW, StepKind.CANDIDATE, "every condition holds", evidence="0f"),
        Step(NOW + HOUR, StepKind.APPROVED, "", by="小林@contoso.example", evidence="0f"),
        Step(NOW + HOUR, StepKind.THROTTLED, "line\nbreak \u2028 and 🎉", until=NOW, facts={"claim": "a"}),
    ]
    assert [] == await audit.steps(account, BORN)
    for step in (*steps, steps[1]):
        await audit.add(account, BORN, step)
    assert [*steps, steps[1]] == list(await audit.steps(account, BORN))


async def test_incarnations_are_kept_apart(store: Store) -> None:
    audit, account = BlobAudit(store.blobs), named(store)
    for number, born in enumerate((BORN, BORN + timedelta(microseconds=1), None)):
        await audit.add(account, born, Step(NOW, StepKind.CANDIDATE, str(number)))
    found = [await audit.steps(account, born) for born in (BORN, BORN + timedelta(microseconds=1), None)]
    assert [["0"], ["1"], ["2"]] == [[step.why for step in steps] for steps in found]


async def test_a_damaged_line_is_an_error_that_says_where(store: Store) -> None:
    """Nothing is known then, so nothing is deleted."""
    audit, account = BlobAudit(store.blobs), named(store)
    await audit.add(account, BORN, Step(NOW, StepKind.CANDIDATE))
    name = f"{account.strip('/')}/20260801T093015123456/steps.jsonl"
    await store.blobs.append(CONTAINER, name, b'{"at": "yesterday"}\n')
    with pytest.raises(ValueError, match=r"steps\.jsonl, line 2: cannot be read"):
        await audit.steps(account, BORN)


async def test_a_snapshot_never_takes_anothers_place(store: Store) -> None:
    audit, account = BlobAudit(store.blobs), named(store)
    first, second = [await audit.snapshot(account, BORN, NOW, text) for text in ('{"a": 1}', '{"a": 2}')]
    assert first != second
    assert [b'{"a": 1}', b'{"a": 2}'] == [await store.blobs.read(CONTAINER, name) for name in (first, second)]


async def test_what_was_said_is_kept_in_order_an_entry_by_itself(store: Store) -> None:
    audit, subscription = BlobAudit(store.blobs), f"{store.place}-a"
    entry = RegisterEntry(subscription, "", ValidationStatus.FAILED, "小林", NOW, Way.PERSON, account="Old")
    words = [Said(entry), Said(replace(entry, note="line\nbreak")), Said(entry, withdrawn=True)]
    assert [] == await audit.words(subscription, entry.key)
    others = (replace(entry, subscription_id=f"{store.place}-b"), replace(entry, account="older"))
    for said in (*words, *map(Said, others)):
        await audit.add_word(said)
    assert words == list(await audit.words(subscription, "account:old"))
    assert [Said(others[1])] == list(await audit.words(subscription, "account:older"))


@pytest.mark.parametrize("account", ["../../all/unknown/steps", "a/b?c#d %2e", "小" * 120, "x" * 240, ".", "a\\b"])
async def test_whatever_somebody_calls_an_account_its_words_lie_where_words_lie(store: Store, account: str) -> None:
    audit, subscription = BlobAudit(store.blobs), f"{store.place}-a"
    entry = RegisterEntry(subscription, "", ValidationStatus.FAILED, "kim", NOW, Way.PERSON, account=account)
    await audit.add_word(Said(entry))
    assert [Said(entry)] == list(await audit.words(subscription, entry.key))
    mine = [name for name in await store.blobs.names(CONTAINER) if store.place in name]
    assert [True] == [name.startswith(f"subscriptions/{subscription}/words/") for name in mine]


async def test_accounts_with_an_audit_are_known_by_it_alone(store: Store) -> None:
    """Neither what concerns all of them nor the words of a subscription is one."""
    audit, accounts = BlobAudit(store.blobs), {named(store, name) for name in ("a", "b")}
    for account in accounts:
        await audit.add(account, BORN, Step(NOW, StepKind.CANDIDATE))
        await audit.add(account, None, Step(NOW, StepKind.CANDIDATE))
    await audit.add(EVERYTHING, None, Step(NOW, StepKind.HALTED))
    await audit.add_word(Said(RegisterEntry(store.place, "", ValidationStatus.FAILED, "a", NOW, Way.PERSON)))
    found = await audit.accounts()
    assert accounts == {one for one in found if store.place in one}
    assert all(one.startswith("/subscriptions/") for one in found)


async def test_a_row_is_forgotten_unless_somebody_changed_it(store: Store) -> None:
    book = TableRetireBook(store.rows, store.rows)
    before = await book.put(row(store))
    after = await book.put(replace(before, claim="a"))
    with pytest.raises(Conflict):
        await book.forget(before)
    await book.forget(after)
    assert {} == await book.walks(SUBSCRIPTION)


async def test_each_way_in_which_it_was_set_is_kept_with_its_beginning(store: Store) -> None:
    audit = BlobAudit(store.blobs)
    before = len(await audit.policies())
    await audit.add_policy(NOW, "mode report")
    await audit.add_policy(NOW + HOUR, "mode approve")
    assert [(NOW, "mode report"), (NOW + HOUR, "mode approve")] == list((await audit.policies())[before:])
    assert POLICIES


async def test_of_two_that_change_a_walk_one_goes_on(store: Store) -> None:
    book = TableRetireBook(store.rows, store.rows)
    put = await book.put(row(store))
    assert {put.walk.account_id: put} == await book.walks(SUBSCRIPTION)
    claimed = await book.put(replace(put, claim="a", claimed=NOW))
    for late in (row(store), replace(put, claim="b")):
        with pytest.raises(Conflict):
            await book.put(late)
    assert claimed == (await book.walks(SUBSCRIPTION))[put.walk.account_id]


async def test_walks_are_read_with_all_else_of_their_subscription(store: Store) -> None:
    put = await TableRetireBook(store.rows, store.rows).put(row(store))
    kept = await TableShelves(store.rows, store.rows, CLOCK).read(Subscription(SUBSCRIPTION, "Sub1"), NOW)
    assert {put.walk.account_id: put} == kept.walks


async def test_a_walk_of_a_newer_release_is_left_to_it(store: Store) -> None:
    book = TableRetireBook(store.rows, store.rows)
    put = await book.put(row(store))
    later = Row(key(KIND, put.walk.account_id), {"schema": SCHEMA + 1, "body": "?"}, put.etag)
    await store.rows.transact(key(SUBSCRIPTION), [Merge(later)])
    assert {} == await book.walks(SUBSCRIPTION)
    with pytest.raises(Conflict):
        await book.put(row(store))


async def test_a_day_is_given_once(store: Store) -> None:
    book = TableRetireBook(store.rows, store.rows)
    assert "" == await book.day_of(DAY)
    given = await asyncio.gather(*(book.take_day(DAY, name) for name in ("/a", "/b", "/c")))
    assert 1 == len(set(given))
    assert [given[0]] * 2 == [await book.take_day(DAY, given[0]), await book.day_of(DAY)]
    assert "/b" == await book.take_day(DAY + timedelta(days=1), "/b")


async def test_a_halt_is_seen_at_once_and_lifted_at_once(store: Store) -> None:
    book = TableRetireBook(store.rows, store.rows)
    halts = [Halt("ana", NOW, "wait"), Halt("ben", NOW, "")]
    seen = []
    for halt in (None, *halts, None, None, halts[0]):
        await book.set_halt(halt)
        seen.append(await book.halt())
    assert [None, *halts, None, None, halts[0]] == seen


async def test_how_it_stands_is_kept(store: Store) -> None:
    book = TableRetireBook(store.rows, store.rows)
    state = RetireState("mode approve", "mode off", NOW, NOW, held="too many", held_since=NOW, accounts=9, candidates=7)
    assert RetireState() == await book.state()
    await book.put_state(state)
    assert state == await book.state()


async def test_the_first_report_of_a_delivery_counts_and_old_ones_go(store: Store) -> None:
    deliveries, letters = TableDeliveries(store.rows), [f"<{store.place}-{name}@contoso.example>" for name in "ab"]
    await deliveries.note(letters[0], NOW)
    await deliveries.note(letters[0], NOW + HOUR)
    assert [NOW, None] == [await deliveries.at(letter) for letter in letters]
    await deliveries.note(letters[1], NOW + KEPT_FOR + HOUR)
    assert [None, NOW + KEPT_FOR + HOUR] == [await deliveries.at(letter) for letter in letters]
