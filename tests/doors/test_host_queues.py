"""Queue triggers: once when it goes well, again after a while when not, and away in the end."""

import base64
import json
from uuid import uuid4

import pytest
from azure.storage.queue.aio import QueueClient, QueueServiceClient

from tests.doors.host_driver import SampleHost, eventually, until

pytestmark = pytest.mark.asyncio(loop_scope="session")

LISTED_MESSAGES = 32


async def send(queues: QueueServiceClient, host: SampleHost, body: str) -> str:
    """The id of the message."""
    sent = await queues.get_queue_client(host.work_queue).send_message(base64.b64encode(body.encode()).decode())
    return str(sent.id)


async def poisoned(queues: QueueServiceClient, host: SampleHost, message_id: str) -> list[str]:
    """The contents of the poison queue, once the message is there; the queue is empty afterwards."""
    poison = queues.get_queue_client(f"{host.work_queue}-poison")
    await host.logged(f"Message {message_id} went to queue {poison.queue_name}")
    contents = [message.content for message in await poison.peek_messages(LISTED_MESSAGES)]
    await poison.clear_messages()
    return contents


async def is_empty(queue: QueueClient) -> bool:
    """Hidden messages count."""
    return (await queue.get_queue_properties()).approximate_message_count == 0


async def test_a_message_is_handed_over_once_and_deleted(host: SampleHost, queues: QueueServiceClient) -> None:
    body = f"hello {uuid4()}"
    message_id = await send(queues, host, body)
    (note,) = await host.noted("work", body=body)
    assert (note["id"], note["dequeue_count"]) == (message_id, 1)
    assert note["inserted"].endswith("+00:00")
    assert await eventually(lambda: is_empty(queues.get_queue_client(host.work_queue)))


async def test_a_failed_message_is_tried_again_after_the_delay(host: SampleHost, queues: QueueServiceClient) -> None:
    message_id = await send(queues, host, "fail once")
    first, second = await host.noted("work", 2, id=message_id)
    assert [first["dequeue_count"], second["dequeue_count"]] == [1, 2]
    assert second["real"] - first["real"] > 1.5


async def test_what_fails_too_often_is_poisoned(host: SampleHost, queues: QueueServiceClient) -> None:
    message_id = await send(queues, host, "fail")
    assert await poisoned(queues, host, message_id) == [base64.b64encode(b"fail").decode()]
    assert len(host.notes("work", id=message_id)) == 2


async def test_what_is_not_base64_is_poisoned_unseen(host: SampleHost, queues: QueueServiceClient) -> None:
    sent = await queues.get_queue_client(host.work_queue).send_message("not base64!")
    assert await poisoned(queues, host, str(sent.id)) == ["not base64!"]
    assert host.notes("work", id=sent.id) == []


async def test_no_more_run_at_once_than_the_batches_allow(host: SampleHost, queues: QueueServiceClient) -> None:
    """batchSize 2 and newBatchThreshold 1."""
    bodies = [f"slow {uuid4()}" for _ in range(5)]
    for body in bodies:
        await send(queues, host, body)
    for body in bodies:
        await host.noted("worked", body=body)
    starts = [(host.notes("work", body=body)[0]["real"], 1) for body in bodies]
    ends = [(host.notes("worked", body=body)[0]["real"], -1) for body in bodies]
    running = most = 0
    for _, step in sorted(starts + ends):
        running += step
        most = max(most, running)
    assert 2 <= most <= 3


async def test_what_became_of_messages_is_counted(host: SampleHost, queues: QueueServiceClient) -> None:
    message_id = await send(queues, host, "counted")
    await host.noted("work", id=message_id)
    async with host.client.get("/sandbox/stats") as response:
        stats = await response.json()
    assert stats["functions"]["work"]["invocations"] >= 1
    assert stats["process"]["rss_bytes"] > 1_000_000
    assert stats["process"]["cpu_seconds"] > 0


async def test_an_output_on_a_queue_is_sent(host: SampleHost) -> None:
    before = len(host.notes("work", body="from the timer"))
    async with host.client.post("/admin/functions/tick", data=json.dumps({})) as response:
        assert response.status == 202
    await until(lambda: len(host.notes("work", body="from the timer")) > before)
