"""Storage by a connection string does what storage by identity does."""

from azure.storage.queue import TextBase64DecodePolicy
from azure.storage.queue.aio import QueueClient

from sandbox.azurite import azurite
from shared import config
from shared.store.rows import Insert, Row
from shared.wiring import azure_storage


async def test_table_queue_and_blob_by_a_connection_string() -> None:
    async with azurite(None) as emulator:
        settings, mistakes = config.read({"AzureWebJobsStorage": emulator.connection_string})
        assert () == mistakes
        storage = azure_storage(settings)
        try:
            [etag] = await storage.looks.transact("p", [Insert(Row("k", {"v": 1}))])
            assert Row("k", {"v": 1}, etag) == await storage.looks.get("p", "k")
            await storage.blobs.write("views", "a", b"seen")
            assert b"seen" == await storage.blobs.read("views", "a")
            await storage.queues.send("countersign-look", "株式会社")
            assert ["株式会社"] == await received(emulator.connection_string)
        finally:
            await storage.close()


async def received(connection_string: str) -> list[str]:
    """As the host takes messages."""
    client = QueueClient.from_connection_string(
        connection_string, "countersign-look", message_decode_policy=TextBase64DecodePolicy()
    )
    async with client:
        return [message.content async for message in client.receive_messages()]
