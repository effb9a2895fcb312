"""Queue messages: whole, whatever their size, and refused in a plain sentence when they are not ours."""

import json

import pytest

from shared.domain.refresh import Refresh
from shared.store.in_memory import InMemoryBlobs, InMemoryQueues
from shared.store.limits import MESSAGE_BYTES
from shared.store.messages import CONTAINER, REFRESH_QUEUE, QueuedMessages, Unreadable
from shared.store.schema import SCHEMA


@pytest.mark.parametrize("account", ["games", "".join(f"{number:x}" for number in range(60_000))])
async def test_a_message_is_read_as_it_was_sent(account: str) -> None:
    queues, blobs = InMemoryQueues(), InMemoryBlobs()
    messages = QueuedMessages(queues, blobs)
    await messages.refresh(Refresh("1", account))
    [sent] = queues.take(REFRESH_QUEUE)

    assert len(sent.body) <= MESSAGE_BYTES
    assert Refresh("1", account) == await messages.read_refresh(sent.body)


@pytest.mark.parametrize("body", ["{", "zz" * MESSAGE_BYTES, "\u20ac" * (MESSAGE_BYTES // 2)])
async def test_what_is_put_aside_is_put_aside_whole(body: str) -> None:
    queues, blobs = InMemoryQueues(), InMemoryBlobs()
    await QueuedMessages(queues, blobs).poison("countersign-events", body)
    [aside] = queues.take("countersign-events-poison")
    name = json.loads(aside.body)["blob"] if aside.body != body else None

    assert body.encode() == (await blobs.read(CONTAINER, name) if name else aside.body.encode())


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "not one of Countersign's"),
        (json.dumps({"schema": SCHEMA + 1}), "newer release"),
        (json.dumps({"schema": SCHEMA, "packed": "zz"}), "does not hold an account"),
        (json.dumps({"schema": SCHEMA, "blob": "gone"}), "not there"),
        (json.dumps({"schema": SCHEMA}), "not there"),
    ],
)
async def test_what_is_not_ours_is_refused(body: str, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        await QueuedMessages(InMemoryQueues(), InMemoryBlobs()).read_refresh(body)
