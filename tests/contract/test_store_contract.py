"""The store's promises, kept by every back end."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta

import pytest

from shared.ports.errors import Conflict
from shared.store.keys import key, prefix
from shared.store.limits import LimitExceeded
from shared.store.rows import Delete, Insert, Merge, Row, Rows, Value
from tests.contract.conftest import Store

pytestmark = pytest.mark.asyncio(loop_scope="session")


def insert(name: str, **values: Value) -> Insert:
    return Insert(Row(name, values))


async def written(rows: Rows, name: str, values: Mapping[str, Value]) -> Row:
    """Insert one row, and read it."""
    await rows.transact("p", [Insert(Row(name, values))])
    row = await rows.get("p", name)
    assert row is not None
    return row


def names(rows: Sequence[Row]) -> list[str]:
    return [row.key for row in rows]


VALUES: dict[str, Value] = {
    "text": "株式会社 'quoted' \"twice\" \\ / # ? %",
    "empty": "",
    "line": "one\ntwo",
    "number": 7,
    "negative": -(2**31),
    "wide": 2**31,
    "widest": -(2**63),
    "yes": True,
    "no": False,
    "bytes": b"\x00\xff",
    "most": bytes(range(256)) * 256,
}


class TestRows:
    async def test_what_was_written_is_read(self, store: Store) -> None:
        row = await written(store.rows, "k", {**VALUES, "nothing": None})
        assert row.key == "k"
        assert dict(row.values) == VALUES
        assert {name: type(value) for name, value in row.values.items()} == {n: type(v) for n, v in VALUES.items()}
        assert list(await store.rows.query("p")) == [row]

    async def test_nothing_is_there_before_the_first_write(self, store: Store) -> None:
        assert await store.rows.get("p", "k") is None
        assert list(await store.rows.query("p")) == []

    async def test_what_is_not_there_is_none(self, store: Store) -> None:
        await written(store.rows, "k", {"v": 1})
        assert await store.rows.get("p", "other") is None
        assert await store.rows.get("other", "k") is None

    async def test_an_insert_answers_with_the_etag_that_is_read(self, store: Store) -> None:
        etags = await store.rows.transact("p", [insert("a", v=1), insert("b", v=1)])
        assert etags == [row.etag for row in await store.rows.query("p")]
        assert all(etags)

    async def test_what_is_there_is_not_inserted_again(self, store: Store) -> None:
        await written(store.rows, "k", {"v": 1})
        with pytest.raises(Conflict):
            await store.rows.transact("p", [insert("k", v=2)])
        row = await store.rows.get("p", "k")
        assert row is not None
        assert row.values == {"v": 1}

    async def test_ones_own_repeated_claim_is_recognised_by_its_id(self, store: Store) -> None:
        claim = [insert("lease", claimer="me")]
        await store.rows.transact("p", claim)
        with pytest.raises(Conflict):
            await store.rows.transact("p", claim)
        row = await store.rows.get("p", "lease")
        assert row is not None
        assert row.values["claimer"] == "me"

    async def test_of_two_at_once_one_inserts(self, store: Store) -> None:
        await written(store.rows, "first", {})
        tries = [store.rows.transact("p", [insert("k", v=number)]) for number in range(5)]
        outcomes = await asyncio.gather(*tries, return_exceptions=True)
        assert sorted(type(outcome).__name__ for outcome in outcomes) == [*["Conflict"] * 4, "list"]

    async def test_a_merge_keeps_what_it_does_not_name(self, store: Store) -> None:
        row = await written(store.rows, "k", {"kept": "old", "changed": 1, "nothing": "stays"})
        [etag] = await store.rows.transact(
            "p", [Merge(Row("k", {"changed": 2, "new": b"3", "nothing": None}, row.etag))]
        )
        assert await store.rows.get("p", "k") == Row(
            "k", {"kept": "old", "changed": 2, "new": b"3", "nothing": "stays"}, etag
        )
        assert etag != row.etag

    async def test_a_merge_of_what_changed_meanwhile_is_a_conflict(self, store: Store) -> None:
        row = await written(store.rows, "k", {"v": 1})
        await store.rows.transact("p", [Merge(Row("k", {"v": 2}, row.etag))])
        with pytest.raises(Conflict):
            await store.rows.transact("p", [Merge(Row("k", {"v": 3}, row.etag))])

    async def test_the_same_values_make_a_new_etag(self, store: Store) -> None:
        row = await written(store.rows, "k", {"v": 1})
        assert await store.rows.transact("p", [Merge(row)]) != [row.etag]

    async def test_a_merge_of_what_is_gone_is_a_conflict(self, store: Store) -> None:
        row = await written(store.rows, "k", {"v": 1})
        assert await store.rows.transact("p", [Delete("k", row.etag)]) == [""]
        with pytest.raises(Conflict):
            await store.rows.transact("p", [Merge(row)])
        assert await store.rows.get("p", "k") is None

    async def test_a_delete_of_what_changed_meanwhile_is_a_conflict(self, store: Store) -> None:
        row = await written(store.rows, "k", {"v": 1})
        await store.rows.transact("p", [Merge(row)])
        with pytest.raises(Conflict):
            await store.rows.transact("p", [Delete("k", row.etag)])
        assert await store.rows.get("p", "k") is not None

    async def test_whatever_is_there_can_be_changed_and_deleted(self, store: Store) -> None:
        await written(store.rows, "k", {"v": 1})
        await store.rows.transact("p", [Merge(Row("k", {"v": 2}, "*"))])
        await store.rows.transact("p", [Delete("k", "*")])
        with pytest.raises(Conflict):
            await store.rows.transact("p", [Delete("k", "*")])
        with pytest.raises(Conflict):
            await store.rows.transact("p", [Merge(Row("k", {"v": 2}, "*"))])

    async def test_a_conflict_leaves_nothing_of_its_transaction(self, store: Store) -> None:
        stale = await written(store.rows, "stale", {"v": 1})
        await store.rows.transact("p", [Merge(stale), insert("gone", v=1)])
        before = await store.rows.query("p")
        with pytest.raises(Conflict):
            await store.rows.transact("p", [insert("new", v=1), Delete("gone", "*"), Merge(stale), insert("last", v=1)])
        assert await store.rows.query("p") == before

    async def test_inserts_of_one_transaction_fail_together(self, store: Store) -> None:
        await written(store.rows, "k", {"v": 1})
        with pytest.raises(Conflict):
            await store.rows.transact("p", [insert("a", v=1), insert("k", v=1), insert("z", v=1)])
        assert names(await store.rows.query("p")) == ["k"]

    async def test_nothing_to_write_writes_nothing(self, store: Store) -> None:
        assert list(await store.rows.transact("p", [])) == []

    async def test_a_hundred_operations_are_one_transaction(self, store: Store) -> None:
        etags = await store.rows.transact("p", [insert(f"{number:03}", v=number) for number in range(100)])
        assert etags == [row.etag for row in await store.rows.query("p")]

    @pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")
    async def test_nearly_four_mebibytes_are_one_transaction(self, store: Store) -> None:
        values: dict[str, Value] = {f"v{number:02}": bytes(64 * 1024) for number in range(11)}
        await store.rows.transact("p", [Insert(Row(name, values)) for name in "abcd"])
        assert [dict(row.values) for row in await store.rows.query("p")] == [values] * 4

    async def test_what_azure_would_refuse_is_not_sent(self, store: Store) -> None:
        with pytest.raises(LimitExceeded, match="100 operations"):
            await store.rows.transact("p", [insert(f"{number}") for number in range(101)])
        with pytest.raises(LimitExceeded, match="65536 bytes"):
            await store.rows.transact("p", [insert("a", v=1), insert("b", v="a" * 40_000)])
        with pytest.raises(LimitExceeded, match="A key may not hold '/'"):
            await store.rows.transact("a/b", [insert("k", v=1)])
        with pytest.raises(LimitExceeded, match="A key may not hold '/'"):
            await store.rows.get("p", "a/b")
        assert list(await store.rows.query("p")) == []

    async def test_a_range_is_what_a_prefix_says(self, store: Store) -> None:
        wanted = [key("look", "b", "1"), key("look", "b", "2"), key("look", "b", "株式会社")]
        others = [key("look", "a", "1"), key("look", "b"), key("look", "bb", "1"), key("look", "c"), key("z")]
        await store.rows.transact("p", [insert(name) for name in [*wanted, *others]])
        first, last = prefix("look", "b")
        assert names(await store.rows.query("p", first, last)) == wanted

    async def test_a_range_may_be_open_on_either_side(self, store: Store) -> None:
        await store.rows.transact("p", [insert(name) for name in "dcba"])
        assert names(await store.rows.query("p", first="b")) == ["b", "c", "d"]
        assert names(await store.rows.query("p", last="c")) == ["a", "b"]
        assert names(await store.rows.query("p", "b", "c")) == ["b"]
        assert names(await store.rows.query("p", "b", limit=2)) == ["b", "c"]

    async def test_a_query_stays_in_its_partition(self, store: Store) -> None:
        await store.rows.transact("it's one", [insert("a")])
        await store.rows.transact("it", [insert("b")])
        assert names(await store.rows.query("it's one")) == ["a"]

    async def test_a_value_cannot_leave_its_place_in_a_filter(self, store: Store) -> None:
        await store.rows.transact("p", [insert("a")])
        assert list(await store.rows.query("x' or PartitionKey eq 'p")) == []
        assert list(await store.rows.query("p", last="' or RowKey gt '")) == []

    async def test_every_page_is_followed(self, store: Store) -> None:
        everything = [f"{number:04}" for number in range(1050)]
        for start in range(0, len(everything), 100):
            await store.rows.transact("p", [insert(name) for name in everything[start : start + 100]])
        assert names(await store.rows.query("p")) == everything
        assert names(await store.rows.query("p", first="0007", limit=1020)) == everything[7:1027]
        assert names(await store.rows.query("p", limit=3)) == everything[:3]

    @pytest.mark.parametrize(
        "part",
        [
            "株式会社 例",
            "a/b\\c#d?e%f",
            'it\'s "quoted"',
            " ends ",
            "50%25",
            "a+b&c=d",
            "<x>",
            "tab\tnul\0",
            "😀|~",
            "",
        ],
    )
    async def test_a_key_of_any_text_is_written_changed_and_found(self, store: Store, part: str) -> None:
        partition, name = key("sub", part), key(part, "x", part)
        [etag] = await store.rows.transact(partition, [insert(name, v=1)])
        [etag] = await store.rows.transact(partition, [Merge(Row(name, {"v": 2}, etag))])
        row = Row(name, {"v": 2}, etag)
        assert await store.rows.get(partition, name) == row
        assert list(await store.rows.query(partition, *prefix(part))) == [row]
        await store.rows.transact(partition, [Delete(name, etag)])
        assert await store.rows.get(partition, name) is None

    async def test_several_may_find_the_table_missing(self, store: Store) -> None:
        await asyncio.gather(*(store.rows.transact(f"p{number}", [insert("k")]) for number in range(5)))
        assert [names(await store.rows.query(f"p{number}")) for number in range(5)] == [["k"]] * 5


class TestQueues:
    async def test_messages_arrive_as_they_were_sent(self, store: Store) -> None:
        bodies = ['{"look": "1"}', "株式会社 <&>", "", "a" * 49152]
        for body in bodies:
            await store.queues.send(store.place, body)
        assert await store.received(store.place) == bodies

    async def test_a_delayed_message_is_not_there_yet(self, store: Store) -> None:
        await store.queues.send(store.place, "later", timedelta(days=7))
        await store.queues.send(store.place, "soon", timedelta(minutes=10, microseconds=1))
        await store.queues.send(store.place, "now")
        assert await store.received(store.place) == ["now"]

    async def test_what_azure_would_refuse_is_not_sent(self, store: Store) -> None:
        await store.queues.send(store.place, "first")
        with pytest.raises(LimitExceeded, match="49152 bytes"):
            await store.queues.send(store.place, "a" * 49153)
        with pytest.raises(LimitExceeded, match="7 days"):
            await store.queues.send(store.place, "", timedelta(days=8))
        with pytest.raises(LimitExceeded, match="Not_A_Queue"):
            await store.queues.send("Not_A_Queue", "")
        assert await store.received(store.place) == ["first"]

    async def test_several_may_find_the_queue_missing(self, store: Store) -> None:
        await asyncio.gather(*(store.queues.send(store.place, str(number)) for number in range(5)))
        assert sorted(await store.received(store.place)) == ["0", "1", "2", "3", "4"]


class TestBlobs:
    async def test_nothing_is_there_before_the_first_write(self, store: Store) -> None:
        assert await store.blobs.read(store.place, "views/a.json") is None

    async def test_a_blob_is_replaced(self, store: Store) -> None:
        await store.blobs.write(store.place, "views/株式会社 1.json", b"a longer one")
        await store.blobs.write(store.place, "views/株式会社 1.json", b"short")
        assert await store.blobs.read(store.place, "views/株式会社 1.json") == b"short"
        assert await store.blobs.read(store.place, "views/other.json") is None

    async def test_an_empty_blob_is_not_a_missing_one(self, store: Store) -> None:
        await store.blobs.write(store.place, "empty", b"")
        assert await store.blobs.read(store.place, "empty") == b""

    async def test_a_blob_grows(self, store: Store) -> None:
        await store.blobs.append(store.place, "day", b"one,")
        await store.blobs.append(store.place, "day", b"two")
        assert await store.blobs.read(store.place, "day") == b"one,two"

    async def test_several_may_find_container_and_blob_missing(self, store: Store) -> None:
        await asyncio.gather(*(store.blobs.append(store.place, "day", f"{number},".encode()) for number in range(8)))
        content = await store.blobs.read(store.place, "day")
        assert content is not None
        assert sorted(content.decode().split(",")) == ["", "0", "1", "2", "3", "4", "5", "6", "7"]

    async def test_an_addition_of_nothing_makes_nothing(self, store: Store) -> None:
        await store.blobs.append(store.place, "day", b"")
        assert await store.blobs.read(store.place, "day") is None

    async def test_four_mebibytes_at_once(self, store: Store) -> None:
        most = bytes(4 * 1024 * 1024)
        await store.blobs.append(store.place, "day", most)
        with pytest.raises(LimitExceeded, match="4194304 bytes"):
            await store.blobs.append(store.place, "day", most + b"x")
        assert await store.blobs.read(store.place, "day") == most

    async def test_what_was_written_whole_does_not_grow(self, store: Store) -> None:
        await store.blobs.write(store.place, "view", b"whole")
        with pytest.raises(LimitExceeded, match="written whole"):
            await store.blobs.append(store.place, "view", b"more")
        assert await store.blobs.read(store.place, "view") == b"whole"

    async def test_a_blob_that_was_created_stays_as_it_is(self, store: Store) -> None:
        await store.blobs.create(store.place, "kept", b"one")
        await store.blobs.create(store.place, "kept", b"two")
        assert await store.blobs.read(store.place, "kept") == b"one"

    async def test_every_name_is_listed(self, store: Store) -> None:
        assert list(await store.blobs.names(store.place)) == []
        await store.blobs.write(store.place, "views/株式会社 1.json", b"")
        await store.blobs.append(store.place, "a/b/steps.jsonl", b"1")
        assert sorted(await store.blobs.names(store.place)) == ["a/b/steps.jsonl", "views/株式会社 1.json"]
