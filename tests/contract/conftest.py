"""Every back end of the store. Azurite runs as long as the tests do, with TLS and tokens as in the cloud."""

import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import pytest
import pytest_asyncio
from azure.core.credentials import AccessToken
from azure.data.tables.aio import TableServiceClient
from azure.storage.blob.aio import BlobServiceClient
from azure.storage.queue.aio import QueueServiceClient

from sandbox.authority import make_authority
from sandbox.azurite import Storage, azurite
from sandbox.identity import issue
from shared.store.azure_blobs import AzureBlobs, blob_service
from shared.store.azure_queues import AzureQueues, queue_service
from shared.store.azure_tables import AzureRows, table_service
from shared.store.blobs import Blobs
from shared.store.in_memory import InMemoryBlobs, InMemoryQueues, InMemoryRows
from shared.store.queues import Queues
from shared.store.rows import Rows

TENANT = "7e7a0000-0000-4000-8000-000000000001"


@dataclass(frozen=True, slots=True)
class AzuriteStore:
    """Clients of one Azurite, closed with it."""

    tables: TableServiceClient
    queues: QueueServiceClient
    blobs: BlobServiceClient


class SandboxCredential:
    """Whoever runs in the sandbox, for the SDK."""

    async def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        return AccessToken(issue(TENANT, scopes[0].removesuffix("/.default")), 4_000_000_000)

    async def close(self) -> None:
        """Nothing is open."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Nothing is open."""


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def azurite_store(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[AzuriteStore]:
    authority = make_authority(tmp_path_factory.mktemp("authority"))
    async with azurite(authority) as storage:
        store = _clients(storage, authority.trusted)
        async with store.tables, store.queues, store.blobs:
            yield store


def _clients(storage: Storage, trusted: Path) -> AzuriteStore:
    options = {"connection_verify": str(trusted)}
    return AzuriteStore(
        table_service(storage.table, SandboxCredential(), **options),
        queue_service(storage.queue, SandboxCredential(), **options),
        blob_service(storage.blob, SandboxCredential(), **options),
    )


@dataclass(frozen=True, slots=True)
class Store:
    """One back end, with names that nobody else uses. `received` takes what is visible in a queue."""

    rows: Rows
    queues: Queues
    blobs: Blobs
    received: Callable[[str], Awaitable[list[str]]]
    place: str


@pytest.fixture(params=["in memory", "Azurite"])
def store(request: pytest.FixtureRequest) -> Store:
    place = f"t{uuid4().hex}"
    if request.param == "in memory":
        return in_memory(place)
    return in_azurite(request.getfixturevalue("azurite_store"), place)


def in_memory(place: str) -> Store:
    queues = InMemoryQueues()

    async def received(queue: str) -> list[str]:
        return [message.body for message in queues.take(queue) if not message.delay]

    return Store(InMemoryRows(), queues, InMemoryBlobs(), received, place)


def in_azurite(azurite: AzuriteStore, place: str) -> Store:
    async def received(queue: str) -> list[str]:
        messages = azurite.queues.get_queue_client(queue).receive_messages(messages_per_page=32)
        return [base64.b64decode(message.content, validate=True).decode() async for message in messages]

    return Store(
        AzureRows(azurite.tables, place), AzureQueues(azurite.queues), AzureBlobs(azurite.blobs), received, place
    )
