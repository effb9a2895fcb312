"""Rows of a newer release: never written over, and never in the way."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.clock import SystemClock
from shared.domain.finding import Finding, Severity
from shared.domain.kept import Patience
from shared.domain.look import Look, ShardEnd
from shared.domain.memory import Intent, Reason
from shared.domain.subscription import Subscription
from shared.ports.channel import Part
from shared.ports.errors import Conflict
from shared.ports.outbox import Batch
from shared.store.in_memory import InMemoryRows
from shared.store.keys import key, prefix
from shared.store.looks import HEADS, KNOWN, TableLooks
from shared.store.outbox import FROZEN, TableOutbox
from shared.store.rows import Insert, Merge, Row
from shared.store.schema import SCHEMA
from shared.store.shelves import TableShelves

NOW = datetime(2026, 11, 20, 7, 7, tzinfo=UTC)
HOUR = timedelta(hours=1)
GAMES, TOOLS = Subscription("1", "Games"), Subscription("2", "Tools")


async def overwritten(rows: InMemoryRows, partition: str, number: int = 0, *, damaged: bool = True) -> Row:
    """A newer release writes over a row, so that this one can or cannot read it."""
    row = (await rows.query(partition))[number]
    body = {"body0": b"theirs"} if damaged else {}
    await rows.transact(partition, [Merge(Row(row.key, {"schema": SCHEMA + 1, **body}, row.etag))])
    return (await rows.query(partition))[number]


def look(hour: int) -> Look:
    started = NOW + hour * HOUR
    return Look(f"{started:%Y%m%dT%H%M%S}000Z", started, (GAMES.id, TOOLS.id))


async def test_a_look_that_cannot_be_read_is_not_ours_to_close() -> None:
    rows = InMemoryRows()
    looks = TableLooks(rows)
    for hour in (0, 1):
        await looks.begin(look(hour))
    theirs = await overwritten(rows, HEADS)

    assert [look(0)] == await looks.recent(9)
    assert await looks.get(look(1).id) is None
    assert not await looks.close(replace(look(1), closed=NOW))
    assert theirs == (await rows.query(HEADS))[0]


async def test_a_shard_whose_end_cannot_be_read_has_not_ended() -> None:
    rows = InMemoryRows()
    looks = TableLooks(rows)
    ends = [ShardEnd(subscription, NOW, accounts=1) for subscription in (GAMES, TOOLS)]
    for end in ends:
        await looks.end("l", end)
    await overwritten(rows, key("ends", "l"))

    assert ends[1:] == await looks.ends("l")


async def test_a_subscription_that_cannot_be_read_is_still_known() -> None:
    rows = InMemoryRows()
    looks = TableLooks(rows)
    await looks.learn([GAMES, TOOLS])
    theirs = await overwritten(rows, KNOWN)

    assert {"1": Subscription("1", "1"), "2": TOOLS} == await looks.known()
    await looks.learn([GAMES])
    assert theirs == (await rows.query(KNOWN))[0]


@pytest.mark.parametrize("damaged", [True, False])
async def test_patience_of_a_newer_release_stays(*, damaged: bool) -> None:
    rows = InMemoryRows()
    shelves = TableShelves(rows, InMemoryRows(), SystemClock())
    await shelves.hold("1", Patience("metrics", "/x", NOW))
    theirs = await overwritten(rows, key("1"), damaged=damaged)

    await shelves.hold("1", Patience("metrics", "/x", NOW + HOUR))
    assert [theirs] == await rows.query(key("1"))


def intent(number: int) -> Intent:
    finding = Finding("quota", f"s{number}", Severity.WARNING, what="", stops="", next_step="", rests_on=())
    decided = NOW + number * HOUR
    return Intent("webhook", Reason.FIRST, finding, NOW, NOW, decided, version=1, subscription="1")


@pytest.mark.parametrize("damaged", [True, False])
async def test_a_batch_of_a_newer_release_is_neither_sent_nor_replaced(*, damaged: bool) -> None:
    rows = InMemoryRows()
    outbox = TableOutbox(rows)
    ours = await outbox.freeze(Batch("b", "webhook", ("m",), (Part("k", "text/plain", "x"),), NOW))
    theirs = await overwritten(rows, key("webhook"), damaged=damaged)

    found = await outbox.frozen("webhook")
    assert found
    assert found.not_before
    assert found.not_before > NOW + timedelta(days=36_500)
    assert () == found.parts
    for batch in (found, ours):
        with pytest.raises(Conflict):
            await outbox.mark(batch)
        with pytest.raises(Conflict):
            await outbox.finish(batch, NOW)
        with pytest.raises(Conflict):
            await outbox.freeze(batch)
    assert theirs == await rows.get(key("webhook"), FROZEN)


async def test_intents_of_a_newer_release_do_not_hide_ours() -> None:
    rows = InMemoryRows()
    outbox = TableOutbox(rows)
    await outbox.accept([intent(number) for number in range(3)])
    [first, *_] = await rows.query(key("webhook"), *prefix("open"))
    await rows.transact(key("webhook"), [Merge(Row(first.key, {"schema": SCHEMA + 1}, first.etag))])

    assert [intent(1)] == [found for _, found in await outbox.waiting("webhook", 1)]
    assert [intent(1), intent(2)] == [found for _, found in await outbox.waiting("webhook", 9)]


async def test_a_batch_that_a_newer_release_gave_up_counts() -> None:
    rows = InMemoryRows()
    row = Row(key("undelivered", NOW.isoformat(), "b"), {"schema": SCHEMA + 1})
    await rows.transact(key("webhook"), [Insert(row)])

    [lost] = await TableOutbox(rows).undelivered("webhook")
    assert ("b", "webhook", NOW) == (lost.id, lost.receiver, lost.frozen)
